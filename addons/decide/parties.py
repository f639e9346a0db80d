"""Who a host belongs to: registrable domain and relation to a site. Pure; the public suffix list is the copy
that ships with tldextract, private suffixes included, and is never fetched.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from functools import lru_cache

import tldextract

_extract = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None, include_psl_private_domains=True)
_LABEL = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-_")


class DomainError(ValueError):
    """Not a host name; the text says what to write instead."""


def normal_host(text: str) -> str:
    """The host as it is compared everywhere: lower case, ASCII (IDNA), no trailing dot, no brackets. "" if it is none.

    Accepts names (RFC 1123, and the underscores that some names have) and IP addresses.
    """
    host = text.strip().lower()
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    try:
        # A zone ("%eth0") may hold any character, and means something on one machine only.
        return "" if "%" in host else str(ipaddress.ip_address(host))
    except ValueError:
        pass
    host = host.removesuffix(".")
    if not host.isascii():
        try:
            host = host.encode("idna").decode("ascii")
        except UnicodeError:
            return ""
    if not host or len(host) > 253:
        return ""
    for label in host.split("."):
        if not 0 < len(label) <= 63 or not _LABEL.issuperset(label):
            return ""
    return host


def normal_domain(value: object) -> str:
    """A configured domain in the form in which it is compared; DomainError says what to write instead."""
    example = 'write a host name only, such as "catalog.example.org"'
    if not isinstance(value, str) or not value.strip():
        raise DomainError(example)
    if "/" in value or ":" in value:
        raise DomainError(f'"{value}" is an address with scheme, port or path; {example}')
    if "*" in value:
        raise DomainError(f'"{value}": leave out "*."; a domain covers every host below it')
    host = normal_host(value)
    if not host:
        raise DomainError(f'"{value}" is not a host name; {example}')
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return host
    raise DomainError(f'"{value}" is an IP address; {example}')


@lru_cache(maxsize=4096)
def registrable_domain(host: str) -> str:
    """Public suffix and one label (publicsuffix.org, private suffixes included); an IP address is its own.

    Under a suffix that nobody registered the list's default rule holds: the last label is the suffix.

    >>> registrable_domain("www.google-analytics.com")
    'google-analytics.com'
    >>> registrable_domain("anytown.github.io")
    'anytown.github.io'
    >>> registrable_domain("patron-7.reader.corp.internal")
    'corp.internal'
    """
    if found := _extract(host).top_domain_under_public_suffix:
        return found
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return ".".join(host.split(".")[-2:])


def is_public_suffix(host: str) -> bool:
    """Whether nobody can own this name: `co.uk`, `github.io`, `org`.

    >>> is_public_suffix("co.uk"), is_public_suffix("example.co.uk"), is_public_suffix("localhost")
    (True, False, False)
    """
    found = _extract(host)
    return bool(found.suffix) and not found.domain


def covers(domain: str, host: str) -> bool:
    """Whether `host` is `domain` or a name below it.

    >>> covers("tracker.test", "a.b.tracker.test"), covers("tracker.test", "nottracker.test")
    (True, False)
    """
    return host == domain or host.endswith("." + domain)


def names_above(host: str) -> Iterator[str]:
    """The name and all domains above it, longest first.

    >>> list(names_above("a.b.test"))
    ['a.b.test', 'b.test', 'test']
    """
    while host:
        yield host
        _, _, host = host.partition(".")
