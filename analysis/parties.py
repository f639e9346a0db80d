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
    stands: str
    """third, own or behind, as the query's _seen.sql tells; only what stands alike is ever added up."""
    share: Share
    sites: int
    first: str
    stopped: int = 0
    """Page loads on which a contact was stopped; no part of the share."""
    relayed: int = 0
    """Of the share, page loads on which the library's own proxy surely relayed a contact."""
    at_least: bool = False
    """Met both by its own name and behind a site's: the share is not exact, and not too high."""

    @property
    def third(self) -> bool:
        """A third party that was contacted."""
        return self.stands == "third" and bool(self.share.part)

    @property
    def apart(self) -> bool:
        """The vendor's own, its group's or the library's."""
        return self.stands == "own"

    @property
    def behind(self) -> bool:
        """Behind a site's own names."""
        return self.stands == "behind"

    @property
    def only_stopped(self) -> bool:
        """A third party that never was contacted."""
        return self.stands == "third" and not self.share.part

    @property
    def tags(self) -> tuple[str, ...]:
        relayed = share(self.relayed, self.share.part)
        return wording.tags(self.relation, relayed=relayed, both=self.at_least, behind=self.behind)


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
            row["stands"],
            share(row["loads"], row["watched"]),
            row["sites"],
            first(row["first_period"]),
            row["stopped"],
            row["relayed"],
            bool(row["at_least"]),
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
