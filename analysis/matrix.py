"""Sites across, third parties down, in each cell the share of the site's page loads. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analysis import parties, wording
from analysis.parties import Party
from analysis.shares import Share, share

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Head:
    id: str
    name: str
    loads: int


@dataclass(frozen=True, slots=True)
class Cell:
    share: Share
    relation: str


@dataclass(frozen=True, slots=True)
class Line:
    party: Party
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Group:
    category: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Matrix:
    sites: tuple[Head, ...]
    groups: tuple[Group, ...]

    @property
    def empty(self) -> bool:
        return not self.groups


def build(sites: Sequence[Row], pairs: Sequence[Row], known: Sequence[Row]) -> Matrix:
    """`pairs` are rows of the query matrix, `known` of third_parties_seen."""
    heads = tuple(Head(row["site"], row["name"], row["loads"]) for row in sites if row["loads"])
    found: dict[tuple[str, str], tuple[int, str]] = {}
    for row in pairs:
        loads, relation = found.get((row["third_party"], row["site"]), (0, ""))
        found[row["third_party"], row["site"]] = (loads + row["loads"], _outer(relation, row["relation"]))
    who = {row["third_party"]: parties.party(row) for row in known}
    lines = []
    for domain in sorted({domain for domain, _ in found}):
        cells = tuple(
            Cell(share(loads, head.loads), relation)
            for head in heads
            for loads, relation in [found.get((domain, head.id), (0, ""))]
        )
        lines.append(Line(who.get(domain) or parties.unknown(domain), cells))
    categories = sorted(
        {line.party.category for line in lines}, key=lambda name: (name == wording.NO_CATEGORY, name.lower())
    )
    return Matrix(heads, tuple(Group(name, _ordered(lines, name)) for name in categories))


def _ordered(lines: Sequence[Line], category: str) -> tuple[Line, ...]:
    chosen = [line for line in lines if line.party.category == category]
    return tuple(sorted(chosen, key=lambda line: (-sum(cell.share.fraction for cell in line.cells), line.party.domain)))


def _outer(one: str, other: str) -> str:
    """Of two relations the one that is further from the vendor: a finding must not hide behind an own name."""
    return other if not one or one in wording.APART else one
