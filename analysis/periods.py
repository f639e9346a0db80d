"""Periods in words. Pure.

A count stands under a day ('2026-11-23') or, coarser, under a month ('2026-11'). A month's row means "on some day
or days of this month"; it never says which, and this module never makes it say so.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, timedelta

MONTHS = (
    "January", "February", "March", "April", "May", "June", "July",
    "August", "September", "October", "November", "December",
)  # fmt: skip

_PERIOD = re.compile(r"\d{4}-\d{2}(-\d{2})?")


def is_day(period: str) -> bool:
    return len(period) == 10


def first_day(period: str) -> str:
    """The earliest day that the period may mean.

    >>> first_day("2026-11"), first_day("2026-11-23")
    ('2026-11-01', '2026-11-23')
    """
    return period if is_day(period) else f"{period}-01"


def last_day(period: str) -> str:
    """The latest day that the period may mean.

    >>> last_day("2026-02"), last_day("2026-11-23")
    ('2026-02-28', '2026-11-23')
    """
    if is_day(period):
        return period
    year, month = int(period[:4]), int(period[5:7])
    following = date(year + month // 12, month % 12 + 1, 1)
    return (following - timedelta(days=1)).isoformat()


def words(period: str) -> str:
    """
    >>> words("2026-11-03"), words("2026-11"), words("")
    ('3 November 2026', 'November 2026', '')
    """
    if not _PERIOD.fullmatch(period) or not 1 <= int(period[5:7]) <= 12:
        return period
    month = f"{MONTHS[int(period[5:7]) - 1]} {period[:4]}"
    return f"{int(period[8:])} {month}" if is_day(period) else month


def first_seen(periods: Iterable[str]) -> str:
    """The earliest period in words, saying no more than is known.

    >>> first_seen(["2026-11-03", "2026-12"])
    '3 November 2026'
    >>> first_seen(["2026-11", "2026-12-01"])
    'some day in November 2026'
    >>> first_seen(["2026-11-20", "2026-11"])
    'some day in November 2026, on 20 November 2026 at the latest'
    """
    return _edge(sorted(set(periods)), "at the latest")


def last_seen(periods: Iterable[str]) -> str:
    """The latest period in words.

    >>> last_seen(["2026-10", "2026-11-03"])
    '3 November 2026'
    >>> last_seen(["2026-11-20", "2026-11"])
    'some day in November 2026, on 20 November 2026 at the earliest'
    """
    return _edge(sorted(set(periods), reverse=True), "at the earliest")


def latest(periods: Iterable[str]) -> str:
    """The latest period: a month if any of it is known by month only, since that may be later than its days.

    >>> latest(["2026-11", "2026-11-03"]), latest(["2026-10", "2026-11-03"])
    ('2026-11', '2026-11-03')
    """
    found = set(periods)
    last = max(found)
    return last[:7] if last[:7] in found else last


def _edge(ordered: list[str], bound: str) -> str:
    if not ordered:
        return ""
    month = ordered[0][:7]
    days = [period for period in ordered if is_day(period) and period[:7] == month]
    if month not in ordered:
        return words(ordered[0])
    text = f"some day in {words(month)}"
    return f"{text}, on {words(days[0])} {bound}" if days else text


def window(since: str | date | None, until: str | date | None) -> tuple[str, str]:
    """Both ends as days, '' where the window is open. A month given as an end means its first or last day.

    >>> window("2026-10", "2026-11")
    ('2026-10-01', '2026-11-30')
    >>> window(None, date(2026, 11, 23))
    ('', '2026-11-23')
    """
    begin, end = (_checked(value) for value in (since, until))
    begin, end = (first_day(begin) if begin else ""), (last_day(end) if end else "")
    if begin and end and begin > end:
        raise ValueError(f"the window ends ({end}) before it begins ({begin}); swap the two")
    return begin, end


def _checked(value: str | date | None) -> str:
    text = value.isoformat() if isinstance(value, date) else (value or "")
    if not text:
        return ""
    try:
        if not _PERIOD.fullmatch(text):
            raise ValueError
        date.fromisoformat(first_day(text))
    except ValueError:
        raise ValueError(f"{text!r} is not a day or month; write 2026-11-23 or 2026-11") from None
    return text
