"""What the dashboard's questions must answer, counted row by row from the plain views, by no SQL but `select *`."""

from __future__ import annotations

import calendar
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

Row = Mapping[str, Any]
RUNG = {"search terms": 4, "item": 4, "page address": 3, "identifier": 2, "e-mail": 2, "card number": 2, "cookie": 1}
WORDS = ("contacted", "cookie", "identifier", "page address", "search terms or item")
BEHIND = ("dns", "request")
OURS = ("own", "group", "library")


@dataclass(frozen=True, slots=True)
class Chosen:
    since: str = ""
    until: str = ""
    site: str = ""
    kind: str = ""
    category: str = ""

    @property
    def given(self) -> dict[str, str]:
        return {name: getattr(self, name) for name in ("since", "until", "site", "kind", "category")}


def _first_day(period: str) -> str:
    return period if len(period) == 10 else f"{period}-01"


def _last_day(period: str) -> str:
    if len(period) == 10:
        return period
    return f"{period}-{calendar.monthrange(int(period[:4]), int(period[5:]))[1]:02d}"


class Counting:
    def __init__(self, connection: sqlite3.Connection, chosen: Chosen) -> None:
        self.connection, self.chosen = connection, chosen
        self.read: dict[str, list[dict[str, Any]]] = {}
        self.kinds = {row["id"]: row["kind"] for row in self._all("sites")}
        self.categories = {row["domain"]: row["category"] for row in self._all("third_parties")}
        self.opened = [row for row in self._all("page_loads") if self._site(row) and self._time(row)]
        self.watched: dict[str, int] = defaultdict(int)
        for row in self.opened:
            self.watched[row["site"]] += row["loads"]
        self.ways: dict[tuple[str, str, str], set[bool]] = defaultdict(set)
        for row in self._all("contacts"):
            if not row["third_party"].startswith("("):
                self.ways[row["site"], row["third_party"], row["relation"]].add(row["method"] in BEHIND)

    def _all(self, view: str) -> list[dict[str, Any]]:
        if view not in self.read:
            cursor = self.connection.execute(f"select * from {view}")
            names = [column[0] for column in cursor.description]
            self.read[view] = [dict(zip(names, row, strict=True)) for row in cursor]
        return self.read[view]

    def _time(self, row: Row) -> bool:
        since, until = self.chosen.since, self.chosen.until
        return _first_day(row["period"]) >= since and (not until or _last_day(row["period"]) <= until)

    def _site(self, row: Row) -> bool:
        site, kind = self.chosen.site, self.chosen.kind
        return site in ("", row["site"]) and kind in ("", self.kinds[row["site"]])

    def _fits(self, row: Row) -> bool:
        category = self.categories.get(row["third_party"]) or "no category known"
        return self._site(row) and self.chosen.category in ("", category)

    def _stands(self, row: Row, behind: bool) -> str:
        if row["third_party"].startswith("("):
            return "bucket"
        return "behind" if behind else "own" if row["relation"] in OURS else "third"

    def seen(self, *, ever: bool = False) -> list[dict[str, Any]]:
        """One row per period and so on. Of what was met in both ways, the largest kind of request counts."""
        found = []
        most: dict[tuple[str, ...], int] = defaultdict(int)
        for row in self._all("presences"):
            ways = self.ways[row["site"], row["third_party"], row["relation"]]
            if len(ways) < 2 and self._fits(row) and (ever or self._time(row)):
                found.append({**row, "stands": self._stands(row, True in ways)})
        names = ("period", "site", "section", "consent", "third_party", "relation", "outcome", "stands")
        for row in self._all("contacts"):
            ways = self.ways[row["site"], row["third_party"], row["relation"]]
            if len(ways) == 2 and self._fits(row) and (ever or self._time(row)):
                one = {**row, "stands": self._stands(row, row["method"] in BEHIND)}
                key = tuple(one[name] for name in names)
                most[key] = max(most[key], row["loads"])
        return found + [{**dict(zip(names, key, strict=True)), "loads": loads} for key, loads in most.items()]

    def sites(self) -> set[tuple[Any, ...]]:
        found = set()
        for site in self.kinds:
            if self._site({"site": site}):
                rows = [row for row in self.opened if row["site"] == site]
                periods = [row["period"] for row in rows] or [""]
                with_any = sum(row["with_third_party"] for row in rows)
                found.add((site, self.watched.get(site, 0), with_any, min(periods), max(periods)))
        return found

    def third_parties_seen(self) -> set[tuple[Any, ...]]:
        whole = sum(self.watched.values())
        found = set()
        for key, rows in _by(self.seen(), "third_party", "stands", "relation"):
            if key[1] != "bucket" and self.opened:
                contacted, stopped = (min(one, whole) for one in _outcomes(rows))
                found.add((*key, len({row["site"] for row in rows}), contacted, stopped))
        return found

    def matrix(self) -> set[tuple[Any, ...]]:
        found = set()
        for key, rows in _by(self.seen(), "site", "third_party", "stands", "relation"):
            if key[2] != "bucket" and key[0] in self.watched:
                watched = self.watched[key[0]]
                contacted, stopped = (min(one, watched) for one in _outcomes(rows))
                found.add((*key, contacted, watched, stopped))
        return found

    def _third(self) -> list[dict[str, Any]]:
        return [row for row in self.seen() if row["stands"] == "third" and row["outcome"] == "allowed"]

    def third_parties_by_consent(self) -> set[tuple[Any, ...]]:
        rows = _by(self._third(), "site", "third_party", "relation", "consent")
        return {(*key, sum(row["loads"] for row in these)) for key, these in rows}

    def contacted_by_consent(self) -> set[tuple[Any, ...]]:
        return {
            (*key, len({row["third_party"] for row in rows}))
            for key, rows in _by([row for row in self._third() if row["loads"]], "site", "consent")
        }

    def how_seen(self) -> set[tuple[Any, ...]]:
        wanted = ("site", "third_party", "relation", "section", "kind", "method", "outcome", "relayed")
        rows = [row for row in self._all("contacts") if self._fits(row) and self._time(row)]
        return {
            (*key, sum(row["loads"] for row in these), sum(row["requests"] for row in these))
            for key, these in _by(rows, *wanted)
            if not key[1].startswith("(")
        }

    def received(self) -> dict[tuple[str, str, int, int], int]:
        """By site, third party, whether it was received, and rung: at least so many page loads."""
        sums: dict[tuple[Any, ...], int] = defaultdict(int)
        for view, received in (("exposures", 1), ("prevented", 0)):
            for row in self._all(view):
                if self._fits(row) and self._time(row):
                    place = row["period"], row["site"], row["section"], row["third_party"], received
                    sums[(*place, RUNG[row["what"]], row["what"], row["carried_in"])] += row["loads"]
        most: dict[tuple[Any, ...], int] = defaultdict(int)
        for key, loads in sums.items():
            most[key[:6]] = max(most[key[:6]], loads)
        found: dict[tuple[str, str, int, int], int] = defaultdict(int)
        for (_, site, _, third_party, received, rung), loads in most.items():
            found[site, third_party, received, rung] += loads
        return found

    def highest_rung(self) -> set[tuple[Any, ...]]:
        highest: dict[tuple[str, str], tuple[int, int]] = {}
        for (site, third_party, received, rung), loads in self.received().items():
            if received:
                highest[site, third_party] = max(highest.get((site, third_party), (0, 0)), (rung, loads))
        met = [
            row for row in self._all("presences")
            if row["outcome"] == "allowed" and self._fits(row) and self._time(row)
        ]  # fmt: skip
        for (site, third_party), rows in _by(met, "site", "third_party"):
            places = _by(rows, "period", "section", "consent")
            loads = sum(max(row["loads"] for row in these) for _, these in places)
            highest.setdefault((site, third_party), (0, loads))
        return {
            (site, third_party, WORDS[rung], min(loads, self.watched[site]))
            for (site, third_party), (rung, loads) in highest.items()
            if not third_party.startswith("(") and site in self.watched
        }

    def most_received(self) -> set[tuple[Any, ...]]:
        met = {(row["site"], row["third_party"]) for row in self._third() if row["loads"]}
        highest = dict.fromkeys(met, 0)
        for site, third_party, received, rung in self.received():
            if received and (site, third_party) in highest:
                highest[site, third_party] = max(highest[site, third_party], rung)
        found = set()
        for site in {site for site, _ in met}:
            rungs = [rung for (one, _), rung in highest.items() if one == site]
            found.add((site, WORDS[max(rungs)], rungs.count(max(rungs)), len(rungs)))
        return found

    def newcomers(self) -> set[tuple[Any, ...]]:
        """All of them, the page shows the last ten of each standing."""
        begun: dict[str, str] = {}
        for row in self._all("page_loads"):
            if row["loads"]:
                begun[row["site"]] = min(begun.get(row["site"], "9999"), row["period"])
        found: dict[tuple[str, str, str], set[str]] = defaultdict(set)
        for (third_party, site, stands), rows in _by(self.seen(ever=True), "third_party", "site", "stands"):
            first, start = min(row["period"] for row in rows), begun[site]
            later = first[:7] > start[:7] or (len(start) == 10 and first > start)
            until = self.chosen.until
            asked = _first_day(first) >= self.chosen.since and (not until or first <= until[: len(first)])
            if stands != "bucket" and later and asked:
                found[third_party, stands, first].add(site)
        return {(*key, " ".join(sorted(sites))) for key, sites in found.items()}


def _by(rows: Iterable[Row], *names: str) -> list[tuple[tuple[Any, ...], list[Row]]]:
    found: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for row in rows:
        found[tuple(row[name] for name in names)].append(row)
    return list(found.items())


def _outcomes(rows: Iterable[Row]) -> tuple[int, int]:
    """Page loads on which it was contacted, and on which it was stopped."""
    rows = list(rows)
    contacted = sum(row["loads"] for row in rows if row["outcome"] == "allowed")
    return contacted, sum(row["loads"] for row in rows) - contacted
