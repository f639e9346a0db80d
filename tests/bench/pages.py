"""How fast the dashboard answers: each page on a database of natural size and on one of 10 million `contact` rows.

    python -m tests.bench.pages [--natural A.db] [--large B.db] [--requests 11] [--questions]

Databases that are not there are made first (tests.bench.two_years; the large one: minutes, and 2 GB). Pages are
asked for through the dashboard's own application, without a network, one after the other; both databases in turn, so
that whatever else the machine does meets both. --questions: each canned query with blank parameters, once.
"""

from __future__ import annotations

import argparse
import asyncio
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import httpx
from datasette.app import Datasette  # first of all: it loads our plugin, which must not be half imported then

from addons import settings as configuration
from analysis import questions
from deploy import dashboard
from tests.bench import two_years

LARGE = 10_000_000
LIMIT_MS = 300
FOLDER = Path(tempfile.gettempdir()) / "carrel-bench"


def pages(database: Path) -> tuple[str, ...]:
    """Every kind of page, of the site and the third party that have most to show, and with the filters."""
    with closing(sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro", uri=True)) as connection:
        ask = connection.execute
        site = ask("select site from page_loads group by site order by sum(loads) desc limit 1").fetchone()[0]
        party = ask(
            "select third_party from sights where grain = 0 and third_party not like '(%' "
            "group by third_party order by count(distinct site) desc, third_party limit 1"
        ).fetchone()[0]
    months, days = "since=2026-03&until=2026-09", "since=2026-09-15&until=2026-11-10"
    return (
        "/", f"/?{months}", f"/?{days}", "/?kind=vendor&category=advertising",
        "/-/matrix", "/-/matrix?lines=all", f"/-/matrix?{months}", f"/-/matrix?{days}",
        f"/-/sites/{site}", f"/-/sites/{site}?{months}", f"/-/sites/{site}?{days}",
        "/-/third-parties", f"/-/third-parties?{days}",
        f"/-/third-parties/{party}", f"/-/third-parties/{party}?{months}", f"/-/third-parties/{party}?{days}",
        "/-/coverage", "/-/consent", "/-/trend", "/-/alerts", "/-/allow", "/-/dashboards/charts",
        "/carrel", "/carrel/most_seen", "/carrel/recipients_by_category",
    )  # fmt: skip


Time = tuple[float, float]
"""Milliseconds that passed, and milliseconds of processor: the second says more where others keep the machine busy."""


async def measure(databases: Sequence[Path], requests: int) -> dict[str, list[list[Time]]]:
    """By page and database; a page that this version does not have is left out."""
    clients = [_client(path) for path in databases]
    found: dict[str, list[list[Time]]] = {}
    wanted = [pages(path) for path in databases]
    for addresses in zip(*wanted, strict=True):
        times: list[list[Time]] = [[] for _ in clients]
        for number in range(requests + 1):
            for client, address, mine in zip(clients, addresses, times, strict=True):
                start, worked = time.perf_counter(), time.process_time()
                response = await client.get(address, follow_redirects=False)
                passed = (time.perf_counter() - start) * 1000, (time.process_time() - worked) * 1000
                if number and response.status_code == 200:  # the first request compiles templates
                    mine.append(passed)
                elif response.status_code >= 500 or response.status_code == 400:
                    print(f"{address}: {response.status_code}", file=sys.stderr)
            if number == 0 and response.status_code != 200:
                break
        if all(times):
            found[addresses[-1]] = times
    return found


def _client(path: Path) -> httpx.AsyncClient:
    assert Datasette
    settings = configuration.parse({"data": {"dir": str(path.parent)}}, None)
    if path.name != "carrel.db":
        raise SystemExit(f"{path}: the dashboard reads a file called carrel.db; give it a folder of its own")
    transport = httpx.ASGITransport(app=dashboard.application(settings))
    return httpx.AsyncClient(transport=transport, base_url="http://localhost", timeout=60)


def ask_all(path: Path) -> dict[str, tuple[float, int]]:
    """Milliseconds and rows of each question with blank parameters; a day's patience."""
    found = {}
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
        for name, question in questions.load().items():
            start = time.perf_counter()
            rows = len(connection.execute(question.sql, question.given()).fetchall())
            found[name] = (time.perf_counter() - start) * 1000, rows
    return found


def main(given: Sequence[str] | None = None) -> None:
    reader = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    reader.add_argument("--natural", type=Path, default=FOLDER / "natural" / "carrel.db", metavar="A/carrel.db")
    reader.add_argument("--large", type=Path, default=FOLDER / "large" / "carrel.db", metavar="B/carrel.db")
    reader.add_argument("--requests", type=int, default=11)
    reader.add_argument("--questions", action="store_true", help="the canned queries, not the pages")
    chosen = reader.parse_args(given)
    _make(chosen.natural)
    _make(chosen.large, LARGE)
    if chosen.questions:
        small, large = ask_all(chosen.natural), ask_all(chosen.large)
        for name in small:
            over = "  OVER THE LIMIT" if large[name][0] > dashboard.SETTINGS["sql_time_limit_ms"] else ""
            print(f"{name:28} {small[name][0]:8.0f} ms {large[name][0]:8.0f} ms {large[name][1]:8} rows{over}")
    else:
        report((chosen.natural, chosen.large), chosen.requests)


def _make(path: Path, contacts: int = 0) -> None:
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        print(f"making {path}", file=sys.stderr)
        two_years.make(path, contacts=contacts)


def bench(large: Path | None, requests: int = 11) -> None:
    """For `make bench`: a database of natural size in a folder for a while, and the large one where it is wanted."""
    with tempfile.TemporaryDirectory(prefix="carrel-bench-") as folder:
        natural = Path(folder) / "carrel.db"
        _make(natural)
        if large is not None:
            _make(large, LARGE)
        report((natural,) if large is None else (natural, large), requests)


def report(databases: Sequence[Path], requests: int) -> None:
    """Of one database, or of the natural one and the large one."""
    found = asyncio.run(measure(databases, requests))
    heads = f"{'natural':>9} {'cpu':>5}" + (f" {'10 M':>9} {'cpu':>5}" if len(databases) > 1 else "")
    print(f"{'page':64} {heads}   ms, median of {requests}")
    for address, times in found.items():
        medians = [[statistics.median(one[which] for one in of) for which in (0, 1)] for of in times]
        over = "  OVER" if medians[-1][0] > LIMIT_MS else ""
        print(f"{address:64} {' '.join(f'{passed:9.0f} {cpu:5.0f}' for passed, cpu in medians)}{over}")


if __name__ == "__main__":
    main()
