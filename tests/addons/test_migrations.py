"""Which files are taken, which are refused untouched, and what a new one looks like."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlite_utils import Database

from addons.database import APPLICATION_ID, LedgerError, open_database
from addons.migrations import migrations
from tests.addons import sums_again

VIEWS = {
    "page_loads": "period site section consent loads with_third_party",
    "contacts": "period site section consent third_party relation kind method outcome relayed loads requests",
    "presences": "period site section consent third_party relation outcome loads",
    "third_parties": "domain service owner owner_group category list list_version rule first_seen",
    "sites": "id name kind vendor product domains contract_from contract_until",
    "coverages": "period minutes loads opted_out ambiguous dropped reports_refused stopped_upstream",
    "rulesets": "name version fetched sha256 licence rules skipped",
    "exposures": "period site section third_party what carried_in loads",
    "cookies": "period site service pattern lifetime loads",
    "sign_ins": "period site provider loads",
    "lookalikes": "period imitated trick hits",
    "ladder": "site third_party rung loads",
    "disclosures": "site third_party status document declared because decided_by",
    "documents": "site sort title version address read_on sha256 format lists",
    "mentions": "site sort sha256 what name written",
    "requests": "id site third_party finding asked clause asked_on wanted_by answer answered_on outcome",
    "answers": "id request answered_on answer outcome",
    "decisions": "site third_party reason owner until since",
    "prevented": "period site section third_party what carried_in loads",
    "dry_runs": "period site third_party mode loads",
    "breakages": "period site protected loads errors reloads log_ins",
    "protections": "site mode state missing since reason",
    "sights": "grain period site site_kind third_party party_category relation consent outcome stands behind at_least loads "  # noqa: E501
    "contacted stopped relayed first last",
    "meetings": "grain period site site_kind third_party party_category relation consent outcome loads first last",
    "reaches": "grain period site site_kind third_party party_category received rung what carried_in loads",
    "manners": "grain period site site_kind third_party party_category relation section kind method outcome relayed loads "  # noqa: E501
    "requests",
    # How the sums are made (addons/sums.py).
    "sight_anew": "site third_party span relation way consent outcome loads relayed",
    "reach_anew": "site third_party span received rung what carried_in loads",
    "refresh": "now",
}


def make(path: Path) -> Path:
    open_database(path).close()
    return path


def pragma(database: Database, name: str) -> object:
    return database.conn.execute(f"PRAGMA {name}").fetchone()[0]


def refusal(path: Path) -> str:
    """What is said of a file that cannot be used: one line that names it."""
    with pytest.raises(LedgerError) as caught:
        open_database(path)
    line = str(caught.value)
    assert line.startswith(f"{path}: ")
    assert "\n" not in line
    assert ";" in line, "says what is wrong; then what to do"
    return line


def contents(folder: Path) -> dict[str, bytes]:
    return {one.name: one.read_bytes() for one in sorted(folder.iterdir())}


def test_a_new_file_has_every_view_with_exactly_the_promised_columns(tmp_path: Path) -> None:
    with open_database(tmp_path / "carrel.db") as database:
        columns = {
            name: " ".join(row[1] for row in database.conn.execute(f"PRAGMA table_info({name})"))
            for name in database.view_names()
        }
        assert columns == VIEWS
        for view in VIEWS:
            assert database.execute(f"select * from {view}").fetchall() == []


def test_a_new_file_is_marked_private_and_leaves_no_traces(tmp_path: Path) -> None:
    path = tmp_path / "new" / "carrel.db"
    before = os.umask(0)
    try:
        database = open_database(path)
    finally:
        os.umask(before)
    modes = {one.name: one.stat().st_mode & 0o777 for one in path.parent.iterdir()}
    assert modes == {"carrel.db": 0o600, "carrel.db-wal": 0o600, "carrel.db-shm": 0o600}
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert pragma(database, "application_id") == APPLICATION_ID
    assert pragma(database, "auto_vacuum") == 2
    assert pragma(database, "journal_mode") == "wal"
    assert pragma(database, "secure_delete") == 1
    assert pragma(database, "synchronous") == 1
    database.close()


def test_no_time_of_day_is_kept_of_a_migration(tmp_path: Path) -> None:
    with open_database(tmp_path / "carrel.db") as database:
        assert {len(row[0]) for row in database.execute("select applied_at from _sqlite_migrations")} == {10}


def test_opening_again_changes_nothing(tmp_path: Path) -> None:
    path = make(tmp_path / "carrel.db")
    before = contents(tmp_path)
    make(path)
    assert contents(tmp_path) == before


@pytest.mark.parametrize("reached", ["", "m003_what_is_passed_on"], ids=["only marked", "half migrated"])
def test_a_file_whose_start_was_cut_short_is_finished(tmp_path: Path, reached: str) -> None:
    path = tmp_path / "carrel.db"
    with Database(path) as database:
        database.conn.execute("PRAGMA auto_vacuum = INCREMENTAL")
        database.conn.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        if reached:
            migrations.apply(database, stop_before=reached)
    with open_database(path) as database:
        assert set(database.view_names()) == set(VIEWS)
        assert pragma(database, "auto_vacuum") == 2


def test_a_file_from_before_relayed_contacts_keeps_its_counts(tmp_path: Path) -> None:
    path = tmp_path / "carrel.db"
    with Database(path) as database:
        database.conn.execute("PRAGMA auto_vacuum = INCREMENTAL")
        database.conn.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        migrations.apply(database, stop_before="m006_relayed_and_the_ladder")
        with database.conn:
            database.conn.execute("insert into site values (1, 'news', '', '', '', '', '', '', '')")
            database.conn.execute("insert into third_party values (1, 'a.test', '', '', '', '', '', '', '', '2026-11')")
            counts = "(1, '2026-11', 1, 'item', 'unknown', 'third', 'image', 'report', 'allowed', 3, 5)"
            database.conn.execute(f"insert into contact values {counts}")
    with open_database(path) as database:
        contact = ("2026-11", "news", "item", "unknown", "a.test", "third", "image", "report", "allowed", 0, 3, 5)
        assert database.execute("select * from contacts").fetchall() == [contact]
        assert database.execute("select domain, first_seen from third_parties").fetchall() == [("a.test", "2026-11")]
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []
        with pytest.raises(sqlite3.IntegrityError):
            database.execute("insert into contact values (1, '', 1, '', '', '', '', '', '', 2, 0, 0)")


def test_a_file_from_before_the_sums_gets_them(tmp_path: Path) -> None:
    path = tmp_path / "carrel.db"
    with Database(path) as database:
        database.conn.execute("PRAGMA auto_vacuum = INCREMENTAL")
        database.conn.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        migrations.apply(database, stop_before="m009_sums")
        with database.conn:
            run = database.conn.execute
            run("insert into site values (1, 'news', '', '', '', '', '', '', '')")
            run("insert into third_party values (1, 'a.test', '', '', '', '', '', '', '', '2026-11')")
            for period in ("2026-11", "2026-11-03"):
                run("insert into presence values (1, ?, 1, 'item', 'unknown', 'third', 'allowed', 3)", [period])
                for kind, loads in (("image", 2), ("script", 3)):
                    row = [period, kind, loads]
                    run(
                        "insert into contact values (1, ?, 1, 'item', 'unknown', 'third', ?, 'dns', 'allowed', 0, ?, 5)",  # noqa: E501
                        row,
                    )
                run("insert into exposure values (1, ?, 1, 'item', 'item', 'url', 'allowed', 2)", [period])
    with open_database(path) as database:
        sums_again.check(database.conn)
        found = "select stands, loads, first, last from sights where grain = 0"
        assert database.execute(found).fetchall() == [("behind", 6, "2026-11", "2026-11-03")]
        # Whoever writes, the sums follow, in the same transaction.
        with database.conn:
            database.conn.execute("update contact set method = 'report' where kind = 'image'")
            database.conn.execute("delete from exposure where period = '2026-11'")
        sums_again.check(database.conn)
        found = "select stands, at_least, loads from sights where grain = 0 order by stands"
        assert database.execute(found).fetchall() == [("behind", 1, 6), ("third", 1, 4)]


def test_an_empty_file_becomes_ours(tmp_path: Path) -> None:
    path = tmp_path / "carrel.db"
    path.touch()
    with open_database(path) as database:
        assert set(database.view_names()) == set(VIEWS)


@pytest.mark.parametrize("mode", ["delete", "wal"])
def test_another_programs_database_is_refused_untouched(tmp_path: Path, mode: str) -> None:
    path = tmp_path / "carrel.db"
    other = sqlite3.connect(path)
    other.execute(f"PRAGMA journal_mode = {mode}")
    other.execute("create table patron (name text)")
    other.commit()
    before = contents(tmp_path)
    assert "another program" in refusal(path)
    assert contents(tmp_path) == before
    other.close()


def test_a_newer_file_is_refused_untouched(tmp_path: Path) -> None:
    path = make(tmp_path / "carrel.db")
    with Database(path) as database:
        database.execute(
            "insert into _sqlite_migrations (migration_set, name, applied_at) values ('carrel', 'm999_later', '')"
        )
    before = contents(tmp_path)
    assert "newer Carrel" in refusal(path)
    assert contents(tmp_path) == before


@pytest.mark.parametrize(
    ("start", "said"),
    [
        pytest.param(b"name,visits\nanytown,3\n", "not a database", id="text"),
        pytest.param(b"SQLite format 3", "not a database", id="cut in the first line"),
        pytest.param(b"\0" * 8192, "not a database", id="zeroes"),
    ],
)
def test_a_file_that_is_no_database_is_refused_untouched(tmp_path: Path, start: bytes, said: str) -> None:
    path = tmp_path / "carrel.db"
    path.write_bytes(start)
    assert said in refusal(path)
    assert contents(tmp_path) == {"carrel.db": start}


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    path = make(tmp_path / "carrel.db")
    whole = path.read_bytes()
    path.write_bytes(whole[:100] + b"\xff" * (len(whole) - 100))
    assert "damaged" in refusal(path)


@contextmanager
def without_rights(folder: Path) -> Iterator[None]:
    """Root may do anything: tests that run as root become nobody for a moment."""
    if os.geteuid() == 0:
        os.seteuid(65534)
        try:
            yield
        finally:
            os.seteuid(0)
    else:
        folder.chmod(0)
        try:
            yield
        finally:
            folder.chmod(0o700)


def test_a_folder_without_rights_is_explained(tmp_path: Path) -> None:
    path = make(tmp_path / "data" / "carrel.db")
    with without_rights(path.parent):
        said = refusal(path)
    assert "permission denied" in said


def test_places_that_cannot_hold_a_file_are_explained(tmp_path: Path) -> None:
    (tmp_path / "carrel.db").mkdir()
    assert "is a folder" in refusal(tmp_path / "carrel.db")
    (tmp_path / "file").touch()
    assert "must be able to write" in refusal(tmp_path / "file" / "carrel.db")
    os.mkfifo(tmp_path / "pipe")
    assert "is not a file" in refusal(tmp_path / "pipe")


def test_a_file_that_another_program_writes_to_is_explained(tmp_path: Path) -> None:
    path = tmp_path / "carrel.db"
    with Database(path) as database:
        database.conn.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    other = sqlite3.connect(path)
    other.execute("begin exclusive")
    with pytest.raises(LedgerError, match="another program is writing"):
        open_database(path, busy_seconds=0)
    other.close()
