"""The same measures for every product, the order in which they stand, and what makes the comparison unsafe."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from analysis import comparison, products, report, wording
from analysis.comparison import APART, OTHER, Comparison, Line
from analysis.detail import SiteFacts
from analysis.documents import beside, comparison_page
from analysis.documents.model import Document, Figure, Items, Paragraph
from analysis.evidence import Window
from analysis.report import ReportError
from analysis.shares import Share
from tests.analysis import library

ALL = tuple(site[0] for site in library.SITES)
WINDOW = Window("", "", "", "", 3, (), 0, 0, ())
MADE = {"library": "Anytown", "kind": "", "since": "", "until": "", "made_on": "2026-11-24", "program_version": "1"}


def line(name: str = "One", *, part: int = 30, whole: int = 60, rung: str = "contacted", **more: object) -> Line:
    ordinary = Line(
        site=SiteFacts(name.lower(), name, "vendor", "Vendor", name, (), ""),
        window=WINDOW,
        first_period="2026-11-02",
        last_period="2026-11-04",
        share=Share(part, whole),
        recipients=3,
        categories=(("advertising", 2), ("fonts", 1)),
        rung=rung,
        reached=Share(part, whole) if rung else None,
        behind=0,
        behind_rung="",
        before_choice=None,
        after_refusal=None,
        consent_known=True,
        blocked=0,
    )
    return replace(ordinary, **more)  # type: ignore[arg-type]


def of(*lines: Line, unwatched: tuple[str, ...] = ()) -> Comparison:
    return comparison.build(lines, unwatched, (), **MADE)


@pytest.fixture
def found(made: Path) -> Comparison:
    with closing(sqlite3.connect(made)) as connection:
        return products.compare(connection, ALL, made_on="2026-11-24", program_version="1", library="Anytown")


def test_the_highest_rung_stands_first_then_the_larger_share(found: Comparison) -> None:
    assert [one.site.id for one in found.lines] == ["anytown", "sciencedirect", "smallpress"]
    assert [one.rung for one in found.lines] == ["search terms or item", "search terms or item", "page address"]


def test_a_product_without_page_loads_is_named_and_has_no_line(found: Comparison) -> None:
    assert found.unwatched == ("Never Opened",)


@pytest.mark.parametrize("site", ["anytown", "sciencedirect", "smallpress"])
def test_every_number_is_that_of_the_products_own_report(made: Path, found: Comparison, site: str) -> None:
    with closing(sqlite3.connect(made)) as connection:
        own = report.build(connection, site, None, None, "2026-11-24", "1")
    one = next(one for one in found.lines if one.site.id == site)
    assert (one.share, one.recipients, one.blocked) == (own.share, own.recipients, own.blocked)
    assert sum(number for _, number in one.categories) == own.recipients
    assert sum(one.of(name) for name in (*APART, OTHER)) == own.recipients
    assert one.behind == len({finding.party.domain for finding in own.behind})
    rungs = [finding.received.rung for finding in own.findings if finding.received and finding.share.part]
    assert one.rung == max(rungs, key=wording.RUNGS.index)
    assert one.reached is not None
    assert one.reached.part <= one.share.whole


def test_consent_is_told_only_where_the_tool_was_understood(found: Comparison) -> None:
    by_id = {one.site.id: one for one in found.lines}
    assert by_id["anytown"].before_choice is None
    assert by_id["sciencedirect"].before_choice == Share(176, 193)
    assert by_id["sciencedirect"].after_refusal == Share(50, 60)


def test_a_window_is_the_same_for_all(made: Path) -> None:
    with closing(sqlite3.connect(made)) as connection:
        found = products.compare(connection, ALL, "2026-11-10", "2026-11-12")
    assert {one.window.days for one in found.lines} == {3}
    assert set(found.unwatched) == {"Small Press Online", "Never Opened"}
    assert "left out" in " ".join(comparison.cautions(found))
    assert found.time == "10 November 2026 to 12 November 2026"


def test_a_window_in_which_nothing_was_watched_is_said_in_one_line(made: Path) -> None:
    with closing(sqlite3.connect(made)) as connection, pytest.raises(ReportError, match="nothing to compare"):
        products.compare(connection, ALL, "2020-01-01", "2020-01-31")


def test_the_reported_product_stands_among_its_kind(made: Path) -> None:
    with closing(sqlite3.connect(made)) as connection:
        rows = report.rows(connection, "smallpress")
        own = report.build(rows, "smallpress", None, None, "2026-11-24", "1")
        found = products.beside(connection, own, rows)
    lines = beside.of(found, "smallpress")
    assert [(one.name, one.reported) for one in lines] == [("ScienceDirect", False), ("Small Press Online", True)]
    assert found.unwatched == ("Never Opened",)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        pytest.param((line("A", whole=60), line("B", whole=900)), "from 60 (A) to 900 (B)", id="page loads"),
        pytest.param((line("A"), line("B", part=2, whole=9)), "Fewer than 20 page loads: B", id="small"),
        pytest.param((line("A"), line("B", last_period="2026-11")), "the same days", id="days"),
        pytest.param((line("A"), line("B", blocked=1)), "stopped contacts on B", id="blocked"),
        pytest.param((line("A", consent_known=False), line("B")), "or there is none: A", id="consent"),
        pytest.param((line("A"), line("B")), "Products are used differently", id="always"),
        pytest.param(
            (line("A"), line("B", site=SiteFacts("b", "B", "catalog", "", "", (), ""))), "different kinds", id="kinds"
        ),
    ],
)
def test_what_makes_it_unsafe_is_said(lines: tuple[Line, ...], said: str) -> None:
    assert said in " ".join(comparison.cautions(of(*lines)))


def test_like_products_get_no_warning_that_does_not_hold() -> None:
    said = " ".join(comparison.cautions(of(line("A"), line("B"))))
    for word in ("Fewer than", "Page loads watched go", "stopped", "kinds", "same days", "left out"):
        assert word not in said


@given(
    some.lists(
        some.builds(
            lambda name, rung, part, more: line(name, part=part, whole=part + more, rung=rung),
            some.text("abc", min_size=1, max_size=3),
            some.sampled_from(["", *wording.RUNGS]),
            some.integers(0, 50),
            some.integers(1, 50),
        ),
        min_size=1,
        max_size=8,
    )
)
def test_the_order_never_depends_on_the_order_of_the_input(lines: list[Line]) -> None:
    heights = {rung: height for height, rung in enumerate(wording.RUNGS)}
    ordered = of(*lines).lines
    keys = [(heights.get(one.rung, -1), one.share.fraction) for one in ordered]
    assert keys == sorted(keys, reverse=True)
    assert [(one.rung, one.share.fraction, one.site.id) for one in of(*reversed(lines)).lines] == [
        (one.rung, one.share.fraction, one.site.id) for one in ordered
    ]
    assert len(ordered) == len(lines), "nobody is dropped"


def page(*lines: Line, unwatched: tuple[str, ...] = ()) -> Document:
    return comparison_page.build(of(*lines, unwatched=unwatched))


def test_a_percentage_stands_only_with_its_interval_and_never_for_few_page_loads() -> None:
    shown = page(line("Many", part=30, whole=60), line("Few", part=3, whole=7))
    table = next(one for one in shown.tables if one.id == "comparison")
    cells = {row[0]: dict(zip((column.id for column in table.columns), row, strict=True)) for row in table.rows}
    assert cells["Few"]["percent"] is None
    assert cells["Few"]["interval_low"] is None
    assert "too few for a percentage" in str(cells["Few"]["share_words"])
    assert "%" not in str(cells["Few"]["share_words"])
    assert cells["Many"]["percent"] == 50
    assert cells["Many"]["share_words"] == "50\u00a0% (37 to 63\u00a0%)\n30 of 60"


def test_no_word_of_the_page_is_a_score_and_the_limits_are_whole() -> None:
    shown = page(line("A"), line("B"), unwatched=("C",))
    text = " ".join(block.text for part in shown.parts for block in part.blocks if isinstance(block, Paragraph))
    for one in (*wording.NOT_CLAIMED, *wording.BLIND_SPOTS):
        assert one in text
    assert "The order is no score" in text
    assert "No page load was watched in this time: C." in text
    assert any(isinstance(block, Items) for block in shown.part("3").blocks)


def test_the_chart_says_in_words_what_it_draws_and_products_of_one_name_stay_apart() -> None:
    twins = (line("Same"), replace(line("Same"), site=SiteFacts("other", "Same", "vendor", "", "", (), "")))
    (figure,) = (block for block in page(*twins).part("2").blocks if isinstance(block, Figure))
    assert {row["product"] for row in figure.data} == {"Same (same)", "Same (other)"}
    assert "Same (other): advertising 2, analytics 0, session replay 0, other kinds 1" in figure.alternative
    many = page(*(line(f"P{number:02}") for number in range(comparison_page.MOST + 2)))
    (figure,) = (block for block in many.part("2").blocks if isinstance(block, Figure))
    assert len({row["product"] for row in figure.data}) == comparison_page.MOST
    assert "2 more products stand in the table only" in figure.caption
