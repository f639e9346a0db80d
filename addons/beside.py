"""Open the database beside the program that counts, to read or write the few rows that staff are answerable for.

The ledger holds the file all the time; these transactions are short. It makes no file and changes no table.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

BUSY_SECONDS = 5.0
_NEWEST = "start the newest `carrel up` once, and try again"


class StaffError(ValueError):
    """Why what staff want cannot be taken down or read, in one line with what to do."""


@contextmanager
def reading(database: Path) -> Iterator[sqlite3.Connection]:
    with closing(connect(database, "ro")) as connection:
        try:
            yield connection
        except sqlite3.Error as error:
            raise StaffError(f"{database}: cannot be read ({error}); {_NEWEST}") from None


@contextmanager
def writing(database: Path) -> Iterator[sqlite3.Connection]:
    """One transaction: all of it, or nothing."""
    with closing(connect(database, "rw")) as connection:
        try:
            connection.execute("PRAGMA secure_delete = ON")
            connection.execute("PRAGMA foreign_keys = ON")
            with connection:
                connection.execute("begin immediate")
                yield connection
        except sqlite3.Error as error:
            advice = "try again in a moment" if "locked" in str(error) else _NEWEST
            raise StaffError(f"{database}: cannot be written ({error}); {advice}") from None


def site_key(connection: sqlite3.Connection, site: str) -> int:
    row = connection.execute("select key from site where id = ?", [site]).fetchone()
    if row is None:
        known = [name for (name,) in connection.execute("select id from site order by id")]
        raise StaffError(f'there is no site "{site}"; known are {", ".join(known) or "none yet"}')
    return int(row[0])


def connect(database: Path, mode: str) -> sqlite3.Connection:
    if not database.is_file():
        raise StaffError(f"{database}: there is no database yet; start `carrel up` once")
    try:
        address = f"{database.resolve().as_uri()}?mode={mode}"
        return sqlite3.connect(address, uri=True, timeout=BUSY_SECONDS, check_same_thread=False)
    except sqlite3.Error as error:
        raise StaffError(f"{database}: cannot be opened ({error}); check its rights") from None
