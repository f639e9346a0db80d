"""Every query asks its question in its first line, reads only the views, and runs with and without its parameters."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path

import pytest
from datasette.app import Datasette

from analysis import questions

GIVEN = {"site": "sciencedirect", "third_party": "google-analytics.com", "since": "2026-10-01", "until": "2026-11-20"}


@pytest.mark.parametrize("name", questions.load())
def test_the_first_line_asks(name: str) -> None:
    question = questions.question(name)
    assert question.sql.startswith("-- ")
    assert "?" in question.asked
    tables = "site|third_party|page_load|contact|presence|coverage|ruleset|exposure|cookie|sign_in|lookalike"
    tables += "|protection|dry_run|breakage|decision|disclosure"
    assert not re.search(rf"\b(from|join) ({tables})\b", question.sql)


@pytest.mark.parametrize("name", questions.load())
def test_it_runs_with_and_without_its_parameters(name: str, made: Path) -> None:
    question = questions.question(name)
    connection = sqlite3.connect(f"file:{made}?mode=ro", uri=True)
    given = {key: value for key, value in GIVEN.items() if key in question.parameters}
    assert connection.execute(question.sql, question.given(**given)).fetchall()
    connection.execute(question.sql, question.given()).fetchall()
    connection.close()


@pytest.mark.parametrize("name", questions.load())
async def test_it_is_a_canned_query_of_the_dashboard(name: str, filled: Datasette) -> None:
    given = {key: value for key, value in GIVEN.items() if key in questions.question(name).parameters}
    response = await filled.client.get(f"/carrel/{name}.json", params={**given, "_shape": "array"})
    assert response.status_code == 200
    assert response.json()


def test_sums_do_not_depend_on_days_or_months(made: Path) -> None:
    connection = sqlite3.connect(f"file:{made}?mode=ro", uri=True)
    months = connection.execute(questions.question("page_loads_by_month").sql, {"site": ""}).fetchall()
    assert sum(row[1] for row in months) == connection.execute("select sum(loads) from page_loads").fetchone()[0]
    connection.close()


def test_a_share_is_never_above_the_whole(made: Path) -> None:
    connection = sqlite3.connect(f"file:{made}?mode=ro", uri=True)
    for name in ("third_parties_seen", "most_seen"):
        cursor = connection.execute(questions.question(name).sql, {"site": ""})
        columns = [column[0] for column in cursor.description]
        for row in cursor:
            found = dict(zip(columns, row, strict=True))
            assert found["loads"] <= found["watched"]
            assert found["third_party"] != "(unlisted)"
    connection.close()
