"""Delete counts for good: of a site, of a time, or whatever is older than the settings allow.

Beside a running proxy, whose ledger notices that another program wrote, and forgets what it remembers of the file.
Deleted rows are overwritten (`secure_delete`), the file is written anew, and its write-ahead log is emptied.
Statements are put together from names of our own tables and columns (hence `noqa: S608`); values are parameters.
"""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from addons import sums
from addons.database import explained, open_database
from addons.rows import Rows
from addons.settings import Privacy

BUSY_SECONDS = 30.0
"""A running proxy writes for some milliseconds every two seconds."""
LOG_SECONDS = 10.0
"""To wait for readers, until the write-ahead log can be emptied."""


class PurgeError(ValueError):
    """Nothing was deleted. One line: why, and what to do."""


@dataclass(frozen=True, slots=True)
class What:
    """What is to go. All that is given must fit; nothing given means everything."""

    sites: tuple[str, ...] = ()
    periods: tuple[str, ...] = ()
    """Years, months with their days, or days: `2026`, `2026-11`, `2026-11-23`."""
    before: str = ""
    """A month: what is older."""

    def __post_init__(self) -> None:
        for period in self.periods:
            _check(period, r"\d{4}(-\d\d(-\d\d)?)?", "write a year, a month or a day, such as 2026-11")
        if self.before:
            _check(self.before, r"\d{4}-\d\d", "write a month, such as 2026-09")


@dataclass(frozen=True, slots=True)
class Found:
    """What would go, or went, of one site ("" for the time watched, which belongs to none)."""

    site: str
    first: str
    last: str
    loads: int
    """Page loads."""
    rows: int


@dataclass(frozen=True, slots=True)
class Purged:
    found: tuple[Found, ...]
    log_is_empty: bool
    """False: a reader kept the write-ahead log; it holds former states until the next one who writes empties it."""


def look(database: Path, what: What) -> tuple[Found, ...]:
    """What `purge` would delete. Changes no count."""
    with _opened(database) as connection:
        _known(connection, what)
        return _found(connection, what)


def purge(database: Path, what: What, configured: Collection[str]) -> Purged:
    """Delete it. A site that goes as a whole and is not `configured` loses its entry, too."""
    with _opened(database) as connection:
        connection.execute("begin immediate")
        _known(connection, what)
        found = _found(connection, what)
        touched = _parties(connection, what)
        with sums.reckoned_once(connection):
            for table, columns in _tables(connection).items():
                if "period" in columns:
                    condition, values = _condition(what, columns)
                    connection.execute(f"delete from {table} where {condition}", values)  # noqa: S608
            _forget_parties(connection, touched)
            if not what.periods and not what.before:
                _forget_sites(connection, set(what.sites) - set(configured))
        connection.commit()
        connection.execute("vacuum")
        return Purged(found, _empty_log(connection))


def expire(database: Path, privacy: Privacy, today: date) -> bool:
    """What the running proxy does each day: fold old days into their months, delete old months.

    False where there is no database yet.
    """
    if not database.is_file():
        return False
    with explained(database):
        rows = Rows(database, busy_seconds=BUSY_SECONDS)
        try:
            with rows.transaction():
                rows.age(*limits(privacy, today))
            rows.tidy()
        finally:
            rows.close()
    return True


def limits(privacy: Privacy, today: date) -> tuple[str, str]:
    """The first day that stays a day, and the first month that stays.

    >>> limits(Privacy(days_kept=90, months_kept=36), date(2026, 11, 24))
    ('2026-08-26', '2023-11')
    """
    first_day = date.fromordinal(max(1, today.toordinal() - privacy.days_kept))
    month = max(12, today.year * 12 + today.month - 1 - privacy.months_kept)
    return first_day.isoformat(), f"{month // 12:04}-{month % 12 + 1:02}"


def _check(text: str, form: str, advice: str) -> None:
    try:
        if not re.fullmatch(form, text, re.ASCII):
            raise ValueError
        date.fromisoformat(text + "-01" * (2 - text.count("-")))
    except ValueError:
        raise PurgeError(f'"{text}": {advice}') from None


@contextmanager
def _opened(database: Path) -> Iterator[sqlite3.Connection]:
    if not database.is_file():
        raise PurgeError(f"no database at {database}; name its carrel.toml with --config")
    with explained(database):
        connection = open_database(database, busy_seconds=BUSY_SECONDS).conn
        try:
            yield connection
        finally:
            connection.close()  # which rolls back what was not committed


