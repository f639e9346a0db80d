"""What may be written how finely, without a file: the rules themselves."""

from __future__ import annotations

from datetime import date

import pytest

from addons.decide.judge import Finding
from addons.tally import Amounts, Batch, Fine, Tally, rank
from tests.addons.visits import MONDAY, TUESDAY, finding, unlisted


def loads(day: date = MONDAY, site: str = "news") -> Fine:
    return Fine("page_load", day, site, "", ("search", "unknown"))


def presence(third_party: str, *, outcome: str = "allowed", day: date = MONDAY, site: str = "news") -> Fine:
    return Fine("presence", day, site, third_party, ("search", "unknown", "third", outcome))


COVERAGE = Fine("coverage", MONDAY, "", "", ())


class Book:
    """Rows as the file would hold them, so that a plan can be carried out."""

    def __init__(self, *, k: int = 10, rare: int = 3, remembered: int = 100, names: int = 100) -> None:
        self.tally = Tally(k, rare, remembered=remembered, names=names)
        self.rows: dict[tuple[str, str, str], int] = {}

    def flush(self, *counts: tuple[Fine, int], listed: tuple[str, ...] = ()) -> None:
        batch = Batch(1000)
        for fine, amount in counts:
            width = {"page_load": 1, "presence": 0, "coverage": 5}[fine.table]
            batch.add(fine, (amount, *(0,) * width))
            if fine.third_party:
                batch.know(finding(fine.third_party, listed=fine.third_party in listed))
        plan = self.tally.plan(batch)
        for row, amounts in plan.deltas.items():
            self._put((row.table, row.period, row.third_party), amounts[0])
        for old, moves in plan.moves.items():
            for new, amounts in moves:
                self._put((old.table, old.period, old.third_party), -amounts[0])
                self._put((new.table, new.period, new.third_party), amounts[0])
        self.tally.commit(plan)

    def _put(self, row: tuple[str, str, str], amount: int) -> None:
        self.rows[row] = self.rows.get(row, 0) + amount
        if not self.rows[row]:
            del self.rows[row]


def test_a_quiet_day_is_written_as_its_month() -> None:
    book = Book(k=10)
    book.flush((loads(), 4))
    book.flush((loads(), 5))
    assert book.rows == {("page_load", "2026-11", ""): 9}


def test_the_load_that_makes_a_day_busy_moves_all_of_it() -> None:
    book = Book(k=10)
    book.flush((loads(), 9), (presence("tracker.test"), 9), listed=("tracker.test",))
    book.flush((loads(), 1))
    assert book.rows == {("page_load", "2026-11-23", ""): 10, ("presence", "2026-11-23", "tracker.test"): 9}
    assert book.tally.remembered == 0


def test_a_busy_days_later_counts_go_straight_to_it() -> None:
    book = Book(k=2)
    book.flush((loads(), 2))
    book.flush((loads(), 1), (presence("tracker.test"), 1), listed=("tracker.test",))
    assert book.rows == {("page_load", "2026-11-23", ""): 3, ("presence", "2026-11-23", "tracker.test"): 1}


def test_only_the_busy_site_and_day_become_fine() -> None:
    book = Book(k=3)
    book.flush((loads(), 3), (loads(site="quiet"), 2), (loads(TUESDAY), 1))
    assert book.rows == {("page_load", "2026-11-23", ""): 3, ("page_load", "2026-11", ""): 3}


def test_coverage_follows_the_loads_of_all_sites_together() -> None:
    book = Book(k=4)
    book.flush((loads(), 2), (loads(site="quiet"), 1), (COVERAGE, 60))
    assert book.rows["coverage", "2026-11", ""] == 60
    book.flush((loads(site="quiet"), 1), (COVERAGE, 2))
    assert book.rows["coverage", "2026-11-23", ""] == 62
    assert ("page_load", "2026-11-23", "") not in book.rows


def test_an_unlisted_name_is_written_once_it_is_common() -> None:
    book = Book(rare=3)
    book.flush((presence("odd.test"), 2))
    assert book.rows == {("presence", "2026-11", "(unlisted)"): 2}
    book.flush((presence("odd.test"), 1))
    assert book.rows == {("presence", "2026-11", "odd.test"): 3}


def test_a_listed_name_is_written_at_once() -> None:
    book = Book(rare=3)
    book.flush((presence("tracker.test"), 1), listed=("tracker.test",))
    assert book.rows == {("presence", "2026-11", "tracker.test"): 1}


def test_a_name_that_the_file_has_already_is_written_at_once() -> None:
    book = Book(rare=3)
    book.tally.learn((), {"odd.test"})
    book.flush((presence("odd.test"), 1))
    assert book.rows == {("presence", "2026-11", "odd.test"): 1}


