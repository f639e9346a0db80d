"""Open Carrel's database file: refuse what is not ours, make or migrate what is. It counts nothing; the tables
themselves are in migrations.py.
"""

import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlite_utils import Database

from addons.migrations import migrations

APPLICATION_ID = 0x4361726C
"""The bytes `Carl` in the file's header: how a file of Carrel's is told from any other SQLite file."""


class LedgerError(ValueError):
    """The file cannot be used. One line: which file, what is wrong, what to do."""


def open_database(path: Path, *, busy_seconds: float = 1.0) -> Database:
    """Open the file for writing, made or migrated as needed; a file that is not ours is left as it was found."""
    _claim(path)
    with explained(path):
        database = Database(sqlite3.connect(path, timeout=busy_seconds, check_same_thread=False))
        try:
            _prepare(path, database)
        except BaseException:
            database.close()
            raise
        return database


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn what SQLite says into one line for the person who starts Carrel."""
    try:
        yield
    except sqlite3.OperationalError as error:
        advice = "check free space, and the rights on the file and its folder"
        if "locked" in str(error):
            advice = "another program is writing to it: stop that program, or try again later"
        raise LedgerError(f"{path}: cannot be used ({error}); {advice}") from error
    except sqlite3.DatabaseError as error:
        raise LedgerError(f"{path}: is damaged ({error}); move it away, or put back a copy of it") from error


def _claim(path: Path) -> None:
    """Look at the file before SQLite does, which would leave a journal beside a stranger's; make it if missing."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # O_NONBLOCK: a pipe in this place must not make the start wait for somebody to write into it.
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NONBLOCK, 0o600)
    except IsADirectoryError as error:
        raise LedgerError(f"{path}: is a folder; name another data folder, or move this one away") from error
    except OSError as error:
        reason = (error.strerror or "cannot be opened").lower()
        raise LedgerError(f"{path}: {reason}; Carrel must be able to write this file and its folder") from error
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise LedgerError(f"{path}: is not a file; name another data folder, or move it away")
        header = file.read(100)
    if not header:
        return
    if not header.startswith(b"SQLite format 3\0"):
        raise LedgerError(f"{path}: is not a database; name another data folder, or move this file away")
    # A schema that never changed is nobody's: a first start may have been killed before it put its mark. With a
    # write-ahead log (a 2 at byte 18, https://www.sqlite.org/fileformat.html) the schema may stand in that.
    schema_changes, mark = (int.from_bytes(header[place : place + 4]) for place in (40, 68))
    if mark != APPLICATION_ID and (schema_changes or header[18] != 1):
        raise LedgerError(f"{path}: belongs to another program; name another data folder, or move this file away")


def _prepare(path: Path, database: Database) -> None:
    with Database(memory=True) as empty:
        known = {one.name for one in migrations.pending(empty)}
    if any(one.name not in known for one in migrations.applied(database)):
        raise LedgerError(f"{path}: was written by a newer Carrel; install that version, or name another data folder")
    # For a new file, in this order: vacuuming must be chosen before the first page is written, and the mark must be in
    # the file itself, not in a write-ahead log, so that a start killed half-way leaves a file that the next one knows.
    if database.conn.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
        database.conn.execute("PRAGMA auto_vacuum = INCREMENTAL")
        database.conn.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    for pragma in ("secure_delete = ON", "temp_store = MEMORY", "foreign_keys = ON", "journal_mode = WAL"):
        database.conn.execute(f"PRAGMA {pragma}").fetchall()
    database.conn.execute("PRAGMA synchronous = NORMAL")
    if migrations.pending(database):
        migrations.apply(database)
        # The day is enough: no time of day is kept anywhere in this file.
        with database.conn:
            database.conn.execute("update _sqlite_migrations set applied_at = substr(applied_at, 1, 10)")
    # After ANALYZE, SQLite reads whole tables of sums to build filters (Bloom filters) for a few look-ups in them.
    with database.conn:
        for (table,) in database.conn.execute(
            "select name from sqlite_schema where name in ('sqlite_stat1', 'sqlite_stat4')"
        ).fetchall():
            database.conn.execute(f"drop table {table}")
