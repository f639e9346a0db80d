"""The rows behind one report as a small SQLite file, and back. Pure: bytes in, bytes out. No copy of the database.

Each table holds what one query returned for this site and time, and is named as in `Rows`. A query that returned
nothing has no table. The file may come from a stranger: it is read in memory, and only if it looks as we write it.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from dataclasses import fields, replace

from analysis.evidence import Row, Rows

LARGEST = 64 * 2**20
_TABLES = tuple(field.name for field in fields(Rows))
_COLUMN = re.compile(r"[a-z][a-z0-9_]{0,40}")


class ExtractError(ValueError):
    """The file is not an extract of ours. One line: why."""


def needed(rows: Rows) -> Rows:
    """Without third parties of other times: the reader of a report learns no name that it does not hold."""
    names = {row["third_party"] for table in _TABLES for row in getattr(rows, table) if "third_party" in row}
    return replace(rows, third_parties=[row for row in rows.third_parties if row["domain"] in names])


def write(rows: Rows) -> bytes:
    """The same rows give the same bytes, with the same SQLite."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.execute("pragma page_size = 4096")
        connection.execute("pragma secure_delete = on")  # no remains of memory in the unused part of a page
        connection.execute("begin")
        for name in _TABLES:
            _put(connection, name, getattr(rows, name))
        connection.execute("commit")
        return bytes(connection.serialize())


def read(content: bytes) -> Rows:
    if len(content) > LARGEST:
        raise ExtractError(f"is larger than {LARGEST // 2**20} MiB")
    try:
        with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
            connection.deserialize(content)
            connection.execute("pragma trusted_schema = off")
            connection.execute("pragma query_only = on")
            connection.execute("pragma cell_size_check = on")
            columns = _columns(connection)
            if connection.execute("pragma quick_check(1)").fetchone() != ("ok",):
                raise ExtractError("is damaged")
            return Rows(**{name: _rows(connection, name, columns.get(name, ())) for name in _TABLES})
    except sqlite3.Error as error:
        raise ExtractError(f"is no SQLite file that can be read ({error})") from None
    except UnicodeDecodeError:
        raise ExtractError("holds text that is not UTF-8") from None


def _put(connection: sqlite3.Connection, name: str, rows: Iterable[Row]) -> None:
    found = [dict(row) for row in rows]
    if not found:
        return
    columns = tuple(found[0])
    connection.execute(_create(name, columns))
    marks = ", ".join("?" * len(columns))
    values = (tuple(row[column] for column in columns) for row in found)
    connection.executemany(f'insert into "{name}" values ({marks})', values)  # noqa: S608  # names of ours


def _create(name: str, columns: Iterable[str]) -> str:
    """Columns have no type, so that a value stays what it is."""
    names = ", ".join(f'"{column}"' for column in columns)
    return f'CREATE TABLE "{name}" ({names})'


def _columns(connection: sqlite3.Connection) -> dict[str, tuple[str, ...]]:
    """Nothing may be in the file but plain tables as we make them: no view, trigger or index that does something."""
    found: dict[str, tuple[str, ...]] = {}
    for kind, name, made_by in connection.execute("select type, name, sql from sqlite_master").fetchall():
        if kind != "table" or name not in _TABLES:
            raise ExtractError(f"has a {kind} that no report has")
        columns = tuple(column[1] for column in connection.execute(f'pragma table_info("{name}")'))
        if not all(map(_COLUMN.fullmatch, columns)) or made_by != _create(name, columns):
            raise ExtractError(f"has a table {name} of another make")
        found[name] = columns
    return found


def _rows(connection: sqlite3.Connection, name: str, columns: tuple[str, ...]) -> list[Row]:
    if not columns:
        return []
    rows = connection.execute(f'select * from "{name}" order by rowid').fetchall()  # noqa: S608  # checked above
    if any(isinstance(value, bytes) for row in rows for value in row):
        raise ExtractError(f"has bytes in the table {name} in the place of text")
    return [dict(zip(columns, row, strict=True)) for row in rows]
