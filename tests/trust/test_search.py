"""The searcher finds what it must: each form, in a file, a row, a freed page, an overflow page, a log, an archive."""

from __future__ import annotations

import base64
import gzip
import io
import os
import random
import sqlite3
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.trust import canary
from tests.trust.canary import BODIES, Register
from tests.trust.search import Search, find

NOISE = random.Random(7).randbytes(5000)


def around(data: bytes) -> bytes:
    return NOISE + b"\n" + data + b"\n" + NOISE[::-1]


def a_file(folder: Path, data: bytes) -> None:
    (folder / "file").write_bytes(around(data))


def a_log(folder: Path, data: bytes) -> None:
    (folder / "log").write_bytes(b"WARNING refused because of <" + data + b">, sorry\n")


def compressed(folder: Path, data: bytes) -> None:
    (folder / "log.gz").write_bytes(NOISE + gzip.compress(around(data)) + gzip.compress(NOISE))


def an_archive(folder: Path, data: bytes) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", around(data))
    (folder / "report.docx").write_bytes(packed.getvalue())


def _database(folder: Path) -> sqlite3.Connection:
    database = sqlite3.connect(folder / "some.db")
    database.execute("pragma secure_delete = off")
    database.execute("create table t (id integer primary key, value)")
    database.executemany(
        "insert into t (value) values (?)", [(base64.b64encode(NOISE[n : n + 200]),) for n in range(90)]
    )
    return database


def a_row(folder: Path, data: bytes) -> None:
    with closing(_database(folder)) as database, database:
        database.execute("insert into t (value) values (?)", (data,))


def an_overflow_page(folder: Path, data: bytes) -> None:
    with closing(_database(folder)) as database, database:
        for start in range(3900, 4100, 7):  # one of them lies across the end of a page
            database.execute("insert into t (value) values (?)", (b"-" * start + data + b"-" * 9000,))


def a_freed_page(folder: Path, data: bytes) -> None:
    with closing(_database(folder)) as database:
        database.execute("create table gone as select ? as value", (data,))
        database.commit()
        database.execute("drop table gone")
        database.commit()


def a_write_ahead_log(folder: Path, data: bytes) -> None:
    database = sqlite3.connect(folder / "wal.db", autocommit=True)
    database.execute("pragma journal_mode = wal")
    database.execute("create table t as select ? as value", (data,))
    left = (folder / "wal.db-wal").read_bytes()
    database.close()
    (folder / "wal.db").unlink()
    (folder / "copy-wal").write_bytes(left)


PLACES = (a_file, a_log, compressed, an_archive, a_row, an_overflow_page, a_freed_page, a_write_ahead_log)


@pytest.mark.parametrize("form", BODIES)
@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.__name__)
def test_each_form_is_found_in_each_place(tmp_path: Path, place: Callable[[Path, bytes], None], form: str) -> None:
    register = Register()
    _, data, planted = register.body("any", form, "site", "any")
    place(tmp_path, data)
    search = Search(register.planted, register.packed)
    search.folder(tmp_path)
    assert set(search.found) == {planted}, search.searched


@pytest.mark.parametrize("shift", range(3))
@pytest.mark.parametrize("before", ["", "a", "ab", "abc"])
def test_base64_is_found_behind_letters_and_at_its_very_end(before: str, shift: int) -> None:
    planted = canary.new()
    data = before.encode() + base64.b64encode(b"!" * shift + planted.encode()).rstrip(b"=")
    assert any(hit[:18] == planted[:18] for hit in find(data))


@pytest.mark.parametrize("wrong", ["name of a file", "target of a link", "name of a folder"])
def test_names_are_searched_too(tmp_path: Path, wrong: str) -> None:
    planted = canary.new()
    if wrong == "target of a link":
        os.symlink(f"/nowhere/{planted}", tmp_path / "link")
    elif wrong == "name of a folder":
        (tmp_path / f"a-{planted}").mkdir()
    else:
        (tmp_path / planted.upper()).write_bytes(b"")
    search = Search([planted])
    search.folder(tmp_path)
    assert list(search.found) == [planted]


def test_what_is_left_of_one_is_found(tmp_path: Path) -> None:
    planted = canary.new()
    (tmp_path / "cut").write_bytes(b"..." + planted[:12].encode())
    (tmp_path / "backwards").write_bytes(planted[::-1].encode())
    search = Search([planted])
    search.folder(tmp_path)
    assert search.found == {planted: {f"{tmp_path.name}/cut", f"{tmp_path.name}/backwards"}}


def test_addresses_of_patrons_are_found_and_others_are_not(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"127.0.0.1 127.33.110.120 127.34.110.120 " + b"127.35.111.121".hex().encode())
    search = Search([], addresses=frozenset({"127.33.110.120", "127.35.111.121"}))
    search.folder(tmp_path)
    assert set(search.found) == {"127.33.110.120", "127.35.111.121"}


def test_nothing_is_found_where_nothing_is(tmp_path: Path) -> None:
    noise = random.Random(3).randbytes(300_000)
    for number, data in enumerate((noise, base64.b64encode(noise), noise.hex().encode(), gzip.compress(noise))):
        (tmp_path / str(number)).write_bytes(data)
    search = Search([canary.new() for _ in range(5000)])
    search.folder(tmp_path)
    assert search.found == {}
    assert len(search.searched) == 4
