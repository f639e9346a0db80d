"""Write a library's database of two years and 40 sites, as a proxy that ran all the time would have left it.

    python -m tests.bench.two_years OUT.db [--contacts 10000000] [--seed 7]

Through the real schema; the same seed gives the same rows. Without --contacts it is what one library with some thirty
public computers gives. With it, a consortium: many more page loads, so that no count is too small to be there, on every
site about as many third parties as on a busy publisher's, each with several kinds of request, most sites with a consent
tool, until so many `contact` rows are there (some per cent more or less).
"""

from __future__ import annotations

import argparse
import random
import sqlite3
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

from addons import sums
from addons.database import open_database
from blocklists import owners
from tests.bench import papers
from tests.bench.shapes import DAYS, FIRST_DAY, MONTHS, SECTIONS, TODAY, Place, Scale, Site, library

OUTAGES = (
    (date(2025, 3, 3), date(2025, 3, 12)),
    (date(2025, 8, 1), date(2025, 8, 16)),
    (date(2026, 9, 29), date(2026, 10, 1)),
    (date(2026, 11, 7), date(2026, 11, 7)),
)
"""Carrel did not run."""
K, RARE = 10, 3
PER_PAIR = 3600
"""Contact rows of one third party on one site, where there are enough page loads for all of them; found by trying."""

type Values = tuple[str | int, ...]


def make(path: Path, *, contacts: int = 0, seed: int = 7) -> int:
    """Write the file, and say how many contact rows it has."""
    scale = Scale()
    if contacts:
        each = max(2, round(contacts / 40 / PER_PAIR))
        scale = Scale(loads=60, parties=(each, each), kinds=(4, 6), consents=0.7)
    sites = library(owners.load(), seed, scale)
    with closing(open_database(path).conn) as connection:
        connection.execute("begin immediate")
        with sums.reckoned_once(connection):
            _who(connection, sites)
            for site in sites:
                _counts(connection, site, random.Random(f"{seed} {site.id}"))
                sums.reckon(connection)
            _coverage(connection, sites)
            papers.write(connection, sites, random.Random(seed))
        connection.commit()
        connection.execute("pragma wal_checkpoint(truncate)").fetchall()
        return int(connection.execute("select count(*) from contact").fetchone()[0])


def _who(connection: sqlite3.Connection, sites: Iterable[Site]) -> None:
    connection.executemany(
        "insert into site values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [(one.key, one.id, one.name, one.kind, one.vendor, one.product, one.domains, *one.contract) for one in sites],
    )
    first: dict[str, str] = {}
    parties = {}
    for site in sites:
        for place in site.places:
            domain = place.party.domain
            parties[domain] = place.party
            first[domain] = min(place.since, first.get(domain, place.since))
    connection.executemany(
        "insert into third_party (domain, service, owner, owner_group, category, list, list_version, rule, first_seen) "
        "values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (one.domain, one.service, one.owner, one.group, one.category, one.list, one.version, one.rule, first[name])
            for name, one in sorted(parties.items())
        ],
    )


def _counts(connection: sqlite3.Connection, site: Site, rng: random.Random) -> None:
    keys = dict(connection.execute("select domain, key from third_party"))
    places = sorted(site.places, key=lambda place: keys[place.party.domain])
    page_loads: list[Values] = []
    presences: list[Values] = []
    contacts: list[Values] = []
    exposures: list[Values] = []
    for period, loads in _periods(site, rng):
        split = _split(site, loads)
        any_third = any(place.relation == "third" and place.since <= period[:7] <= place.until for place in places)
        for section, consent, part in split:
            page_loads.append((site.key, period, section, consent, part, round(part * 0.985) if any_third else 0))
        for place in places:
            if place.since <= period[:7] <= place.until:
                share = min(1.0, place.share * rng.uniform(0.85, 1.15))
                key = keys[place.party.domain]
                for section, consent, part in split:
                    if section in place.sections:
                        _place(site, place, (site.key, period, key, section, consent), part * share,
                               presences, contacts, exposures)  # fmt: skip
        if loads and rng.random() < 0.6:
            odd = max(1, round(loads * 0.004))
            presences.append((site.key, period, 0, "item", split[0][1], "third", "allowed", odd))
            contacts.append(
                (site.key, period, 0, "item", split[0][1], "third", "image", "report", "allowed", 0, odd, odd)
            )
    for table, rows in (
        ("page_load", page_loads), ("presence", presences), ("contact", contacts), ("exposure", exposures),
    ):  # fmt: skip
        if rows:
            rows.sort()
            marks = ", ".join("?" * len(rows[0]))
            connection.executemany(f"insert into {table} values ({marks})", rows)
    papers.of_site(connection, site, sum(int(row[4]) for row in page_loads), rng)


