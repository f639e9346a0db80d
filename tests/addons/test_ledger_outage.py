"""A locked or full disk, and the bounds of memory: counts wait, recording goes on, losses are counted."""

from __future__ import annotations

import asyncio
import logging
import resource
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from addons.ledger import Ledger
from addons.rows import Rows
from addons.settings import Privacy
from tests.addons.conftest import OpenLedger
from tests.addons.visits import CATALOG, MONDAY, PLACE, TUESDAY, Clock, close, finding, flush, rows, unlisted, visit

ROOT = Path(__file__).parents[2]


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Another program holds the file, as a backup or a repair would."""
    other = sqlite3.connect(path)
    other.execute("begin exclusive")
    try:
        yield
    finally:
        other.rollback()
        other.close()


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [one.getMessage() for one in caplog.records if one.levelno >= logging.WARNING]


def test_a_locked_file_is_written_later_and_said_once(
    ledger_path: Path, open_ledger: OpenLedger, caplog: pytest.LogCaptureFixture
) -> None:
    ledger = open_ledger(k=3, rare=3)
    visit(ledger, unlisted("odd.test"))
    with locked(ledger_path):
        for _ in range(3):
            visit(ledger, unlisted("odd.test"))
            assert not flush(ledger)
    assert len(warnings(caplog)) == 1
    assert flush(ledger)
    assert rows(ledger_path, "select period, loads, with_third_party from page_loads") == [("2026-11-23", 4, 4)]
    assert rows(ledger_path, "select third_party, loads, requests from contacts") == [("odd.test", 4, 8)]
    assert rows(ledger_path, "select loads, dropped from coverages") == [(4, 0)]
    for said in warnings(caplog):
        assert "odd.test" not in said
        assert str(ledger_path) not in said


def test_a_failed_flush_is_no_flush_for_what_is_remembered(ledger_path: Path, open_ledger: OpenLedger) -> None:
    ledger = open_ledger(k=3, rare=3)
    visit(ledger, unlisted("odd.test"), times=2)
    assert flush(ledger)
    visit(ledger, unlisted("odd.test"))
    with locked(ledger_path):
        assert not flush(ledger)
        assert not flush(ledger)
    assert rows(ledger_path, "select period, third_party, loads from presences") == [("2026-11", "(unlisted)", 2)]
    assert flush(ledger)
    assert rows(ledger_path, "select period, third_party, loads from presences") == [("2026-11-23", "odd.test", 3)]
    assert rows(ledger_path, "select period, loads from page_loads") == [("2026-11-23", 3)]


def test_a_full_disk_takes_all_of_a_flush_or_nothing(
    ledger_path: Path, open_ledger: OpenLedger, caplog: pytest.LogCaptureFixture
) -> None:
    ledger = open_ledger()
    visit(ledger, finding("first.test"))
    assert flush(ledger)
    connection = connection_of(ledger)
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages}")
    for number in range(1000):
        visit(ledger, finding(f"tracker{number}.test"))
    assert not flush(ledger)
    assert not flush(ledger)
    assert rows(ledger_path, "select loads from page_loads") == [(1,)]
    assert rows(ledger_path, "select count(*) from third_parties") == [(1,)]
    assert len(warnings(caplog)) == 1
    connection.execute("PRAGMA max_page_count = 1000000")
    visit(ledger, finding("last.test"))
    assert flush(ledger)
    assert rows(ledger_path, "select loads from page_loads") == [(1002,)]
    assert rows(ledger_path, "select count(*), sum(requests) from contacts") == [(1002, 2004)]


def connection_of(ledger: Ledger) -> sqlite3.Connection:
    assert ledger._rows is not None
    return ledger._rows._connection


def test_the_disk_really_full(tmp_path: Path) -> None:
    """A limit on the size of files, set by the kernel for one child process: every further write fails."""
    call = "import sys; from tests.addons.test_ledger_outage import fill_the_disk; fill_the_disk(sys.argv[1])"
    subprocess.run([sys.executable, "-c", call, tmp_path / "data"], cwd=ROOT, check=True, timeout=120)
    assert rows(tmp_path / "data" / "carrel.db", "select sum(requests) from contacts") == [(2000,)]


def fill_the_disk(folder: str) -> None:
    path = Path(folder) / "carrel.db"
    ledger = Ledger(path, Privacy(), today=Clock())
    ledger.open([], [])
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size, resource.RLIM_INFINITY))
    for number in range(1000):
        visit(ledger, finding(f"tracker{number}.test"))
    assert not flush(ledger)
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    assert flush(ledger)
    close(ledger)


def test_while_the_disk_is_away_known_counts_go_on_and_new_ones_are_dropped_and_counted(
    ledger_path: Path, open_ledger: OpenLedger
) -> None:
    ledger = open_ledger(waiting=10)
    with locked(ledger_path):
        visit(ledger, finding("known.test"))
        assert not flush(ledger)
        for number in range(100):
            ledger.contact(MONDAY, CATALOG, *PLACE, finding(f"new{number}.test"), new_load=True)
        assert not flush(ledger)
        visit(ledger, finding("known.test"), times=50)
        assert not flush(ledger)
        assert len(ledger._pending.counts) == 10
    assert flush(ledger)
    assert rows(ledger_path, "select loads from page_loads") == [(51,)]
    assert rows(ledger_path, "select loads from presences") == [(51,)]
    assert rows(ledger_path, "select count(*) from contacts where site = 'catalog'") == [(6,)]
    assert rows(ledger_path, "select loads, dropped from coverages") == [(51, 94)]


def test_what_is_remembered_is_bounded_and_goes_when_its_day_is_over(
    ledger_path: Path, ledger_clock: Clock, open_ledger: OpenLedger
) -> None:
    ledger = open_ledger(k=1000, remembered=50, names=20)
    for number in range(500):
        visit(ledger, unlisted(f"odd{number}.test"))
    assert flush(ledger)
    assert ledger._tally.remembered == sum(map(len, ledger._tally.standing.values())) == 50
    assert len(ledger._tally.seen) == 20
    assert rows(ledger_path, "select third_party, sum(requests) from contacts") == [("(unlisted)", 1000)]
    ledger_clock.day = TUESDAY
    assert flush(ledger)
    assert ledger._tally.remembered == 0
    assert not ledger._tally.standing


def test_counts_that_the_file_can_never_take_do_not_stop_the_others(
    ledger_path: Path, open_ledger: OpenLedger, caplog: pytest.LogCaptureFixture
) -> None:
    ledger = open_ledger()
    visit(ledger, finding("half a character \ud800"))
    assert flush(ledger), "dropped, not kept for ever"
    visit(ledger, finding())
    assert flush(ledger)
    assert rows(ledger_path, "select third_party, loads from contacts") == [("tracker.test", 1)]
    ((dropped,),) = rows(ledger_path, "select dropped from coverages")
    assert dropped == 4, "one page load, two requests, one presence"
    assert len(warnings(caplog)) == 1
    assert "character" not in caplog.text


def test_an_unwritable_end_is_said_and_does_not_hang(
    ledger_path: Path, open_ledger: OpenLedger, caplog: pytest.LogCaptureFixture
) -> None:
    ledger = open_ledger()
    visit(ledger, finding())
    with locked(ledger_path):
        close(ledger)
    assert "4 counts could not be written and are lost" in warnings(caplog)


class SlowRows:
    """The ledger's own rows, held back before they write: what a slow disk does."""

    def __init__(self, rows: Rows, *, fails: bool) -> None:
        self._rows = rows
        self._fails = fails
        self.reached, self.go_on = threading.Event(), threading.Event()

    def write(self, *what: Any) -> None:
        self.reached.set()
        assert self.go_on.wait(60)
        if self._fails:
            raise sqlite3.OperationalError("database or disk is full")
        self._rows.write(*what)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._rows, name)


@pytest.mark.parametrize("fails", [False, True], ids=["written", "put back"])
def test_recording_goes_on_during_a_flush_and_a_cancelled_caller_loses_nothing(
    ledger_path: Path, open_ledger: OpenLedger, fails: bool
) -> None:
    ledger = open_ledger(k=4)
    quick = ledger._rows
    assert quick is not None
    slow = SlowRows(quick, fails=fails)
    ledger._rows = slow  # type: ignore[assignment]

    async def story() -> None:
        visit(ledger, finding(), times=2)
        flushing = asyncio.create_task(ledger.flush())
        await asyncio.to_thread(slow.reached.wait, 60)
        visit(ledger, finding(), times=2)
        flushing.cancel()
        await asyncio.gather(flushing, return_exceptions=True)
        assert flushing.cancelled()
        ledger._rows = quick
        slow.go_on.set()
        assert await ledger.flush()

    asyncio.run(story())
    assert rows(ledger_path, "select period, loads from page_loads") == [("2026-11-23", 4)]
    assert rows(ledger_path, "select period, loads, requests from contacts") == [("2026-11-23", 4, 8)]
