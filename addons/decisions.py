"""What staff decide while the proxy runs: allow rules with a reason and an end, and sites put back under protection.

They stand in the database, so that every way of deciding (command, dashboard) and every reader has the same. Reads and
writes a few rows; knows nothing of pages. The only rows that somebody else than the ledger writes.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from addons import beside
from addons.beside import StaffError
from addons.decide.parties import DomainError, is_public_suffix, normal_domain
from addons.tally import Standing

WATCH_SECONDS = 2.0
LONGEST_REASON = 500
_TIME = "%Y-%m-%dT%H:%MZ"


@dataclass(frozen=True, slots=True)
class Decision:
    """An allow rule."""

    site: str
    third_party: str
    """A domain: it and everything below it."""
    reason: str
    owner: str
    """Who decided: a name or an account of staff, never a patron's."""
    until: str
    """UTC, to the minute, such as 2026-11-24T18:30Z."""
    since: str
    """The day."""

    def holds(self, now: datetime) -> bool:
        return self.until > now.astimezone(UTC).strftime(_TIME)


def allow(
    database: Path, site: str, domain: str, *, until: datetime, reason: str, owner: str, now: datetime
) -> Decision:
    """Take an allow rule down; it replaces one for the same site and domain. Raises StaffError."""
    try:
        domain = normal_domain(domain)
    except DomainError as error:
        raise StaffError(str(error)) from None
    if is_public_suffix(domain):
        raise StaffError(f'"{domain}" is a public suffix, shared by many owners; name the domain under it')
    reason = " ".join(reason.split())
    if not reason or len(reason) > LONGEST_REASON:
        raise StaffError(f"say why, in at most {LONGEST_REASON} characters")
    if until <= now:
        raise StaffError("the end lies in the past; give a time to come")
    made = Decision(site, domain, reason, owner, _minute(until), now.astimezone(UTC).date().isoformat())
    with beside.writing(database) as connection:
        key = beside.site_key(connection, site)
        connection.execute("delete from decision where site = ? and third_party = ?", [key, domain])
        connection.execute(
            "insert into decision (site, third_party, reason, owner, until, since) values (?, ?, ?, ?, ?, ?)",
            [key, domain, made.reason, made.owner, made.until, made.since],
        )
    return made


def end(database: Path, site: str, domain: str, *, now: datetime) -> bool:
    """End an allow rule now; it stays in the list of decisions. False if there is none that holds."""
    with beside.writing(database) as connection:
        changed = connection.execute(
            "update decision set until = ? where site = ? and third_party = ? and until > ?",
            [_minute(now), beside.site_key(connection, site), domain.lower(), _minute(now)],
        )
        return changed.rowcount > 0


def protect_again(database: Path, site: str) -> bool:
    """Put a site back under protection that was taken out of it because pages broke. False if it was not."""
    with beside.writing(database) as connection:
        changed = connection.execute(
            "update protection set state = 'again' where site = ? and state = 'returned'",
            [beside.site_key(connection, site)],
        )
        return changed.rowcount > 0


def decisions(database: Path) -> tuple[Decision, ...]:
    """All of them, those that have ended included, by site and domain."""
    with beside.reading(database) as connection:
        return _decisions(connection)


def standings(database: Path) -> dict[str, Standing]:
    """How each site stands, by id."""
    with beside.reading(database) as connection:
        return {site: Standing(*rest) for site, *rest in connection.execute("select * from protections order by site")}


class Watch:
    """Tells a running proxy what staff have decided, seconds after they did."""

    def __init__(self, database: Path) -> None:
        self._database = database
        self._connection: sqlite3.Connection | None = None
        self._version = -1

    def news(self) -> tuple[tuple[Decision, ...], frozenset[str]] | None:
        """All decisions, and the sites that staff put back; None if the file is as it was when asked last."""
        try:
            if self._connection is None:
                self._connection = beside.connect(self._database, "ro")
            version = self._connection.execute("PRAGMA data_version").fetchone()[0]
            if version == self._version:
                return None
            again = self._connection.execute("select site from protections where state = 'again'").fetchall()
            found = _decisions(self._connection), frozenset(site for (site,) in again)
        except (sqlite3.Error, StaffError):
            self.close()  # a file that is busy or being replaced: the next look is soon
            return None
        self._version = version
        return found

    async def run(self, changed: Callable[[Iterable[Decision], frozenset[str]], None]) -> None:
        """Look until cancelled."""
        try:
            while True:
                if (news := await asyncio.to_thread(self.news)) is not None:
                    changed(*news)
                await asyncio.sleep(WATCH_SECONDS)
        finally:
            self.close()

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection, self._version = None, -1


def _decisions(connection: sqlite3.Connection) -> tuple[Decision, ...]:
    rows = connection.execute(
        "select site, third_party, reason, owner, until, since from decisions order by site, third_party"
    )
    return tuple(Decision(*row) for row in rows)


def _minute(time: datetime) -> str:
    return time.astimezone(UTC).strftime(_TIME)
