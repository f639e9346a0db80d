"""What a patron is told about this house: made from the running configuration and the tables as they are. Pure but
for an empty database in memory, from which views and columns are read.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from urllib.parse import urlsplit

from sqlite_utils import Database

from addons.decide.parties import covers, normal_host
from addons.decide.sites import Catalogue
from addons.migrations import migrations
from addons.settings import DESK, Settings, Site

_FIRST = frozenset({"page_loads", "contacts", "presences", "exposures"})

STAFFS_OWN = frozenset({"documents", "mentions", "requests", "answers"})
"""What staff note about vendors' papers and letters: it comes from no computer of a patron's."""

SUMS = frozenset({"sights", "meetings", "reaches", "manners", "sight_anew", "reach_anew", "refresh"})
"""What the other views say already, added up (addons/sums.py); a sentence tells of them."""


@cache
def views() -> Mapping[str, tuple[str, ...]]:
    """Every view that is made from what patrons open, or decides about it, and its columns; the telling ones first."""
    with Database(memory=True) as database:
        migrations.apply(database)
        found = {
            name: tuple(row[0] for row in database.execute("select name from pragma_table_info(?)", [name]))
            for name in database.view_names()
            if name not in STAFFS_OWN | SUMS
        }
    return dict(sorted(found.items(), key=lambda item: (item[0] not in _FIRST, "period" not in item[1])))


@dataclass(frozen=True, slots=True)
class Answer:
    """What is said when somebody asks about a site."""

    verdict: str
    """yes, own, relayed, desk, no or unreadable"""
    host: str = ""
    site: Site | None = None


def look_up(catalogue: Catalogue, asked: str) -> Answer:
    """Whether the site that somebody typed, as a name or as an address, is watched."""
    host = host_in(asked)
    if not host:
        return Answer("unreadable")
    if host == DESK:
        return Answer("desk", host)
    place = catalogue.place(host)
    if place.site:
        return Answer("relayed" if place.relayed else "yes", host, place.site)
    owner = next((site for site in catalogue.sites if any(covers(domain, host) for domain in site.own)), None)
    return Answer("own", host, owner) if owner else Answer("no", host)


def host_in(asked: str) -> str:
    """The host in what somebody typed; "" if there is none.

    >>> host_in(" https://Catalog.example.org/search?q=term "), host_in("catalog.example.org:443/x"), host_in("a word")
    ('catalog.example.org', 'catalog.example.org', '')
    """
    text = asked.strip()
    try:
        host = urlsplit(text if "//" in text else f"//{text}").hostname or ""
    except ValueError:
        return ""
    return normal_host(host)


def proxy_address(listen: tuple[str, int], reached: str, local: str) -> str:
    """`host:port` of the proxy for a PAC file: where it listens, or, if that is everywhere, how it was reached.

    >>> proxy_address(("10.0.0.5", 8080), "carrel.anytown.example:8081", "10.0.0.5")
    '10.0.0.5:8080'
    >>> proxy_address(("0.0.0.0", 8080), "carrel.anytown.example:8081", "10.0.0.5")
    'carrel.anytown.example:8080'
    >>> proxy_address(("::", 8080), "carrel.internal", "2001:db8::5")
    '[2001:db8::5]:8080'
    """
    host, port = listen
    if ipaddress.ip_address(host).is_unspecified:
        host = host_in(reached)
        if not host or host == DESK:
            host = local.removeprefix("::ffff:") or listen[0]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


@dataclass(frozen=True, slots=True)
class Scope:
    """The sites, in the order in which a patron reads them."""

    library: tuple[Site, ...]
    directory: tuple[Site, ...]


def scope(settings: Settings, catalogue: Catalogue) -> Scope:
    configured = {site.id for site in settings.sites}
    own = tuple(site for site in catalogue.sites if site.id in configured)
    others = (site for site in catalogue.sites if site.id not in configured)
    return Scope(own, tuple(sorted(others, key=lambda site: site.name.casefold())))
