"""Every query asks its question in its first line, reads only the views, and runs with and without its parameters."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path

import pytest
from datasette.app import Datasette

from analysis import questions

GIVEN = {"site": "sciencedirect", "third_party": "google-analytics.com", "since": "2026-10-01", "until": "2026-11-30"}


def given_to(name: str) -> dict[str, str]:
    """November is known by month, too: what lies within a window needs all of it, what does not needs less."""
    values = GIVEN | ({"until": "2026-11-20"} if name == "evidence_left_out" else {})
    return {key: value for key, value in values.items() if key in questions.question(name).parameters}


@pytest.mark.parametrize("name", questions.load())
def test_the_first_line_asks(name: str) -> None:
    question = questions.question(name)
    assert question.sql.startswith("-- ")
    assert "?" in question.asked
    tables = "site|third_party|page_load|contact|presence|coverage|ruleset|exposure|cookie|sign_in|lookalike"
    tables += "|protection|dry_run|breakage|decision|disclosure|stale|sight|way|reach|manner"
    assert not re.search(rf"\b(from|join) ({tables})\b", question.sql)


@pytest.mark.parametrize("name", questions.load())
def test_it_runs_with_and_without_its_parameters(name: str, made: Path) -> None:
    question = questions.question(name)
    connection = sqlite3.connect(f"file:{made}?mode=ro", uri=True)
    given = given_to(name)
    assert connection.execute(question.sql, question.given(**given)).fetchall()
    connection.execute(question.sql, question.given()).fetchall()
    connection.close()


@pytest.mark.parametrize("name", questions.load())
async def test_it_is_a_canned_query_of_the_dashboard(name: str, filled: Datasette) -> None:
    given = given_to(name)
    response = await filled.client.get(f"/carrel/{name}.json", params={**given, "_shape": "array"})
    assert response.status_code == 200
    assert response.json()


def _ask(connection: sqlite3.Connection, name: str, **values: str) -> sqlite3.Cursor:
    question = questions.question(name)
    return connection.execute(question.sql, question.given(**values))


def test_sums_do_not_depend_on_days_or_months(made: Path) -> None:
    connection = sqlite3.connect(f"file:{made}?mode=ro", uri=True)
    months = _ask(connection, "page_loads_by_month").fetchall()
    assert sum(row[1] for row in months) == connection.execute("select sum(loads) from page_loads").fetchone()[0]
    connection.close()


def test_a_share_is_never_above_the_whole(made: Path) -> None:
    connection = sqlite3.connect(f"file:{made}?mode=ro", uri=True)
    for name in ("third_parties_seen", "most_seen"):
        cursor = _ask(connection, name)
        columns = [column[0] for column in cursor.description]
        for row in cursor:
            found = dict(zip(columns, row, strict=True))
            assert found["loads"] <= found["watched"]
            assert found["third_party"] != "(unlisted)"
    connection.close()


RAW = {
    "evidence_contacts", "evidence_presences", "evidence_prevented", "how_seen", "prevented", "received",
}  # fmt: skip
"""Read counts themselves: of one site or one third party, or for whoever wants all of it."""


@pytest.mark.parametrize("name", sorted(questions.load().keys() - RAW))
def test_it_reads_sums_instead_of_the_large_tables(name: str) -> None:
    question = questions.question(name)
    assert not re.search(r"\b(from|join) (contacts|presences|exposures|prevented)\b", question.sql)
