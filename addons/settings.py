"""carrel.toml as frozen dataclasses: every key, its default, and what is said when it is wrong.

Reads one file and checks it; opens no socket, writes nothing. Every complaint is one line with
the file, the key and what to write instead.
"""

from __future__ import annotations

import difflib
import ipaddress
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from addons import values
from addons.values import DESK, Listen, Network

__all__ = ["DESK", "Listen", "Network", "Settings", "SettingsError", "Site", "load", "parse"]

MODES = ("observe", "block", "contract")

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
    clauses: tuple[tuple[str, str], ...] = ()
    """Third party, or kind of finding, and the clause of the contract that speaks of it."""
    mode: str = ""
    """The site's own `observe`, `block` or `contract`; "" for the mode of all."""


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
    uncloak: bool = True
    """Whether the CNAMEs behind the sites' own names are looked up."""
    nameserver: Listen | None = None
    """Who is asked for CNAMEs; None for the system's name servers."""
    route: str = "all"
    """What the PAC file sends through the proxy: `all`, or the `sites` (and the desk) only."""


@dataclass(frozen=True, slots=True)
class Protect:
    mode: str = "observe"
    gpc: bool = True
    trim_referrer: bool = False
    lookalikes: str = "count"
    """What becomes of hosts that imitate a site's name: `count` or `block`."""
    settle: int = 20
    """Page loads of a site before `block` acts on its pages; the last half of them without a newcomer."""
    block_everywhere: bool = False
    """Whether sealed connections to listed trackers are refused, whatever page asks for them."""


@dataclass(frozen=True, slots=True)
class Privacy:
    k: int = 10
    rare: int = 3
    days_kept: int = 90
    months_kept: int = 36
    opt_out: bool = True
    """Whether a patron can switch the watching off for a computer."""
    consent: str = "opt-out"
    """`opt-out`: watched until somebody says no. `opt-in`: nothing is opened until somebody says yes."""


@dataclass(frozen=True, slots=True)
class Dashboard:
    listen: Listen = ("127.0.0.1", 8001)
    password_hash: str = ""
    """Of those who may decide: allow a third party, end a rule, protect again."""
    staff_password_hash: str = ""
    """Of those who may read, and decide nothing."""
    public: Listen | None = None
    """Where the page for the public is served."""


@dataclass(frozen=True, slots=True)
class Alerts:
    to: tuple[str, ...] = ()
    """Addresses in Apprise's form. They may hold passwords: never printed, never logged."""
    digest: str = "daily"
    lists_days: int = 14
    """Days after which a list counts as old."""


@dataclass(frozen=True, slots=True)
class Desk:
    listen: Listen | None = None
    """A plain listener beside the proxy's, for terminals that have no proxy yet: PAC file, root certificate, notice."""
    languages: Path | None = None
    """Folder with further languages for the patron's pages, one TOML file each."""


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
    names: Mapping[str, str] = field(default_factory=dict)
    """Names as the proxy writes them before its suffix, and the hosts they stand for, where no rule tells."""


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
    alerts: Alerts = Alerts()
    desk: Desk = Desk()
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


_SECTIONS: dict[str, tuple[type, dict[str, values.Parser]]] = {
    "library": (Library, {"name": values.text, "contact": values.text}),
    "proxy": (
        Proxy,
        {
            "listen": values.listen,
            "clients": values.networks,
            "destinations": values.networks,
            "upstream": values.upstream,
            "trust": values.file,
            "on_failure": values.choice("closed", "upstream", "direct"),
            "connect_ports": values.ports,
            "hosts": values.hosts,
            "uncloak": values.flag,
            "nameserver": values.optional_listen,
            "route": values.choice("all", "sites"),
        },
    ),
    "protect": (
        Protect,
        {
            "mode": values.choice(*MODES),
            "gpc": values.flag,
            "trim_referrer": values.flag,
            "lookalikes": values.choice("count", "block"),
            "settle": values.whole(0, 10_000),
            "block_everywhere": values.flag,
        },
    ),
    "privacy": (
        Privacy,
        {
            "k": values.whole(1, 1000),
            "rare": values.whole(1, 1000),
            "days_kept": values.whole(1, 400),
            "months_kept": values.whole(1, 120),
            "opt_out": values.flag,
            "consent": values.choice("opt-out", "opt-in"),
        },
    ),
    "dashboard": (
        Dashboard,
        {
            "listen": values.listen,
            "password_hash": values.text,
            "staff_password_hash": values.text,
            "public": values.optional_listen,
        },
    ),
    "alerts": (
        Alerts,
        {
            "to": values.notices,
            "digest": values.choice("daily", "weekly"),
            "lists_days": values.whole(1, 365),
        },
    ),
    "desk": (Desk, {"listen": values.optional_listen, "languages": values.optional_folder}),
    "data": (Data, {"dir": values.folder}),
    "rewriting": (Rewriting, {"suffixes": values.domains, "names": values.rewritten_names}),
    "directory": (Directory, {"use": values.flag}),
}

_SITE: dict[str, values.Parser] = {
    "id": values.identifier,
    "name": values.text,
    "kind": values.choice("catalog", "vendor", "library"),
    "vendor": values.text,
    "product": values.text,
    "domains": values.site_domains,
    "sections": values.sections,
    "permitted": values.domains,
    "disclosed": values.domains,
    "own": values.domains,
    "owner": values.text,
    "clauses": values.clauses,
    "contract_from": values.date,
    "contract_until": values.date,
    "mode": values.choice(*MODES),
}


def _known(table: Mapping[str, Any], keys: set[str], where: str, place: str) -> None:
    for key in table:
        if key not in keys:
            close = difflib.get_close_matches(key, keys, n=1)
            hint = f'did you mean "{close[0]}"?' if close else "known are " + ", ".join(sorted(keys))
            raise SettingsError(f"{where}: {place} {key}: unknown key; {hint}".replace("  ", " ").replace(":  ", ": "))


def _read(
    table: Mapping[str, Any], keys: dict[str, values.Parser], where: str, place: str, base: Path
) -> dict[str, Any]:
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
    if dashboard.public and dashboard.public[1] in (proxy.listen[1], dashboard.listen[1]):
        raise SettingsError(
            f"{where}: [dashboard] public: port {dashboard.public[1]} is the proxy's or the dashboard's; write "
            f'another, such as "127.0.0.1:{dashboard.listen[1] + 1}"'
        )
    if proxy.upstream:
        parts = urlsplit(proxy.upstream)
        if parts.port == proxy.listen[1] and parts.hostname in ("localhost", "127.0.0.1", "::1", proxy.listen[0]):
            raise SettingsError(f"{where}: [proxy] upstream: is this proxy itself; name the content filter's address")
    if proxy.on_failure == "upstream" and not proxy.upstream:
        raise SettingsError(
            f'{where}: [proxy] on_failure: "upstream" needs [proxy] upstream; name it or write "closed"'
        )
