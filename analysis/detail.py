"""One site: everything known about it, in the order of the report's sections. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analysis import consent, parties, periods, timeline, unresolved, wording
from analysis.asked import Request
from analysis.consent import Consent
from analysis.disclosed import Comparison
from analysis.heat import Heat
from analysis.parties import Category, Line
from analysis.protection import Protection
from analysis.received import Received, summed
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
    heat: Heat
    disclosed: Comparison
    requests: tuple[Request, ...]

    @property
    def stopped(self) -> int:
        """Third parties that were stopped on some page load."""
        return sum(one.named for one in self.protection.stopped)

    @property
    def names(self) -> frozenset[str]:
        return frozenset(line.party.domain for category in self.categories for line in category.lines)

    @property
    def third_parties(self) -> int:
        return len(self.names)

    @property
    def not_found(self) -> int:
        """Of these, as on the report's first page: who hides behind own names is not among them."""
        return self.disclosed.not_found_of(self.names)

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
    heat: Heat,
    disclosed: Comparison,
    requests: tuple[Request, ...] = (),
) -> SitePage:
    """`unknown`: rows of the query unresolved."""
    found = parties.lines(seen)
    given = summed(exposed, "third_party", {facts["id"]: counts["loads"]})
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
        heat=heat,
        disclosed=disclosed,
        requests=requests,
    )


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
