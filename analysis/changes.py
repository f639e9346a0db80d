"""What changed from one month to the next, and how sure that is. Pure: rows in, one object out.

Nothing is called a change that chance alone would often make; what is too little to tell is counted, and said so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any, Final

from analysis import periods, statistics
from analysis.shares import Share, share
from analysis.statistics import Change

Row = Mapping[str, Any]

NEW, GONE, REFUSED, MORE, LESS = "new", "gone", "refused", "more", "less"
WORDS: Final = {
    NEW: "New third party",
    REFUSED: "First contact on pages opened after refusal",
    GONE: "Not seen any more",
    MORE: "More page loads with any third party",
    LESS: "Fewer page loads with any third party",
}
"""In the order in which they are shown."""
SURE: Final = 1 - statistics.CONFIDENCE
NOTE: Final = (
    "A difference is called one only where chance alone would make it less than once in 20 times (Fisher's exact test; "
    "among several sites, less than once in 20 times for all of them together). It never says why. Page loads of one "
    "visit are alike, so the true doubt is larger."
)


@dataclass(frozen=True, slots=True)
class Line:
    kind: str
    site: str
    name: str
    third_party: str
    """'' for a site's own share."""
    before: Share
    after: Share
    clear: bool
    """False: no clear difference. What was first seen stays so, but may only have been missed before."""

    @property
    def how_sure(self) -> str:
        if self.before.small or self.after.small:
            return "no clear difference: too few page loads were watched"
        if not self.clear:
            missed = {NEW: ": it may only have been missed before", GONE: ": it may only have been missed since"}
            return f"no clear difference{missed.get(self.kind, '')}"
        if self.kind in (NEW, REFUSED):
            return f"clear difference; before: {statistics.not_seen(self.before.whole).short}"
        if self.kind == GONE:
            return f"clear difference; since: {statistics.not_seen(self.after.whole).short}"
        return "clear difference"


@dataclass(frozen=True, slots=True)
class Months:
    """One month against the one before."""

    month: str
    before: str
    running: bool
    """The month is not over."""
    lines: tuple[Line, ...]
    """Clear differences."""
    unclear: tuple[Line, ...]
    stopped: tuple[tuple[str, str, tuple[str, ...]], ...]
    """Id and name of a site, and the third parties that were stopped there for the first time."""
    compared: int
    """Sites that were watched in both months."""

    @property
    def heading(self) -> str:
        month, before = periods.words(self.month), periods.words(self.before)
        return f"{month} so far, against {before}" if self.running else f"{month}, against {before}"


@dataclass(frozen=True, slots=True)
class Changes:
    last: Months | None
    """The last full month; None where it, or the month before, was not watched."""
    present: Months | None
    month: str

    @property
    def any(self) -> bool:
        return bool(self.last or self.present)


def build(sites: Sequence[Row], pairs: Sequence[Row], today: str) -> Changes:
    """`sites`: rows of sites_by_month; `pairs`: of changes. `today`: an ISO day; its month is the running one."""
    present = today[:7]
    last, before = _month_before(present), _month_before(_month_before(present))
    return Changes(_months(sites, pairs, last, before, present), _months(sites, pairs, present, last, present), present)


def _months(sites: Sequence[Row], pairs: Sequence[Row], month: str, before: str, present: str) -> Months | None:
    watched = {(row["site"], row["month"]): row for row in sites}
    both = [row["site"] for row in sites if row["month"] == month and (row["site"], before) in watched]
    compared = set(both)
    if not both:
        return None
    found = [
        *_pairs([row for row in pairs if row["site"] in compared], watched, month, before),
        *_shares(both, watched, month, before),
    ]
    found.sort(key=lambda line: (list(WORDS).index(line.kind), -line.after.part, -line.before.part, line.name))
    shown = tuple(line for line in found if line.clear)
    unclear = tuple(line for line in found if not line.clear)
    return Months(month, before, month == present, shown, unclear, _stopped(pairs, compared, month), len(both))


def _pairs(pairs: Sequence[Row], watched: Mapping[tuple[str, str], Row], month: str, before: str) -> Iterator[Line]:
    by_pair: dict[tuple[str, str], dict[str, Row]] = {}
    for row in pairs:
        by_pair.setdefault((row["site"], row["third_party"]), {})[row["month"]] = row
    for (site, third_party), months in by_pair.items():
        then, now = months.get(before), months.get(month)
        known = now or then
        if known is None:
            continue
        loads = {one: watched[site, one]["loads"] for one in (before, month)}
        was, has = then["loads"] if then else 0, now["loads"] if now else 0
        who = site, known["name"], third_party, share(was, loads[before]), share(has, loads[month])
        if has and not was and known["first_month"] == month:
            yield Line(NEW, *who, clear=_told(statistics.change(was, loads[before], has, loads[month])))
        elif was and not has and not (now and now["stopped"]):
            yield Line(GONE, *who, clear=_told(statistics.change(was, loads[before], has, loads[month])))
        if now and now["refused"] and now["first_refused"] == month and known["first_month"] != month:
            refused = [watched[site, one]["refused"] for one in (before, month)]
            clear = _told(statistics.change(0, refused[0], now["refused"], refused[1]))
            yield Line(REFUSED, *who[:3], Share(0, refused[0]), share(now["refused"], refused[1]), clear=clear)


def _stopped(pairs: Sequence[Row], both: Set[str], month: str) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
    found: dict[tuple[str, str], list[str]] = {}
    for row in pairs:
        if row["site"] in both and row["month"] == month == row["first_stopped"] and row["stopped"]:
            found.setdefault((row["site"], row["name"]), []).append(row["third_party"])
    return tuple((*site, tuple(names)) for site, names in found.items())


def _shares(both: Sequence[str], watched: Mapping[tuple[str, str], Row], month: str, before: str) -> Iterator[Line]:
    """Of so many sites some would differ by chance alone, so the doubt allowed is shared out among them."""
    for site in both:
        then, now = watched[site, before], watched[site, month]
        told = statistics.change(then["with_third_party"], then["loads"], now["with_third_party"], now["loads"])
        if told.direction == "stayed" or not told.chance < SURE:
            continue
        clear = not told.small and told.chance < SURE / len(both)
        kind = MORE if told.direction == "rose" else LESS
        yield Line(kind, site, now["name"], "", told.before.share, told.after.share, clear=clear)


def _told(change: Change) -> bool:
    return change.told_apart and not change.small


def _month_before(month: str) -> str:
    """
    >>> _month_before("2026-01"), _month_before("2026-11")
    ('2025-12', '2026-10')
    """
    year, number = int(month[:4]), int(month[5:])
    return f"{year - (number == 1):04d}-{(number - 2) % 12 + 1:02d}"
