"""Sites across, third parties down, in each cell the share of the site's page loads. Pure.

What hides behind a site's own names, and what is the vendor's own, has a part of the table to itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from analysis import parties, wording
from analysis.parties import Party
from analysis.shares import Share, share

Row = Mapping[str, Any]

MOST: Final = 40
"""Lines of each part, unless a reader asks for all: a browser shows a table of so many at once."""


@dataclass(frozen=True, slots=True)
class Head:
    id: str
    name: str
    loads: int


@dataclass(frozen=True, slots=True)
class Cell:
    share: Share
    marks: tuple[str, ...]
    """Words beside the share: a relation, `relayed`, `at least`."""
    stopped: int
    """Page loads on which a contact was stopped."""


@dataclass(frozen=True, slots=True)
class Line:
    party: Party
    relayed: Share
    """Of the page loads that contacted it, on all sites."""
    cells: tuple[Cell, ...]

    @property
    def tags(self) -> tuple[str, ...]:
        return tuple(tag for tag in [wording.relayed_on(self.relayed)] if tag)


@dataclass(frozen=True, slots=True)
class Group:
    category: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Part:
    stands: str
    groups: tuple[Group, ...]
    of: int
    """Lines that there are; those seen on most page loads are in the groups."""

    @property
    def lines(self) -> int:
        return sum(len(group.lines) for group in self.groups)

    @property
    def heading(self) -> str:
        return wording.STANDS[self.stands]


@dataclass(frozen=True, slots=True)
class Matrix:
    sites: tuple[Head, ...]
    parts: tuple[Part, ...]
    """Third parties, what is behind own names, and the vendors' own; only those that were seen."""

    @property
    def empty(self) -> bool:
        return not self.parts

    @property
    def cut(self) -> tuple[Part, ...]:
        """Parts of which not all lines are shown."""
        return tuple(part for part in self.parts if part.lines < part.of)

    @property
    def relayed(self) -> bool:
        return any(line.relayed.part for part in self.parts for group in part.groups for line in group.lines)


def build(sites: Sequence[Row], pairs: Sequence[Row], known: Sequence[Row], *, most: int | None = MOST) -> Matrix:
    """`pairs` are rows of the query matrix, `known` of third_parties_seen. `most`: lines of each part, None for all."""
    heads = tuple(Head(row["site"], row["name"], row["loads"]) for row in sites if row["loads"])
    who = {row["third_party"]: parties.party(row) for row in known}
    parts = []
    for stands in wording.STANDS:
        found: dict[str, dict[str, list[Row]]] = {}
        for row in pairs:
            if row["stands"] == stands:
                found.setdefault(row["third_party"], {}).setdefault(row["site"], []).append(row)
        shown = sorted(found, key=lambda domain: (-_seen(found[domain]), domain))[:most]
        lines = [_line(who.get(domain) or parties.unknown(domain), found[domain], heads) for domain in shown]
        if lines:
            parts.append(Part(stands, _grouped(lines), len(found)))
    return Matrix(heads, tuple(parts))


def _seen(on: Mapping[str, Sequence[Row]]) -> float:
    """So that a site with few page loads weighs as much as one with many."""
    return sum(share(sum(row["loads"] for row in rows), rows[0]["watched"]).fraction for rows in on.values())


def _line(party: Party, on: Mapping[str, Sequence[Row]], heads: Sequence[Head]) -> Line:
    cells = tuple(_cell(on.get(head.id, ()), head.loads) for head in heads)
    rows = [row for these in on.values() for row in these]
    return Line(party, share(sum(row["relayed"] for row in rows), sum(row["loads"] for row in rows)), cells)


def _cell(rows: Sequence[Row], watched: int) -> Cell:
    if not rows:
        return Cell(Share(0, watched), (), 0)
    marks = {row["relation"] for row in rows} - {"third"}
    relayed = {"relayed"} if any(row["relayed"] for row in rows) else set()
    at_least = {"at least"} if any(row["at_least"] for row in rows) else set()
    stopped = sum(row["stopped"] for row in rows)
    return Cell(share(sum(row["loads"] for row in rows), watched), tuple(sorted(marks | relayed | at_least)), stopped)


def _grouped(lines: Sequence[Line]) -> tuple[Group, ...]:
    categories = sorted(
        {line.party.category for line in lines}, key=lambda name: (name == wording.NO_CATEGORY, name.lower())
    )
    return tuple(Group(name, _ordered(lines, name)) for name in categories)


def _ordered(lines: Sequence[Line], category: str) -> tuple[Line, ...]:
    chosen = [line for line in lines if line.party.category == category]
    return tuple(sorted(chosen, key=lambda line: (-sum(cell.share.fraction for cell in line.cells), line.party.domain)))
