"""Page loads over time, as columns that a template can draw. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analysis import periods
from analysis.shares import Share, share

Row = Mapping[str, Any]

DRAWN = 36
"""At most so many columns are drawn; the older ones are in the plain data."""


@dataclass(frozen=True, slots=True)
class Column:
    label: str
    share: Share
    x: float
    """Left edge, on a drawing 100 wide."""
    width: float
    whole: float
    part: float
    """Heights on a drawing 40 high: all page loads, and those with a third party."""


@dataclass(frozen=True, slots=True)
class Timeline:
    unit: str
    columns: tuple[Column, ...]
    peak: int
    elsewhere: int = 0
    """Page loads that no column shows: older ones, and those known by month only."""

    @property
    def alternative(self) -> str:
        """The drawing in words."""
        return "; ".join(f"{column.label}: {column.share.full}" for column in self.columns)


def of(
    rows: Sequence[Row], unit: str, *, seen: str = "with_third_party", watched: str = "loads", total: int = 0
) -> Timeline:
    """One column for each row; `unit` is the row's column that holds the period: 'month' or 'day'."""
    rows = rows[-DRAWN:]
    peak = max((row[watched] for row in rows), default=0)
    step = 100 / len(rows) if rows else 100
    width = min(step * 0.8, 12)
    columns = []
    for number, row in enumerate(rows):
        found = share(row[seen], row[watched])
        columns.append(
            Column(
                periods.words(row[unit]),
                found,
                x=round(number * step + (step - width) / 2, 2),
                width=round(width, 2),
                whole=round(40 * found.whole / peak, 2) if peak else 0,
                part=round(40 * found.part / peak, 2) if peak else 0,
            )
        )
    return Timeline(unit, tuple(columns), peak, max(0, total - sum(row[watched] for row in rows)))


def best(months: Sequence[Row], days: Sequence[Row]) -> Timeline:
    """Months if there are enough to see a change, otherwise days if any are kept by day."""
    if len(months) > 3 or len(days) < 2:
        return of(months, "month", total=sum(row["loads"] for row in months))
    return of(days, "day", total=sum(row["loads"] for row in months))
