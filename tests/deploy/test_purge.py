"""What is deleted is gone from every file, also beside a ledger that goes on counting."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from addons.ledger import Ledger
from addons.settings import Privacy
from deploy import purge as purging
from deploy.cli_purge import purge as command
from deploy.purge import PurgeError, What, expire, limits, look, purge
from tests.addons.visits import CATALOG, MONDAY, NEWS, Clock, finding, rows, visit

OCTOBER, SUMMER = date(2026, 10, 5), date(2026, 7, 6)
ALL = ("select * from page_loads", "select * from contacts", "select * from presences", "select * from third_parties")


def counted(folder: Path, *, today: date = MONDAY, privacy: Privacy | None = None) -> Ledger:
    """A ledger that is open, with visits to two sites in three months; only Monday was busy enough for a day."""
    clock = Clock()
    clock.day = today
    ledger = Ledger(folder / "carrel.db", privacy or Privacy(k=5, rare=1), today=clock)
    ledger.open([NEWS, CATALOG], [])
    visit(ledger, finding("summer.test"), finding("both.test"), day=SUMMER, times=2)
    visit(ledger, finding("both.test"), day=OCTOBER, times=3)
    visit(ledger, finding("newstracker.test"), times=6)
    visit(ledger, finding("both.test"), site=CATALOG, times=7)
    asyncio.run(ledger.flush())
    return ledger


@pytest.fixture
def database(tmp_path: Path) -> Path:
    ledger = counted(tmp_path)
    asyncio.run(ledger.close())
    return tmp_path / "carrel.db"


def bytes_of(database: Path) -> bytes:
    return b"".join(path.read_bytes() for path in database.parent.glob("carrel.db*"))


def loads(database: Path) -> list[tuple[str, str, int]]:
    return rows(database, "select site, period, sum(loads) from page_loads group by 1, 2 order by 1, 2")


def test_a_site_goes_and_the_other_stays(database: Path) -> None:
    purge(database, What(sites=("news",)), ["news", "catalog"])
    assert loads(database) == [("catalog", "2026-11-23", 7)]
    assert rows(database, "select domain from third_parties") == [("both.test",)]
    assert b"newstracker.test" not in bytes_of(database)


def test_a_site_that_is_not_configured_any_more_loses_its_entry(database: Path) -> None:
    purge(database, What(sites=("news",)), ["catalog"])
    assert rows(database, "select id from sites") == [("catalog",)]
    assert b"papers.test" not in bytes_of(database)


@pytest.mark.parametrize(
    ("what", "left"),
    [
        pytest.param(What(periods=("2026-11",)), ["2026-07", "2026-10"], id="a month with its days"),
        pytest.param(What(periods=("2026-11-23",)), ["2026-07", "2026-10"], id="a day"),
        pytest.param(What(periods=("2026-07", "2026-10")), ["2026-11-23", "2026-11-23"], id="two months"),
        pytest.param(What(before="2026-10"), ["2026-10", "2026-11-23", "2026-11-23"], id="older than a month"),
        pytest.param(What(periods=("2026",)), [], id="a year"),
        pytest.param(What(), [], id="everything"),
        pytest.param(What(("news",), ("2026-11",)), ["2026-07", "2026-10", "2026-11-23"], id="a site's month"),
    ],
)
def test_a_time_goes_and_the_rest_stays(database: Path, what: What, left: list[str]) -> None:
    purge(database, what, ["news", "catalog"])
    assert sorted(period for _, period, _ in loads(database)) == left


def test_the_time_watched_goes_with_the_time_and_not_with_a_site(database: Path) -> None:
    purge(database, What(sites=("news",)), ["news"])
    assert rows(database, "select count(*) from coverages") == [(3,)]
    purge(database, What(periods=("2026-07",)), ["news"])
    assert rows(database, "select count(*) from coverages") == [(2,)]


def test_no_month_of_first_sight_stays_that_was_deleted(database: Path) -> None:
    assert rows(database, "select first_seen from third_parties where domain = 'both.test'") == [("2026-07",)]
    purge(database, What(before="2026-10"), ["news", "catalog"])
    assert rows(database, "select first_seen from third_parties where domain = 'both.test'") == [("2026-10",)]


def test_looking_deletes_nothing(database: Path) -> None:
    before = [rows(database, sql) for sql in ALL]
    found = look(database, What(sites=("news",)))
    assert [(one.site, one.first, one.last, one.loads) for one in found] == [("news", "2026-07", "2026-11-23", 11)]
    assert [rows(database, sql) for sql in ALL] == before


def test_an_open_ledger_goes_on_and_counts_from_nothing(tmp_path: Path) -> None:
    ledger = counted(tmp_path)
    database = tmp_path / "carrel.db"
    assert purge(database, What(), ["news", "catalog"]).log_is_empty
    assert loads(database) == []
    assert b"newstracker.test" not in bytes_of(database)
    visit(ledger, finding("later.test"), times=2)
    assert asyncio.run(ledger.flush())
    assert loads(database) == [("news", "2026-11", 2)]
    visit(ledger, finding("later.test"), times=5)
    asyncio.run(ledger.close())
    assert sum(total for _, _, total in loads(database)) == 7
    assert rows(database, "pragma integrity_check") == [("ok",)]


def test_counts_that_wait_for_the_purge_are_not_lost(tmp_path: Path) -> None:
    ledger = counted(tmp_path)
    database = tmp_path / "carrel.db"
    with closing(sqlite3.connect(database)) as other:
        other.execute("begin immediate")
        visit(ledger, finding("later.test"))
        assert not asyncio.run(ledger.flush())
    asyncio.run(ledger.close())
    assert sum(total for _, _, total in loads(database)) == 19


def test_it_waits_for_another_writer(database: Path) -> None:
    with closing(sqlite3.connect(database, check_same_thread=False)) as other:
        other.execute("begin immediate")
        timer = threading.Timer(0.5, other.rollback)
        timer.start()
        purge(database, What(), [])
        timer.join()
    assert loads(database) == []


def test_another_writer_that_never_ends_is_named_in_one_line(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(purging, "BUSY_SECONDS", 0.2)
    with closing(sqlite3.connect(database)) as other:
        other.execute("begin immediate")
        with pytest.raises(ValueError, match="another program is writing to it"):
            purge(database, What(), [])
        other.rollback()
    assert len(loads(database)) == 4


def test_a_reader_that_holds_the_log_is_told_of(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(purging, "LOG_SECONDS", 0.2)
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as reader:
        reader.execute("begin")
        reader.execute("select * from page_loads").fetchall()
        assert not purge(database, What(), []).log_is_empty
        assert len(reader.execute("select distinct site from page_loads").fetchall()) == 2
    assert loads(database) == []


@pytest.mark.parametrize("days", [0, 1, 40, 100, 400, 2000])
def test_what_expires_is_what_the_ledger_lets_go(tmp_path: Path, days: int) -> None:
    """Two equal files: one is opened by a later ledger, the other is purged."""
    later, privacy = MONDAY + timedelta(days), Privacy(k=5, rare=1, days_kept=30, months_kept=4)
    contents = []
    for name in ("ledger", "purge"):
        folder = tmp_path / name
        asyncio.run(counted(folder, privacy=privacy).close())
        if name == "purge":
            assert expire(folder / "carrel.db", privacy, later)
        else:
            clock = Clock()
            clock.day = later
            ledger = Ledger(folder / "carrel.db", privacy, today=clock)
            ledger.open([NEWS, CATALOG], [])
            asyncio.run(ledger.close())
        contents.append([sorted(rows(folder / "carrel.db", sql)) for sql in ALL])
    assert contents[0] == contents[1]


def test_limits_do_not_fall_off_the_calendar() -> None:
    assert limits(Privacy(days_kept=400, months_kept=120), date(1, 1, 1)) == ("0001-01-01", "0001-01")


def test_before_the_first_start_nothing_expires_and_nothing_is_made(tmp_path: Path) -> None:
    assert not expire(tmp_path / "carrel.db", Privacy(), MONDAY)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("make", "complaint"),
    [
        pytest.param(lambda: What(periods=("2026-13",)), "2026-13", id="no such month"),
        pytest.param(lambda: What(periods=("2026-1",)), "such as 2026-11", id="one digit"),
        pytest.param(lambda: What(periods=("",)), "such as 2026-11", id="nothing"),
        pytest.param(lambda: What(periods=("2026-02-30",)), "2026-02-30", id="no such day"),
        pytest.param(lambda: What(before="2026"), "such as 2026-09", id="no month"),
    ],
)
def test_a_time_that_cannot_be_is_refused(make: object, complaint: str) -> None:
    with pytest.raises(PurgeError, match=complaint):
        make()  # type: ignore[operator]


def test_an_unknown_site_is_refused_with_the_known_ones(database: Path) -> None:
    with pytest.raises(PurgeError, match="known are: catalog, news"):
        purge(database, What(sites=("nwes",)), [])


def test_a_missing_database_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(PurgeError, match="no database at"):
        look(tmp_path / "carrel.db", What())


def ran(database: Path, *words: str, answer: str = "") -> tuple[int, str]:
    config = database.parent / "carrel.toml"
    config.write_text(f'[data]\ndir = "{database.parent}"\n')
    result = CliRunner().invoke(command, ["--config", str(config), *words], input=answer)
    return result.exit_code, result.output


def test_the_command_asks_first(database: Path) -> None:
    status, said = ran(database, "--site", "catalog", answer="n\n")
    assert (status, "7 page loads" in said) == (1, True)
    assert len(loads(database)) == 4
    status, said = ran(database, "--site", "catalog", answer="y\n")
    assert (status, "nothing of them is left" in said) == (0, True)
    assert len(loads(database)) == 3


def test_the_dry_run_says_the_same_and_deletes_nothing(database: Path) -> None:
    status, said = ran(database, "--period", "2026-11", "--dry-run")
    assert (status, said.count("page loads")) == (0, 2)
    assert said.endswith("nothing was deleted\n")
    assert len(loads(database)) == 4


def test_the_timers_form_asks_nothing(database: Path) -> None:
    assert ran(database, "--expired")[0] == 0


@pytest.mark.parametrize(
    "words",
    [
        pytest.param([], id="nothing said"),
        pytest.param(["--expired", "--site", "news"], id="expired and more"),
        pytest.param(["--all", "--period", "2026"], id="all and less"),
        pytest.param(["--expired", "--dry-run"], id="expired dry"),
    ],
)
def test_what_does_not_fit_together_is_refused(database: Path, words: list[str]) -> None:
    assert ran(database, *words)[0] == 2
    assert len(loads(database)) == 4
