"""How often each third party was contacted, by month, by week, and before and after a day. Pure.

Reads the same rows as the report. A month's count does not say on which day it was, so weeks are made of counts kept
by day only, and a month on which the dated event falls stands on neither side of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta

from analysis import periods
from analysis.evidence import Row, Rows
from analysis.shares import Share, share


@dataclass(frozen=True, slots=True)
class Cell:
    recipient: str
    span: str
    """A month such as 2026-11, or the Monday with which a week begins."""
    share: Share


@dataclass(frozen=True, slots=True)
class Trend:
    months: tuple[Cell, ...]
    weeks: tuple[Cell, ...]
    """Of counts kept by day only. Every recipient has a cell in every span that was watched."""
    days_observed: int
    days_seen: dict[tuple[str, str, str], int] = field(default_factory=dict)
    """By recipient, relation and how it stands: the days, of those kept by day, on which it was contacted."""


@dataclass(frozen=True, slots=True)
class Change:
    recipient: str
    before: Share
    after: Share


@dataclass(frozen=True, slots=True)
class BeforeAfter:
    day: str
    event: str
    changes: tuple[Change, ...]
    left_out: int
    """Page loads known only by the month on which the event falls."""


def build(rows: Rows) -> Trend:
    contacts = [row for row in rows.presences if row["outcome"] == "allowed"]
    third = [row for row in contacts if row["stands"] == "third"]
    days: dict[tuple[str, str, str], set[str]] = {}
    for row in contacts:
        if periods.is_day(row["period"]):
            days.setdefault((row["third_party"], row["relation"], row["stands"]), set()).add(row["period"])
    return Trend(
        months=_cells(rows.page_loads, third, _month),
        weeks=_cells(rows.page_loads, third, _week),
        days_observed=len({row["period"] for row in rows.page_loads if row["loads"] and periods.is_day(row["period"])}),
        days_seen={who: len(found) for who, found in sorted(days.items())},
    )


def before_after(rows: Rows, day: str, event: str = "") -> BeforeAfter:
    """`day` itself counts as after."""
    sides = ("before", "after")
    third = [row for row in rows.presences if row["stands"] == "third" and row["outcome"] == "allowed"]
    watched = dict.fromkeys(sides, 0)
    for row in rows.page_loads:
        if side := _side(row["period"], day):
            watched[side] += row["loads"]
    seen: dict[str, dict[str, int]] = {}
    for row in third:
        if side := _side(row["period"], day):
            seen.setdefault(row["third_party"], dict.fromkeys(sides, 0))[side] += row["loads"]
    changes = tuple(
        Change(name, *(share(sums[side], watched[side]) for side in sides))
        for name, sums in sorted(seen.items(), key=lambda one: (-one[1]["before"], one[0]))
    )
    return BeforeAfter(day, event, changes, sum(row["loads"] for row in rows.page_loads) - sum(watched.values()))


def _side(period: str, day: str) -> str:
    """
    >>> _side("2026-11-02", "2026-11-03"), _side("2026-11-03", "2026-11-03"), _side("2026-11", "2026-11-03")
    ('before', 'after', '')
    """
    if periods.last_day(period) < day:
        return "before"
    return "after" if periods.first_day(period) >= day else ""


def _month(period: str) -> str:
    return period[:7]


def _week(period: str) -> str:
    """The Monday of the week; '' for what is known by month only.

    >>> _week("2026-11-24"), _week("2026-11")
    ('2026-11-23', '')
    """
    if not periods.is_day(period):
        return ""
    day = date.fromisoformat(period)
    return (day - timedelta(days=day.weekday())).isoformat()


def _cells(page_loads: Iterable[Row], contacts: Iterable[Row], span_of: Callable[[str], str]) -> tuple[Cell, ...]:
    watched: dict[str, int] = {}
    for row in page_loads:
        if (span := span_of(row["period"])) and row["loads"]:
            watched[span] = watched.get(span, 0) + row["loads"]
    seen: dict[str, dict[str, int]] = {}
    for row in contacts:
        sums = seen.setdefault(row["third_party"], {})
        if span := span_of(row["period"]):
            sums[span] = sums.get(span, 0) + row["loads"]
    order = sorted(seen, key=lambda name: (-sum(seen[name].values()), name))
    return tuple(
        Cell(name, span, share(seen[name].get(span, 0), watched[span])) for name in order for span in sorted(watched)
    )
