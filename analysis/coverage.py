"""Is it watching now, since when, what was missed, and how old are the lists? Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from analysis import periods
from analysis.alerts import gaps as alert_gaps
from analysis.alerts.gaps import Gap

Row = Mapping[str, Any]

MISSED = {
    "opted_out": "connections of computers on which somebody switched watching off",
    "ambiguous": "connections that could not be told to belong to one page, and were given to none",
    "dropped": "events that were not counted because too many came at once or the disk was full",
    "reports_refused": "reports of browsers that were not understood or belonged to no known page",
    "stopped_upstream": "pages of watched sites that the library's content filter did not let through",
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
class Aged:
    """A list, and how old it is today."""

    ruleset: Ruleset
    age: str
    """'' where neither the day of fetching nor the version tells."""


@dataclass(frozen=True, slots=True)
class Now:
    """Whether it is watching, as far as days can tell: no time of day is kept."""

    short: str
    words: str
    watching: bool


@dataclass(frozen=True, slots=True)
class Coverage:
    now: Now
    periods: tuple[Period, ...]
    lists: tuple[Aged, ...]
    first: str
    last: str
    watched: str
    loads: int
    missed: tuple[tuple[str, int, str], ...]
    gaps: tuple[Gap, ...]
    """Days without a count, this month and the last."""
    months: tuple[str, ...]
    """Earlier months of which nothing was counted."""

    @property
    def empty(self) -> bool:
        return not self.periods


def build(rows: Sequence[Row], lists: Sequence[Row], today: date) -> Coverage:
    """`rows` of the query coverage, newest first; `lists` of the query lists."""
    return Coverage(
        now=_now([row["period"] for row in rows], today),
        periods=tuple(
            Period(
                periods.words(row["period"]),
                duration(row["minutes"]),
                row["loads"],
                tuple(row.get(name, 0) for name in MISSED),
            )
            for row in rows
        ),
        lists=tuple(
            _aged(Ruleset(**{name: row[name] for name in Ruleset.__dataclass_fields__}), today) for row in lists
        ),
        first=periods.first_seen(row["period"] for row in rows),
        last=periods.last_seen(row["period"] for row in rows),
        watched=duration(sum(row["minutes"] for row in rows)),
        loads=sum(row["loads"] for row in rows),
        missed=tuple((name, sum(row.get(name, 0) for row in rows), text) for name, text in MISSED.items()),
        gaps=tuple(alert_gaps.gaps(rows, today)),
        months=_months([row["period"][:7] for row in rows]),
    )


def _now(counted: Sequence[str], today: date) -> Now:
    if not counted:
        return Now("not yet", "Nothing has been counted yet.", watching=False)
    last = max(counted)
    if last == today.isoformat():
        return Now("yes, today", "It has counted today.", watching=True)
    if last == today.isoformat()[:7]:
        return Now("yes, this month", "It has counted this month; on which day is not kept.", watching=True)
    if not periods.is_day(last):
        return Now("not lately", f"Nothing was counted after {periods.words(last)}.", watching=False)
    days = (today - date.fromisoformat(last)).days
    if days < 0:
        return Now("unclear", f"The last count is of {periods.words(last)}: is a clock wrong?", watching=False)
    ago = "yesterday" if days == 1 else f"{days:,} days ago"
    return Now(
        "not today",
        f"The last count is of {periods.words(last)}, {ago}. That is as it should be if the library was closed since.",
        watching=False,
    )


def _months(counted: Sequence[str]) -> tuple[str, ...]:
    """
    >>> _months(["2026-03", "2026-01", "2025-11"])
    ('December 2025', 'February 2026')
    """
    found, missing = set(counted), []
    month, last = min(found, default=""), max(found, default="")
    while month < last:
        if month not in found:
            missing.append(periods.words(month))
        month = f"{int(month[:4]) + 1}-01" if month[5:] == "12" else f"{month[:4]}-{int(month[5:]) + 1:02d}"
    return tuple(missing)


def _aged(ruleset: Ruleset, today: date) -> Aged:
    try:
        days = (today - date.fromisoformat((ruleset.fetched or ruleset.version)[:10])).days
    except ValueError:
        return Aged(ruleset, "")
    return Aged(ruleset, age(days))


def age(days: int) -> str:
    """
    >>> age(0), age(1), age(13), age(45), age(800)
    ('of today', '1 day old', '13 days old', '6 weeks old', '26 months old')
    """
    if days < 1:
        return "of today"
    for least, length, name in ((60, 30.44, "month"), (14, 7, "week"), (1, 1, "day")):
        if days >= least:
            number = int(days / length)
            return f"{number:,} {name}{'' if number == 1 else 's'} old"
    return ""


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
