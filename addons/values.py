"""What one key of carrel.toml may say: a parser for each kind of value, and what to write instead. Pure, apart from
looking at the files that are named.

Each takes the value as TOML gives it and the folder that relative paths are taken from, and raises ValueError.
"""

from __future__ import annotations

import datetime
import ipaddress
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cryptography import x509

from addons.decide.parties import DomainError, covers, is_public_suffix, normal_domain

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Listen = tuple[str, int]

DESK = "carrel.internal"
"""The host name under which the proxy itself answers browsers; never a site's."""

Parser = Callable[[Any, Path], Any]


def text(value: Any, base: Path) -> str:
    if not isinstance(value, str):
        raise ValueError('write text in quotes, such as "Anytown Public Library"')
    return value.strip()


def flag(value: Any, base: Path) -> bool:
    if not isinstance(value, bool):
        raise ValueError("write true or false, without quotes")
    return value


def whole(low: int, high: int) -> Parser:
    def parser(value: Any, base: Path) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise ValueError(f"write a whole number from {low} to {high}")
        return value

    return parser


def choice(*allowed: str) -> Parser:
    def parser(value: Any, base: Path) -> str:
        if value not in allowed:
            raise ValueError("write one of " + ", ".join(f'"{word}"' for word in allowed))
        return str(value)

    return parser


