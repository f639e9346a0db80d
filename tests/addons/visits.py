"""Ordinary visits for the ledger's tests: a test says only what differs."""

from __future__ import annotations

import asyncio
import sqlite3
from datetime import date
from pathlib import Path
from typing import Any

from addons.decide.judge import Finding
from addons.ledger import Ledger
from addons.settings import Site

NEWS = Site("news", "Newspapers", vendor="Pressco", product="Papers", domains=("news.test", "papers.test"))
CATALOG = Site("catalog", "Catalog", kind="catalog", domains=("catalog.test",))
MONDAY, TUESDAY = date(2026, 11, 23), date(2026, 11, 24)
PLACE = ("search", "unknown")


class Clock:
    """Today, as the test wants it."""

    def __init__(self) -> None:
        self.day = MONDAY

    def __call__(self) -> date:
        return self.day


def finding(
    third_party: str = "tracker.test", *, listed: bool = True, version: str = "2026-11-24", rule: str = ""
) -> Finding:
    known = ("Tracker", "Owner", "Group", "analytics", "trackers", version, rule or third_party)
    known = known if listed else ("",) * 7
    return Finding(third_party, listed, *known, relation="third", kind="script", method="report", outcome="allowed")


def unlisted(third_party: str) -> Finding:
    return finding(third_party, listed=False)


def visit(ledger: Ledger, *findings: Finding, day: date = MONDAY, site: Site = NEWS, times: int = 1) -> None:
    """One page load with everything that goes with it."""
    for _ in range(times):
        ledger.page_load(day, site, *PLACE)
        ledger.cover(day, loads=1)
        for one in findings:
            ledger.contact(day, site, *PLACE, one, new_load=True)
            ledger.contact(day, site, *PLACE, one, new_load=False)
            ledger.presence(day, site, *PLACE, one)
        if findings:
            ledger.with_third_party(day, site, *PLACE)


def flush(ledger: Ledger) -> bool:
    return asyncio.run(ledger.flush())


def close(ledger: Ledger) -> None:
    asyncio.run(ledger.close())


def rows(path: Path, sql: str) -> list[tuple[Any, ...]]:
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


def raw(path: Path) -> bytes:
    """Every byte of the database, its log and whatever lies beside them."""
    return b"".join(one.read_bytes() for one in path.parent.glob(f"{path.name}*"))
