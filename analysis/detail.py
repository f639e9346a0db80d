"""One site, and one third party: everything known about it, on one page each. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analysis import consent, parties, periods, timeline, unresolved, wording
from analysis.consent import Consent
from analysis.parties import Category, Line, Party
from analysis.protection import Protection
from analysis.received import Received, received
from analysis.shares import Share, share
from analysis.timeline import Timeline
from analysis.unresolved import Unresolved

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
class Cookie:
    service: str
    pattern: str
    lifetime: str
    share: Share


@dataclass(frozen=True, slots=True)
class SignIn:
    """Where a site sends patrons to sign in."""

    provider: str
    who: str
    times: int


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
    """The site's own metrics and hidden trackers."""
    protection: Protection
    how: Mapping[tuple[Any, ...], How]
    """By third party, relation, and whether it was behind the site's own names."""
    received: Mapping[str, Received]
    """By third party, the highest rung first; only those that received more than a contact."""
    consent: Consent
    chosen: tuple[tuple[str, str], ...]
    """Third parties, with their relation, in the order of what they did before a choice."""
    cookies: tuple[Cookie, ...]
    sign_ins: tuple[SignIn, ...]
    lookalikes: tuple[tuple[str, int], ...]
    meetings: int
    unresolved: Unresolved | None
    time: Timeline

    @property
    def third_parties(self) -> int:
        return len({line.party.domain for category in self.categories for line in category.lines})

    @property
    def relayed(self) -> bool:
        return any(line.relayed for line in (*(line for one in self.categories for line in one.lines), *self.behind))

    def tags(self, domain: str) -> tuple[str, ...]:
        """What a reader must know beside this name in a table that is not about one standing alone."""
        lines = (*(line for one in self.categories for line in one.lines), *self.behind, *self.apart)
        of_it = [line for line in lines if line.party.domain == domain]
        hidden = [wording.BEHIND] if of_it and all(line.behind for line in of_it) else []
        relayed = share(sum(line.relayed for line in of_it), sum(line.share.part for line in of_it))
        words = [
            tag for line in of_it[:1] for tag in wording.tags(line.relation, relayed=relayed, both=False, behind=False)
        ]
        return (*hidden, *words)

    def ways(self, line: Line) -> How:
        return self.how.get((line.party.domain, line.relation, int(line.behind)), NOTHING)


@dataclass(frozen=True, slots=True)
class Place:
    """A third party on one site."""

    site: str
    name: str
    stands: str
    tags: tuple[str, ...]
    share: Share
    first: str
    last: str
    how: How
    received: Received | None
    relayed: int
    stopped: int
    """Page loads on which a contact was stopped; no part of the share."""


