"""Which services' cookies travel with a site's own requests. Pure; only entries of the curated table leave.

A service that runs on a vendor's pages keeps its identifier in a cookie of the vendor's: no third party is seen
with it, and yet the reader is known again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from blocklists.cookies import Cookies

_MAX_HEADER = 64 * 1024
_MAX_COOKIES = 500


class Known(NamedTuple):
    """A row of the curated table that fits a cookie. Neither the cookie's own name nor its value."""

    service: str
    pattern: str
    lifetime: str


def cookie_pairs(header: str) -> Iterator[tuple[str, str]]:
    """Names and values of a Cookie header, as lax as browsers are (RFC 6265, section 5.4).

    >>> list(cookie_pairs('a=1; b="x=y";; c'))
    [('a', '1'), ('b', 'x=y'), ('c', '')]
    """
    for part in header[:_MAX_HEADER].split(";", _MAX_COOKIES)[:_MAX_COOKIES]:
        name, _, value = part.partition("=")
        if name := name.strip():
            value = value.strip()
            yield name, value[1:-1] if len(value) > 1 and value[0] == value[-1] == '"' else value


def known_cookies(cookies: Iterable[str] | str, table: Cookies) -> frozenset[Known]:
    """The services whose cookies are among these names (or in this Cookie header)."""
    names = (name for name, _ in cookie_pairs(cookies)) if isinstance(cookies, str) else cookies
    found = (table.cookie_of(name) for name in names)
    return frozenset(Known(cookie.service, cookie.pattern, cookie.lifetime) for cookie in found if cookie)
