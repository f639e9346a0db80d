"""What Carrel recorded against what the demo's servers saw: rows and lines of text. Reads the views, writes nothing."""

import sqlite3
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from addons.decide.parties import registrable_domain


@dataclass(frozen=True, slots=True)
class Row:
    third_party: str
    owner: str
    category: str
    recorded: int
    """Page loads on which Carrel says that the browser was made to contact it."""
    happened: int
    """Page loads on which one of its servers was contacted."""

    @property
    def agrees(self) -> bool:
        return self.recorded == self.happened


def page_loads(database: Path) -> int:
    """How many page loads the database has; 0 as long as there is none."""
    try:
        return int(_rows(database, "select coalesce(sum(loads), 0) from page_loads")[0][0])
    except sqlite3.Error:
        return 0


def compare(database: Path, hosts: Collection[str], visits: Callable[[Collection[str]], int]) -> list[Row]:
    """One row for each third party that either side knows of, the most frequent first."""
    known = {
        domain: (owner, category)
        for domain, owner, category in _rows(database, "select domain, owner, category from third_parties")
    }
    recorded = dict(_rows(database, "select third_party, sum(loads) from presences group by third_party"))
    servers: dict[str, list[str]] = {}
    for host in hosts:
        servers.setdefault(registrable_domain(host), []).append(host)
    rows = []
    for domain in {*recorded, *servers}:
        theirs = servers.get(domain, [])
        owner, category = known.get(domain, ("", ""))
        row = Row(domain, owner, category, int(recorded.get(domain, 0)), visits(theirs))
        if row.recorded or row.happened:
            rows.append(row)
    return sorted(rows, key=lambda row: (-row.recorded, row.third_party))


def lines(rows: Sequence[Row], loads: int) -> Iterator[str]:
    """The table for the terminal."""
    table = [("third party", "owner", "category", "Carrel", "servers")]
    table += [
        (row.third_party, row.owner or "unknown", row.category or "unknown", str(row.recorded), str(row.happened))
        for row in rows
    ]
    widths = [max(len(cells[column]) for cells in table) for column in range(5)]
    yield f"{loads} page loads. On how many of them was the browser made to contact each third party?"
    yield ""
    for number, (*words, recorded, happened) in enumerate(table):
        left = "  ".join(word.ljust(width) for word, width in zip(words, widths[:3], strict=True))
        mark = "" if number == 0 or rows[number - 1].agrees else "  differs"
        yield f"{left}  {recorded.rjust(widths[3])}  {happened.rjust(widths[4])}{mark}".rstrip()
    yield ""
    agreeing = sum(row.agrees for row in rows)
    yield f"Carrel and the demo's servers agree on {agreeing} of {len(rows)} third parties."


def _rows(database: Path, question: str) -> list[tuple[Any, ...]]:
    connection = sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro", uri=True, timeout=5)
    try:
        return connection.execute(question).fetchall()
    finally:
        connection.close()
