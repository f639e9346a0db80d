"""One site, and one third party: everything known about it, on one page each. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analysis import consent, parties, periods, timeline, wording
from analysis.consent import Consent
from analysis.parties import Category, Line, Party
from analysis.received import Received, received
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
    relayed: bool

    @property
    def own_name(self) -> bool:
        """Some of it was found behind the site's own names."""
        return bool(wording.OWN_NAME & set(self.methods))


NOTHING = How((), (), (), (), 0, relayed=False)


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
class Cookie:
    service: str
    pattern: str
    lifetime: str
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
    behind: tuple[Line, ...]
    """The vendor's own metrics and hidden trackers."""
    how: Mapping[tuple[str, ...], How]
    """By third party and relation."""
    received: Mapping[str, Received]
    """By third party, the highest rung first; only those that received more than a contact."""
    consent: Consent
    chosen: tuple[tuple[str, str], ...]
    """Third parties, with their relation, in the order of what they did before a choice."""
    cookies: tuple[Cookie, ...]
    sign_ins: tuple[tuple[str, int], ...]
    lookalikes: tuple[tuple[str, int], ...]
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
    received: Received | None


@dataclass(frozen=True, slots=True)
class PartyPage:
    party: Party
    share: Share
    """Of the page loads of the sites on which it was seen."""
    first: str
    places: tuple[Place, ...]
    methods: tuple[str, ...]
    time: Timeline

    @property
    def receiving(self) -> tuple[Place, ...]:
        """Where it received more than a contact."""
        return tuple(place for place in self.places if place.received)


def site_page(
    facts: Row,
    counts: Row,
    sections: Sequence[Row],
    seen: Sequence[Row],
    contacts: Sequence[Row],
    unlisted: Iterable[Row],
    months: Sequence[Row],
    days: Sequence[Row],
    *,
    exposed: Iterable[Row] = (),
    consents: Sequence[Row] = (),
    by_consent: Iterable[Row] = (),
    cookies: Iterable[Row] = (),
    sign_ins: Iterable[Row] = (),
    lookalikes: Iterable[Row] = (),
) -> SitePage:
    found = parties.lines(seen)
    given = received(exposed, "third_party", {facts["id"]: counts["loads"]})
    choices = consent.build(consents, by_consent)
    return SitePage(
        site=site_facts(facts),
        share=share(counts["with_third_party"], counts["loads"]),
        first=periods.first_seen([counts["first_period"]]) if counts["first_period"] else "",
        last=periods.words(counts["last_period"]),
        sections=tuple(Section(row["section"], share(row["with_third_party"], row["loads"])) for row in sections),
        categories=parties.by_category([line for line in found if line.third]),
        apart=tuple(line for line in found if line.apart and not line.behind),
        behind=tuple(line for line in found if line.behind),
        how=how(contacts, "third_party", "relation"),
        received=dict(sorted(given.items(), key=_highest_first)),
        consent=choices,
        chosen=tuple(
            consent.by_first_contact(choices, [(line.party.domain, line.relation) for line in found if line.third])
        ),
        cookies=tuple(
            Cookie(row["service"], row["pattern"], row["lifetime"], share(row["loads"], counts["loads"]))
            for row in cookies
        ),
        sign_ins=tuple((row["provider"], row["loads"]) for row in sign_ins),
        lookalikes=tuple((row["trick"], row["hits"]) for row in lookalikes),
        meetings=sum(row["meetings"] for row in unlisted),
        time=timeline.best(months, days),
    )


def party_page(
    who: Row,
    places: Sequence[Row],
    contacts: Sequence[Row],
    sites: Sequence[Row],
    months: Sequence[Row],
    exposed: Iterable[Row] = (),
) -> PartyPage:
    watched = {row["site"]: row["loads"] for row in sites}
    ways = how(contacts, "site")
    given = received(exposed, "site", watched)
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
                ways.get((site,), NOTHING),
                given.get(site),
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


def _highest_first(one: tuple[str, Received]) -> tuple[int, int, str]:
    domain, given = one
    return -wording.RUNGS.index(given.rung), -given.share.part, domain


def how(contacts: Iterable[Row], *keys: str) -> dict[tuple[str, ...], How]:
    """Rows of the query how_seen, gathered under the values of these columns."""
    gathered: dict[tuple[str, ...], list[Row]] = {}
    for row in contacts:
        gathered.setdefault(tuple(row[key] for key in keys), []).append(row)
    return {name: _how(rows) for name, rows in gathered.items()}


def _how(rows: Sequence[Row]) -> How:
    def words(column: str) -> tuple[str, ...]:
        return tuple(sorted({row[column] for row in rows}))

    return How(
        words("kind"),
        words("method"),
        words("outcome"),
        words("section"),
        sum(row["requests"] for row in rows),
        relayed=any(row["relayed"] for row in rows),
    )
