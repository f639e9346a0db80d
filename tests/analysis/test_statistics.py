"""Intervals, bounds and tests, held against the reference implementation of SciPy and against what they must be."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from analysis import statistics
from analysis.shares import SMALL

reference: Any = pytest.importorskip("scipy.stats")

MOST = 2_000_000
"""Page loads of a large library in some years."""


@st.composite
def shares(draw: st.DrawFn, most: int = MOST) -> tuple[int, int]:
    whole = draw(st.integers(1, most))
    return draw(st.integers(0, whole)), whole


@given(shares())
@example((0, 1))
@example((1, 1))
@example((MOST, MOST))
def test_the_interval_is_wilsons(share: tuple[int, int]) -> None:
    ours = statistics.wilson(*share)
    theirs = reference.binomtest(*share).proportion_ci(0.95, method="wilson")
    assert ours.low == pytest.approx(theirs.low, abs=1e-9)
    assert ours.high == pytest.approx(theirs.high, abs=1e-9)


@given(shares())
def test_the_interval_holds_the_share_and_stays_within_nothing_and_all(share: tuple[int, int]) -> None:
    interval = statistics.wilson(*share)
    assert 0 <= interval.low <= share[0] / share[1] <= interval.high <= 1


@given(shares(), st.integers(2, 50))
def test_more_page_loads_make_the_interval_narrower(share: tuple[int, int], times: int) -> None:
    part, whole = share
    some, many = statistics.wilson(part, whole), statistics.wilson(part * times, whole * times)
    assert many.high - many.low < some.high - some.low


@given(st.integers(1, MOST))
def test_the_bound_of_what_was_not_seen_is_exact(watched: int) -> None:
    bound = statistics.not_seen(watched).bound
    # One-sided: Clopper and Pearson's upper bound for none of n.
    assert bound == pytest.approx(reference.beta.ppf(0.95, 1, watched), rel=1e-9)
    assert (1 - bound) ** watched == pytest.approx(0.05, rel=1e-6) or bound == 0.95


@given(st.integers(30, MOST))
def test_the_rule_of_three_is_near_it_and_never_below(watched: int) -> None:
    assert 0.95 * 3 / watched < statistics.not_seen(watched).bound < 3 / watched


@settings(deadline=None)
@given(shares(4000), shares(4000))
@example((3, 3), (0, 3))
@example((0, 5), (0, 7))
@example((5, 5), (7, 7))
@example((10, 20), (10, 20))
def test_the_test_is_fishers(before: tuple[int, int], after: tuple[int, int]) -> None:
    table = [[before[0], before[1] - before[0]], [after[0], after[1] - after[0]]]
    theirs = float(reference.fisher_exact(table).pvalue)
    assert statistics.fisher(*before, *after) == pytest.approx(theirs, rel=1e-5, abs=1e-12)


@settings(deadline=None, max_examples=25)
@given(shares(), shares())
def test_the_test_bears_large_counts(before: tuple[int, int], after: tuple[int, int]) -> None:
    chance = statistics.fisher(*before, *after)
    assert 0 <= chance <= 1
    assert chance == pytest.approx(statistics.fisher(*after, *before), rel=1e-4, abs=1e-9)


@given(shares(), shares())
def test_the_interval_of_a_difference_holds_it_and_turns_round_with_it(
    before: tuple[int, int], after: tuple[int, int]
) -> None:
    assume(max(before[1], after[1]) < 10_000)
    there, back = statistics.change(*before, *after).difference, statistics.change(*after, *before).difference
    assert there is not None
    assert back is not None
    assert there.low <= after[0] / after[1] - before[0] / before[1] <= there.high
    assert (there.low, there.high) == pytest.approx((-back.high, -back.low))


def test_the_interval_of_a_difference_is_newcombes() -> None:
    # Newcombe 1998, method 10, table II: 56/70 - 48/80, 9/10 - 3/10 and 10/10 - 0/10.
    for first, second, low, high in (
        ((48, 80), (56, 70), 0.0524, 0.3339),
        ((3, 10), (9, 10), 0.1705, 0.8090),
        ((0, 10), (10, 10), 0.6075, 1.0),
    ):
        interval = statistics.change(*first, *second).difference
        assert interval is not None
        assert interval.low == pytest.approx(low, abs=1e-4)
        assert interval.high == pytest.approx(high, abs=1e-4)


@given(shares(3000), shares(3000))
def test_words_stay_sober(before: tuple[int, int], after: tuple[int, int]) -> None:
    change = statistics.change(*before, *after)
    if min(before[1], after[1]) < SMALL:
        assert "Too few" in change.words or "Few page loads" in change.words
        assert change.small
    assert ("so large a difference" in change.words) == change.told_apart
    for word in ("significant", "proves", "because"):
        assert word not in change.words
    assert not math.isnan(change.chance)


@given(shares())
def test_words_never_make_the_interval_narrower(share: tuple[int, int]) -> None:
    interval = statistics.wilson(*share)
    low, high = (float(text) for text in interval.words.removesuffix("\u00a0%").split(" to "))
    assert low <= 100 * interval.low + 1e-5
    assert high >= 100 * interval.high - 1e-5
    assert low <= high


def test_where_nothing_was_watched_nothing_is_said() -> None:
    assert statistics.estimate(0, 0).interval is None
    assert statistics.estimate(0, 0).words == "none watched"
    assert statistics.change(0, 0, 3, 10).words.startswith("Before the date no page load was watched")
    assert statistics.change(0, 0, 0, 0).difference is None
    assert statistics.not_seen(0).bound == 1
    with pytest.raises(ValueError, match="fewer than none"):
        statistics.estimate(-1, 3)


def test_what_is_gone_says_in_how_many_page_loads() -> None:
    gone = statistics.change(60, 100, 0, 300).gone
    assert gone is not None
    assert gone.short == "not seen in 300 page loads (95\u00a0% upper bound 1\u00a0%)"
    assert statistics.change(0, 100, 0, 300).gone is None, "it was never there"
    assert statistics.change(60, 100, 0, 0).gone is None, "nobody looked"
