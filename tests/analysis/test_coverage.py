"""Is it watching now, and how old are the lists; and weeks across, recipients down."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from analysis import coverage, heat

TODAY = date(2026, 11, 24)
LIST = {"name": "t", "version": "2026-11-01", "fetched": "", "rules": 1, "skipped": 0, "licence": "", "sha256": ""}


def counted(period: str) -> dict[str, Any]:
    return {
        "period": period, "minutes": 600, "loads": 60, "opted_out": 0, "ambiguous": 0, "dropped": 0,
        "reports_refused": 0, "stopped_upstream": 2,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("periods", "short"),
    [
        pytest.param([], "not yet", id="nothing"),
        pytest.param(["2026-11-24", "2026-11"], "yes, today", id="today"),
        pytest.param(["2026-11"], "yes, this month", id="a quiet library"),
        pytest.param(["2026-11-20", "2026-11"], "not today", id="some days ago"),
        pytest.param(["2026-09"], "not lately", id="months ago"),
        pytest.param(["2027-01-01"], "unclear", id="a day to come"),
    ],
)
def test_watching_now(periods: list[str], short: str) -> None:
    assert coverage.build([counted(one) for one in periods], [], TODAY).now.short == short


def test_what_the_content_filter_stopped_and_how_old_a_list_is() -> None:
    lists = [LIST, LIST | {"fetched": "2026-11-23"}, LIST | {"version": "7"}]
    found = coverage.build([counted("2026-11-24"), counted("2026-09")], lists, TODAY)
    assert [one.age for one in found.lists] == ["3 weeks old", "1 day old", ""]
    assert {name: number for name, number, _ in found.missed}["stopped_upstream"] == 4
    assert found.months == ("October 2026",)


def test_the_heat_map_has_a_cell_for_each_recipient_and_week() -> None:
    rows = [
        {"span": "2026-11-09", "third_party": "", "loads": 0, "watched": 9},
        {"span": "2026-11-16", "third_party": "a.example", "loads": 30, "watched": 40},
        {"span": "2026-11-23", "third_party": "a.example", "loads": 10, "watched": 40},
        {"span": "2026-11-23", "third_party": "b.example", "loads": 20, "watched": 40},
    ]
    found = heat.best(rows, [])
    assert found.unit == "week"
    assert [line.recipient for line in found.lines] == ["a.example", "b.example"]
    assert [one.counts for one in found.lines[0].shares] == [
        "0 of 9 page loads", "30 of 40 page loads", "10 of 40 page loads",
    ]  # fmt: skip
    assert heat.best(rows[:1], [{**rows[1], "span": "2026-11"}]).unit == "month"
