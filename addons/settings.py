"""carrel.toml as frozen dataclasses: every key, its default, and what is said when it is wrong.

Reads one file and checks it; opens no socket, writes nothing. Every complaint is one line with
the file, the key and what to write instead.
"""

from __future__ import annotations

import difflib
import ipaddress
import os
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from addons.decide.parties import DomainError, covers, is_public_suffix, normal_domain

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Listen = tuple[str, int]

DESK = "carrel.internal"
"""The host name under which the proxy itself answers browsers; never a site's."""

PLACES = ("carrel.toml", "~/.config/carrel/carrel.toml", "/etc/carrel/carrel.toml")
"""Where `load(None)` looks, in this order."""


class SettingsError(ValueError):
    """One line: file, key, what is wrong, what to write instead."""


@dataclass(frozen=True, slots=True)
class Site:
    """A catalog, vendor product or library page whose documents are watched."""

    id: str
    name: str
    kind: str = "vendor"
    vendor: str = ""
    product: str = ""
    domains: tuple[str, ...] = ()
    """Opened by the proxy. A domain covers itself and every host below it."""
    sections: tuple[tuple[str, tuple[str, ...]], ...] = ()
    permitted: tuple[str, ...] = ()
    disclosed: tuple[str, ...] = ()
    own: tuple[str, ...] = ()
    """Further domains with the vendor's own content: relation `own`, passed sealed."""
    owner: str = ""
    contract_from: str = ""
    contract_until: str = ""


@dataclass(frozen=True, slots=True)
class Library:
    name: str = "this library"
    contact: str = ""


@dataclass(frozen=True, slots=True)
class Proxy:
    listen: Listen = ("127.0.0.1", 8080)
    clients: tuple[Network, ...] = (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1/128"))
    destinations: tuple[Network, ...] = ()
    upstream: str = ""
    trust: Path | None = None
    on_failure: str = "closed"
    connect_ports: tuple[int, ...] = (443,)
    hosts: Mapping[str, tuple[str, int | None]] = field(default_factory=dict)
    """Names pinned to an address, and to a port where one is given, in place of DNS."""


@dataclass(frozen=True, slots=True)
class Protect:
    mode: str = "observe"
    gpc: bool = True
    trim_referrer: bool = False


@dataclass(frozen=True, slots=True)
class Privacy:
    k: int = 10
    rare: int = 3
    days_kept: int = 90
    months_kept: int = 36
    opt_out: bool = True


@dataclass(frozen=True, slots=True)
class Dashboard:
    listen: Listen = ("127.0.0.1", 8001)
    password_hash: str = ""


@dataclass(frozen=True, slots=True)
class Data:
    dir: Path = field(default_factory=lambda: Path("~/.local/share/carrel").expanduser())

    @property
    def database(self) -> Path:
        return self.dir / "carrel.db"

    @property
    def ca(self) -> Path:
        return self.dir / "ca"


@dataclass(frozen=True, slots=True)
class Rewriting:
    suffixes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Directory:
    use: bool = True


@dataclass(frozen=True, slots=True)
class Settings:
    library: Library = Library()
    proxy: Proxy = field(default_factory=Proxy)
    protect: Protect = Protect()
    privacy: Privacy = Privacy()
    dashboard: Dashboard = Dashboard()
    data: Data = field(default_factory=Data)
    rewriting: Rewriting = Rewriting()
    directory: Directory = Directory()
    sites: tuple[Site, ...] = ()
    path: Path | None = None
    """The file that was read; None where all is default."""


def load(path: Path | None = None) -> Settings:
    """Read `path`, or the first of PLACES that exists, or take the defaults.

    Raises SettingsError for a file that cannot be read or says something it must not.
    """
    if path is None:
        path = next((p for p in (Path(place).expanduser() for place in PLACES) if p.is_file()), None)
        if path is None:
            return Settings()
    try:
        text = path.read_text("utf-8-sig")  # Windows' Notepad may put a byte order mark first
    except FileNotFoundError:
        raise SettingsError(
            f"{path}: no such file; write one with `carrel init` or name another with --config"
        ) from None
    except IsADirectoryError:
        raise SettingsError(f"{path}: is a folder; name the file in it, such as {path / 'carrel.toml'}") from None
    except UnicodeDecodeError:
        raise SettingsError(f"{path}: is not UTF-8 text; save it again as UTF-8") from None
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read ({error.strerror}); check its rights") from None
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path}: not valid TOML: {error}") from None
    return parse(table, path)


