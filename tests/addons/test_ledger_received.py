"""What third parties received, cookies, places to sign in and look-alikes: counted by the same rules as contacts."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pytest

from addons.ledger import Ledger
from addons.settings import Privacy, Site
from blocklists.owners import Ruleset
from tests.addons.conftest import OpenLedger
from tests.addons.visits import (
    CATALOG,
    MONDAY,
    NEWS,
    TUESDAY,
    Clock,
    close,
    finding,
    flush,
    raw,
    rows,
    unlisted,
    visit,
)

IMITATED = Site("bank", "Data bank", domains=("bank.test",))


def see_everything(ledger: Ledger, *, third_party: str = "tracker.test", day: date = MONDAY, times: int = 1) -> None:
    """One page load with one of each."""
    for _ in range(times):
        visit(ledger, finding(third_party), day=day)
        ledger.exposure(day, NEWS, "search", finding(third_party), "search terms", "url")
        ledger.cookie(day, NEWS, "Tracker", "_tr*", "a year or more")
        ledger.sign_in(day, NEWS, "login.test", listed=True)
        ledger.lookalike(day, NEWS, "typo")


ONE_OF_EACH = {
    "exposures": ("news", "search", "tracker.test", "search terms", "url"),
    "cookies": ("news", "Tracker", "_tr*", "a year or more"),
    "sign_ins": ("news", "login.test"),
    "lookalikes": ("news", "typo"),
}


@pytest.mark.parametrize(("view", "what"), ONE_OF_EACH.items(), ids=list(ONE_OF_EACH))
def test_each_is_found_in_its_view_by_month_and_then_by_day(
    ledger_path: Path, open_ledger: OpenLedger, view: str, what: tuple[str, ...]
) -> None:
    ledger = open_ledger(k=3)
    see_everything(ledger, times=2)
    flush(ledger)
    assert rows(ledger_path, f"select * from {view}") == [("2026-11", *what, 2)]
    assert b"2026-11-23" not in raw(ledger_path)
    see_everything(ledger)
    flush(ledger)
    assert rows(ledger_path, f"select * from {view}") == [("2026-11-23", *what, 3)]
    see_everything(ledger)
    close(ledger)
    ledger = open_ledger(k=3)
    see_everything(ledger)
    flush(ledger)
    assert rows(ledger_path, f"select * from {view}") == [("2026-11-23", *what, 5)]


def test_what_a_rare_name_received_is_kept_without_the_name_until_it_is_common(
    ledger_path: Path, open_ledger: OpenLedger
) -> None:
    ledger = open_ledger(rare=3)
    odd = unlisted("odd-name.test")
    for times, known_as in ((2, "(unlisted)"), (1, "odd-name.test")):
        visit(ledger, odd, times=times)
        for _ in range(times):
            ledger.exposure(MONDAY, NEWS, "item", odd, "item", "referrer")
        flush(ledger)
        assert rows(ledger_path, "select distinct third_party from exposures") == [(known_as,)]
        assert (b"odd-name" in raw(ledger_path)) == (known_as != "(unlisted)")
    assert rows(ledger_path, "select what, carried_in, loads from exposures") == [("item", "referrer", 3)]


def test_a_place_to_sign_in_that_no_list_names_is_kept_once_it_is_common(
    ledger_path: Path, open_ledger: OpenLedger
) -> None:
    ledger = open_ledger(rare=3)
    for _ in range(2):
        ledger.sign_in(MONDAY, NEWS, "small-college.test")
    ledger.sign_in(MONDAY, CATALOG, "login.test", listed=True)
    flush(ledger)
    assert rows(ledger_path, "select site, provider, loads from sign_ins order by site") == [
        ("catalog", "login.test", 1),
        ("news", "(unlisted)", 2),
    ]
    assert b"small-college" not in raw(ledger_path)
    ledger.sign_in(MONDAY, CATALOG, "small-college.test")
    flush(ledger)
    assert rows(ledger_path, "select site, loads from sign_ins where provider = 'small-college.test' order by 1") == [
        ("catalog", 1),
        ("news", 2),
    ]
    close(ledger)
    ledger = open_ledger(rare=3)
    ledger.sign_in(MONDAY, NEWS, "small-college.test")
    flush(ledger)
    assert rows(ledger_path, "select loads from sign_ins where site = 'news'") == [(3,)], "the file knows the name"


def test_a_common_place_to_sign_in_does_not_name_the_rare_third_party_of_the_same_domain(
    ledger_path: Path, open_ledger: OpenLedger
) -> None:
    ledger = open_ledger(rare=3)
    visit(ledger, unlisted("college.test"))
    flush(ledger)
    for _ in range(3):
        ledger.sign_in(MONDAY, NEWS, "college.test")
    assert flush(ledger)
    visit(ledger, unlisted("college.test"))
    assert flush(ledger)
    assert rows(ledger_path, "select provider, loads from sign_ins") == [("college.test", 3)]
    assert rows(ledger_path, "select third_party, loads from presences") == [("(unlisted)", 2)]
    visit(ledger, unlisted("college.test"))
    assert flush(ledger)
    assert rows(ledger_path, "select third_party, loads from presences") == [("college.test", 3)]


def test_look_alikes_are_measured_by_their_own_number_and_need_no_page_load(
    ledger_path: Path, open_ledger: OpenLedger
) -> None:
    ledger = open_ledger(k=3)
    for _ in range(2):
        ledger.lookalike(MONDAY, IMITATED, "homograph")
    visit(ledger, site=IMITATED)
    flush(ledger)
    assert rows(ledger_path, "select * from lookalikes") == [("2026-11", "bank", "homograph", 2)]
    ledger.lookalike(MONDAY, IMITATED, "typo")
    flush(ledger)
    assert rows(ledger_path, "select period, trick, hits from lookalikes order by trick") == [
        ("2026-11-23", "homograph", 2),
        ("2026-11-23", "typo", 1),
    ]
    assert rows(ledger_path, "select period from page_loads") == [("2026-11",)]


def test_relayed_contacts_stand_apart_from_the_others(ledger_path: Path, open_ledger: OpenLedger) -> None:
    ledger = open_ledger()
    visit(ledger, finding(), replace(finding(), relayed=True))
    flush(ledger)
    assert rows(ledger_path, "select third_party, relayed, loads, requests from contacts order by relayed") == [
        ("tracker.test", 0, 1, 2),
        ("tracker.test", 1, 1, 2),
    ]


def test_everything_folds_into_months_and_goes_with_them(
    ledger_path: Path, ledger_clock: Clock, open_ledger: OpenLedger
) -> None:
    ledger = open_ledger(k=1, days_kept=30, months_kept=2)
    see_everything(ledger, third_party="old-tracker.test")
    see_everything(ledger, third_party="old-tracker.test", day=TUESDAY)
    flush(ledger)
    ledger_clock.day = date(2026, 12, 30)
    assert flush(ledger)
    for view in ONE_OF_EACH:
        amount = "hits" if view == "lookalikes" else "loads"
        assert rows(ledger_path, f"select period, {amount} from {view}") == [("2026-11", 2)], view
    ledger_clock.day = date(2027, 2, 1)
    flush(ledger)
    for view in ONE_OF_EACH:
        assert rows(ledger_path, f"select * from {view}") == [], view
    close(ledger)
    for trace in (b"old-tracker", b"login.test", b"_tr*", b"2026-11-23"):
        assert trace not in raw(ledger_path)


def test_the_ladder_tells_the_highest_rung_and_how_often_it_is_sure_to_have_been_reached(
    ledger_path: Path, open_ledger: OpenLedger
) -> None:
    ledger = open_ledger()
    parties = {name: finding(f"{name}.test") for name in ("contacted", "cookie", "named", "address", "terms")}
    stopped = replace(finding("stopped.test"), outcome="blocked")
    visit(ledger, *parties.values(), stopped, times=4)
    for _ in range(2):
        for name, whats in {
            "cookie": ["cookie"],
            "named": ["cookie", "e-mail"],
            "address": ["cookie", "identifier", "page address"],
            "terms": ["cookie", "page address", "search terms", "item"],
        }.items():
            for what in whats:
                ledger.exposure(MONDAY, NEWS, "search", parties[name], what, "url")
    ledger.exposure(MONDAY, NEWS, "search", parties["terms"], "search terms", "referrer")
    ledger.exposure(MONDAY, NEWS, "item", parties["terms"], "item", "url")
    flush(ledger)
    assert rows(ledger_path, "select * from ladder order by third_party") == [
        ("news", "address.test", "page address", 2),
        ("news", "contacted.test", "contacted", 4),
        ("news", "cookie.test", "cookie", 2),
        ("news", "named.test", "identifier", 2),
        ("news", "terms.test", "search terms or item", 3),
    ]


def test_lists_say_when_they_were_fetched_and_new_ones_are_written_while_running(
    ledger_path: Path, ledger_clock: Clock
) -> None:
    shipped = Ruleset("trackers", "2026-11-24", "ab" * 32, "Apache-2.0", 250, 0)
    fetched = SimpleNamespace(
        name="easyprivacy", version="1", fetched="2026-11-23", sha256="cd" * 32, licence="CC", rules=9, skipped=1
    )
    ledger = Ledger(ledger_path, Privacy(), today=ledger_clock)
    ledger.open([NEWS], [shipped])
    ledger.rulesets([fetched])  # type: ignore[list-item]
    assert flush(ledger)
    close(ledger)
    assert rows(ledger_path, "select name, fetched from rulesets order by name") == [
        ("easyprivacy", "2026-11-23"),
        ("trackers", ""),
    ]
