"""A map of weeks, or months, and recipients: in each cell the share of the page loads watched then. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from analysis import periods
from analysis.shares import Share, share

Row = Mapping[str, Any]

MOST: Final = 20
"""Recipients that are drawn."""
FEWEST: Final = 2
"""Fewer weeks show no change, so that months are shown in their place."""


@dataclass(frozen=True, slots=True)
class Span:
    period: str
    name: str
    """In full, for those who cannot see the column."""
    above: str
    """The year, or the month of a week, where it begins in this column."""
    short: str
    loads: int


@dataclass(frozen=True, slots=True)
class Line:
    recipient: str
    shares: tuple[Share, ...]


@dataclass(frozen=True, slots=True)
class Heat:
    unit: str
    """week or month."""
    spans: tuple[Span, ...]
    lines: tuple[Line, ...]
    left_out: int
    """Recipients that were seen less often, and are not drawn."""


def best(weeks: Sequence[Row], months: Sequence[Row]) -> Heat:
    """Weeks where at least two are known by day."""
    found = build(weeks, "week")
    return found if len(found.spans) >= FEWEST else build(months, "month")


def build(rows: Iterable[Row], unit: str) -> Heat:
    """Rows of the query seen_by_week or seen_by_month."""
    watched: dict[str, int] = {}
    seen: dict[str, dict[str, int]] = {}
    for row in rows:
        watched[row["span"]] = row["watched"]
        if row["third_party"]:
            seen.setdefault(row["third_party"], {})[row["span"]] = row["loads"]
    order = sorted(seen, key=lambda name: (-sum(seen[name].values()), name))
    spans = sorted(watched)
    return Heat(
        unit,
        tuple(_span(one, before, watched[one], unit) for one, before in zip(spans, ["", *spans], strict=False)),
        tuple(Line(name, tuple(share(seen[name].get(one, 0), watched[one]) for one in spans)) for name in order[:MOST]),
        max(0, len(order) - MOST),
    )


def _span(period: str, before: str, loads: int, unit: str) -> Span:
    """
    >>> _span("2026-11-23", "2026-11-16", 62, "week").short, _span("2026-11-02", "2026-10-26", 62, "week").above
    ('23', 'Nov')
    >>> _span("2026-11", "2026-10", 62, "month").short, _span("2027-01", "2026-12", 62, "month").above
    ('Nov', '2027')
    """
    month = periods.MONTHS[int(period[5:7]) - 1][:3]
    if unit == "week":
        above = month if before[:7] != period[:7] else ""
        return Span(period, f"week of {periods.words(period)}", above, str(int(period[8:])), loads)
    return Span(period, periods.words(period), period[:4] if before[:4] != period[:4] else "", month, loads)
