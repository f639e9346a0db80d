"""The folder of lists: atomic, private, and never without the last good copy; killed in the middle, too."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from blocklists.shelf import Copy, Shelf, ShelfError, Watch, rulesets
from tests.blocklists.listserver import rules

ROOT = Path(__file__).parents[2]


def copy_of(content: bytes, version: str = "1", name: str = "easyprivacy") -> Copy:
    return Copy(
        name=name,
        address="https://lists.test/list.txt",
        licence="CC0-1.0",
        version=version,
        fetched="2026-11-24",
        sha256=hashlib.sha256(content).hexdigest(),
        rules=content.count(b"||"),
        skipped={"cosmetic": 3, "unknown option": 2},
        etag='"x"',
    )


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "data" / "lists")


def put(shelf: Shelf, number: int, version: str = "1", name: str = "easyprivacy") -> Copy:
    content = rules(number, version)
    copy = copy_of(content, version, name)
    shelf.put(copy, content, checked="2026-11-24")
    return copy


def test_an_empty_shelf_has_nothing(shelf: Shelf) -> None:
    assert shelf.copies() == ()
    assert rulesets(shelf) == ()
    assert not shelf.folder.exists()


def test_a_list_comes_back_as_it_was_put(shelf: Shelf) -> None:
    copy = put(shelf, 10)
    assert Shelf(shelf.folder).copies() == (copy,)
    assert shelf.text(copy) == rules(10, "1").decode()


def test_the_copy_in_use_becomes_the_previous_one_and_older_ones_go(shelf: Shelf) -> None:
    for version in ("1", "2", "3"):
        put(shelf, 10, version)
    place = shelf.places()["easyprivacy"]
    assert place.previous is not None
    assert (place.current.version, place.previous.version) == ("3", "2")
    assert len(list(shelf.folder.glob("*.txt"))) == 2


def test_the_same_copy_again_does_not_push_the_previous_one_out(shelf: Shelf) -> None:
    for version in ("1", "2", "2"):
        put(shelf, 10, version)
    previous = shelf.places()["easyprivacy"].previous
    assert previous is not None
    assert previous.version == "1"


def test_a_damaged_copy_does_not_become_the_previous_one(shelf: Shelf) -> None:
    put(shelf, 10, "1")
    damaged = put(shelf, 10, "2")
    (shelf.folder / damaged.file).write_text("||half")
    put(shelf, 10, "3")
    previous = shelf.places()["easyprivacy"].previous
    assert previous is not None
    assert previous.version == "1"


def test_rolling_back_twice_leads_to_where_it_began(shelf: Shelf) -> None:
    put(shelf, 10, "1")
    put(shelf, 11, "2")
    assert shelf.roll_back("easyprivacy").current.version == "1"
    assert shelf.places()["easyprivacy"].rolled_back
    assert shelf.roll_back("easyprivacy").current.version == "2"
    assert not shelf.places()["easyprivacy"].rolled_back


def test_without_an_earlier_copy_there_is_no_way_back(shelf: Shelf) -> None:
    copy = put(shelf, 10)
    with pytest.raises(ShelfError, match="no earlier copy of easyprivacy"):
        shelf.roll_back("easyprivacy")
    with pytest.raises(ShelfError, match='"easylist" is not on this machine'):
        shelf.roll_back("easylist")
    assert shelf.copies() == (copy,)


def test_a_list_is_taken_away_with_all_its_copies(shelf: Shelf) -> None:
    put(shelf, 10, "1")
    put(shelf, 11, "2")
    kept = put(shelf, 12, "1", "easylist")
    shelf.remove("easyprivacy")
    assert shelf.copies() == (kept,)
    assert [path.name for path in shelf.folder.glob("*.txt")] == [kept.file]


def test_nobody_else_may_read_the_folder(shelf: Shelf) -> None:
    old = os.umask(0)
    try:
        put(shelf, 10)
    finally:
        os.umask(old)
    assert shelf.folder.stat().st_mode & 0o777 == 0o700
    assert shelf.folder.parent.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in shelf.folder.iterdir()} == {0o600}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a folder of somebody else's")
def test_root_does_not_write_into_another_users_data(shelf: Shelf) -> None:
    shelf.folder.parent.mkdir()
    os.chown(shelf.folder.parent, 65534, 65534)
    with pytest.raises(ShelfError, match="belongs to nobody; run this command as that user"):
        put(shelf, 10)
    assert list(shelf.folder.parent.iterdir()) == []


def test_what_is_not_ours_in_the_folder_stays(shelf: Shelf) -> None:
    put(shelf, 10)
    (shelf.folder / "notes.txt").write_text("fetched by Ann")
    (shelf.folder / ".0123456789abcdef.part").write_text("left behind")
    put(shelf, 11, "2")
    assert (shelf.folder / "notes.txt").exists()
    assert not (shelf.folder / ".0123456789abcdef.part").exists()


@pytest.mark.parametrize("damage", ["missing", "cut"])
def test_a_damaged_copy_is_named_with_what_to_do(shelf: Shelf, damage: str) -> None:
    copy = put(shelf, 10)
    path = shelf.folder / copy.file
    path.unlink() if damage == "missing" else path.write_bytes(path.read_bytes()[:-5])
    assert not shelf.holds(copy)
    with pytest.raises(ShelfError, match="missing or damaged; get it again: carrel lists update easyprivacy"):
        shelf.text(copy)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda index: "{", id="cut"),
        pytest.param(lambda index: "[]", id="no table"),
        pytest.param(lambda index: index.replace('"rules": 10', '"rules": "ten"'), id="text for a number"),
        pytest.param(
            lambda index: index.replace('"name": "easyprivacy"', '"name": "../../etc"'), id="name that climbs"
        ),
        pytest.param(lambda index: index.replace('"easyprivacy"', '"../../etc"'), id="names that climb"),
        pytest.param(lambda index: index.replace('"sha256": "', '"sha256": "/'), id="checksum that is none"),
        pytest.param(lambda index: index.replace('"etag"', '"tag"'), id="missing key"),
        pytest.param(lambda index: index.replace('"skipped": {', '"skipped": {"x": "y",'), id="text in skipped"),
    ],
)
def test_a_damaged_index_is_named_with_what_to_do(shelf: Shelf, change: object) -> None:
    put(shelf, 10)
    index = shelf.folder / "index.json"
    assert callable(change)
    index.write_text(change(index.read_text()))
    with pytest.raises(ShelfError, match=r"index\.json: is damaged; delete it and fetch the lists again"):
        shelf.copies()


def test_a_full_disk_changes_nothing(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    copy = put(shelf, 10)

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(ShelfError, match=r"cannot be written \(No space left on device\); nothing was changed"):
            put(shelf, 11, "2")
    assert shelf.copies() == (copy,)
    assert {path.name for path in shelf.folder.iterdir()} == {"index.json", "lock", copy.file}


def test_a_ruleset_says_what_the_ledger_keeps(shelf: Shelf) -> None:
    copy = put(shelf, 10, "202611240642")
    (found,) = rulesets(shelf)
    assert (found.name, found.version, found.rules, found.skipped) == ("easyprivacy", "202611240642", 10, 5)
    assert (found.licence, found.sha256, found.fetched) == ("CC0-1.0", copy.sha256, "2026-11-24")


def test_a_watch_tells_each_change_once(shelf: Shelf) -> None:
    watch = Watch(shelf)
    assert watch.news() is None
    first = put(shelf, 10, "1")
    assert watch.news() == (first,)
    assert watch.news() is None
    second = put(shelf, 11, "2")
    assert watch.news() == (second,)
    shelf.roll_back("easyprivacy")
    assert watch.news() == (first,)
    shelf.remove("easyprivacy")
    assert watch.news() == ()


def test_a_watch_is_silent_where_only_the_day_of_the_last_check_changes(shelf: Shelf) -> None:
    put(shelf, 10)
    watch = Watch(shelf)
    assert watch.news() is not None
    shelf.confirm("easyprivacy", "2026-11-25")
    assert shelf.places()["easyprivacy"].checked == "2026-11-25"
    assert watch.news() is None


def test_a_watch_complains_once_about_a_damaged_index(shelf: Shelf) -> None:
    put(shelf, 10)
    watch = Watch(shelf)
    watch.news()
    (shelf.folder / "index.json").write_text("{")
    with pytest.raises(ShelfError):
        watch.news()
    assert watch.news() is None


def put_for_ever(folder: str) -> None:
    """Run by the child: says which version it is about to put, puts it."""
    shelf, number = Shelf(Path(folder)), 0
    while True:
        number += 1
        print("about", number, flush=True)
        put(shelf, 2000, str(number))
        print("written", number, flush=True)


@pytest.mark.parametrize("pause", [0.0, 0.003, 0.007, 0.013, 0.021, 0.034])
def test_killed_at_any_moment_the_shelf_has_a_whole_copy(tmp_path: Path, pause: float) -> None:
    shelf = Shelf(tmp_path / "lists")
    call = "import sys; from tests.blocklists.test_shelf import put_for_ever; put_for_ever(sys.argv[1])"
    command = [sys.executable, "-c", call, str(shelf.folder)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = [process.stdout.readline() for _ in range(7)]
        time.sleep(pause)
        process.send_signal(signal.SIGKILL)
        said += process.stdout.readlines()
    written = max(int(line.split()[1]) for line in said if line.startswith("written"))
    (copy,) = shelf.copies()
    assert int(copy.version) in (written, written + 1)
    assert shelf.text(copy) == rules(2000, copy.version).decode()
    previous = shelf.places()["easyprivacy"].previous
    assert previous is not None
    assert shelf.holds(previous)
    put(shelf, 10, "last")
    assert len(list(shelf.folder.iterdir())) == 4  # index, lock, two copies: nothing is left of the killed one


def test_two_writers_at_once_lose_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "lists"
    call = (
        "import sys; from pathlib import Path; from blocklists.shelf import Shelf; "
        "from tests.blocklists.test_shelf import put; "
        "[put(Shelf(Path(sys.argv[1])), 10, str(n), sys.argv[2]) for n in range(30)]"
    )
    writers = [
        subprocess.Popen([sys.executable, "-c", call, str(folder), name], cwd=ROOT) for name in ("easylist", "b")
    ]
    assert [writer.wait(60) for writer in writers] == [0, 0]
    assert {name: place.current.version for name, place in Shelf(folder).places().items()} == {
        "b": "29",
        "easylist": "29",
    }
    assert json.loads((folder / "index.json").read_text())["format"] == 1
