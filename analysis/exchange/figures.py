"""Figures that may leave the library: whole months that are over, rounded, and nothing below a threshold. Pure.

No section, state of consent or day is among them. What falls below a threshold is left out without a trace: no count
of the others, no total that they are part of, so that one more page load of theirs changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from analysis import wording
from analysis.received import received

Row = Mapping[str, Any]

FEWEST_LOADS: Final = 100
"""Page loads of a site in a month; a month with fewer is not shown."""
FEWEST_NAMED: Final = 10
"""Page loads in that month on which a third party was contacted, or stopped, before it is named or counted."""
DIGITS: Final = 2
"""Of counts, significant ones."""
STEP: Final = 5
"""Percent; shares stand at its multiples."""


@dataclass(frozen=True, slots=True)
class ThirdParty:
    domain: str
    service: str
    owner: str
    category: str
    behind: bool
    """Behind the site's own names."""
    share: int
    """Of the month's page loads, in percent; 0 where every contact was stopped."""
    received: str
    """The highest rung that was reached on enough page loads; '' where every contact was stopped."""
    stopped: int
    """Page loads; 0 for none, or too few."""


@dataclass(frozen=True, slots=True)
class Month:
    month: str
    page_loads: int
    share: int
    """Page loads with any third party, in percent."""
    third_parties: tuple[ThirdParty, ...]
    """The largest share first."""

    @property
    def categories(self) -> tuple[tuple[str, tuple[ThirdParty, ...]], ...]:
        """Contacted ones that are not behind own names, by category; the category with the most names first."""
        seen = [one for one in self.third_parties if not one.behind and one.received]
        names = {one.category for one in seen}
        found = [(name, tuple(one for one in seen if one.category == name)) for name in names]
        return tuple(sorted(found, key=lambda one: (-len(one[1]), one[0])))

    @property
    def behind(self) -> tuple[ThirdParty, ...]:
        return tuple(one for one in self.third_parties if one.behind and one.received)

    @property
    def stopped(self) -> tuple[ThirdParty, ...]:
        return tuple(one for one in self.third_parties if one.stopped)

    @property
    def received(self) -> str:
        """The highest rung that any of them reached; '' where none was contacted often enough."""
        rungs = [wording.RUNGS.index(one.received) for one in self.third_parties if one.received]
        return wording.RUNGS[max(rungs)] if rungs else ""


@dataclass(frozen=True, slots=True)
class Product:
    id: str
    name: str
    kind: str
    vendor: str
    product: str
    months: tuple[Month, ...]
    """In order; at least one."""

    @property
    def latest(self) -> Month:
        return self.months[-1]


@dataclass(frozen=True, slots=True)
class Figures:
    since: str
    """First month with figures of when Carrel ran; '' before it ran for a month."""
    products: tuple[Product, ...]
    lists: tuple[tuple[str, str], ...]
    """Name and version."""

    @property
    def latest(self) -> str:
        return max((product.latest.month for product in self.products), default="")


@dataclass(frozen=True, slots=True)
class Rows:
    sites: Sequence[Row]
    page_loads: Sequence[Row]
    presences: Sequence[Row]
    received: Sequence[Row]
    coverages: Sequence[Row]
    lists: Sequence[Row]


def build(rows: Rows, today: date) -> Figures:
    over = _last_month(today)
    shown = {
        (row["site"], row["month"]): row
        for row in rows.page_loads
        if row["month"] <= over and row["loads"] >= FEWEST_LOADS
    }
    named: dict[tuple[str, str], list[Row]] = {}
    for row in rows.presences:
        if (place := (row["site"], row["month"])) in shown and max(row["loads"], row["stopped"]) >= FEWEST_NAMED:
            named.setdefault(place, []).append(row)
    rungs = _rungs(rows.received)
    products = []
    for site in rows.sites:
        months = tuple(
            _month(found, named.get((site["site"], month), ()), rungs)
            for (of, month), found in sorted(shown.items())
            if of == site["site"]
        )
        if months:
            parts = (site["site"], site["name"], site["kind"], site["vendor"], site["product"] or site["name"])
            products.append(Product(*parts, months))
    running = sorted(row["period"][:7] for row in rows.coverages if row["minutes"])
    return Figures(
        since=running[0] if running and running[0] <= over else "",
        products=tuple(sorted(products, key=lambda one: (one.kind != "catalog", one.name.casefold(), one.id))),
        lists=tuple(sorted({row["name"]: row["version"] for row in reversed(rows.lists)}.items())),
    )


