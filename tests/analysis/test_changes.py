"""What is called a change from month to month, and what is not: too few page loads say nothing."""

from __future__ import annotations

from typing import Any

import pytest

from analysis import changes
from analysis.changes import GONE, LESS, MORE, NEW, REFUSED

TODAY = "2026-11-24"


def site(month: str, loads: int, with_third_party: int = 0, refused: int = 0, name: str = "a") -> dict[str, Any]:
    return {
        "site": name, "name": name.upper(), "kind": "vendor", "month": month, "loads": loads,
        "with_third_party": with_third_party, "refused": refused,
    }  # fmt: skip


def pair(month: str, loads: int, **more: Any) -> dict[str, Any]:
    row = {
        "site": "a", "name": "A", "third_party": "t.example", "month": month, "loads": loads, "stopped": 0,
        "refused": 0, "first_month": "2026-08", "first_refused": "", "first_stopped": "",
    }  # fmt: skip
    return row | more


@pytest.mark.parametrize(
    ("before", "after", "pairs", "clear", "unclear"),
    [
        pytest.param(200, 200, [pair("2026-10", 40, first_month="2026-10")], [NEW], [], id="new"),
        pytest.param(200, 200, [pair("2026-10", 2, first_month="2026-10")], [], [NEW], id="new, and too little of it"),
        pytest.param(10, 12, [pair("2026-10", 12, first_month="2026-10")], [], [NEW], id="new, few page loads"),
        pytest.param(200, 200, [pair("2026-10", 40)], [], [], id="seen before that"),
        pytest.param(200, 200, [pair("2026-09", 40)], [GONE], [], id="gone"),
        pytest.param(200, 5, [pair("2026-09", 40)], [], [GONE], id="gone, too few page loads to say so"),
        pytest.param(200, 200, [pair("2026-09", 40), pair("2026-10", 0, stopped=60)], [], [], id="stopped, not gone"),
        pytest.param(
            200, 200,
            [pair("2026-09", 9), pair("2026-10", 40, refused=30, first_refused="2026-10")],
            [REFUSED], [], id="first contact after refusal",
        ),
    ],
)  # fmt: skip
def test_pairs(before: int, after: int, pairs: list[dict[str, Any]], clear: list[str], unclear: list[str]) -> None:
    sites = [site("2026-09", before, refused=before // 2), site("2026-10", after, refused=after // 2)]
    found = changes.build(sites, pairs, TODAY).last
    assert found
    assert [line.kind for line in found.lines] == clear
    assert [line.kind for line in found.unclear] == unclear
    assert all("no clear difference" in line.how_sure for line in found.unclear)


@pytest.mark.parametrize(
    ("was", "now", "kinds"),
    [
        pytest.param((20, 200), (120, 200), [MORE], id="more"),
        pytest.param((120, 200), (20, 200), [LESS], id="less"),
        pytest.param((100, 200), (110, 200), [], id="as chance alone would"),
        pytest.param((1, 8), (8, 8), [], id="few page loads"),
    ],
)
def test_sites(was: tuple[int, int], now: tuple[int, int], kinds: list[str]) -> None:
    sites = [site("2026-09", was[1], was[0]), site("2026-10", now[1], now[0])]
    found = changes.build(sites, [], TODAY).last
    assert found
    assert [line.kind for line in found.lines] == kinds


def test_the_doubt_allowed_is_shared_out_among_sites() -> None:
    rows = [site("2026-09", 200, 100), site("2026-10", 200, 122)]
    alone = changes.build(rows, [], TODAY).last
    others = [site(month, 200, 100, name=f"s{n}") for n in range(20) for month in ("2026-09", "2026-10")]
    among = changes.build(rows + others, [], TODAY).last
    assert alone
    assert among
    assert [line.kind for line in alone.lines] == [MORE]
    assert among.lines == ()
    assert [line.kind for line in among.unclear] == [MORE]


def test_the_present_month_is_marked_as_running_and_what_was_stopped_first_is_told() -> None:
    sites = [site("2026-10", 200), site("2026-11", 100)]
    stopped = pair("2026-11", 0, stopped=50, first_stopped="2026-11")
    found = changes.build(sites, [stopped], TODAY)
    assert found.last is None
    assert found.present
    assert found.present.running
    assert found.present.heading == "November 2026 so far, against October 2026"
    assert found.present.stopped == (("a", "A", ("t.example",)),)


def test_without_two_months_nothing_is_said() -> None:
    assert not changes.build([site("2026-11", 100)], [], TODAY).any
