"""What a recipient received: everything that was seen to be sent, and the highest rung of the ladder. Pure.

One page load may send several things, or one thing in two ways, and the counts do not tell which page loads were the
same. So of several counts the largest is taken: a share here is "at least", never too high.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analysis import wording
from analysis.shares import Share, share

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class What:
    what: str
    carriers: tuple[str, ...]
    share: Share


@dataclass(frozen=True, slots=True)
class Received:
    rung: str
    share: Share
    """Page loads on which that rung was surely reached."""
    whats: tuple[What, ...]
    """The highest rung first."""

    @property
    def words(self) -> str:
        return ", ".join(one.what for one in self.whats)


def received(rows: Iterable[Row], key: str, watched: Mapping[str, int]) -> dict[str, Received]:
    """Rows of the query received, gathered under the third party or the site.

    `watched`: the page loads that a share is of, by site.
    """
    gathered: dict[str, list[Row]] = {}
    for row in rows:
        gathered.setdefault(row[key], []).append(row)
    return {name: _received(found, watched) for name, found in gathered.items()}


def summed(rows: Iterable[Row], key: str, watched: Mapping[str, int], *, stopped: bool = False) -> dict[str, Received]:
    """Rows of the query received_at_least, which are added up already: the same answer from far fewer rows.

    `stopped`: what would have been received, had it not been stopped.
    """
    gathered: dict[str, list[Row]] = {}
    for row in (row for row in rows if bool(row["received"]) is not stopped):
        gathered.setdefault(row[key], []).append(row)
    return {name: _summed(found, watched) for name, found in gathered.items()}


def _summed(rows: Sequence[Row], watched: Mapping[str, int]) -> Received:
    whole = sum(watched.get(site, 0) for site in {row["site"] for row in rows})
    height = max(row["rung"] for row in rows)
    loads: dict[str, int] = {}
    carriers: dict[str, set[str]] = {}
    for row in rows:
        if row["what"] and not row["carried_in"]:
            loads[row["what"]] = loads.get(row["what"], 0) + row["loads"]
        elif row["what"]:
            carriers.setdefault(row["what"], set()).add(row["carried_in"])
    whats = [What(what, tuple(sorted(carriers.get(what, ()))), share(count, whole)) for what, count in loads.items()]
    whats.sort(key=lambda one: (-_height(one.what), -one.share.part, one.what))
    part = sum(row["loads"] for row in rows if row["rung"] == height and not row["what"])
    return Received(wording.RUNGS[height], share(part, whole), tuple(whats))


def _received(rows: Sequence[Row], watched: Mapping[str, int]) -> Received:
    whole = sum(watched.get(site, 0) for site in {row["site"] for row in rows})
    whats = [
        What(what, tuple(sorted({row["carried_in"] for row in these})), share(_at_least(these), whole))
        for what in {row["what"] for row in rows}
        for these in [[row for row in rows if row["what"] == what]]
    ]
    whats.sort(key=lambda one: (-_height(one.what), -one.share.part, one.what))
    height = _height(whats[0].what)
    highest = [row for row in rows if _height(row["what"]) == height]
    return Received(wording.RUNGS[height], share(_at_least(highest), whole), tuple(whats))


def _at_least(rows: Iterable[Row]) -> int:
    largest: dict[tuple[str, str, str], int] = {}
    for row in rows:
        place = row["site"], row["period"], row["section"]
        largest[place] = max(row["loads"], largest.get(place, 0))
    return sum(largest.values())


def _height(what: str) -> int:
    return wording.RUNGS.index(wording.RUNG_OF.get(what, wording.RUNGS[0]))