def parse(table: Mapping[str, Any], path: Path | None) -> Settings:
    """Turn the parsed file into Settings; relative paths are taken from the file's folder."""
    base = path.parent if path else Path.cwd()
    where = str(path or "carrel.toml")
    _known(table, {*_SECTIONS, "site"}, where, "")
    parts: dict[str, Any] = {}
    for name, (kind, keys) in _SECTIONS.items():
        section = table.get(name, {})
        if not isinstance(section, dict):
            raise SettingsError(f"{where}: {name}: write it as a table, [{name}]")
        parts[name] = kind(**_read(section, keys, where, f"[{name}]", base))
    sites = table.get("site", [])
    if not isinstance(sites, list) or not all(isinstance(site, dict) for site in sites):
        raise SettingsError(f"{where}: site: write each site as its own [[site]] table, with two brackets")
    parts["sites"] = tuple(_site(site, number, where, base) for number, site in enumerate(sites, 1))
    _refuse_overlaps(parts["sites"], where)
    _refuse_self(parts["proxy"], parts["dashboard"], where)
    return Settings(path=path, **parts)


# One parser for each kind of value. They raise ValueError with "what to write instead"; _read adds file and key.

Parser = Callable[[Any, Path], Any]


def _text(value: Any, base: Path) -> str:
    if not isinstance(value, str):
        raise ValueError('write text in quotes, such as "Anytown Public Library"')
    return value.strip()


def _flag(value: Any, base: Path) -> bool:
    if not isinstance(value, bool):
        raise ValueError("write true or false, without quotes")
    return value


def _whole(low: int, high: int) -> Parser:
    def parser(value: Any, base: Path) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise ValueError(f"write a whole number from {low} to {high}")
        return value

    return parser


def _choice(*allowed: str) -> Parser:
    def parser(value: Any, base: Path) -> str:
        if value not in allowed:
            raise ValueError("write one of " + ", ".join(f'"{word}"' for word in allowed))
        return str(value)

    return parser


# A promise that this version does not keep must not be accepted in silence.


def _mode(value: Any, base: Path) -> str:
    mode = _choice("observe", "block", "contract")(value, base)
    if mode != "observe":
        raise ValueError(f'"{mode}" is not available in this version; write "observe"')
    return str(mode)


def _trim_referrer(value: Any, base: Path) -> bool:
    if _flag(value, base):
        raise ValueError("not available in this version; write false")
    return False


def _listen(value: Any, base: Path) -> Listen:
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


def _networks(value: Any, base: Path) -> tuple[Network, ...]:
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


def _ports(value: Any, base: Path) -> tuple[int, ...]:
    if not isinstance(value, list) or not all(
        isinstance(port, int) and not isinstance(port, bool) and 0 < port < 65536 for port in value
    ):
        raise ValueError("write a list of port numbers, such as [443, 8443]")
    return tuple(value)


def _upstream(value: Any, base: Path) -> str:
    text = _text(value, base)
    if not text:
        return ""
    try:
        parts = urlsplit(text)
        good = parts.scheme in ("http", "https") and parts.hostname and parts.port and parts.path in ("", "/")
    except ValueError:
        good = False
    if not good or parts.query or parts.fragment:
        raise ValueError('write scheme, host and port, such as "http://filter.example:3128", or "" for none')
    return text.rstrip("/")


def _path(text: str, base: Path) -> Path:
    try:
        path = base / Path(text).expanduser()
    except RuntimeError:
        raise ValueError(f'there is no home folder "{text.partition("/")[0]}"; write the path out') from None
    if not text.isprintable():
        raise ValueError("holds a character that no path has; write it again")
    return path


