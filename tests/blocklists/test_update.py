"""A list comes up to date, or its last good copy stays: every misbehaviour, the real parser, a real shelf."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from blocklists.fetch import Limits, Route
from blocklists.rules import parse
from blocklists.shelf import Shelf
from blocklists.sources import Source
from blocklists.update import UpdateError, Updater
from tests.blocklists.listserver import ListServer, rules

NEXT_DAY = date(2026, 11, 25)


@pytest.fixture
def source(server: ListServer) -> Source:
    return Source(
        name="easyprivacy",
        title="EasyPrivacy",
        address=server.address("/list.txt"),
        licence="CC0-1.0",
        terms="https://lists.test/licence",
        purpose="tests",
    )


@pytest.fixture
def updater(server: ListServer, tmp_path: Path) -> Updater:
    return Updater(
        shelf=Shelf(tmp_path / "lists"),
        parse=parse,
        today=date(2026, 11, 24),
        route=Route("carrel/1", trust=server.authority.root),
        limits=Limits(size=1_000_000, seconds=1.0),
    )


async def test_a_first_list_comes_with_all_that_is_said_about_it(
    server: ListServer, updater: Updater, source: Source
) -> None:
    outcome = await updater.from_server(source)
    assert (outcome.before, outcome.new) == (None, True)
    copy = outcome.copy
    assert (copy.name, copy.version, copy.fetched, copy.rules) == ("easyprivacy", "202611240642", "2026-11-24", 100)
    assert (copy.address, copy.licence, copy.etag) == (source.address, "CC0-1.0", '"one"')
    assert updater.shelf.text(copy) == server.content.decode()


async def test_a_list_that_did_not_change_is_not_sent_again(
    server: ListServer, updater: Updater, source: Source
) -> None:
    await updater.from_server(source)
    outcome = await replace(updater, today=NEXT_DAY).from_server(source)
    assert not outcome.new
    assert 'If-None-Match: "one"' in server.heads[-1]
    place = updater.shelf.places()["easyprivacy"]
    assert (place.current.fetched, place.checked) == ("2026-11-24", "2026-11-25")


async def test_a_newer_list_takes_the_place_of_the_older(server: ListServer, updater: Updater, source: Source) -> None:
    before = (await updater.from_server(source)).copy
    server.content, server.etag = rules(110, "202611250642"), '"two"'
    outcome = await updater.from_server(source)
    assert (outcome.before, outcome.new, outcome.copy.rules) == (before, True, 110)
    assert updater.shelf.places()["easyprivacy"].previous == before


async def test_the_same_text_under_another_etag_keeps_its_version_and_day(
    server: ListServer, updater: Updater, source: Source
) -> None:
    server.content = rules(100, "")
    first = (await updater.from_server(source)).copy
    assert first.version == "2026-11-24"
    server.etag = '"two"'
    outcome = await replace(updater, today=NEXT_DAY).from_server(source)
    assert not outcome.new
    assert (outcome.copy.version, outcome.copy.fetched, outcome.copy.etag) == ("2026-11-24", "2026-11-24", '"two"')


async def test_two_texts_never_go_by_one_version(server: ListServer, updater: Updater, source: Source) -> None:
    await updater.from_server(source)
    server.content, server.etag = rules(101), '"two"'
    copy = (await updater.from_server(source)).copy
    assert copy.version == f"202611240642+{copy.sha256[:8]}"


async def test_a_damaged_copy_is_fetched_again_without_conditions(
    server: ListServer, updater: Updater, source: Source
) -> None:
    copy = (await updater.from_server(source)).copy
    (updater.shelf.folder / copy.file).write_text("||half")
    await updater.from_server(source)
    assert "if-none-match" not in server.heads[-1].lower()
    assert updater.shelf.holds(copy)


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        pytest.param("/truncated", "the connection ended", id="truncated"),
        pytest.param("/reset", "the connection ended", id="reset"),
        pytest.param("/gzip-cut", "it is incomplete", id="gzip cut"),
        pytest.param("/bomb", "it is larger than 1 MB", id="gzip bomb"),
        pytest.param("/drip", "it took longer than 1 seconds", id="slow drip"),
        pytest.param("/status/500", "the server answered 500", id="500"),
        pytest.param("/redirect//list.txt", "redirects more than 5 times", id="redirect loop"),
        pytest.param("/redirect/http://localhost/", "not https", id="redirect to http"),
        pytest.param("/html", "it is a web page", id="HTML"),
        pytest.param("/json", "it is data of another kind", id="JSON"),
        pytest.param("/empty", "it is empty", id="empty"),
        pytest.param("/comments", "there is no rule in it", id="no rule"),
        pytest.param("/latin-1", "it is not UTF-8 text", id="wrong charset"),
        pytest.param("/utf-16", "it is UTF-16", id="UTF-16"),
        pytest.param("/picture", "it is not UTF-8 text", id="a picture"),
        pytest.param("/zip-within", "it is a packed file", id="gzip that is not called gzip"),
        pytest.param("/says-latin-1", "it shrank from 100 to 1 rules", id="shrunk"),
    ],
)
async def test_the_last_good_copy_stays_whatever_the_server_does(
    server: ListServer, updater: Updater, source: Source, path: str, reason: str
) -> None:
    good = (await updater.from_server(source)).copy
    server.behaviour = path
    with pytest.raises(UpdateError) as caught:
        await updater.from_server(source)
    said = str(caught.value)
    assert said.startswith("easyprivacy: ")
    assert reason in said
    assert said.endswith("; version 202611240642 of 2026-11-24 stays in use")
    assert "\n" not in said
    assert updater.shelf.copies() == (good,)
    assert updater.shelf.holds(good)


async def test_a_header_that_lies_about_the_charset_is_of_no_account(
    server: ListServer, updater: Updater, source: Source
) -> None:
    server.behaviour = "/says-latin-1"
    assert (await updater.from_server(source)).copy.rules == 1


async def test_a_first_list_that_fails_leaves_nothing(server: ListServer, updater: Updater, source: Source) -> None:
    server.behaviour = "/html"
    with pytest.raises(UpdateError, match="it is not on this machine yet"):
        await updater.from_server(source)
    assert updater.shelf.copies() == ()


async def test_a_list_that_really_became_smaller_can_be_taken(
    server: ListServer, updater: Updater, source: Source
) -> None:
    await updater.from_server(source)
    server.content, server.etag = rules(50, "2"), '"two"'
    with pytest.raises(UpdateError, match=r"shrank from 100 to 50 rules .*--accept-smaller"):
        await updater.from_server(source)
    assert (await replace(updater, accept_smaller=True).from_server(source)).copy.rules == 50


async def test_a_copy_that_was_rolled_back_does_not_come_again(
    server: ListServer, updater: Updater, source: Source
) -> None:
    await updater.from_server(source)
    server.content, server.etag = rules(110, "2"), '"two"'
    await updater.from_server(source)
    updater.shelf.roll_back("easyprivacy")
    outcome = await updater.from_server(source)
    assert 'If-None-Match: "two"' in server.heads[-1]
    assert (outcome.copy.version, outcome.new) == ("202611240642", False)
    assert "nothing newer than the copy that was rolled back" in outcome.note

    server.etag = '"three"'  # the same text under another name
    assert not (await updater.from_server(source)).new

    server.content, server.etag = rules(111, "3"), '"four"'
    assert (await updater.from_server(source)).copy.version == "3"


def test_a_file_is_taken_like_a_servers_answer(updater: Updater, source: Source, tmp_path: Path) -> None:
    file = tmp_path / "from-a-stick.txt"
    file.write_bytes(rules(120, "9"))
    copy = updater.from_file(source, file).copy
    assert (copy.version, copy.address, copy.licence, copy.rules) == ("9", "file from-a-stick.txt", "CC0-1.0", 120)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        pytest.param(rules(10), "it shrank from 100 to 10 rules", id="shrunk"),
        pytest.param(b"<html>", "it is a web page", id="a saved web page"),
        pytest.param(b"||a.test^\n" * 200_000, "it is larger than 1 MB", id="too large"),
        pytest.param(None, "cannot be read", id="no file"),
    ],
)
async def test_a_bad_file_is_refused_and_the_last_good_copy_stays(
    updater: Updater, source: Source, tmp_path: Path, content: bytes | None, reason: str
) -> None:
    good = (await updater.from_server(source)).copy
    file = tmp_path / "list.txt"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(UpdateError, match=reason):
        updater.from_file(source, file)
    assert updater.shelf.copies() == (good,)


async def test_a_server_is_asked_without_conditions_after_a_file(
    server: ListServer, updater: Updater, source: Source, tmp_path: Path
) -> None:
    (tmp_path / "list.txt").write_bytes(rules(100, "1"))
    updater.from_file(source, tmp_path / "list.txt")
    assert (await updater.from_server(source)).copy.version == "202611240642"
    assert "if-none-match" not in server.heads[-1].lower()