def _known(connection: sqlite3.Connection, what: What) -> None:
    known = {name for (name,) in connection.execute("select id from site")}
    for site in what.sites:
        if site not in known:
            names = ", ".join(sorted(known)) or "none yet"
            raise PurgeError(f'there are no counts of a site "{site}"; known are: {names}')


def _tables(connection: sqlite3.Connection) -> dict[str, tuple[str, ...]]:
    """All tables that hold something of a site or a time, with their columns."""
    found = {}
    for (table,) in connection.execute("select name from sqlite_schema where type = 'table'").fetchall():
        columns = tuple(name for (name,) in connection.execute("select name from pragma_table_info(?)", [table]))
        if "period" in columns or "site" in columns:
            found[table] = columns
    return found


def _condition(what: What, columns: Collection[str]) -> tuple[str, list[str | int]]:
    """The rows that are meant, as a condition in SQL."""
    parts: list[str] = ["true"]
    values: list[str | int] = []
    if what.sites:
        if "site" not in columns:
            return "false", []
        marks = ", ".join("?" * len(what.sites))
        parts.append(f"site in (select key from site where id in ({marks}))")  # noqa: S608
        values += what.sites
    if what.periods:
        parts.append("(" + " or ".join("substr(period, 1, ?) = ?" for _ in what.periods) + ")")
        for period in what.periods:
            values += [len(period), period]
    if what.before:
        parts.append("substr(period, 1, 7) < ?")
        values.append(what.before)
    return " and ".join(parts), values


def _found(connection: sqlite3.Connection, what: What) -> tuple[Found, ...]:
    spans: dict[str, tuple[str, str, int, int]] = {}
    for table, columns in _tables(connection).items():
        if "period" not in columns:
            continue
        site = "coalesce((select id from site where key = site), '')" if "site" in columns else "''"
        loads = "sum(loads)" if table == "page_load" else "0"
        condition, values = _condition(what, columns)
        sql = f"select {site}, min(period), max(period), {loads}, count(*) from {table} where {condition} group by 1"  # noqa: S608
        for name, first, last, some, rows in connection.execute(sql, values):
            if rows:
                former = spans.get(name, (first, last, 0, 0))
                spans[name] = (min(first, former[0]), max(last, former[1]), some + former[2], rows + former[3])
    return tuple(Found(name, *span) for name, span in sorted(spans.items()))


def _parties(connection: sqlite3.Connection, what: What) -> set[tuple[int, str]]:
    """The third parties in what is to go, each with the months in which it was seen there."""
    touched: set[tuple[int, str]] = set()
    for table, columns in _tables(connection).items():
        if "period" in columns and "third_party" in columns:
            condition, values = _condition(what, columns)
            touched.update(
                connection.execute(
                    f"select distinct third_party, substr(period, 1, 7) from {table} where {condition}",  # noqa: S608
                    values,
                )
            )
    return touched


def _forget_parties(connection: sqlite3.Connection, touched: Collection[tuple[int, str]]) -> None:
    """No name stays that nothing else needs, and no month of first sight that was deleted."""
    counts = [
        table for table, columns in _tables(connection).items() if "period" in columns and "third_party" in columns
    ]
    each = "select min(substr(period, 1, 7)) as month from {} where third_party = ?"
    months = " union all ".join(each.format(table) for table in counts)
    for key, month in sorted(touched):
        if key == 0:
            continue
        first = connection.execute(f"select min(month) from ({months})", [key] * len(counts)).fetchone()[0]  # noqa: S608
        if first is None:
            connection.execute("delete from third_party where key = ?", [key])
        else:
            connection.execute(
                "update third_party set first_seen = ? where key = ? and first_seen = ?", [first, key, month]
            )


def _forget_sites(connection: sqlite3.Connection, sites: Collection[str]) -> None:
    for site in sites:
        for table, columns in _tables(connection).items():
            if "site" in columns:
                connection.execute(
                    f"delete from {table} where site = (select key from site where id = ?)",  # noqa: S608
                    [site],
                )
        connection.execute("delete from site where id = ?", [site])


def _empty_log(connection: sqlite3.Connection) -> bool:
    end = time.monotonic() + LOG_SECONDS
    connection.execute("pragma busy_timeout = 100")  # who waits for readers keeps the ledger from writing meanwhile
    while connection.execute("pragma wal_checkpoint(truncate)").fetchone()[0]:
        if time.monotonic() >= end:
            return False
        time.sleep(0.1)
    return True
