"""The table of sites and third parties shows those that were seen most, and all of them on demand."""

from __future__ import annotations

from typing import Any

from datasette.app import Datasette

from analysis import matrix

SITES: list[dict[str, Any]] = [
    {"site": "big", "name": "Big", "loads": 1000},
    {"site": "small", "name": "Small", "loads": 10},
]


def pair(third_party: str, site: str = "big", loads: int = 1, stands: str = "third") -> dict[str, Any]:
    watched = {row["site"]: row["loads"] for row in SITES}[site]
    return {
        "site": site, "third_party": third_party, "stands": stands, "relation": "third", "loads": loads,
        "watched": watched, "stopped": 0, "relayed": 0, "at_least": 0,
    }  # fmt: skip


def shown(page: matrix.Matrix) -> list[str]:
    return [line.party.domain for part in page.parts for group in part.groups for line in group.lines]


def test_those_seen_on_the_largest_shares_are_shown() -> None:
    pairs = [pair("seldom.example", loads=9), pair("often.example", loads=90), pair("small.example", "small", loads=5)]
    page = matrix.build(SITES, pairs, (), most=2)
    assert shown(page) == ["small.example", "often.example"]
    assert [(part.lines, part.of) for part in page.cut] == [(2, 3)]
    assert len(shown(matrix.build(SITES, pairs, (), most=None))) == 3
    assert not matrix.build(SITES, pairs, (), most=None).cut


def test_each_part_has_its_own_lines() -> None:
    pairs = [pair(f"{number}.example", stands=stands) for number in range(3) for stands in ("third", "behind")]
    page = matrix.build(SITES, pairs, (), most=2)
    assert [(part.stands, part.lines, part.of) for part in page.cut] == [("third", 2, 3), ("behind", 2, 3)]


async def test_all_lines_are_shown_on_demand(filled: Datasette) -> None:
    few = (await filled.client.get("/-/matrix")).text
    assert "lines=all" not in few  # this library has no more than one table shows
    assert (await filled.client.get("/-/matrix?lines=all")).text.count("<tr>") == few.count("<tr>")
