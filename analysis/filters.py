"""Which part of the counts a page is about: time, kind of site, category. It stands in the page's address. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from analysis import periods, wording

KINDS: Final = ("catalog", "vendor", "library")
NAMES: Final = ("since", "until", "kind", "category")
LONGEST: Final = 100


@dataclass(frozen=True, slots=True)
class Filters:
    since: str = ""
    """First day, '' where the time is open."""
    until: str = ""
    """Last day."""
    kind: str = ""
    category: str = ""

    @property
    def any(self) -> bool:
        return any(self.values.values())

    @property
    def timed(self) -> bool:
        return bool(self.since or self.until)

    @property
    def whole_months(self) -> bool:
        """Then no month that is known by month only lies partly outside."""
        return not self.timed or all(len(one) != 10 for one in (self.since_written, self.until_written))

    @property
    def values(self) -> dict[str, str]:
        """For queries: days."""
        return {name: getattr(self, name) for name in NAMES}

    @property
    def since_written(self) -> str:
        """As in an address: a month where it is one.

        >>> Filters(since="2026-09-01", until="2026-09-15").since_written
        '2026-09'
        """
        return self.since[:7] if self.since.endswith("-01") else self.since

    @property
    def until_written(self) -> str:
        return self.until[:7] if self.until and periods.last_day(self.until[:7]) == self.until else self.until

    @property
    def query(self) -> str:
        """What links on the page carry on, '' if nothing was chosen.

        >>> Filters("2026-09-01", "2026-11-30", "vendor").query
        '?since=2026-09&until=2026-11&kind=vendor'
        """
        written = {
            "since": self.since_written, "until": self.until_written, "kind": self.kind, "category": self.category
        }  # fmt: skip
        given = {name: value for name, value in written.items() if value}
        return f"?{urlencode(given)}" if given else ""

    @property
    def in_days(self) -> str:
        """The same for pages that know days only, such as the charts."""
        given = {name: value for name, value in self.values.items() if value}
        return f"?{urlencode(given)}" if given else ""

    @property
    def time(self) -> str:
        """The time in words.

        >>> Filters("2026-09-01", "2026-09-30").time, Filters(since="2026-09-01").time, Filters().time
        ('September 2026', 'from September 2026 on', 'all that is kept')
        """
        begin, end = periods.words(self.since_written), periods.words(self.until_written)
        if begin and end:
            return begin if begin == end else f"{begin} to {end}"
        return f"from {begin} on" if begin else f"until {end}" if end else "all that is kept"

    @property
    def words(self) -> str:
        """
        >>> Filters(kind="vendor", category="advertising").words
        'all that is kept; only products; only third parties of the category advertising'
        """
        kind = f"only {KIND_WORDS[self.kind]}" if self.kind else ""
        category = f"only third parties of the category {self.category}" if self.category else ""
        return "; ".join(part for part in (self.time, kind, category) if part)

    def but(self, **changed: str) -> Filters:
        return Filters(**{**self.values, **changed})


KIND_WORDS: Final = {"catalog": "catalogs", "vendor": "products", "library": "library pages"}


@dataclass(frozen=True, slots=True)
class Preset:
    name: str
    query: str
    current: bool


def read(given: Mapping[str, Any]) -> Filters:
    """From a page's address. Raises ValueError, one line, for what it cannot mean."""
    found = {name: str(given.get(name) or "").strip() for name in NAMES}
    if found["kind"] not in ("", *KINDS):
        raise ValueError(f"kind: {found['kind'][:LONGEST]!r} is no kind of site; choose {', '.join(KINDS)}")
    if len(found["category"]) > LONGEST or not found["category"].isprintable():
        raise ValueError("category: this is no category")
    try:
        since, until = periods.window(found["since"][:LONGEST], found["until"][:LONGEST])
    except ValueError as error:
        raise ValueError(f"time: {error}") from None
    return Filters(since, until, found["kind"], found["category"])


def kept(given: Mapping[str, Any]) -> Filters:
    """What links on any page carry on; nothing if it cannot be understood."""
    try:
        return read(given)
    except ValueError:
        return Filters()


def presets(filters: Filters, today: date) -> tuple[Preset, ...]:
    this = today.isoformat()[:7]
    last = (today.replace(day=1) - timedelta(days=1)).isoformat()[:7]
    two_before = (date.fromisoformat(f"{last}-01") - timedelta(days=1)).isoformat()[:7]
    spans = (
        ("This month", this, this),
        ("Last month", last, last),
        ("Last three months", two_before, this),
        ("All", "", ""),
    )
    found = []
    for name, since, until in spans:
        begin, end = periods.window(since, until)
        one = filters.but(since=begin, until=end)
        found.append(Preset(name, one.query, one == filters))
    return tuple(found)


def category_names(rows: list[dict[str, Any]], chosen: str) -> tuple[str, ...]:
    """Rows of the query categories, and what was chosen even if nothing of it is kept."""
    names = [str(row["category"]) for row in rows]
    return tuple(sorted({*names, *([chosen] if chosen else [])}, key=lambda name: (name == wording.NO_CATEGORY, name)))
