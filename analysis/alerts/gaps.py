"""Was it watching on the days on which it should, and did it count what it saw? Pure: rows of coverage in.

A quiet day is kept within its month, so a day without a row of its own may have been watched. Only what the minutes
of the month cannot account for is called a day not watched: rather one too few than one too many.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median
from typing import Any, Final

from analysis import periods

Row = Mapping[str, Any]

MISSED: Final = {
    "dropped": (0.01, "events were not counted", "Too many came at once, or the disk was full."),
    "reports_refused": (
        0.1,
        "reports of browsers were refused",
        "They were not understood, or belonged to no page that Carrel knew, such as a page left open for hours.",
    ),
}
"""What is told from which share of a month's page loads on."""
AT_LEAST: Final = 20
TRAILING: Final = 2
"""Days at the end of the count: a day that has just begun to be missed is not told."""
_NAMED: Final = 10


@dataclass(frozen=True, slots=True)
class Gap:
    period: str
    title: str
    text: str
    key: str


def gaps(rows: Sequence[Row], today: date) -> Iterator[Gap]:
    """By month, this one and the one before."""
    begin = (today.replace(day=1) - timedelta(days=1)).replace(day=1)
    watched = {
        date.fromisoformat(row["period"]): int(row["minutes"])
        for row in rows
        if periods.is_day(row["period"]) and row["period"] >= begin.isoformat()
    }
    watched = {day: minutes for day, minutes in watched.items() if day < today}
    if not watched:
        return
    first, last, typical = min(watched), max(watched), max(1.0, median(watched.values()))
    usual = _usual(watched)
    missing = [day for day in _between(first, today) if day not in watched and day.weekday() in usual]
    if sum(day > last for day in missing) < TRAILING:
        missing = [day for day in missing if day < last]
    coarse = {row["period"]: int(row["minutes"]) for row in rows if not periods.is_day(row["period"])}
    for month in sorted({day.isoformat()[:7] for day in missing}):
        days = [day for day in missing if day.isoformat().startswith(month)]
        lost = len(days) - round(coarse.get(month, 0) / typical)
        if lost < 1:
            continue
        named = [periods.words(day.isoformat()) for day in days[:_NAMED]]
        more = f" and {len(days) - _NAMED} more" if len(days) > _NAMED else ""
        end = f" The last day counted is {periods.words(last.isoformat())}." if days[-1] > last else ""
        sure = "" if lost == len(days) else f" At least {lost} of these were not watched; quiet days may be among them."
        yield Gap(
            days[0].isoformat(),
            f"Carrel did not watch on {_number(lost, len(days))} in {periods.words(month)}",
            f"Nothing was counted by day on {', '.join(named)}{more}, while such days of the week usually are."
            f"{sure}{end} What pages did on those days is not known. Try: carrel doctor",
            days[-1].isoformat(),
        )


def missed(rows: Sequence[Row], today: date) -> Iterator[Gap]:
    """What was seen and not counted, above a sensible share; this month and the one before."""
    begin = (today.replace(day=1) - timedelta(days=1)).isoformat()[:7]
    sums: dict[str, Counter[str]] = {}
    for row in rows:
        if (month := row["period"][:7]) >= begin:
            sums.setdefault(month, Counter()).update({name: row[name] for name in ("loads", *MISSED)})
    for month, counts in sorted(sums.items()):
        for name, (share, what, why) in MISSED.items():
            if counts[name] >= AT_LEAST and counts[name] > share * counts["loads"]:
                yield Gap(
                    month,
                    f"{counts[name]:,} {what} in {periods.words(month)}",
                    f"{why} {counts['loads']:,} page loads were counted in that month. Shares stay what they are; "
                    "what was missed is not in them.",
                    f"{name} {month}",
                )


def _usual(watched: Mapping[date, int]) -> set[int]:
    """Days of the week on which it watched at least half of the time, between the first and the last day."""
    had = Counter(day.weekday() for day in watched)
    could = Counter(day.weekday() for day in _between(min(watched), max(watched) + timedelta(days=1)))
    return {weekday for weekday, times in had.items() if 2 * times >= could[weekday]}


def _between(first: date, end: date) -> Iterator[date]:
    for number in range((end - first).days):
        yield first + timedelta(days=number)


def _number(lost: int, days: int) -> str:
    return f"{'' if lost == days else 'at least '}{lost} day{'' if lost == 1 else 's'}"
