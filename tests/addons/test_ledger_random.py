"""Any order of visits, flushes, failures, crashes and days: totals are exact, and nothing is finer than allowed."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections import Counter
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from addons.decide.judge import Finding
from addons.ledger import Ledger
from addons.settings import Privacy, Site
from tests.addons import sums_again
from tests.addons.visits import CATALOG, NEWS, Clock, close, finding, flush, raw, rows, unlisted

K, RARE = 4, 3
FIRST = date(2031, 1, 6)
"""Far from any date that a list or a migration could bring into the file: days are searched for in its bytes."""
LISTED = finding("tracker.test")
ODD = [unlisted(f"odd-{name}.test") for name in ("one", "two", "three")]

# Counted here as the ledger should: (view, month, site, section, ...) -> amounts.
type Counts = Counter[tuple[str, ...]]


class LedgerMachine(RuleBasedStateMachine):
    @initialize(bound=st.sampled_from([3, 10_000]))
    def begin(self, bound: int) -> None:
        self.bound = bound
        self.root = Path(tempfile.mkdtemp())
        self.folder = self.root / "0"
        self.clock = Clock()
        self.clock.day = FIRST
        self.pending: Counts = Counter()
        self.flushed: Counts = Counter()
        self.loads: Counts = Counter()
        self.seen: Counts = Counter()
        """Page loads of a site's day, and sights of a name: written by any process, or (`now`) by this one."""
        self.ledger = self.start()

    def start(self) -> Ledger:
        ledger = Ledger(self.folder / "carrel.db", Privacy(K, RARE), today=self.clock, remembered=self.bound)
        ledger.open([NEWS], [])
        return ledger

    @rule(
        site=st.sampled_from([NEWS, CATALOG]),
        section=st.sampled_from(["search", "item"]),
        seen=st.sets(st.sampled_from([LISTED, *ODD])),
        times=st.integers(1, 3),
    )
    def visit(self, site: Site, section: str, seen: set[Finding], times: int) -> None:
        day = self.clock.day
        place, month = (day, site, section, "unknown"), f"{day:%Y-%m}"
        for _ in range(times):
            self.ledger.page_load(*place)
            self.ledger.cover(day, loads=1, seconds=7)
            self.pending["page_loads", month, site.id, section] += 1
            self.pending["coverages", month, "", ""] += 1
            self.pending["load", day.isoformat(), site.id] += 1
            for one in seen:
                self.ledger.contact(*place, one, new_load=True)
                self.ledger.presence(*place, one)
                self.pending["contacts", month, site.id, section] += 1
                self.pending["presences", month, site.id, section] += 1
                self.pending["seen", one.third_party] += 1
                self.ledger.exposure(day, site, section, one, "item", "url")
                self.pending["exposures", month, site.id, section] += 1
            self.ledger.cookie(day, site, "Tracker", section, "session")
            self.pending["cookies", month, site.id, section] += 1

    @rule(site=st.sampled_from([NEWS, CATALOG]), name=st.sampled_from(["odd-one.test", "college.test"]))
    def sign_in(self, site: Site, name: str) -> None:
        self.ledger.sign_in(self.clock.day, site, name)
        self.pending["sign_ins", f"{self.clock.day:%Y-%m}", site.id, ""] += 1
        self.pending["seen", f"to {name}"] += 1

    @rule(site=st.sampled_from([NEWS, CATALOG]), times=st.integers(1, 3))
    def imitate(self, site: Site, times: int) -> None:
        for _ in range(times):
            self.ledger.lookalike(self.clock.day, site, "typo")
        self.pending["lookalikes", f"{self.clock.day:%Y-%m}", site.id, "typo"] += times
        self.pending["load", self.clock.day.isoformat(), f"like {site.id}"] += times

    @rule()
    def flush(self) -> None:
        assert flush(self.ledger)
        self.written()

    def written(self) -> None:
        for key, amount in self.pending.items():
            {"load": self.loads, "seen": self.seen}.get(key[0], self.flushed)[key] += amount
            if key[0] in ("load", "seen"):
                {"load": self.loads, "seen": self.seen}[key[0]]["now", *key[1:]] += amount
        self.pending.clear()

    @rule()
    def flush_while_locked(self) -> None:
        other = sqlite3.connect(self.folder / "carrel.db")
        other.execute("begin exclusive")
        assert flush(self.ledger) == (not self.pending), "without new counts there is nothing that could fail"
        other.close()

    @rule()
    def crash(self) -> None:
        """What a killed process leaves is the files as they are; what was not flushed is lost."""
        dead, self.folder = self.folder, self.root / str(int(self.folder.name) + 1)
        shutil.copytree(dead, self.folder)
        assert self.ledger._rows is not None
        self.ledger._rows.close()
        shutil.rmtree(dead)
        self.pending.clear()
        self.restart()

    @rule()
    def stop_and_start(self) -> None:
        close(self.ledger)
        self.written()
        self.restart()

    def restart(self) -> None:
        for counts in (self.loads, self.seen):
            for key in [key for key in counts if key[0] == "now"]:
                del counts[key]
        self.ledger = self.start()

    @rule(days=st.sampled_from([1, 7, 8]))
    def another_day(self, days: int) -> None:
        self.clock.day += timedelta(days=days)

    @invariant()
    def totals_are_exact(self) -> None:
        found: Counts = Counter()
        for view, amounts in {
            **dict.fromkeys(("page_loads", "contacts", "presences", "exposures"), "site, section, sum(loads)"),
            "cookies": "site, pattern, sum(loads)",
            "sign_ins": "site, '', sum(loads)",
            "lookalikes": "imitated, trick, sum(hits)",
        }.items():
            sql = f"select substr(period, 1, 7), {amounts} from {view} group by 1, 2, 3"
            found.update({(view, *key): loads for *key, loads in self.rows(sql)})
        sql = "select substr(period, 1, 7), sum(loads), sum(dropped) from coverages group by 1"
        for month, loads, dropped in self.rows(sql):
            found["coverages", month, "", ""] = loads
            assert dropped == 0
        assert found == self.flushed

    @invariant()
    def sums_are_true(self) -> None:
        with closing(sqlite3.connect(self.folder / "carrel.db")) as connection:
            sums_again.check(connection)

    @invariant()
    def no_day_is_finer_than_allowed(self) -> None:
        days = {(day, site): loads for day, site, loads in self.days("site", "page_loads", "sum(loads)")}
        for (day, site), loads in days.items():
            assert K <= loads <= self.loads["load", day, site]
        for day, site, hits in self.days("imitated", "lookalikes", "sum(hits)"):
            assert K <= hits <= self.loads["load", day, f"like {site}"]
        for view in ("contacts", "presences", "exposures", "cookies", "sign_ins"):
            assert {(day, site) for day, site, _ in self.days("site", view, "0")} <= set(days)
        covered = {day for day, _, _ in self.days("''", "coverages", "0")}
        for day in covered:
            loads = [loads for (_, that, of), loads in self.loads.items() if that == day and not of.startswith("like ")]
            assert sum(loads) >= K
        imitated = {day for day, _, _ in self.days("imitated", "lookalikes", "0")}
        content = raw(self.folder / "carrel.db")
        for number in range((self.clock.day - FIRST).days + 1):
            day = (FIRST + timedelta(days=number)).isoformat()
            if day not in covered | imitated and day not in {day for day, _ in days}:
                assert day.encode() not in content

    @invariant()
    def no_name_is_known_before_it_is_common(self) -> None:
        content = raw(self.folder / "carrel.db")
        for name in (*(one.third_party for one in ODD), "college.test"):
            if max(self.seen["seen", name], self.seen["seen", f"to {name}"]) < RARE:
                assert name.encode() not in content
        for view, column, prefix in (
            ("presences", "third_party", ""),
            ("exposures", "third_party", ""),
            ("sign_ins", "provider", "to "),
        ):
            for (name,) in self.rows(f"select distinct {column} from {view}"):
                assert name in (LISTED.third_party, "(unlisted)") or self.seen["seen", f"{prefix}{name}"] >= RARE

    @invariant()
    def what_is_allowed_is_fine(self) -> None:
        """As long as everything is remembered: a busy day stands by day, a common name by name."""
        if self.bound < 100:
            return
        days = {(day, site): loads for day, site, loads in self.days("site", "page_loads", "sum(loads)")}
        for (when, *key), loads in self.loads.items():
            if when == "now" and key[0] == self.clock.day.isoformat() and loads >= K and "like " not in key[1]:
                assert days[key[0], key[1]] >= loads
        names = {name for (name,) in self.rows("select domain from third_parties")}
        names |= {f"to {name}" for (name,) in self.rows("select provider from sign_ins")}
        for (when, name), loads in self.seen.items():
            if when == "now" and loads >= RARE:
                assert name in names

    def days(self, site: str, view: str, amount: str) -> list[tuple[str, str, int]]:
        sql = f"select period, {site}, {amount} from {view} where length(period) = 10 group by 1, 2"
        return [(day, of, loads) for day, of, loads in self.rows(sql)]

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return rows(self.folder / "carrel.db", sql)

    def teardown(self) -> None:
        if hasattr(self, "ledger"):
            close(self.ledger)
            shutil.rmtree(self.root)


@pytest.fixture(autouse=True)
def no_waiting_for_locks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("addons.ledger.BUSY_SECONDS", 0.0)


TestAnyOrder = LedgerMachine.TestCase
TestAnyOrder.settings = settings(
    max_examples=25, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)