def _file(value: Any, base: Path) -> Path | None:
    text = _text(value, base)
    if not text:
        return None
    path = _path(text, base)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ValueError(f'{path} cannot be read ({error.strerror}); name a PEM file or write ""') from None
    from cryptography import x509  # imported here: most files name no certificate

    try:
        if not x509.load_pem_x509_certificates(content):
            raise ValueError
    except ValueError:
        raise ValueError(
            f"{path} holds no certificate in PEM form (-----BEGIN CERTIFICATE-----); export it as PEM"
        ) from None
    return path


def _folder(value: Any, base: Path) -> Path:
    text = _text(value, base)
    if not text:
        raise ValueError('write a folder, such as "/var/lib/carrel"')
    return _path(text, base)


def _domain(value: Any) -> str:
    try:
        return normal_domain(value)
    except DomainError as error:
        raise ValueError(str(error)) from None


def _domains(value: Any, base: Path) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise ValueError('write a list of host names, such as ["catalog.example.org"]')
    return tuple(dict.fromkeys(_domain(entry) for entry in value))


def _site_domains(value: Any, base: Path) -> tuple[str, ...]:
    domains = _domains(value, base)
    if not domains:
        raise ValueError('name at least one host, such as ["catalog.example.org"]')
    for domain in domains:
        if is_public_suffix(domain):
            raise ValueError(
                f'"{domain}" is a public suffix, shared by many owners; write the site\'s own name under it'
            )
        if covers(domain, DESK) or covers(DESK, domain):
            raise ValueError(f'"{DESK}" is the proxy\'s own name; remove "{domain}"')
    return domains


def _hosts(value: Any, base: Path) -> dict[str, tuple[str, int | None]]:
    if not isinstance(value, dict):
        raise ValueError('write a table, such as { "catalog.example.org" = "10.0.0.5" }')
    hosts: dict[str, tuple[str, int | None]] = {}
    for name, target in value.items():
        domain = _domain(name)
        try:
            hosts[domain] = (str(ipaddress.ip_address(str(target))), None)
        except ValueError:
            try:
                hosts[domain] = _listen(target, base)
            except ValueError:
                raise ValueError(f'"{name}": write an address, or address and port, such as "10.0.0.5:8443"') from None
    return hosts


def _date(value: Any, base: Path) -> str:
    import datetime

    if isinstance(value, datetime.date) and not isinstance(value, datetime.datetime):
        return value.isoformat()
    try:
        return datetime.date.fromisoformat(value).isoformat() if value else ""
    except (TypeError, ValueError):
        raise ValueError("write a date, such as 2027-06-30") from None


_SECTION_NAMES = ("search", "item", "account", "home")


def _sections(value: Any, base: Path) -> tuple[tuple[str, tuple[str, ...]], ...]:
    if not isinstance(value, dict):
        raise ValueError('write a table, such as { search = ["/search*"], account = ["/user/*"] }')
    for name, patterns in value.items():
        if name not in _SECTION_NAMES:
            raise ValueError(f'"{name}" is not a section; use one of ' + ", ".join(_SECTION_NAMES))
        if not isinstance(patterns, list) or not all(isinstance(p, str) and p.startswith("/") for p in patterns):
            raise ValueError(f'{name}: write a list of paths that begin with "/", such as ["/search*"]')
    return tuple((name, tuple(patterns)) for name, patterns in value.items())


def _identifier(value: Any, base: Path) -> str:
    text = _text(value, base)
    if not text or not all(c.isascii() and (c.isalnum() or c in "-_") for c in text) or text != text.lower():
        raise ValueError('write a short name of lower-case letters, digits and "-", such as "catalog"')
    return text


_SECTIONS: dict[str, tuple[type, dict[str, Parser]]] = {
    "library": (Library, {"name": _text, "contact": _text}),
    "proxy": (
        Proxy,
        {
            "listen": _listen,
            "clients": _networks,
            "destinations": _networks,
            "upstream": _upstream,
            "trust": _file,
            "on_failure": _choice("closed", "upstream", "direct"),
            "connect_ports": _ports,
            "hosts": _hosts,
        },
    ),
    "protect": (Protect, {"mode": _mode, "gpc": _flag, "trim_referrer": _trim_referrer}),
    "privacy": (
        Privacy,
        {
            "k": _whole(1, 1000),
            "rare": _whole(1, 1000),
            "days_kept": _whole(1, 400),
            "months_kept": _whole(1, 120),
            "opt_out": _flag,
        },
    ),
    "dashboard": (Dashboard, {"listen": _listen, "password_hash": _text}),
    "data": (Data, {"dir": _folder}),
    "rewriting": (Rewriting, {"suffixes": _domains}),
    "directory": (Directory, {"use": _flag}),
}