@dataclass(frozen=True, slots=True)
class PartyPage:
    party: Party
    first: str
    places: tuple[Place, ...]
    """By its own name."""
    behind: tuple[Place, ...]
    """Behind the names of these sites; never added up with the other places."""
    methods: tuple[str, ...]
    time: Timeline
    time_behind: Timeline

    @property
    def share(self) -> Share:
        """Of the page loads of the sites on which it was seen by its own name."""
        return _sum(self.places)

    @property
    def share_behind(self) -> Share:
        return _sum(self.behind)

    @property
    def relayed(self) -> bool:
        return any(place.relayed for place in (*self.places, *self.behind))

    @property
    def stopped(self) -> int:
        return sum(place.stopped for place in (*self.places, *self.behind))

    @property
    def receiving(self) -> tuple[Place, ...]:
        """Where it received more than a contact."""
        return tuple(place for place in (*self.places, *self.behind) if place.received)


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
    unknown: Iterable[Row] = (),
    protection: Protection,
) -> SitePage:
    """`unknown`: rows of the query unresolved."""
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
        apart=tuple(line for line in found if line.apart),
        behind=tuple(line for line in found if line.behind),
        how=how(contacts, "third_party", "relation", "behind"),
        protection=protection,
        received=dict(sorted(given.items(), key=_highest_first)),
        consent=choices,
        chosen=tuple(
            consent.by_first_contact(choices, [(line.party.domain, line.relation) for line in found if line.third])
        ),
        cookies=tuple(
            Cookie(row["service"], row["pattern"], row["lifetime"], share(row["loads"], counts["loads"]))
            for row in cookies
        ),
        sign_ins=tuple(SignIn(row["provider"], row["service"] or row["owner"], row["loads"]) for row in sign_ins),
        lookalikes=tuple((row["trick"], row["hits"]) for row in lookalikes),
        meetings=sum(row["meetings"] for row in unlisted),
        unresolved=next(iter(unresolved.build(unknown)), None),
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
    ways = how(contacts, "site", "behind")
    given = received(exposed, "site", watched)
    found = []
    named = {row["site"] for row in places if row["stands"] != "behind"}
    for site, behind in sorted({(row["site"], row["stands"] == "behind") for row in places}):
        rows = [row for row in places if (row["site"], row["stands"] == "behind") == (site, behind)]
        seen_in = [row["period"] for row in rows]
        contacted, relayed = (sum(row[column] for row in rows) for column in ("contacted", "relayed"))
        both = any(row["at_least"] for row in rows)
        relations = sorted({row["relation"] for row in rows}, key=lambda word: (word == "third", word))
        found.append(
            Place(
                site,
                rows[0]["name"],
                rows[0]["stands"],
                wording.tags(relations[0], relayed=share(relayed, contacted), both=both, behind=behind),
                share(contacted, watched.get(site, 0)),
                periods.first_seen(seen_in),
                periods.words(periods.latest(seen_in)),
                ways.get((site, int(behind)), NOTHING),
                # What was sent is read from browsers' reports, and these name nobody behind an own name.
                None if behind and site in named else given.get(site),
                relayed,
                sum(row["stopped"] for row in rows),
            )
        )
    found.sort(key=lambda place: (-place.share.fraction, place.name))
    by_name, hidden = ([row for row in months if bool(row["behind"]) is behind] for behind in (False, True))
    return PartyPage(
        party=parties.party(who),
        first=periods.first_seen([row["period"] for row in places]),
        places=tuple(place for place in found if place.stands != "behind"),
        behind=tuple(place for place in found if place.stands == "behind"),
        methods=tuple(sorted({row["method"] for row in contacts})),
        time=timeline.of(by_name, "month", seen="loads", watched="watched"),
        time_behind=timeline.of(hidden, "month", seen="loads", watched="watched"),
    )


def _sum(places: Iterable[Place]) -> Share:
    found = tuple(places)
    return share(sum(place.share.part for place in found), sum(place.share.whole for place in found))


def site_facts(row: Row) -> SiteFacts:
    begin, end = periods.words(row["contract_from"]), periods.words(row["contract_until"])
    contract = " ".join(part for part in (f"from {begin}" if begin else "", f"until {end}" if end else "") if part)
    domains = tuple(str(row["domains"]).split())
    return SiteFacts(row["id"], row["name"], row["kind"], row["vendor"], row["product"], domains, contract)


def _highest_first(one: tuple[str, Received]) -> tuple[int, int, str]:
    domain, given = one
    return -wording.RUNGS.index(given.rung), -given.share.part, domain


def how(contacts: Iterable[Row], *keys: str) -> dict[tuple[Any, ...], How]:
    """Rows of the query how_seen, gathered under the values of these columns."""
    gathered: dict[tuple[Any, ...], list[Row]] = {}
    for row in contacts:
        gathered.setdefault(tuple(row[key] for key in keys), []).append(row)
    return {name: _how(rows) for name, rows in gathered.items()}


def _how(rows: Sequence[Row]) -> How:
    def words(column: str) -> tuple[str, ...]:
        return tuple(sorted({row[column] for row in rows}))

    requests = sum(row["requests"] for row in rows)
    return How(words("kind"), words("method"), words("outcome"), words("section"), requests)
