"""The ledger on real files: what stands in them after flushes, restarts and years."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from addons.ledger import Ledger, LedgerError
from addons.settings import Privacy, Site
from blocklists.owners import Ruleset
from tests.addons.conftest import OpenLedger
from tests.addons.visits import (
    CATALOG,
    MONDAY,
    NEWS,
    PLACE,
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


def test_a_visit_is_found_in_every_view(ledger_path: Path, open_ledger: OpenLedger) -> None:
    ledger = open_ledger()
    visit(ledger, finding(), times=2)
    assert flush(ledger)
    assert rows(ledger_path, "select * from page_loads") == [("2026-11", "news", *PLACE, 2, 2)]
    contact = ("2026-11", "news", *PLACE, "tracker.test", "third", "script", "report", "allowed", 0, 2, 4)
    assert rows(ledger_path, "select * from contacts") == [contact]
    assert rows(ledger_path, "select * from presences") == [
        ("2026-11", "news", *PLACE, "tracker.test", "third", "allowed", 2)
    ]
    assert rows(ledger_path, "select * from third_parties") == [
        ("tracker.test", "Tracker", "Owner", "Group", "analytics", "trackers", "2026-11-24", "tracker.test", "2026-11")
    ]
    assert rows(ledger_path, "select * from coverages") == [("2026-11", 0, 2, 0, 0, 0, 0, 0)]


def test_minutes_are_seconds_rounded_down(ledger_path: Path, open_ledger: OpenLedger) -> None:
    ledger = open_ledger()
    for _ in range(59):
        ledger.cover(MONDAY, seconds=3)
    flush(ledger)
    assert rows(ledger_path, "select minutes from coverages") == [(2,)]


def test_sites_and_lists_are_written_at_once_and_changed_when_they_change(
    ledger_path: Path, ledger_clock: Clock
) -> None:
    for name, rules in (("Newspapers", 250), ("News of the world", 260)):
        ledger = Ledger(ledger_path, Privacy(), today=ledger_clock)
        site = Site("news", name, vendor="Pressco", domains=("news.test", "papers.test"), contract_until="2027-12-31")
        ledger.open([site], [Ruleset("trackers", "2026-11-24", "ab" * 32, "Apache-2.0", rules, 1)])
        assert rows(ledger_path, "select * from sites") == [
            ("news", name, "vendor", "Pressco", "", "news.test papers.test", "", "2027-12-31")
        ]
        ruleset = ("trackers", "2026-11-24", "", "ab" * 32, "Apache-2.0", rules, 1)
        assert rows(ledger_path, "select * from rulesets") == [ruleset]
        close(ledger)


def test_a_site_of_the_directory_appears_when_it_is_first_counted(ledger_path: Path, open_ledger: OpenLedger) -> None:
    ledger = open_ledger()
    visit(ledger, site=CATALOG)
    flush(ledger)
    assert rows(ledger_path, "select id from sites order by id") == [("catalog",), ("news",)]


def test_a_busy_day_is_taken_out_of_its_month(ledger_path: Path, open_ledger: OpenLedger) -> None:
    ledger = open_ledger(k=3)
    visit(ledger, finding(), times=2)
    flush(ledger)
    assert b"2026-11-23" not in raw(ledger_path)
    visit(ledger, finding())
    flush(ledger)
    assert rows(ledger_path, "select period, loads, with_third_party from page_loads") == [("2026-11-23", 3, 3)]
    assert rows(ledger_path, "select period, loads, requests from contacts") == [("2026-11-23", 3, 6)]
    assert rows(ledger_path, "select period, loads from presences") == [("2026-11-23", 3)]
    assert rows(ledger_path, "select period, loads from coverages") == [("2026-11-23", 3)]
    assert rows(ledger_path, "select first_seen from third_parties") == [("2026-11-23",)]


def test_first_seen_stays_a_month_while_any_of_it_is_coarse(ledger_path: Path, open_ledger: OpenLedger) -> None:
    ledger = open_ledger(k=3)
    visit(ledger, finding(), day=MONDAY)
    visit(ledger, finding(), day=TUESDAY, times=3)
    flush(ledger)
    assert rows(ledger_path, "select first_seen from third_parties") == [("2026-11",)]


def test_a_rare_name_is_in_no_file_until_it_is_common(ledger_path: Path, open_ledger: OpenLedger) -> None:
    ledger = open_ledger(rare=3)
    odd = unlisted("odd-name.test")
    visit(ledger, odd, times=2)
    flush(ledger)
    assert b"odd-name" not in raw(ledger_path)
    assert rows(ledger_path, "select third_party, requests from contacts") == [("(unlisted)", 4)]
    assert rows(ledger_path, "select domain from third_parties") == []
    visit(ledger, odd)
    flush(ledger)
    assert rows(ledger_path, "select third_party, requests from contacts") == [("odd-name.test", 6)]
    assert rows(ledger_path, "select domain, list, first_seen from third_parties") == [("odd-name.test", "", "2026-11")]


def test_after_a_restart_counts_of_a_busy_day_and_of_known_names_go_on(
    ledger_path: Path, open_ledger: OpenLedger
) -> None:
    ledger = open_ledger(k=3, rare=2)
    odd = unlisted("odd.test")
    visit(ledger, odd, times=3)
    close(ledger)
    ledger = open_ledger(k=3, rare=2)
    visit(ledger, odd)
    close(ledger)
    assert rows(ledger_path, "select period, loads from page_loads") == [("2026-11-23", 4)]
    assert rows(ledger_path, "select period, third_party, loads from presences") == [("2026-11-23", "odd.test", 4)]
    assert rows(ledger_path, "select period, loads from coverages") == [("2026-11-23", 4)]


def test_after_a_restart_counts_of_a_quiet_day_stay_coarse(ledger_path: Path, open_ledger: OpenLedger) -> None:
    for _ in range(2):
        ledger = open_ledger(k=3, rare=3)
        visit(ledger, unlisted("odd.test"), times=2)
        close(ledger)
    assert rows(ledger_path, "select period, loads from page_loads") == [("2026-11", 4)]
    assert b"odd.test" not in raw(ledger_path)


def test_a_later_count_of_a_day_that_is_over_goes_where_its_day_stands(
    ledger_path: Path, ledger_clock: Clock, open_ledger: OpenLedger
) -> None:
    ledger = open_ledger(k=3)
    visit(ledger, times=3)
    visit(ledger, site=CATALOG)
    flush(ledger)
    ledger_clock.day = TUESDAY
    visit(ledger, day=TUESDAY)
    flush(ledger)
    for site in (NEWS, CATALOG):
        ledger.contact(MONDAY, site, *PLACE, finding(), new_load=True)
    flush(ledger)
    assert rows(ledger_path, "select site, period from contacts order by site") == [
        ("catalog", "2026-11"),
        ("news", "2026-11-23"),
    ]
    assert {group.day for group in ledger._tally.standing} == {TUESDAY}


def test_a_newer_list_describes_a_third_party_anew_and_keeps_since_when(
    ledger_path: Path, open_ledger: OpenLedger
) -> None:
    ledger = open_ledger()
    for month, version in ((11, "2026-11-24"), (12, "2027-01-01"), (12, "2026-11-24")):
        visit(ledger, finding(version=version), day=date(2026, month, 24))
        flush(ledger)
    assert rows(ledger_path, "select list_version, first_seen from third_parties") == [("2027-01-01", "2026-11")]


def test_a_datetime_in_place_of_a_day_writes_no_time(ledger_path: Path, open_ledger: OpenLedger) -> None:
    ledger = open_ledger(k=1)
    visit(ledger, day=datetime(2026, 11, 23, 17, 45, tzinfo=UTC))
    flush(ledger)
    assert rows(ledger_path, "select period, dropped from coverages") == [("2026-11-23", 0)]
    assert rows(ledger_path, "select period from page_loads") == [("2026-11-23",)]


def test_old_days_fold_and_old_months_go(ledger_path: Path, ledger_clock: Clock, open_ledger: OpenLedger) -> None:
    ledger = open_ledger(k=1, days_kept=30, months_kept=2)
    visit(ledger, finding("old-tracker.test"), times=2)
    flush(ledger)
    ledger_clock.day = MONDAY + timedelta(days=30)
    assert flush(ledger)
    assert rows(ledger_path, "select period from page_loads") == [("2026-11-23",)]
    ledger_clock.day = MONDAY + timedelta(days=31)
    visit(ledger, day=ledger_clock.day)
    flush(ledger)
    for view in ("page_loads", "contacts", "presences", "coverages"):
        assert rows(ledger_path, f"select loads from {view} where period = '2026-11'") == [(2,)], view
    assert rows(ledger_path, "select first_seen from third_parties") == [("2026-11",)]
    ledger_clock.day = date(2027, 2, 1)
    flush(ledger)
    assert rows(ledger_path, "select period, loads from page_loads") == [("2026-12", 1)]
    assert rows(ledger_path, "select * from third_parties") == []
    assert rows(ledger_path, "select * from contacts") == []
    for trace in (b"old-tracker", b"2026-11-23"):
        assert trace not in raw(ledger_path), "secure_delete, and an emptied log"
    visit(ledger, finding("old-tracker.test"), day=ledger_clock.day)
    flush(ledger)
    assert rows(ledger_path, "select domain, first_seen from third_parties") == [("old-tracker.test", "2027-02-01")]


def test_ageing_is_done_at_the_start_too(ledger_path: Path, ledger_clock: Clock, open_ledger: OpenLedger) -> None:
    ledger = open_ledger(k=1)
    visit(ledger)
    close(ledger)
    ledger_clock.day = MONDAY + timedelta(days=91)
    ledger = open_ledger(k=1)
    assert rows(ledger_path, "select period from page_loads") == [("2026-11",)]
    close(ledger)


def test_freed_pages_are_given_back(ledger_path: Path, ledger_clock: Clock, open_ledger: OpenLedger) -> None:
    ledger = open_ledger(k=1, days_kept=1)
    for number in range(2000):
        visit(ledger, finding(f"tracker{number}.test"))
    flush(ledger)
    ledger_clock.day = date(2031, 1, 1)
    flush(ledger)
    close(ledger)
    assert [one.name for one in ledger_path.parent.iterdir()] == ["carrel.db"]
    assert ledger_path.stat().st_size < 200_000
    assert rows(ledger_path, "PRAGMA freelist_count") == [(0,)]


def test_rows_deleted_by_another_program_stay_deleted(ledger_path: Path, open_ledger: OpenLedger) -> None:
    ledger = open_ledger(k=3)
    visit(ledger, finding(), times=2)
    flush(ledger)
    other = sqlite3.connect(ledger_path)
    for table in ("contact", "presence", "page_load", "site", "third_party where key != 0"):
        other.execute(f"delete from {table}")
    other.commit()
    other.close()
    visit(ledger, finding(), times=2)
    assert flush(ledger)
    assert rows(ledger_path, "select period, loads from page_loads") == [("2026-11", 2)]
    visit(ledger, finding())
    flush(ledger)
    assert rows(ledger_path, "select period, loads from page_loads") == [("2026-11-23", 3)]


def test_a_foreign_file_is_refused_by_the_ledger(ledger_path: Path, open_ledger: OpenLedger) -> None:
    ledger_path.parent.mkdir()
    ledger_path.write_text("not ours")
    with pytest.raises(LedgerError, match="not a database"):
        open_ledger()


def test_closing_writes_what_is_left(
    ledger_path: Path, open_ledger: OpenLedger, caplog: pytest.LogCaptureFixture
) -> None:
    ledger = open_ledger()
    visit(ledger, finding())
    close(ledger)
    assert rows(ledger_path, "select loads from page_loads") == [(1,)]
    close(ledger)
    visit(ledger)
    assert not flush(ledger), "recording after the end harms nobody"
    assert [one for one in caplog.records if one.levelno >= logging.WARNING] == []


def test_running_is_flushing_until_cancelled(
    ledger_path: Path, open_ledger: OpenLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("addons.ledger.FLUSH_SECONDS", 0.001)
    ledger = open_ledger()

    async def run_until_written() -> None:
        running = asyncio.create_task(ledger.run())
        visit(ledger, finding())
        async with asyncio.timeout(60):
            while not rows(ledger_path, "select * from page_loads"):  # noqa: ASYNC110 -- the file tells nobody
                await asyncio.sleep(0.001)
        visit(ledger, finding())
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await ledger.close()

    asyncio.run(run_until_written())
    assert rows(ledger_path, "select loads from page_loads") == [(2,)]
