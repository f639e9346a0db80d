"""Is it watching, since when, what was missed, and which lists were used? Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analysis import periods

Row = Mapping[str, Any]

MISSED = {
    "opted_out": "connections of computers on which somebody switched watching off",
    "ambiguous": "connections that could not be told to belong to one page, and were given to none",
    "dropped": "events that were not counted because too many came at once or the disk was full",
    "reports_refused": "reports of browsers that were not understood or belonged to no known page",
}


@dataclass(frozen=True, slots=True)
class Period:
    name: str
    watched: str
    loads: int
    missed: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Ruleset:
    name: str
    version: str
    fetched: str
    rules: int
    skipped: int
    licence: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Coverage:
    periods: tuple[Period, ...]
    lists: tuple[Ruleset, ...]
    first: str
    last: str
    watched: str
    loads: int
    missed: tuple[tuple[str, int, str], ...]

    @property
    def empty(self) -> bool:
        return not self.periods


def build(rows: Sequence[Row], lists: Sequence[Row]) -> Coverage:
    """`rows` of the query coverage, newest first; `lists` of the query lists."""
    return Coverage(
        periods=tuple(
            Period(
                periods.words(row["period"]),
                duration(row["minutes"]),
                row["loads"],
                tuple(row[name] for name in MISSED),
            )
            for row in rows
        ),
        lists=tuple(Ruleset(**{name: row[name] for name in Ruleset.__dataclass_fields__}) for row in lists),
        first=periods.first_seen(row["period"] for row in rows),
        last=periods.last_seen(row["period"] for row in rows),
        watched=duration(sum(row["minutes"] for row in rows)),
        loads=sum(row["loads"] for row in rows),
        missed=tuple((name, sum(row[name] for row in rows), text) for name, text in MISSED.items()),
    )


def duration(minutes: int) -> str:
    """
    >>> duration(0), duration(59), duration(60), duration(1500)
    ('less than a minute', '59 minutes', '1 hour', '25 hours')
    """
    if minutes < 1:
        return "less than a minute"
    if minutes < 60:
        return f"{minutes} minute{'' if minutes == 1 else 's'}"
    hours = round(minutes / 60)
    return f"{hours:,} hour{'' if hours == 1 else 's'}"
