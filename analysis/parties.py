"""Third parties as lines of a table: who it is, on what share of the page loads, since when, by which list. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analysis import periods, wording
from analysis.shares import Share, share

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Party:
    domain: str
    service: str
    owner: str
    owner_group: str
    category: str
    list: str
    list_version: str
    rule: str

    @property
    def who(self) -> str:
        """Owner, and the group behind it where that is another name."""
        if self.owner_group and self.owner_group != self.owner:
            return f"{self.owner} ({self.owner_group})" if self.owner else self.owner_group
        return self.owner

    @property
    def origin(self) -> str:
        """Which list says so; STYLE: a classification carries its list, version and rule."""
        return f"{self.list} {self.list_version}: {self.rule}" if self.list else "no list names it"


@dataclass(frozen=True, slots=True)
class Line:
    party: Party
    relation: str
    share: Share
    sites: int
    first: str
    behind: bool = False
    """Found only behind sites' own names."""

    @property
    def third(self) -> bool:
        """Everything else is never added up with third parties."""
        return not (self.apart or self.behind)

    @property
    def apart(self) -> bool:
        return self.relation in wording.APART


@dataclass(frozen=True, slots=True)
class Category:
    name: str
    lines: tuple[Line, ...]

    def width(self, most: int) -> str:
        return f"{100 * len(self.lines) / most:.1f}" if most else "0"


def party(row: Row) -> Party:
    return Party(
        domain=row.get("third_party") or row.get("domain") or "",
        service=row["service"],
        owner=row["owner"],
        owner_group=row["owner_group"],
        category=row["category"] or wording.NO_CATEGORY,
        list=row["list"],
        list_version=row["list_version"],
        rule=row["rule"],
    )


def unknown(domain: str) -> Party:
    return Party(domain, "", "", "", wording.NO_CATEGORY, "", "", "")


def lines(rows: Iterable[Row]) -> tuple[Line, ...]:
    """Rows of the query third_parties_seen, the most often seen first."""
    return tuple(
        Line(
            party(row),
            row["relation"],
            share(row["loads"], row["watched"]),
            row["sites"],
            first(row["first_period"]),
            bool(row["behind"]),
        )
        for row in rows
    )


def first(period: str) -> str:
    return periods.first_seen([period]) if period else ""


def by_category(found: Sequence[Line]) -> tuple[Category, ...]:
    """Categories with the most third parties first; what no list knows comes last."""
    names = {line.party.category for line in found}
    groups = [Category(name, tuple(line for line in found if line.party.category == name)) for name in names]
    return tuple(sorted(groups, key=lambda one: (one.name == wording.NO_CATEGORY, -len(one.lines), one.name.lower())))
