"""What may leave the library: nothing below a threshold or of a month that runs, nothing that one visit changes."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.exchange import figures, merging, page, reading, summary
from analysis.exchange.figures import Figures, Rows
from analysis.exchange.summary import Summary, SummaryError
from tests.analysis import library

TODAY = date(2026, 11, 24)
ABOUT = page.About(
    "Anytown Public Library", "privacy@anytown.example", ("Anytown catalog",), 64, True, False, "carrel.internal",
    10, 90, 36,
)  # fmt: skip
SITE = {"site": "s", "name": "S", "kind": "vendor", "vendor": "V", "product": "P"}


def rows_of(database: Path) -> Rows:
    with closing(sqlite3.connect(database)) as connection:
        return reading.rows(connection)


@pytest.fixture(scope="session")
def shown(made: Path) -> Figures:
    return figures.build(rows_of(made), TODAY)


def party(domain: str, loads: int, stopped: int = 0, month: str = "2026-10", **more: str) -> dict[str, Any]:
    known = {"service": domain.upper(), "owner": "O", "category": "analytics", "list": "trackers", "rule": domain}
    place = {"site": "s", "month": month, "third_party": domain, "stands": "third", "relation": "third"}
    return {**place, **known, "loads": loads, "stopped": stopped, **more}


def rows(
    loads: int, with_third_party: int, *presences: dict[str, Any], received: Any = (), month: str = "2026-10"
) -> Rows:
    counted = {"site": "s", "month": month, "loads": loads, "with_third_party": with_third_party}
    return Rows([SITE], [counted], presences, received, [{"period": "2026-09", "minutes": 1}], [])


def told(found: Figures, today: date = TODAY) -> str:
    return page.render(found, ABOUT) + summary.render(Summary("L", "C", "0", today.isoformat()[:7], found))


def test_only_months_that_are_over_and_large_are_shown(shown: Figures) -> None:
    assert [(one.id, [month.month for month in one.months]) for one in shown.products] == [
        ("anytown", ["2026-09", "2026-10"]),
        ("sciencedirect", ["2026-09", "2026-10"]),
    ]
    text = told(shown)
    for hidden in (
        "2026-11-23",
        "November",
        "smallpress",
        "Small Press",
        "seldom-measured",
        "(unlisted)",
        "unresolved",
        "elsevier.com",
    ):
        assert hidden not in text


@pytest.mark.parametrize(
    ("today", "last"),
    [("2026-11-01", "2026-09"), ("2026-11-02", "2026-10"), ("2026-12-01", "2026-10"), ("2027-01-02", "2026-12")],
)
def test_a_month_is_shown_a_day_after_it_ended(today: str, last: str) -> None:
    counted = [
        {"site": "s", "month": month, "loads": 500, "with_third_party": 50}
        for month in ("2026-09", "2026-10", "2026-11", "2026-12", "2027-01")
    ]
    found = figures.build(replace(rows(1, 1), page_loads=counted), date.fromisoformat(today))
    assert found.latest == last


@given(st.integers(0, 400), st.integers(0, 400), st.integers(0, 400), st.integers(0, 400))
def test_what_is_seldom_leaves_no_trace(loads: int, any_of_them: int, few: int, stopped: int) -> None:
    """The page with it is the page without it, until it is over the threshold."""
    few, stopped = min(few, figures.FEWEST_NAMED - 1), min(stopped, figures.FEWEST_NAMED - 1)
    any_of_them = min(any_of_them, loads)
    frequent = party("frequent.test", loads)
    sent = [{"site": "s", "period": "2026-10", "section": "search", "third_party": one, "what": "search terms",
             "carried_in": "url", "loads": few} for one in ("seldom.test", "frequent.test")]  # fmt: skip
    with_it = told(
        figures.build(rows(loads, any_of_them, frequent, party("seldom.test", few, stopped), received=sent), TODAY)
    )
    assert with_it == told(figures.build(rows(loads, any_of_them, frequent), TODAY))
    assert "seldom.test" not in with_it
    if loads < figures.FEWEST_LOADS:
        assert "frequent.test" not in with_it


@given(st.integers(0, 400), st.integers(0, 400), st.integers(0, 400))
def test_what_is_counted_today_changes_nothing(loads: int, seen: int, stopped: int) -> None:
    before = rows(300, 200, party("frequent.test", 90))
    now = rows(loads, min(seen, loads), month="2026-11")
    after = replace(
        before,
        page_loads=[*before.page_loads, *now.page_loads],
        presences=[*before.presences, party("new.test", seen, stopped, month="2026-11")],
        received=[{"site": "s", "period": "2026-11-24", "section": "item", "third_party": "frequent.test",
                   "what": "item", "carried_in": "url", "loads": seen}],
    )  # fmt: skip
    assert told(figures.build(after, TODAY)) == told(figures.build(before, TODAY))


def test_one_page_load_more_seldom_changes_a_figure() -> None:
    changed = 0
    for loads in range(100, 1100):
        before, after = (
            figures.build(rows(n, n // 2, party("a.test", n // 3)), TODAY).products[0].latest
            for n in (loads, loads + 1)
        )
        changed += before != after
    assert changed < 200


@given(st.integers(0, 10**6), st.integers(1, 10**6))
def test_a_share_is_within_a_step_and_tells_no_single_visit(part: int, whole: int) -> None:
    part = min(part, whole)
    found = figures.percent(part, whole)
    assert found % figures.STEP == 0
    assert 0 <= found <= 100
    if whole >= figures.FEWEST_LOADS:
        assert abs(found - 100 * part / whole) < 2 * figures.STEP
    if found == 0:
        assert part < figures.FEWEST_NAMED
    for other in range(figures.FEWEST_NAMED):
        assert figures.percent(other, max(whole, 100)) == 0


def test_a_name_below_a_lists_entry_is_told_as_the_entry() -> None:
    found = figures.build(rows(300, 200, party("anytown.libguides.com", 90, rule="libguides.com")), TODAY)
    assert "anytown" not in summary.render(Summary("", "", "0", "2026-11", found))
    assert found.products[0].latest.third_parties[0].domain == "libguides.com"


@pytest.mark.parametrize("named", [True, False])
def test_a_summary_is_valid_and_read_back_as_it_was(shown: Figures, named: bool) -> None:
    whole = Summary("Anytown Public Library", "privacy@anytown.example", "0.2.0", "2026-11", shown)
    if not named:
        whole = summary.anonymous(whole, {"sciencedirect": ("ScienceDirect", "Elsevier")}, {"anytown.example"})
    text = summary.render(whole)
    jsonschema.Draft202012Validator.check_schema(summary.schema())
    jsonschema.validate(json.loads(text), summary.schema())
    assert summary.read(text.encode()) == whole


def test_an_anonymous_summary_names_no_library(made: Path) -> None:
    found = rows_of(made)
    ours = [
        {
            **found.presences[0],
            "site": "sciencedirect",
            "month": "2026-10",
            "third_party": name,
            "rule": name,
            "loads": 200,
        }
        for name in ("anytown.example", "www.anytown.example", "anytown.bibliocommons.com")
    ]
    named = figures.build(replace(found, presences=[*found.presences, *ours]), TODAY)
    whole = Summary("Anytown Public Library", "privacy@anytown.example", "0.2.0", "2026-11", named)
    assert "anytown.example" in summary.render(whole)
    own = {"anytown.bibliocommons.com", "anytown.example"}
    directory = {"sciencedirect": ("ScienceDirect", "Elsevier"), "anytown": ("A catalog of that id", "")}
    text = summary.render(summary.anonymous(whole, directory, own))
    assert "anytown" not in text.lower()
    assert "privacy@" not in text
    assert "2026-09" in text  # months stay: they are what is compared
    assert [one["id"] for one in json.loads(text)["products"]] == ["sciencedirect"]


def _spoilt() -> list[Any]:
    huge, deep = {"page_loads": 10**400}, "[" * 100_000
    changes: list[Any] = [
        ("since", 7), ("since", "2026-13"), ("format", 2), ("format", True), ("library", "Anytown"),
        ("library", {"name": "A"}),
        ("products", {}), ("products", [1]), ("products", [{}] * 2001), ("rule", None), ("made_in", "2026-11\n"),
        ("more", 1),
        ("lists", [{"name": "a", "version": 1}]), ("program", {"name": "Carrel", "version": "x" * 201}),
        ("library", {"name": "A\u202e", "contact": ""}), ("library", {"name": "\x00", "contact": ""}),
    ]  # fmt: skip
    products = [
        ("kind", "shop"), ("id", ""), ("months", []), ("name", None), ("product", ["x"]), ("vendor", "a\nb"),
    ]  # fmt: skip
    months = [
        ("month", "October"),
        ("page_loads", -1),
        ("page_loads", 1.5),
        ("page_loads", True),
        ("share", 101),
        (huge and "page_loads", 10**400),
    ]
    parties = [
        ("domain", "<b>"),
        ("domain", "=cmd.test|x"),
        ("behind", 1),
        ("received", "everything"),
        ("stopped", "9"),
        ("share", -5),
    ]
    return [deep, changes, products, months, parties]


def test_what_is_no_summary_is_refused(shown: Figures) -> None:
    good = json.loads(summary.render(Summary("A", "", "0.2.0", "2026-11", shown)))
    deep, changes, products, months, parties = _spoilt()
    for place, spoilt in (((), changes), (("products", 0), products), (("products", 0, "months", 0), months),
                          (("products", 0, "months", 0, "third_parties", 0), parties)):  # fmt: skip
        for key, value in spoilt:
            table = json.loads(json.dumps(good))
            inner = table
            for step in place:
                inner = inner[step]
            inner[key] = value
            with pytest.raises(SummaryError) as failure:
                summary.read(json.dumps(table).encode())
            assert "\n" not in str(failure.value)
    text = json.dumps(good)
    loose = json.loads(text)
    loose["rule"]["fewest_to_be_named"] = 2
    twice = json.loads(text)
    twice["products"] *= 2
    for content in (
        b"", b"\xff\xfe", b"null", b"[]", deep.encode(), b" " * (summary.LARGEST + 1), json.dumps(loose).encode(),
        json.dumps(twice).encode(), text.replace('"format": 1', '"format": 1, "format": 1').encode(),
        text.replace('"share": 100', '"share": NaN').encode(),
    ):  # fmt: skip
        with pytest.raises(SummaryError):
            summary.read(content)


def test_libraries_are_merged_by_product(shown: Figures) -> None:
    ours = Summary("Anytown", "", "0.2.0", "2026-11", shown)
    product = next(one for one in shown.products if one.id == "sciencedirect")
    lower = replace(product, id="sd", name="=1+1", product="sciencedirect", months=(replace(product.latest, share=40),))
    theirs = Summary("=HYPERLINK(1)", "", "0.2.0", "2026-11", replace(shown, products=(lower,)))
    third = Summary(
        "", "", "0.2.0", "2026-11", replace(shown, products=(replace(lower, product="<script>", vendor="@v"),))
    )
    merged = merging.merge([ours, theirs, third])
    line = merged.lines[0]
    assert (line.product, line.vendor, line.shares) == ("ScienceDirect", "Elsevier", (product.latest.share, 40))
    table = merging.as_csv(merged)
    assert "'=HYPERLINK" in table
    assert "'@v" in table
    html = merging.as_html(merged)
    assert "<script>" not in html
    assert "Library 3" in html
    assert merging.header(merged)[3:6] == ["lowest percent", "median percent", "highest percent"]
    assert merging.rows(merged)[0][3:6] == [40, (product.latest.share + 40) / 2, product.latest.share]


def test_names_cannot_write_into_the_page() -> None:
    hostile = library.HOSTILE
    found = figures.build(rows(300, 200, party("a.test", 90, service=hostile, owner=hostile, category=hostile)), TODAY)
    about = replace(ABOUT, library=hostile, contact=f"javascript:{hostile}", watched=(hostile,))
    text = page.render(found, about)
    assert "<script" not in text
    assert 'href="javascript' not in text