def count(number: int, digits: int = DIGITS) -> int:
    """
    >>> count(1234), count(137), count(99), count(1951, 1)
    (1200, 140, 99, 2000)
    """
    unit: int = 10 ** max(0, len(str(number)) - digits)
    return (number + unit // 2) // unit * unit


def percent(part: int, whole: int) -> int:
    """To the nearest step. Too few to be named are none; where too few are missing, it is all.

    >>> percent(11, 1000), percent(980, 1000), percent(43, 100), percent(9, 1000), percent(995, 1000)
    (5, 95, 45, 0, 100)
    """
    if part < FEWEST_NAMED:
        return 0
    if whole - part < FEWEST_NAMED:
        return 100
    return min(100 - STEP, max(STEP, (200 * part + STEP * whole) // (2 * STEP * whole) * STEP))


def _last_month(today: date) -> str:
    """The last that is over. A page opened before midnight is still counted after it, so a day is waited."""
    return ((today - timedelta(days=1)).replace(day=1) - timedelta(days=1)).isoformat()[:7]


def _month(found: Row, named: Iterable[Row], rungs: Mapping[tuple[str, str, str], str]) -> Month:
    watched = found["loads"]
    each: dict[tuple[str, bool], list[Row]] = {}
    for row in named:
        each.setdefault((_name(row), row["stands"] == "behind"), []).append(row)
    third_parties = [_third_party(these, watched, rungs) for these in each.values()]
    return Month(
        month=found["month"],
        page_loads=count(watched),
        share=percent(found["with_third_party"], watched),
        third_parties=tuple(sorted(third_parties, key=lambda one: (-one.share, one.domain, one.behind))),
    )


def _third_party(these: Sequence[Row], watched: int, rungs: Mapping[tuple[str, str, str], str]) -> ThirdParty:
    """Several rows where one name has several relations, or stands for several: of their counts the largest is sure."""
    first = these[0]
    loads, stopped = (max(row[column] for row in these) for column in ("loads", "stopped"))
    behind = first["stands"] == "behind"
    reached = [rungs.get((row["site"], row["month"], row["third_party"]), wording.RUNGS[0]) for row in these]
    contacted = loads >= FEWEST_NAMED
    # What was sent is read from browsers' reports, and these name nobody behind an own name.
    highest = wording.RUNGS[0] if behind else max(reached, key=wording.RUNGS.index)
    return ThirdParty(
        domain=_name(first),
        service=first["service"],
        owner=first["owner"],
        category=first["category"] or wording.NO_CATEGORY,
        behind=behind,
        share=percent(loads, watched) if contacted else 0,
        received=highest if contacted else "",
        stopped=count(stopped) if stopped >= FEWEST_NAMED else 0,
    )


def _name(row: Row) -> str:
    """The list's entry where the name lies below it: `anytown.libguides.com` would name the library.

    >>> _name({"third_party": "anytown.libguides.com", "rule": "libguides.com"})
    'libguides.com'
    >>> _name({"third_party": "google.com", "rule": "analytics.google.com"})
    'google.com'
    """
    domain: str = row["third_party"]
    entry = row["rule"].removeprefix("||").rstrip("^")
    return entry if "." in entry and domain.endswith("." + entry) else domain


def _rungs(rows: Iterable[Row]) -> dict[tuple[str, str, str], str]:
    """The highest rung that was surely reached on enough page loads, by site, month and third party."""
    gathered: dict[tuple[str, str, str], dict[str, list[Row]]] = {}
    for row in rows:
        place = row["site"], row["period"][:7], row["third_party"]
        gathered.setdefault(place, {}).setdefault(wording.RUNG_OF.get(row["what"], wording.RUNGS[0]), []).append(row)
    found: dict[tuple[str, str, str], str] = {}
    for place, each in gathered.items():
        for rung in reversed(wording.RUNGS):
            if rung in each and received(each[rung], "site", {place[0]: 10**9})[place[0]].share.part >= FEWEST_NAMED:
                found[place] = rung
                break
    return found
