"""One site, and one third party: everything known about it, on one page each. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analysis import parties, periods, timeline, wording
from analysis.parties import Category, Line, Party
from analysis.shares import Share, share
from analysis.timeline import Timeline

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class How:
    """The ways in which one third party was seen on one site."""

    kinds: tuple[str, ...]
    methods: tuple[str, ...]
    outcomes: tuple[str, ...]
    sections: tuple[str, ...]
    requests: int


NOTHING = How((), (), (), (), 0)


@dataclass(frozen=True, slots=True)
class SiteFacts:
    id: str
    name: str
    kind: str
    vendor: str
    product: str
    domains: tuple[str, ...]
    contract: str


@dataclass(frozen=True, slots=True)
class Section:
    name: str
    share: Share


@dataclass(frozen=True, slots=True)
class SitePage:
    site: SiteFacts
    share: Share
    first: str
    last: str
    sections: tuple[Section, ...]
    categories: tuple[Category, ...]
    apart: tuple[Line, ...]
    how: Mapping[str, How]
    meetings: int
    time: Timeline

    @property
    def third_parties(self) -> int:
        return len({line.party.domain for category in self.categories for line in category.lines})


@dataclass(frozen=True, slots=True)
class Place:
    """A third party on one site."""

    site: str
    name: str
    relation: str
    share: Share
    first: str
    last: str
    how: How


@dataclass(frozen=True, slots=True)
class PartyPage:
    party: Party
    share: Share
    """Of the page loads of the sites on which it was seen."""
    first: str
    places: tuple[Place, ...]
    methods: tuple[str, ...]
    time: Timeline


def site_page(
    facts: Row,
    counts: Row,
    sections: Sequence[Row],
    seen: Sequence[Row],
    contacts: Sequence[Row],
    unlisted: Iterable[Row],
    months: Sequence[Row],
    days: Sequence[Row],
) -> SitePage:
    found = parties.lines(seen)
    return SitePage(
        site=site_facts(facts),
        share=share(counts["with_third_party"], counts["loads"]),
        first=periods.first_seen([counts["first_period"]]) if counts["first_period"] else "",
        last=periods.words(counts["last_period"]),
        sections=tuple(Section(row["section"], share(row["with_third_party"], row["loads"])) for row in sections),
        categories=parties.by_category([line for line in found if not line.apart]),
        apart=tuple(line for line in found if line.apart),
        how=how(contacts, "third_party"),
        meetings=sum(row["meetings"] for row in unlisted),
        time=timeline.best(months, days),
    )


def party_page(
    who: Row, places: Sequence[Row], contacts: Sequence[Row], sites: Sequence[Row], months: Sequence[Row]
) -> PartyPage:
    watched = {row["site"]: row["loads"] for row in sites}
    ways = how(contacts, "site")
    found = []
    for site in sorted({row["site"] for row in places}):
        rows = [row for row in places if row["site"] == site]
        seen_in = [row["period"] for row in rows]
        found.append(
            Place(
                site,
                rows[0]["name"],
                ", ".join(sorted({wording.relation(row["relation"]) for row in rows})),
                share(sum(row["loads"] for row in rows), watched.get(site, 0)),
                periods.first_seen(seen_in),
                periods.words(periods.latest(seen_in)),
                ways.get(site, NOTHING),
            )
        )
    found.sort(key=lambda place: (-place.share.fraction, place.name))
    return PartyPage(
        party=parties.party(who),
        share=share(sum(place.share.part for place in found), sum(place.share.whole for place in found)),
        first=periods.first_seen([row["period"] for row in places]),
        places=tuple(found),
        methods=tuple(sorted({row["method"] for row in contacts})),
        time=timeline.of(months, "month", seen="loads", watched="watched"),
    )


def site_facts(row: Row) -> SiteFacts:
    begin, end = periods.words(row["contract_from"]), periods.words(row["contract_until"])
    contract = " ".join(part for part in (f"from {begin}" if begin else "", f"until {end}" if end else "") if part)
    domains = tuple(str(row["domains"]).split())
    return SiteFacts(row["id"], row["name"], row["kind"], row["vendor"], row["product"], domains, contract)


def how(contacts: Iterable[Row], key: str) -> dict[str, How]:
    """Rows of the query how_seen, gathered under the third party or the site."""
    gathered: dict[str, list[Row]] = {}
    for row in contacts:
        gathered.setdefault(row[key], []).append(row)
    return {name: _how(rows) for name, rows in gathered.items()}


def _how(rows: Sequence[Row]) -> How:
    def words(column: str) -> tuple[str, ...]:
        return tuple(sorted({row[column] for row in rows}))

    return How(words("kind"), words("method"), words("outcome"), words("section"), sum(row["requests"] for row in rows))
