"""Killed with SIGKILL at any moment: the file opens, nothing is counted twice, at most one flush is missing."""

from __future__ import annotations

import asyncio
import random
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from addons.database import open_database
from addons.ledger import Ledger
from addons.settings import Privacy
from tests.addons.visits import Clock, finding, rows, unlisted, visit

ROOT = Path(__file__).parents[2]


def count_for_ever(folder: str) -> None:
    """Run by the child: says what it is about to write, writes it, says what is written."""
    ledger = Ledger(Path(folder) / "carrel.db", Privacy(k=50, rare=20), today=Clock())
    print("opening", flush=True)
    ledger.open([], [])

    async def count() -> None:
        total = 0
        while True:
            for number in range(20):
                visit(ledger, finding(f"tracker{number}.test"), unlisted(f"odd{(total + number) % 70}.test"))
            total += 20
            print("about", total, flush=True)
            assert await ledger.flush()
            print("written", total, flush=True)

    asyncio.run(count())


def child(folder: Path) -> subprocess.Popen[str]:
    call = "import sys; from tests.addons.test_ledger_killed import count_for_ever; count_for_ever(sys.argv[1])"
    return subprocess.Popen([sys.executable, "-c", call, folder], cwd=ROOT, stdout=subprocess.PIPE, text=True)


def killed(folder: Path, *, after_lines: int, pause: float) -> list[str]:
    """Let a child count for a while and kill it; returns everything it said."""
    with child(folder) as process:
        assert process.stdout is not None
        said = [process.stdout.readline() for _ in range(after_lines)]
        time.sleep(pause)
        process.send_signal(signal.SIGKILL)
        said += process.stdout.readlines()
    assert process.returncode == -signal.SIGKILL
    return said


def loads_in(view: str, path: Path) -> int:
    ((loads,),) = rows(path, f"select coalesce(sum(loads), 0) from {view}")
    return int(loads)


def test_kills_at_any_moment_lose_one_flush_at_most(tmp_path: Path) -> None:
    chance = random.Random(20261124)
    path = tmp_path / "carrel.db"
    before = 0
    for _ in range(6):
        said = killed(tmp_path, after_lines=chance.randint(2, 60), pause=chance.random() / 20)
        totals = {word: int(total) for word, total in (line.split() for line in said if " " in line)}
        with open_database(path) as database:
            assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert database.execute("PRAGMA foreign_key_check").fetchall() == []
        loads = loads_in("page_loads", path)
        assert loads - before in {totals.get("written", 0), totals.get("about", 0)}
        assert loads_in("coverages", path) == loads
        assert loads_in("presences", path) == loads_in("contacts", path) == 2 * loads
        small = "select 1 from page_loads where length(period) = 10 group by period, site having sum(loads) < 50"
        assert rows(path, small) == []
        before = loads
    assert before > 0


def test_a_first_start_that_is_killed_before_its_mark_is_finished_by_the_next(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "carrel.db")) as database:
        database.execute("PRAGMA auto_vacuum = INCREMENTAL")  # writes the first page, and not yet whose it is
    assert (tmp_path / "carrel.db").read_bytes().startswith(b"SQLite format 3")
    with open_database(tmp_path / "carrel.db") as database:
        assert database.execute("PRAGMA auto_vacuum").fetchone() == (2,)
        assert "page_loads" in database.view_names()


@pytest.mark.parametrize("pause", [0.0, 0.002, 0.01, 0.03])
def test_a_first_start_that_is_killed_is_finished_by_the_next(tmp_path: Path, pause: float) -> None:
    killed(tmp_path, after_lines=1, pause=pause)
    with open_database(tmp_path / "carrel.db") as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert "page_loads" in database.view_names()
