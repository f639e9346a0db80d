"""Every chart draws from its question, with rows and without, and asks nobody for anything."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from analysis import charts
from analysis.dashboard import metadata


@pytest.mark.parametrize("name", charts.load())
def test_it_draws_what_its_question_answers(name: str, made: Path) -> None:
    question = charts.load()[name].question
    connection = sqlite3.connect(f"file:{made}?mode=ro", uri=True)
    cursor = connection.execute(question.sql, question.given())
    columns = [column[0] for column in cursor.description]
    rows = [dict(zip(columns, row, strict=True)) for row in cursor]
    connection.close()
    drawn = charts.svg(name, rows)
    assert drawn.startswith("<svg")
    assert drawn == charts.svg(name, rows)
    assert drawn.count("<path") > len(rows)
    assert charts.svg(name, []).startswith("<svg")


@pytest.mark.parametrize("name", charts.load())
def test_its_fields_are_columns_of_the_answer(name: str, made: Path) -> None:
    chart = charts.load()[name]
    connection = sqlite3.connect(f"file:{made}?mode=ro", uri=True)
    columns = {column[0] for column in connection.execute(chart.question.sql, chart.question.given()).description}
    connection.close()
    made_by_transforms = {"which", "page_loads", "label"}
    fields = {value["field"] for value in _objects(chart.spec) if isinstance(value.get("field"), str)}
    assert fields <= columns | made_by_transforms


@pytest.mark.parametrize("name", charts.load())
def test_it_carries_no_data_and_no_link_to_an_editor(name: str) -> None:
    spec = charts.load()[name].spec
    assert "data" not in spec
    assert spec["usermeta"]["embedOptions"]["actions"] is False
    assert "http" not in json.dumps({key: value for key, value in spec.items() if key != "$schema"})


def test_the_dashboard_shows_every_chart() -> None:
    dashboards = metadata.build()["plugins"]["datasette-dashboards"]
    assert set(dashboards[metadata.DASHBOARD]["charts"]) == set(charts.load())


def test_a_hostile_name_is_escaped_in_the_drawing() -> None:
    rows = [{"category": "<script>alert(1)</script>", "third_parties": 1, "names": ""}]
    assert "<script>" not in charts.svg("recipients_by_category", rows)


def _objects(value: object) -> list[dict[str, object]]:
    if isinstance(value, dict):
        return [value, *(found for part in value.values() for found in _objects(part))]
    if isinstance(value, list):
        return [found for part in value for found in _objects(part)]
    return []