_SITE: dict[str, Parser] = {
    "id": _identifier,
    "name": _text,
    "kind": _choice("catalog", "vendor", "library"),
    "vendor": _text,
    "product": _text,
    "domains": _site_domains,
    "sections": _sections,
    "permitted": _domains,
    "disclosed": _domains,
    "own": _domains,
    "owner": _text,
    "contract_from": _date,
    "contract_until": _date,
}


def _known(table: Mapping[str, Any], keys: set[str], where: str, place: str) -> None:
    for key in table:
        if key not in keys:
            close = difflib.get_close_matches(key, keys, n=1)
            hint = f'did you mean "{close[0]}"?' if close else "known are " + ", ".join(sorted(keys))
            raise SettingsError(f"{where}: {place} {key}: unknown key; {hint}".replace("  ", " ").replace(":  ", ": "))


def _read(table: Mapping[str, Any], keys: dict[str, Parser], where: str, place: str, base: Path) -> dict[str, Any]:
    _known(table, set(keys), where, place)
    found = {}
    for key, value in table.items():
        try:
            found[key] = keys[key](value, base)
        except ValueError as error:
            raise SettingsError(f"{where}: {place} {key}: {error}") from None
    return found


def _site(table: Mapping[str, Any], number: int, where: str, base: Path) -> Site:
    place = f'[[site]] "{table["id"]}"' if isinstance(table.get("id"), str) else f"[[site]] number {number}"
    found = _read(table, _SITE, where, place, base)
    for key in ("id", "domains"):
        if key not in found:
            raise SettingsError(f"{where}: {place} {key}: missing; every site needs an id and its domains")
    found.setdefault("name", found["id"])
    return Site(**found)


def _refuse_overlaps(sites: tuple[Site, ...], where: str) -> None:
    seen: dict[str, str] = {}
    ids: set[str] = set()
    for site in sites:
        if site.id in ids:
            raise SettingsError(f'{where}: [[site]] "{site.id}" id: used twice; give each site an id of its own')
        ids.add(site.id)
        for domain in site.domains:
            for other, owner in seen.items():
                if owner == site.id:
                    continue
                if domain == other or domain.endswith("." + other) or other.endswith("." + domain):
                    raise SettingsError(
                        f'{where}: [[site]] "{site.id}" domains: "{domain}" overlaps "{other}" of site "{owner}"; '
                        "write the exact hosts of each, so that every host belongs to one site"
                    )
        seen.update(dict.fromkeys(site.domains, site.id))


def _refuse_self(proxy: Proxy, dashboard: Dashboard, where: str) -> None:
    if proxy.listen[1] and proxy.listen[1] == dashboard.listen[1]:
        raise SettingsError(
            f"{where}: [dashboard] listen: port {dashboard.listen[1]} is the proxy's; write another, such as "
            f'"127.0.0.1:{dashboard.listen[1] + 1}"'
        )
    if proxy.upstream:
        parts = urlsplit(proxy.upstream)
        if parts.port == proxy.listen[1] and parts.hostname in ("localhost", "127.0.0.1", "::1", proxy.listen[0]):
            raise SettingsError(f"{where}: [proxy] upstream: is this proxy itself; name the content filter's address")
    if proxy.on_failure == "upstream" and not proxy.upstream:
        raise SettingsError(
            f'{where}: [proxy] on_failure: "upstream" needs [proxy] upstream; name it or write "closed"'
        )


def default_path() -> Path:
    """Where `carrel init` writes when it is not told: /etc/carrel for root, the user's own folder otherwise."""
    return Path("/etc/carrel/carrel.toml" if os.geteuid() == 0 else "~/.config/carrel/carrel.toml").expanduser()