def listen(value: Any, base: Path) -> Listen:
    try:
        parts = urlsplit(f"//{value}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not isinstance(value, str) or not host or port is None or parts.netloc != value or parts.username:
        raise ValueError('write address and port, such as "127.0.0.1:8080" or "[::1]:8080"')
    try:
        ipaddress.ip_address(host)
    except ValueError:
        raise ValueError('write an IP address of this machine and a port, such as "127.0.0.1:8080"') from None
    return host, port


def optional_listen(value: Any, base: Path) -> Listen | None:
    return None if value == "" else listen(value, base)


def networks(value: Any, base: Path) -> tuple[Network, ...]:
    if not isinstance(value, list) or not all(isinstance(entry, str) for entry in value):
        raise ValueError('write a list of networks, such as ["10.20.0.0/16", "fd00:20::/32"]')
    found = []
    for entry in value:
        try:
            found.append(ipaddress.ip_network(entry))
        except ValueError:
            try:
                better = f'; did you mean "{ipaddress.ip_network(entry, strict=False)}"?'
            except ValueError:
                better = '; write it such as "10.20.0.0/16" or "10.20.1.7/32"'
            raise ValueError(f'"{entry}" is not a network{better}') from None
    return tuple(found)


def ports(value: Any, base: Path) -> tuple[int, ...]:
    if not isinstance(value, list) or not all(
        isinstance(port, int) and not isinstance(port, bool) and 0 < port < 65536 for port in value
    ):
        raise ValueError("write a list of port numbers, such as [443, 8443]")
    return tuple(value)


def upstream(value: Any, base: Path) -> str:
    given = text(value, base)
    if not given:
        return ""
    try:
        parts = urlsplit(given)
        good = parts.scheme in ("http", "https") and parts.hostname and parts.port and parts.path in ("", "/")
    except ValueError:
        good = False
    if not good or parts.query or parts.fragment:
        raise ValueError('write scheme, host and port, such as "http://filter.example:3128", or "" for none')
    return given.rstrip("/")


def path(text: str, base: Path) -> Path:
    try:
        place = base / Path(text).expanduser()
    except RuntimeError:
        raise ValueError(f'there is no home folder "{text.partition("/")[0]}"; write the path out') from None
    if not text.isprintable():
        raise ValueError("holds a character that no path has; write it again")
    return place


def file(value: Any, base: Path) -> Path | None:
    given = text(value, base)
    if not given:
        return None
    place = path(given, base)
    try:
        content = place.read_bytes()
    except OSError as error:
        raise ValueError(f'{place} cannot be read ({error.strerror}); name a PEM file or write ""') from None
    try:
        if not x509.load_pem_x509_certificates(content):
            raise ValueError
    except ValueError:
        raise ValueError(
            f"{place} holds no certificate in PEM form (-----BEGIN CERTIFICATE-----); export it as PEM"
        ) from None
    return place


def folder(value: Any, base: Path) -> Path:
    given = text(value, base)
    if not given:
        raise ValueError('write a folder, such as "/var/lib/carrel"')
    return path(given, base)


def optional_folder(value: Any, base: Path) -> Path | None:
    given = text(value, base)
    place = path(given, base) if given else None
    if place and not place.is_dir():
        raise ValueError(f'{place} is not a folder; make it, or write ""')
    return place


def domain(value: Any) -> str:
    try:
        return normal_domain(value)
    except DomainError as error:
        raise ValueError(str(error)) from None


def domains(value: Any, base: Path) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise ValueError('write a list of host names, such as ["catalog.example.org"]')
    return tuple(dict.fromkeys(domain(entry) for entry in value))


def site_domains(value: Any, base: Path) -> tuple[str, ...]:
    found = domains(value, base)
    if not found:
        raise ValueError('name at least one host, such as ["catalog.example.org"]')
    for name in found:
        if is_public_suffix(name):
            raise ValueError(f'"{name}" is a public suffix, shared by many owners; write the site\'s own name under it')
        if covers(name, DESK) or covers(DESK, name):
            raise ValueError(f'"{DESK}" is the proxy\'s own name; remove "{name}"')
    return found


def hosts(value: Any, base: Path) -> dict[str, tuple[str, int | None]]:
    if not isinstance(value, dict):
        raise ValueError('write a table, such as { "catalog.example.org" = "10.0.0.5" }')
    found: dict[str, tuple[str, int | None]] = {}
    for name, target in value.items():
        host = domain(name)
        try:
            found[host] = (str(ipaddress.ip_address(str(target))), None)
        except ValueError:
            try:
                found[host] = listen(target, base)
            except ValueError:
                raise ValueError(f'"{name}": write an address, or address and port, such as "10.0.0.5:8443"') from None
    return found


def rewritten_names(value: Any, base: Path) -> dict[str, str]:
    if not isinstance(value, dict):
        raise ValueError('write a table, such as { "www-jstor-org" = "www.jstor.org" }')
    return {domain(name): domain(host) for name, host in value.items()}


def clauses(value: Any, base: Path) -> tuple[tuple[str, str], ...]:
    """The keys are host names or kinds of finding, as in analysis/standards.toml; nobody checks them here."""
    if not isinstance(value, dict) or not all(isinstance(clause, str) and clause.strip() for clause in value.values()):
        raise ValueError(
            'write a table, such as { "google-analytics.com" = "Licence 7.2", "search-terms" = "Annex B" }'
        )
    return tuple((name.strip().lower(), " ".join(clause.split())) for name, clause in value.items())


def notices(value: Any, base: Path) -> tuple[str, ...]:
    """What is written is not repeated in the complaint: it may hold a password."""
    if not isinstance(value, list) or not all(isinstance(entry, str) and "://" in entry for entry in value):
        raise ValueError(
            'write a list of Apprise addresses, such as ["mailto://user:password@mail.example?to=it@x.example"]'
        )
    return tuple(entry.strip() for entry in value)


def date(value: Any, base: Path) -> str:
    if isinstance(value, datetime.date) and not isinstance(value, datetime.datetime):
        return value.isoformat()
    try:
        return datetime.date.fromisoformat(value).isoformat() if value else ""
    except (TypeError, ValueError):
        raise ValueError("write a date, such as 2027-06-30") from None


_SECTION_NAMES = ("search", "item", "account", "home")


def sections(value: Any, base: Path) -> tuple[tuple[str, tuple[str, ...]], ...]:
    if not isinstance(value, dict):
        raise ValueError('write a table, such as { search = ["/search*"], account = ["/user/*"] }')
    for name, patterns in value.items():
        if name not in _SECTION_NAMES:
            raise ValueError(f'"{name}" is not a section; use one of ' + ", ".join(_SECTION_NAMES))
        if not isinstance(patterns, list) or not all(isinstance(p, str) and p.startswith("/") for p in patterns):
            raise ValueError(f'{name}: write a list of paths that begin with "/", such as ["/search*"]')
    return tuple((name, tuple(patterns)) for name, patterns in value.items())


def identifier(value: Any, base: Path) -> str:
    given = text(value, base)
    if not given or not all(c.isascii() and (c.isalnum() or c in "-_") for c in given) or given != given.lower():
        raise ValueError('write a short name of lower-case letters, digits and "-", such as "catalog"')
    return given
