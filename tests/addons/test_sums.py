"""The sums that pages are made from stay quick, whatever else somebody does with the file."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from addons.database import open_database
from addons.sums import COUNTED
from tests.addons import sums_again
from tests.analysis import library


def statistics_of(path: Path) -> list[tuple[str]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("select name from sqlite_schema where name like 'sqlite_stat%'").fetchall()


def test_what_analyze_left_is_gone_when_the_program_starts(tmp_path: Path) -> None:
    path = library.make(tmp_path / "carrel.db")
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("analyze")
    assert ("sqlite_stat1",) in statistics_of(path)
    open_database(path).close()
    assert statistics_of(path) == []


def test_sums_are_found_by_their_grain_even_where_none_is_asked_for(tmp_path: Path) -> None:
    """Datasette counts the rows of a view that it shows."""
    path = library.make(tmp_path / "carrel.db")
    with closing(sqlite3.connect(path)) as connection:
        for view in ("sights", "meetings", "reaches", "manners"):
            plan = connection.execute(f"explain query plan select count(*) from {view}").fetchall()
            found = [row[3] for row in plan if "grain" in row[3]]
            assert found == ["SEARCH s USING PRIMARY KEY (grain=? AND site=? AND third_party=?)"], view


def test_a_hand_that_deletes_rows_leaves_true_sums(tmp_path: Path) -> None:
    path = library.make(tmp_path / "carrel.db")
    with closing(sqlite3.connect(path)) as connection, connection:
        sums_again.check(connection)
        for table in COUNTED:
            connection.execute(
                f"delete from {table} where site = (select min(site) from contact) and period > '2026-11'"
            )
        sums_again.check(connection)
