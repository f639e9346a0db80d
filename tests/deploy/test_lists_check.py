"""What the doctor says of fetched lists: real files on a real shelf, and days that go by."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from addons.settings import Data, Directory, Settings
from blocklists import sources
from blocklists.shelf import INDEX, Copy, Shelf
from deploy import doctor, lists_check
from deploy.check import Check

DAY = date(2026, 11, 24)
KNOWN = sources.load()


def put(shelf: Shelf, name: str = "easyprivacy", version: str = "202611240642", **other: object) -> Copy:
    content = f"! Version: {version}\n||tracker.test^\n".encode()
    facts: dict[str, object] = {
        "address": "https://lists.test/list.txt",
        "licence": "CC0-1.0",
        "version": version,
        "fetched": DAY.isoformat(),
        "sha256": hashlib.sha256(content).hexdigest(),
        "rules": 51234,
        "skipped": {"hides parts of pages": 100, "not a rule": 12},
    }
    copy = Copy(name=name, **{**facts, **other})  # type: ignore[arg-type]
    shelf.put(copy, content, checked=DAY.isoformat())
    return copy


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "data" / "lists")


def said(shelf: Shelf, days: int = 0) -> list[Check]:
    return list(lists_check.checks(shelf, KNOWN, DAY + timedelta(days=days)))


def test_a_shelf_without_lists_is_worth_a_note_with_the_command(shelf: Shelf) -> None:
    (check,) = said(shelf)
    assert (check.ok, check.advice) == (None, "carrel lists update")
    assert "easyprivacy: not fetched yet" in check.message
    assert not shelf.folder.exists()


def test_a_good_list_says_version_rules_skipped_and_age(shelf: Shelf) -> None:
    put(shelf)
    (check,) = said(shelf, days=3)
    assert check == Check(
        "lists",
        True,
        "easyprivacy: version 202611240642, whole, 51,234 rules read, 112 lines skipped, "
        "its server last asked 3 days ago",
    )


@pytest.mark.parametrize(
    ("address", "days", "ok"),
    [
        pytest.param("https://lists.test/list.txt", 8, True, id="a week and a day"),
        pytest.param("https://lists.test/list.txt", 9, None, id="older"),
        pytest.param("file easyprivacy.txt", 9, True, id="brought in by hand"),
        pytest.param("file easyprivacy.txt", 36, None, id="brought in by hand, long ago"),
        pytest.param("https://lists.test/list.txt", -2, True, id="after today"),
    ],
)
def test_age_is_watched_by_how_the_list_came(shelf: Shelf, address: str, days: int, ok: bool | None) -> None:
    put(shelf, address=address)
    (check,) = said(shelf, days)
    assert check.ok is ok
    by_hand = address.startswith("file")
    command = (
        "carrel lists update --from-file FILE --name easyprivacy" if by_hand else "carrel lists update easyprivacy"
    )
    assert check.advice == ("" if ok else command)


def test_a_list_whose_server_was_asked_is_not_old_though_its_text_is(shelf: Shelf) -> None:
    put(shelf)
    shelf.confirm("easyprivacy", (DAY + timedelta(days=30)).isoformat())
    (check,) = said(shelf, days=31)
    assert check.ok is True
    assert "asked yesterday" in check.message


@pytest.mark.parametrize("damage", ["changed", "gone"])
def test_a_file_that_is_not_the_one_that_was_fetched_fails(shelf: Shelf, damage: str) -> None:
    file = shelf.folder / put(shelf).file
    if damage == "gone":
        file.unlink()
    else:
        file.write_bytes(file.read_bytes().replace(b"tracker", b"nothing"))
    (check,) = said(shelf)
    assert (check.ok, check.advice) == (False, "carrel lists update easyprivacy")
    assert "missing, or is not the one that was fetched" in check.message


def test_a_list_without_any_rule_fails(shelf: Shelf) -> None:
    put(shelf, rules=0)
    assert said(shelf)[0].ok is False


def test_a_list_that_was_rolled_back_is_not_forgotten(shelf: Shelf) -> None:
    put(shelf, version="1")
    put(shelf, version="2")
    shelf.roll_back("easyprivacy")
    (check,) = said(shelf)
    assert check.ok is None
    assert "version 1" in check.message
    assert check.advice == "when 2 is wanted again: carrel lists rollback easyprivacy"


def test_a_list_that_this_version_does_not_know_cannot_be_updated(shelf: Shelf) -> None:
    put(shelf, name="gone-from-sources")
    missing, check = said(shelf, days=10)
    assert missing.message == "easyprivacy: not fetched yet"
    assert check.ok is None
    assert "carrel lists remove gone-from-sources" in check.advice


def test_a_damaged_index_fails_in_one_line_with_the_command(shelf: Shelf) -> None:
    put(shelf)
    (shelf.folder / INDEX).write_text("{")
    (check,) = said(shelf)
    assert check.ok is False
    assert "carrel lists update" in check.message
    assert "\n" not in check.message


def test_the_doctor_asks_about_the_lists_of_its_data_folder(shelf: Shelf) -> None:
    put(shelf)
    settings = Settings(data=Data(shelf.folder.parent), directory=Directory(False))
    found = [
        one for one in doctor.checks(settings, datetime.combine(DAY, datetime.min.time(), UTC)) if one.name == "lists"
    ]
    assert [one.ok for one in found] == [True]
