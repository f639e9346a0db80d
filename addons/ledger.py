"""Take counts without ever touching the disk, and write them every few seconds. The only writer of Carrel's database.

Browsing comes first: a full or locked disk means that counts wait in memory, bounded, and what had to be dropped is
itself counted. What may be written how finely is decided in `tally`; how it is written, in `rows`.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from addons.database import LedgerError, explained
from addons.rows import Remembered, Rows
from addons.tally import ONE_DROPPED, Batch, Dimensions, Fine, Standing, Tally, provider

if TYPE_CHECKING:
    from addons.decide.judge import Finding
    from addons.settings import Privacy, Site
    from blocklists.owners import Ruleset

__all__ = ["Ledger", "LedgerError"]

log = logging.getLogger("carrel.ledger")

FLUSH_SECONDS = 2.0
LONGEST_SECONDS = 20.0
BUSIEST = 0.05
"""Share of one processor that writing may take."""
BUSY_SECONDS = 1.0
LAST_TRIES = 3

# A busy library has some thousands of distinct counts a day. A key takes about 300 bytes: 15 MB each at the very most.
WAITING = 50_000
REMEMBERED = 50_000
NAMES = 10_000


class Ledger:
    def __init__(
        self,
        database: Path,
        privacy: Privacy,
        *,
        today: Callable[[], date] = date.today,
        waiting: int = WAITING,
        remembered: int = REMEMBERED,
        names: int = NAMES,
    ) -> None:
        self._path = database
        self._privacy = privacy
        self._today = today
        self._waiting = waiting
        self._limits = remembered, names
        self.remembered = Remembered()
        """What the file held when it was opened."""
        self._pending = Batch(waiting)
        self._tally = self._new_tally()
        self._rows: Rows | None = None
        self._aged: date | None = None
        self._writing = asyncio.Lock()
        self._flushes: set[asyncio.Task[bool]] = set()
        self._took = 0.0
        self._outage = False
        self._age_late = False

    def open(self, sites: Sequence[Site], rulesets: Sequence[Ruleset]) -> None:
        """Make or migrate the file; LedgerError says in one line why it cannot be used."""
        with explained(self._path):
            rows = Rows(self._path, busy_seconds=BUSY_SECONDS)
            try:
                with rows.transaction():
                    rows.put_sites(sites)
                    rows.put_rulesets(rulesets)
                self.remembered = rows.remembered()
            except BaseException:
                rows.close()
                raise
        self._tally.learn((), rows.names)
        self._rows = rows
        self._age(rows, self._today())

    # Recording: on the event loop, in constant time, without the disk.

    def page_load(self, day: date, site: Site, section: str, consent: str) -> None:
        self._record(_fine("page_load", day, site.id, "", (section, consent)), (1, 0), site)

    def with_third_party(self, day: date, site: Site, section: str, consent: str) -> None:
        """Once per page load that contacted any third party."""
        self._record(_fine("page_load", day, site.id, "", (section, consent)), (0, 1), site)

    def contact(self, day: date, site: Site, section: str, consent: str, finding: Finding, *, new_load: bool) -> None:
        how = (finding.relation, finding.kind, finding.method, finding.outcome, int(finding.relayed))
        fine = _fine("contact", day, site.id, finding.third_party, (section, consent, *how))
        self._record(fine, (int(new_load), 1), site, finding)

    def presence(self, day: date, site: Site, section: str, consent: str, finding: Finding) -> None:
        """Once per page load, third party and outcome: also what makes an unlisted name common enough to be kept."""
        dimensions = (section, consent, finding.relation, finding.outcome)
        self._record(_fine("presence", day, site.id, finding.third_party, dimensions), (1,), site, finding)

    def exposure(self, day: date, site: Site, section: str, finding: Finding, what: str, carried_in: str) -> None:
        """Once per page load, third party, `what` and carrier; of a blocked contact, what it would have received."""
        fine = _fine("exposure", day, site.id, finding.third_party, (section, what, carried_in, finding.outcome))
        self._record(fine, (1,), site, finding)

    def dry_run(self, day: date, site: Site, finding: Finding, mode: str) -> None:
        """Once per page load, third party and mode of protection that was not on and would have stopped it."""
        self._record(_fine("dry_run", day, site.id, finding.third_party, (mode,)), (1,), site, finding)

    def breakage(
        self,
        day: date,
        site: Site,
        *,
        protected: bool,
        loads: int = 0,
        errors: int = 0,
        reloads: int = 0,
        log_ins: int = 0,
    ) -> None:
        """Page loads and signs that pages do not work (decide.breakage)."""
        self._record(_fine("breakage", day, site.id, "", (int(protected),)), (loads, errors, reloads, log_ins), site)

    def standing(self, site: Site, standing: Standing) -> None:
        """How this site is protected from now on."""
        self._pending.sites[site.id] = site
        self._pending.standings[site.id] = standing

    def cookie(self, day: date, site: Site, service: str, pattern: str, lifetime: str) -> None:
        """Once per page load and pattern of the curated table; the cookie's own name goes no further than that."""
        self._record(_fine("cookie", day, site.id, "", (service, pattern, lifetime)), (1,), site)

    def sign_in(self, day: date, site: Site, domain: str, *, listed: bool = False) -> None:
        """Once per page load that sent the patron to this registrable domain to sign in.

        Somebody's employer or school may run the place: one that no list names is `(unlisted)` until it is common.
        """
        if self._record(_fine("sign_in", day, site.id, domain, ()), (1,), site) and listed:
            self._pending.listed.add(provider(domain))

    def lookalike(self, day: date, imitated: Site, trick: str) -> None:
        """Once per page opened, or tried to open, under a name that imitates this site's."""
        self._record(_fine("lookalike", day, imitated.id, "", (trick,)), (1,), imitated)

    def rulesets(self, rulesets: Iterable[Ruleset]) -> None:
        """Lists that were taken into use while running."""
        self._pending.rulesets = (*self._pending.rulesets, *rulesets)

    def cover(
        self,
        day: date,
        *,
        seconds: int = 0,
        loads: int = 0,
        opted_out: int = 0,
        ambiguous: int = 0,
        dropped: int = 0,
        reports_refused: int = 0,
        stopped_upstream: int = 0,
    ) -> None:
        """How well was watched. stopped_upstream: pages of sites that the content filter did not let through."""
        amounts = (seconds, loads, opted_out, ambiguous, dropped, reports_refused, stopped_upstream)
        self._pending.add(_fine("coverage", day, "", "", ()), amounts)

    def _record(self, fine: Fine, amounts: tuple[int, ...], site: Site, finding: Finding | None = None) -> bool:
        if taken := self._pending.add(fine, amounts):
            self._pending.sites[site.id] = site
            if finding is not None:
                self._pending.know(finding)
        return taken

    # Writing: in a worker thread, one flush at a time.

    async def run(self) -> None:
        """Flush until cancelled; the busier the library, the rarer: writing must not take what patrons wait for."""
        while True:
            await asyncio.sleep(pause(self._took))
            await self.flush()

    async def flush(self) -> bool:
        """Write what was recorded until now. False: it could not be written, and waits for the next flush."""
        flush = asyncio.create_task(self._flush())
        self._flushes.add(flush)
        flush.add_done_callback(self._flushes.discard)
        # A caller that is cancelled must not leave counts behind that are neither written nor put back.
        return await asyncio.shield(flush)

    async def _flush(self) -> bool:
        async with self._writing:
            if (rows := self._rows) is None:
                return False
            today = self._today()
            batch, self._pending = self._pending, Batch(self._waiting)
            try:
                if batch.counts or batch.rulesets or batch.standings:
                    self._took = await asyncio.to_thread(self._write, rows, batch)
            except Exception as error:  # noqa: BLE001 -- whatever it is, counting goes on
                if not _waiting_helps(error):
                    rows.distrust()
                    self._give_up(batch, today)
                    return True
                self._pending.put_back(batch)
                if not self._outage:
                    log.warning("counts cannot be written now: %d wait in memory", len(self._pending.counts))
                self._outage = True
                return False
            if self._outage and batch.counts:
                log.warning("counts are written again")
                self._outage = False
            if today != self._aged:
                await asyncio.to_thread(self._age, rows, today)
            return True

    def _write(self, rows: Rows, batch: Batch) -> float:
        """Seconds of processor time that it took."""
        began = time.thread_time()
        with rows.transaction():
            if rows.changed_elsewhere():
                # What this process remembers of the file may be wrong now. Forgetting is safe.
                self._tally = self._new_tally()
                self._tally.learn((), rows.names)
            self._tally.learn(rows.days_of({fine.group for fine in batch.counts} - self._tally.promoted), ())
            plan = self._tally.plan(batch)
            rows.write(plan, batch)
        self._tally.commit(plan)
        self._tally.forget(self._today())
        with suppress(sqlite3.Error):  # a reader holds it: the next flush does it
            rows.empty_log()
        return time.thread_time() - began

    def _give_up(self, batch: Batch, today: date) -> None:
        """Counts that the file refuses for what they are must not keep all others from being written."""
        lost = sum(max(amounts) for fine, amounts in batch.counts.items() if fine.table != "coverage")
        self._pending.add(Fine("coverage", today, "", "", ()), tuple(lost * one for one in ONE_DROPPED))
        log.error("%d counts were refused by the database and dropped", lost)

    def _age(self, rows: Rows, today: date) -> None:
        first_day = date.fromordinal(max(1, today.toordinal() - self._privacy.days_kept))
        month = max(12, today.year * 12 + today.month - 1 - self._privacy.months_kept)
        try:
            with rows.transaction():
                rows.age(first_day.isoformat(), f"{month // 12:04}-{month % 12 + 1:02}")
            self._tally.named = {"", *rows.names}
            rows.tidy()
        except sqlite3.Error:
            if not self._age_late:
                log.warning("old counts could not be folded now; tried again with each flush")
            self._age_late = True
            return
        self._age_late = False
        self._tally.forget(today)
        self._aged = today

    def _new_tally(self) -> Tally:
        remembered, names = self._limits
        return Tally(self._privacy.k, self._privacy.rare, remembered=remembered, names=names)

    async def close(self) -> None:
        """Write what is left, with a few tries, and put the file to bed."""
        for _ in range(LAST_TRIES):
            if await self.flush():
                break
        async with self._writing:
            rows, self._rows = self._rows, None
            if rows is None:
                return
            if self._pending.counts:
                log.error("%d counts could not be written and are lost", len(self._pending.counts))
            await asyncio.to_thread(self._put_to_bed, rows)

    def _put_to_bed(self, rows: Rows) -> None:
        try:
            rows.tidy()
        except sqlite3.Error:
            log.warning("the write-ahead log could not be emptied; the next start does it")
        finally:
            rows.close()


def pause(took: float) -> float:
    """Seconds until the next flush, after one that took so many of processor time.

    Counts of the same third party on the same site are written together: a longer wait costs less in all.

    >>> pause(0.01), pause(0.2), pause(9)
    (2.0, 4.0, 20.0)
    """
    return min(max(FLUSH_SECONDS, took / BUSIEST), LONGEST_SECONDS)


def _fine(table: str, day: date, site: str, third_party: str, dimensions: Dimensions) -> Fine:
    if type(day) is not date:  # a datetime is a date too, for Python: its time of day goes no further
        day = date(day.year, day.month, day.day)
    return Fine(table, day, site, third_party, dimensions)


def _waiting_helps(error: Exception) -> bool:
    """A full, locked or broken disk, rather than something in the counts themselves."""
    refused = (sqlite3.IntegrityError, sqlite3.ProgrammingError, sqlite3.DataError)
    return isinstance(error, sqlite3.DatabaseError) and not isinstance(error, refused)