def _place(
    site: Site,
    place: Place,
    key: Values,
    seen: float,
    presences: list[Values],
    contacts: list[Values],
    exposures: list[Values],
) -> None:
    period, section, consent = str(key[1]), key[3], key[4]
    if place.waits and consent in ("undecided", "refused"):
        seen *= 0.02
    blocked = (
        site.protected
        and site.state == "protected"
        and len(period) == 10
        and period >= site.protected
        and place.relation == "third"
        and place.party.list == "trackers"
    )
    outcomes = [("blocked" if blocked else "allowed", round(seen))]
    if place.upstream and not blocked:
        outcomes = [("allowed", round(seen * 0.8)), ("stopped upstream", round(seen * 0.2))]
    for outcome, loads in outcomes:
        if loads:
            presences.append((*key, place.relation, outcome, loads))
            for n, kind in enumerate(place.kinds):
                for m, method in enumerate(place.methods):
                    if part := round(loads * (1 - 0.15 * n) * (1 - 0.4 * m)):
                        direct = part // 3 if site.relayed and method == "report" else part
                        for relayed, those in ((0, direct), (1, part - direct)):
                            if those:
                                contacts.append(
                                    (*key, place.relation, kind, method, outcome, relayed, those, those * (n + 1))
                                )
            for what, carried_in in place.receives:
                where = {"search terms": "search", "item": "item"}.get(what, section)
                if where == section and consent in ("unknown", "accepted") and (part := round(loads * 0.7)):
                    exposures.append((key[0], period, key[2], section, what, carried_in, outcome, part))


def _periods(site: Site, rng: random.Random) -> Iterator[tuple[str, int]]:
    """Months and days as the ledger would have left them: small days stay in their month."""
    for month in MONTHS:
        if month < site.since:
            continue
        coarse, fine = 0, []
        for day in _days(month):
            loads = _on(site, day, rng)
            if day < FIRST_DAY or loads < K:
                coarse += loads
            else:
                fine.append((day.isoformat(), loads))
        if coarse:
            yield month, coarse
        yield from fine


def _days(month: str) -> Iterator[date]:
    day = date.fromisoformat(f"{month}-01")
    while day.isoformat()[:7] == month and day < TODAY:
        yield day
        day += timedelta(days=1)


def _on(site: Site, day: date, rng: random.Random) -> int:
    if day.weekday() == 6 or any(first <= day <= last for first, last in OUTAGES):
        return 0
    season = {7: 0.5, 8: 0.45, 12: 0.7, 10: 1.2, 11: 1.25}.get(day.month, 1.0)
    return round(site.loads * season * (0.5 if day.weekday() == 5 else 1.0) * rng.uniform(0.7, 1.3))


def _split(site: Site, loads: int) -> list[tuple[str, str, int]]:
    states = (("accepted", 0.62), ("undecided", 0.27), ("refused", 0.11)) if site.consent else (("unknown", 1.0),)
    found, left = [], loads
    for section, part in SECTIONS:
        for consent, of in states:
            some = min(left, round(loads * part * of))
            left -= some
            if some:
                found.append((section, consent, some))
    if left:
        section, consent, some = found[0] if found else ("search", states[0][0], 0)
        found[:1] = [(section, consent, some + left)]
    return found


def _coverage(connection: sqlite3.Connection, sites: Iterable[Site]) -> None:
    loads = dict(connection.execute("select period, sum(loads) from page_load group by period"))
    days = {day.isoformat() for day in DAYS}
    for month in MONTHS:
        open_days = [
            day for day in _days(month)
            if day.weekday() != 6 and not any(first <= day <= last for first, last in OUTAGES)
        ]  # fmt: skip
        coarse = [day for day in open_days if day.isoformat() not in days]
        spans = [(month, len(coarse))] * bool(coarse) + [(d.isoformat(), 1) for d in open_days if d.isoformat() in days]
        for period, number in spans:
            watched = loads.get(period, 0)
            row = (period, number * 10 * 3600, watched, watched // 60, watched // 25, watched // 900, watched // 400)
            connection.execute("insert into coverage values (?, ?, ?, ?, ?, ?, ?, ?)", [*row, watched // 500])


def main() -> None:
    reader = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        prog="python -m tests.bench.two_years",
    )
    reader.add_argument("out", type=Path, metavar="OUT.db")
    reader.add_argument("--contacts", type=int, default=0, metavar="N", help="so many contact rows, such as 10000000")
    reader.add_argument("--seed", type=int, default=7)
    given = reader.parse_args()
    if given.out.exists():
        sys.exit(f"{given.out} is there already: name another file, or remove it")
    start = time.monotonic()
    rows = make(given.out, contacts=given.contacts, seed=given.seed)
    size = given.out.stat().st_size / 1e6
    print(f"{given.out}: {rows:,} contact rows, {size:,.0f} MB, in {time.monotonic() - start:.0f} s")


if __name__ == "__main__":
    main()
