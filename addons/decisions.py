"""What staff decide while the proxy runs: allow rules with a reason and an end, and sites put back under protection.

They stand in the database, so that every way of deciding (command, dashboard) and every reader has the same. Reads and
writes a few rows; knows nothing of pages. The only rows that somebody else than the ledger writes.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from addons.decide.parties import DomainError, is_public_suffix, normal_domain
from addons.tally import Standing

WATCH_SECONDS = 2.0
BUSY_SECONDS = 5.0
LONGEST_REASON = 500
_TIME = "%Y-%m-%dT%H:%MZ"


class DecisionError(ValueError):
    """Why a decision cannot be taken down, in one line with what to do."""


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
    """Take an allow rule down; it replaces one for the same site and domain. Raises DecisionError."""
    try:
        domain = normal_domain(domain)
    except DomainError as error:
        raise DecisionError(str(error)) from None
    if is_public_suffix(domain):
        raise DecisionError(f'"{domain}" is a public suffix, shared by many owners; name the domain under it')
    reason = " ".join(reason.split())
    if not reason or len(reason) > LONGEST_REASON:
        raise DecisionError(f"say why, in at most {LONGEST_REASON} characters")
    if until <= now:
        raise DecisionError("the end lies in the past; give a time to come")
    made = Decision(site, domain, reason, owner, _minute(until), now.astimezone(UTC).date().isoformat())
    with _writing(database) as connection:
        key = _site(connection, site)
        connection.execute("delete from decision where site = ? and third_party = ?", [key, domain])
        connection.execute(
            "insert into decision (site, third_party, reason, owner, until, since) values (?, ?, ?, ?, ?, ?)",
            [key, domain, made.reason, made.owner, made.until, made.since],
        )
    return made


def end(database: Path, site: str, domain: str, *, now: datetime) -> bool:
    """End an allow rule now; it stays in the list of decisions. False if there is none that holds."""
    with _writing(database) as connection:
        changed = connection.execute(
            "update decision set until = ? where site = ? and third_party = ? and until > ?",
            [_minute(now), _site(connection, site), domain.lower(), _minute(now)],
        )
        return changed.rowcount > 0


def protect_again(database: Path, site: str) -> bool:
    """Put a site back under protection that was taken out of it because pages broke. False if it was not."""
    with _writing(database) as connection:
        changed = connection.execute(
            "update protection set state = 'again' where site = ? and state = 'returned'", [_site(connection, site)]
        )
        return changed.rowcount > 0


def decisions(database: Path) -> tuple[Decision, ...]:
    """All of them, those that have ended included, by site and domain."""
    with _reading(database) as connection:
        return _decisions(connection)


def standings(database: Path) -> dict[str, Standing]:
    """How each site stands, by id."""
    with _reading(database) as connection:
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
                self._connection = _connect(self._database, "ro")
            version = self._connection.execute("PRAGMA data_version").fetchone()[0]
            if version == self._version:
                return None
            again = self._connection.execute("select site from protections where state = 'again'").fetchall()
            found = _decisions(self._connection), frozenset(site for (site,) in again)
        except (sqlite3.Error, DecisionError):
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


def _site(connection: sqlite3.Connection, site: str) -> int:
    row = connection.execute("select key from site where id = ?", [site]).fetchone()
    if row is None:
        known = [name for (name,) in connection.execute("select id from site order by id")]
        raise DecisionError(f'there is no site "{site}"; known are {", ".join(known) or "none yet"}')
    return int(row[0])


def _minute(time: datetime) -> str:
    return time.astimezone(UTC).strftime(_TIME)


def _connect(database: Path, mode: str) -> sqlite3.Connection:
    if not database.is_file():
        raise DecisionError(f"{database}: there is no database yet; start `carrel up` once")
    return sqlite3.connect(
        f"{database.resolve().as_uri()}?mode={mode}", uri=True, timeout=BUSY_SECONDS, check_same_thread=False
    )


@contextmanager
def _reading(database: Path) -> Iterator[sqlite3.Connection]:
    with closing(_connect(database, "ro")) as connection:
        try:
            yield connection
        except sqlite3.Error as error:
            raise DecisionError(f"{database}: cannot be read ({error}); start the newest `carrel up` once") from None


@contextmanager
def _writing(database: Path) -> Iterator[sqlite3.Connection]:
    connection = _connect(database, "rw")
    try:
        connection.execute("PRAGMA secure_delete = ON")
        with connection:
            connection.execute("begin immediate")
            yield connection
    except sqlite3.OperationalError as error:
        advice = (
            "try again in a moment" if "locked" in str(error) else "start the newest `carrel up` once, and try again"
        )
        raise DecisionError(f"{database}: cannot be written ({error}); {advice}") from None
    finally:
        connection.close()
