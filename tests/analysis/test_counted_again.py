"""What pages say of a time, a kind of site and a category is what a count of the plain views says."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from analysis import questions
from tests.analysis.counting import Chosen, Counting

WINDOWS = {
    "all that is kept": ("", ""),
    "two months": ("2026-10-01", "2026-11-30"),
    "days of two months, one known by month only": ("2026-10-10", "2026-11-12"),
    "days of one month": ("2026-11-05", "2026-11-09"),
    "one day": ("2026-11-05", "2026-11-05"),
    "months and the days after them": ("2026-09-01", "2026-11-12"),
    "until a month's end": ("", "2026-09-30"),
    "from a day on": ("2026-11-10", ""),
    "a time of which nothing is kept": ("2027-01-01", ""),
}
PARTS: tuple[dict[str, str], ...] = (
    {}, {"kind": "vendor"}, {"site": "anytown"}, {"category": "advertising"}, {"category": "no category known"},
    {"kind": "catalog", "category": "covers and enrichment"},
)  # fmt: skip
# Question, and those of its columns that are counted again.
COLUMNS = {
    "sites": "site loads with_third_party first_period last_period",
    "third_parties_seen": "third_party stands relation sites loads stopped",
    "matrix": "site third_party stands relation loads watched stopped",
    "third_parties_by_consent": "site third_party relation consent loads",
    "contacted_by_consent": "site consent third_parties",
    "how_seen": "site third_party relation section kind method outcome relayed loads requests",
    "highest_rung": "site third_party rung loads",
    "most_received": "site rung recipients third_parties",
}


@pytest.fixture
def connection(made: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(f"file:{made}?mode=ro", uri=True)) as found:
        yield found


def answers(connection: sqlite3.Connection, name: str, chosen: Chosen, columns: str) -> list[tuple[Any, ...]]:
    question = questions.question(name)
    cursor = connection.execute(question.sql, question.given(**chosen.given))
    names = [column[0] for column in cursor.description]
    places = [names.index(column) for column in columns.split()]
    return [tuple(row[place] for place in places) for row in cursor]


@pytest.mark.parametrize("part", PARTS, ids=lambda part: " ".join(part.values()) or "everything")
@pytest.mark.parametrize("window", WINDOWS.values(), ids=WINDOWS)
def test_pages_say_what_the_plain_views_say(
    connection: sqlite3.Connection, window: tuple[str, str], part: dict[str, str]
) -> None:
    chosen = Chosen(*window, **part)
    counting = Counting(connection, chosen)
    for name, columns in COLUMNS.items():
        found = answers(connection, name, chosen, columns)
        assert len(found) == len(set(found))
        assert set(found) == getattr(counting, name)(), name
    found = answers(connection, "received_at_least", chosen, "site third_party received rung loads what")
    assert {row[:4]: row[4] for row in found if not row[5]} == dict(counting.received())


@pytest.mark.parametrize("part", PARTS, ids=lambda part: " ".join(part.values()) or "everything")
@pytest.mark.parametrize("window", WINDOWS.values(), ids=WINDOWS)
def test_newcomers_are_those_that_came_after_watching_began(
    connection: sqlite3.Connection, window: tuple[str, str], part: dict[str, str]
) -> None:
    chosen = Chosen(*window, **part)
    columns = "third_party stands first_period sites of"
    found = answers(connection, "newest_third_parties", chosen, columns)
    shown = {(*row[:3], " ".join(sorted(row[3].split()))) for row in found}
    counted = Counting(connection, chosen).newcomers()
    assert shown <= counted
    for stands in {row[1] for row in counted}:
        of = [row for row in counted if row[1] == stands]
        mine = [row for row in found if row[1] == stands]
        assert {row[4] for row in mine} == {len(of)}
        assert sorted(row[2] for row in mine) == sorted(row[2] for row in of)[-10:]