def test_a_name_seen_on_several_sites_and_days_is_common_too() -> None:
    book = Book(rare=3)
    book.flush((presence("odd.test"), 1), (presence("odd.test", site="other"), 1))
    book.flush((presence("odd.test", day=TUESDAY), 1))
    assert book.rows == {("presence", "2026-11", "odd.test"): 3}


def test_one_page_load_with_two_outcomes_is_not_two_page_loads() -> None:
    book = Book(rare=3)
    book.flush((presence("odd.test"), 2), (presence("odd.test", outcome="blocked"), 2))
    assert book.rows == {("presence", "2026-11", "(unlisted)"): 4}


def test_a_rare_name_of_a_busy_day_moves_twice() -> None:
    book = Book(k=2, rare=3)
    book.flush((loads(), 1), (presence("odd.test"), 1))
    book.flush((loads(), 1), (presence("odd.test"), 1))
    assert book.rows["presence", "2026-11-23", "(unlisted)"] == 2
    book.flush((presence("odd.test"), 1))
    assert book.rows == {("page_load", "2026-11-23", ""): 2, ("presence", "2026-11-23", "odd.test"): 3}


def test_a_plan_that_is_not_carried_out_changes_nothing() -> None:
    book = Book(k=2, rare=2)
    for _ in range(3):
        batch = Batch(10)
        batch.add(loads(), (1, 0))
        batch.add(presence("odd.test"), (1,))
        batch.know(unlisted("odd.test"))
        book.tally.plan(batch)
    book.flush((loads(), 1), (presence("odd.test"), 1))
    assert book.rows == {("page_load", "2026-11", ""): 1, ("presence", "2026-11", "(unlisted)"): 1}


def test_what_is_not_remembered_stays_coarse_and_does_not_make_a_day_busy() -> None:
    book = Book(k=3, remembered=1)
    other = loads()._replace(dimensions=("item", "unknown"))
    book.flush((loads(), 1), (other, 1))
    book.flush((loads(), 1))
    assert book.rows == {("page_load", "2026-11", ""): 3}, "three loads, of which only two could be moved"
    book.flush((loads(), 1))
    assert book.rows == {("page_load", "2026-11", ""): 1, ("page_load", "2026-11-23", ""): 3}


def test_a_day_that_is_over_is_forgotten_and_stays_as_it_is() -> None:
    book = Book(k=3)
    book.flush((loads(), 2), (presence("odd.test"), 1))
    book.tally.forget(TUESDAY)
    assert book.tally.remembered == 0
    book.flush((loads(), 1))
    assert book.rows["page_load", "2026-11", ""] == 3


def test_the_oldest_rare_names_are_forgotten_beyond_the_bound() -> None:
    book = Book(rare=2, names=5)
    for number in range(50):
        book.flush((presence(f"odd{number}.test"), 1))
    assert len(book.tally.seen) == 5
    book.flush((presence("odd49.test"), 1), (presence("odd0.test"), 1))
    assert book.rows == {("presence", "2026-11", "odd49.test"): 2, ("presence", "2026-11", "(unlisted)"): 50}


def test_a_full_batch_counts_on_but_takes_nothing_new() -> None:
    batch = Batch(2)
    added: list[tuple[Fine, Amounts]] = [
        (loads(), (1, 0)),
        (presence("a.test"), (1,)),
        (presence("b.test"), (1,)),
        (loads(), (1, 0)),
        (presence("c.test"), (1,)),
    ]
    assert [batch.add(*one) for one in added] == [True, True, False, True, False]
    assert batch.counts == {loads(): (2, 0), presence("a.test"): (1,), COVERAGE: (0, 0, 0, 0, 2, 0, 0)}


def test_a_batch_put_back_is_added_and_the_older_counts_keep_their_place() -> None:
    older, newer = Batch(2), Batch(2)
    older.add(loads(), (1, 0))
    newer.add(loads(), (2, 1))
    newer.add(presence("a.test"), (1,))
    newer.know(finding("a.test"))
    older.add(presence("b.test"), (1,))
    older.know(finding("b.test"))
    newer.put_back(older)
    assert newer.counts == {loads(): (3, 1), presence("b.test"): (1,), COVERAGE: (0, 0, 0, 0, 1, 0, 0)}
    assert set(newer.findings) == {"b.test"}


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        pytest.param(finding(version="2027-01-01", rule="a.tracker.test"), finding(), id="a newer list"),
        pytest.param(finding(), finding(rule="a.tracker.test"), id="the rule for the whole domain"),
        pytest.param(finding(), unlisted("tracker.test"), id="a list rather than none"),
    ],
)
def test_one_third_party_is_described_alike_whatever_came_last(better: Finding, worse: Finding) -> None:
    assert rank(better) > rank(worse)
    for order in ((better, worse), (worse, better)):
        batch = Batch(10)
        for one in order:
            batch.know(one)
        assert batch.findings["tracker.test"] == better
