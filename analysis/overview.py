"""The front page: how much was watched, what was seen, where, and what is new. Pure: rows in, one object out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analysis import consent, parties, periods, timeline, unresolved, wording
from analysis.changes import Changes
from analysis.consent import Consent
from analysis.parties import Category, Line, Party
from analysis.protection import Rule, Standing
from analysis.shares import Share, share
from analysis.timeline import Timeline
from analysis.unresolved import Unresolved

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SiteLine:
    id: str
    name: str
    kind: str
    vendor: str
    share: Share
    third_parties: int
    last: str
    height: int
    """On the ladder of what recipients receive: 0 if no more than a contact was seen."""
    reached: str
    """The most that any third party received, '' if no more than a contact was seen."""
    recipients: int
    """Third parties that received that."""
    contract_until: str


@dataclass(frozen=True, slots=True)
class New:
    """A third party that came after a site was first watched."""

    party: Party
    sites: tuple[tuple[str, str], ...]
    """Where it first came then: id and name."""
    first: str
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """Third parties before a choice and after refusal, on one site."""

    site: str
    name: str
    consent: Consent
    contacted: Mapping[str, int]
    """Third parties, by state of consent."""


@dataclass(frozen=True, slots=True)
class Imitated:
    site: str
    name: str
    hits: int
    tricks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Overview:
    share: Share
    """Page loads with any third party, of all page loads watched."""
    first: str
    last: str
    sites: tuple[SiteLine, ...]
    """Only sites of which a page was opened; those whose third parties received most come first."""
    configured: int
    third_parties: tuple[Line, ...]
    apart: tuple[Line, ...]
    behind: tuple[Line, ...]
    categories: tuple[Category, ...]
    newest: tuple[New, ...]
    newest_behind: tuple[New, ...]
    newcomers: int
    """All third parties that came after a site was first watched, of which `newest` are the last."""
    stopped: tuple[Line, ...]
    """Third parties that never were contacted, since every contact was stopped."""
    standings: tuple[Standing, ...]
    """How each site is protected; those put back to observing come first."""
    rules: tuple[Rule, ...]
    choices: tuple[Choice, ...]
    """Only sites whose consent tool is known."""
    unresolved: tuple[Unresolved, ...]
    imitated: tuple[Imitated, ...]
    meetings: int
    """How often a name was met that is kept as (unlisted)."""
    time: Timeline
    changes: Changes

    @property
    def empty(self) -> bool:
        return not self.share.whole

    @property
    def domains(self) -> int:
        return len({line.party.domain for line in self.third_parties})

    @property
    def relayed(self) -> int:
        """Third parties that the library's own proxy relayed."""
        return len({line.party.domain for line in (*self.third_parties, *self.behind) if line.relayed})

    @property
    def watched_only(self) -> tuple[Standing, ...]:
        """Sites on which nothing is stopped, nor about to be."""
        return tuple(one for one in self.standings if one.state == "observing" and not self.allowed(one.site))

    @property
    def returned(self) -> tuple[Standing, ...]:
        return tuple(one for one in self.standings if one.returned)

    def allowed(self, site: str) -> int:
        """Allow rules in force."""
        return sum(rule.site == site for rule in self.rules)

    @property
    def most(self) -> int:
        return max((len(category.lines) for category in self.categories), default=0)


def build(
    sites: Sequence[Row],
    seen: Sequence[Row],
    received: Iterable[Row],
    newest: Sequence[Row],
    lookalikes: Iterable[Row],
    unlisted: Iterable[Row],
    months: Sequence[Row],
    days: Sequence[Row],
    *,
    changes: Changes,
    consents: Sequence[Row] = (),
    by_consent: Iterable[Row] = (),
    unknown: Iterable[Row] = (),
    standings: tuple[Standing, ...] = (),
    rules: tuple[Rule, ...] = (),
) -> Overview:
    """`received`: rows of most_received; `by_consent`: of contacted_by_consent; `unknown`: of unresolved."""
    watched = [row for row in sites if row["loads"]]
    found = parties.lines(seen)
    third = tuple(line for line in found if line.third)
    highest = {row["site"]: row for row in received}
    contacted: dict[str, dict[str, int]] = {}
    for row in by_consent:
        contacted.setdefault(row["site"], {})[row["consent"]] = row["third_parties"]
    names = {row["site"]: row["name"] for row in sites}
    choices = consent.by_site(consents, ())
    return Overview(
        share=share(sum(row["with_third_party"] for row in watched), sum(row["loads"] for row in watched)),
        first=periods.first_seen(row["first_period"] for row in watched),
        last=periods.words(max((row["last_period"] for row in watched), default="")),
        sites=tuple(sorted((_site(row, highest.get(row["site"])) for row in watched), key=_highest_first)),
        configured=len(sites),
        third_parties=third,
        apart=tuple(line for line in found if line.apart),
        behind=tuple(line for line in found if line.behind),
        categories=parties.by_category(third),
        newest=tuple(_new(row, names) for row in newest if row["stands"] == "third"),
        newest_behind=tuple(_new(row, names) for row in newest if row["stands"] == "behind"),
        newcomers=next((row["of"] for row in newest if row["stands"] == "third"), 0),
        stopped=tuple(line for line in found if line.only_stopped),
        standings=standings,
        rules=rules,
        choices=tuple(
            Choice(row["site"], row["name"], choices[row["site"]], contacted.get(row["site"], {}))
            for row in watched
            if row["site"] in choices
        ),
        unresolved=unresolved.build(unknown),
        imitated=_imitated(lookalikes),
        meetings=sum(row["meetings"] for row in unlisted),
        time=timeline.best(months, days),
        changes=changes,
    )


def _site(row: Row, received: Row | None) -> SiteLine:
    height = wording.RUNGS.index(received["rung"]) if received else 0
    return SiteLine(
        row["site"],
        row["name"],
        row["kind"],
        row["vendor"],
        share(row["with_third_party"], row["loads"]),
        received["third_parties"] if received else 0,
        periods.words(row["last_period"]),
        height,
        wording.REACHED[wording.RUNGS[height]] if height else "",
        received["recipients"] if received else 0,
        periods.words(row["contract_until"]),
    )


def _highest_first(site: SiteLine) -> tuple[int, int, float, str]:
    return -site.height, -site.recipients, -site.share.fraction, site.name


def _imitated(rows: Iterable[Row]) -> tuple[Imitated, ...]:
    """Rows of the query lookalikes; the most imitated site first."""
    by_site: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        by_site.setdefault((row["imitated"], row["name"]), []).append(row)
    found = [
        Imitated(*who, sum(row["hits"] for row in these), tuple(row["trick"] for row in these))
        for who, these in by_site.items()
    ]
    return tuple(sorted(found, key=lambda one: (-one.hits, one.name)))


def _new(row: Row, names: Mapping[str, str]) -> New:
    who = Party(row["third_party"], "", row["owner"], "", row["category"] or wording.NO_CATEGORY, "", "", "")
    relayed = share(row["relayed"], row["contacted"])
    tags = wording.tags(row["relation"], relayed=relayed, both=False, behind=False)
    on = sorted((names.get(site, site), site) for site in row["sites"].split())
    return New(
        who,
        tuple((site, name) for name, site in on),
        parties.first(row["first_period"]),
        tags if row["contacted"] else (*tags, wording.ONLY_STOPPED),
    )
