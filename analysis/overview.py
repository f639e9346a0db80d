"""The front page: how much was watched, what was seen, where, and what is new. Pure: rows in, one object out."""

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
class SiteLine:
    id: str
    name: str
    kind: str
    vendor: str
    share: Share
    third_parties: int
    last: str
    rung: str
    """The most that any third party received, '' if no more than a contact was seen."""
    recipients: int
    """Third parties that received that."""


@dataclass(frozen=True, slots=True)
class New:
    party: Party
    site: str
    site_name: str
    first: str
    relation: str


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
    """Only sites of which a page was opened."""
    configured: int
    third_parties: tuple[Line, ...]
    apart: tuple[Line, ...]
    behind: tuple[Line, ...]
    categories: tuple[Category, ...]
    newest: tuple[New, ...]
    imitated: tuple[Imitated, ...]
    meetings: int
    """How often a name was met that is kept as (unlisted)."""
    time: Timeline

    @property
    def empty(self) -> bool:
        return not self.share.whole

    @property
    def domains(self) -> int:
        return len({line.party.domain for line in self.third_parties})

    @property
    def most(self) -> int:
        return max((len(category.lines) for category in self.categories), default=0)


def build(
    sites: Sequence[Row],
    seen: Sequence[Row],
    pairs: Sequence[Row],
    newest: Sequence[Row],
    behind: Iterable[Row],
    rungs: Sequence[Row],
    lookalikes: Iterable[Row],
    unlisted: Iterable[Row],
    months: Sequence[Row],
    days: Sequence[Row],
) -> Overview:
    watched = [row for row in sites if row["loads"]]
    found = parties.lines(seen)
    third = tuple(line for line in found if line.third)
    hidden = {(row["site"], row["third_party"], row["relation"]) for row in behind}
    pairs = [pair for pair in pairs if (pair["site"], pair["third_party"], pair["relation"]) not in hidden]
    return Overview(
        share=share(sum(row["with_third_party"] for row in watched), sum(row["loads"] for row in watched)),
        first=periods.first_seen(row["first_period"] for row in watched),
        last=periods.words(max((row["last_period"] for row in watched), default="")),
        sites=tuple(_site(row, pairs, rungs) for row in watched),
        configured=len(sites),
        third_parties=third,
        apart=tuple(line for line in found if line.apart and not line.behind),
        behind=tuple(line for line in found if line.behind),
        categories=parties.by_category(third),
        newest=tuple(_new(row) for row in newest),
        imitated=_imitated(lookalikes),
        meetings=sum(row["meetings"] for row in unlisted),
        time=timeline.best(months, days),
    )


def _site(row: Row, pairs: Sequence[Row], rungs: Sequence[Row]) -> SiteLine:
    names = {
        pair["third_party"] for pair in pairs if pair["site"] == row["site"] and pair["relation"] not in wording.APART
    }
    reached = [
        wording.RUNGS.index(one["rung"]) for one in rungs if one["site"] == row["site"] and one["third_party"] in names
    ]
    highest = max(reached, default=0)
    return SiteLine(
        row["site"],
        row["name"],
        row["kind"],
        row["vendor"],
        share(row["with_third_party"], row["loads"]),
        len(names),
        periods.words(row["last_period"]),
        wording.RUNGS[highest] if highest else "",
        reached.count(highest),
    )


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


def _new(row: Row) -> New:
    who = Party(row["third_party"], "", row["owner"], "", row["category"] or wording.NO_CATEGORY, "", "", "")
    return New(who, row["site"], row["name"], parties.first(row["first_period"]), row["relation"])
