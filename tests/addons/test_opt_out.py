"""Opting out and in: the choices themselves, and what becomes of a computer's traffic in the running program."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator

import pytest

from addons import opt_out
from addons.opt_out import IDLE_SECONDS, Choices
from addons.settings import Privacy
from tests.addons.program import settle
from tests.addons.reading_room import (
    BOTH_WAYS,
    DESK,
    HERE,
    IMITATION,
    PLAIN_SITE,
    THERE,
    Room,
    opened,
    page,
)
from tests.addons.town import SEALED, SITE
from tests.addons.world import Origins

POLICY = "content-security-policy-report-only"


class Kept:
    """Choices with a clock, and what they told."""

    def __init__(self, **privacy: str | bool) -> None:
        self.now = 1000.0
        self.opted_out = 0
        self.told: list[tuple[str, bool]] = []
        self.choices = Choices(Privacy(**privacy), self._count, now=lambda: self.now)  # type: ignore[arg-type]
        self.choices.listeners.append(lambda client, watched: self.told.append((client, watched)))

    def _count(self) -> None:
        self.opted_out += 1

    def watched(self, client: str = HERE) -> bool:
        return self.choices.watches(client)


# The choices


def test_everybody_is_watched_until_somebody_says_no() -> None:
    kept = Kept()
    assert kept.watched()
    assert kept.choices.choose(HERE, watched=False)
    assert not kept.watched()
    assert kept.watched(THERE)
    assert kept.choices.choose(HERE, watched=True)
    assert kept.watched()
    assert kept.told == [(HERE, False), (HERE, True)]


def test_where_consent_is_asked_for_nobody_is_watched_until_somebody_says_yes() -> None:
    kept = Kept(consent="opt-in")
    assert not kept.watched()
    kept.choices.choose(HERE, watched=True)
    assert kept.watched()
    assert not kept.watched(THERE)
    kept.choices.choose(HERE, watched=False)
    assert not kept.watched()
    assert kept.opted_out == 1


@pytest.mark.parametrize("consent", ["opt-out", "opt-in"])
def test_a_choice_lasts_until_the_computer_is_idle(consent: str) -> None:
    kept = Kept(consent=consent)
    before = kept.watched()
    kept.choices.choose(HERE, watched=not before)
    for _ in range(10):
        kept.now += IDLE_SECONDS - 1
        assert kept.watched() is not before
        kept.choices.passed(HERE)
    kept.now += IDLE_SECONDS
    assert kept.watched() is before  # before anybody has tidied up
    kept.choices.passed(HERE)
    assert kept.watched() is before
    assert len(kept.choices) == 0
    assert kept.told == [(HERE, not before), (HERE, before)]


def test_only_the_computer_in_use_keeps_its_choice() -> None:
    kept = Kept()
    kept.choices.choose(HERE, watched=False)
    kept.choices.choose(THERE, watched=False)
    kept.now += IDLE_SECONDS / 2
    kept.choices.passed(HERE)
    kept.now += IDLE_SECONDS / 2
    kept.choices.expire()
    assert (kept.watched(HERE), kept.watched(THERE)) == (False, True)


def test_saying_it_twice_counts_once_and_renews() -> None:
    kept = Kept()
    kept.choices.choose(HERE, watched=False)
    kept.now += IDLE_SECONDS - 1
    kept.choices.choose(HERE, watched=False)
    kept.now += IDLE_SECONDS - 1
    assert not kept.watched()
    assert kept.opted_out == 1


def test_nothing_is_kept_where_no_choice_is_offered() -> None:
    kept = Kept(opt_out=False)
    assert not kept.choices.choose(HERE, watched=False)
    assert kept.watched()
    assert kept.opted_out == 0


def test_who_may_say_yes_may_take_it_back_whatever_the_settings() -> None:
    kept = Kept(opt_out=False, consent="opt-in")
    assert kept.choices.choose(HERE, watched=True)
    assert kept.choices.choose(HERE, watched=False)
    assert not kept.watched()


def test_a_full_memory_breaks_no_promise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opt_out, "MAX_CHOICES", 2)
    kept = Kept()
    assert [kept.choices.choose(client, watched=False) for client in ("a", "b", "c")] == [True, True, False]
    assert [kept.watched(client) for client in ("a", "b", "c")] == [False, False, True]
    kept.now += IDLE_SECONDS
    assert kept.choices.choose("c", watched=False)


# The running program


@pytest.fixture(scope="module")
def room(origins: Origins, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    room = Room(origins, tmp_path_factory.mktemp("room"))
    try:
        yield room
        assert room.program.stop() == 0, room.program.output()
    finally:
        room.program.kill()


@pytest.fixture
async def watched(room: Room) -> Room:
    """The room, with nobody opted out."""
    for computer in (HERE, THERE):
        await room.choose("yes", computer)
    return room


@pytest.mark.parametrize("scheme", BOTH_WAYS)
async def test_opting_out_closes_what_is_open_and_seals_the_rest(watched: Room, scheme: str) -> None:
    here, there = await watched.secure(SITE), await watched.secure(SITE, THERE)
    assert POLICY in (await page(here)).lower()
    assert POLICY in (await page(there)).lower()
    answer = await watched.choose("no", scheme=scheme)
    assert (answer.status, answer.fields["location"]) == (303, "/en/#now")
    assert await here.rest() == b""  # closed at once
    again = await watched.secure(SITE)
    assert not opened(again)
    assert POLICY not in (await page(again)).lower()
    assert POLICY in (await page(there)).lower()  # the other computer is none of this one's business
    assert "Carrel is off at this computer" in (await watched.desk(scheme=scheme)).text
    assert "Carrel is on at this computer" in (await watched.desk(computer=THERE, scheme=scheme)).text


async def test_opting_in_again_holds_for_connections_that_are_already_there(watched: Room) -> None:
    await watched.choose("no")
    site, other = await watched.secure(SITE), await watched.secure(SEALED)
    await watched.choose("yes")
    assert await site.rest() == b""
    assert " 200 " in await page(other, SEALED)
    again = await watched.secure(SITE)
    assert opened(again)
    assert POLICY in (await page(again)).lower()


async def test_plain_requests_pass_as_they_are(watched: Room) -> None:
    html = "Accept: text/html\r\n"

    async def fetch(path: str) -> str:
        line = await watched.line()
        await line.send(f"GET http://{PLAIN_SITE}{path} HTTP/1.1\r\nHost: {PLAIN_SITE}\r\n{html}\r\n".encode())
        head = await line.head()
        line.close()
        return head.lower()

    assert POLICY in await fetch("/page?watched")
    await watched.choose("no")
    head = await fetch("/page?unwatched")
    assert " 200 " in head
    assert POLICY not in head
    heads = {path: watched.origins.arrived(path)[-1] for path in ("/page?watched", "/page?unwatched")}
    assert ["Sec-GPC" in head for head in heads.values()] == [True, False]


async def test_a_connect_behind_a_plain_request_opens_nothing(watched: Room) -> None:
    await watched.choose("no")
    line = await watched.line()
    await line.send(f"GET http://{PLAIN_SITE}/ HTTP/1.1\r\nHost: {PLAIN_SITE}\r\n\r\n".encode())
    assert (await line.answer())[0] == 200
    assert await line.connect(f"{SITE}:443") == 403


async def test_a_connection_opened_behind_a_plain_request_is_not_read_on(watched: Room) -> None:
    line = await watched.line()
    await line.send(f"GET http://{PLAIN_SITE}/ HTTP/1.1\r\nHost: {PLAIN_SITE}\r\n\r\n".encode())
    assert (await line.answer())[0] == 200
    assert await line.connect(f"{SITE}:443") == 200
    await line.secure(watched.both, SITE)
    assert POLICY in (await page(line)).lower()
    await watched.choose("no")
    line.writer.write(f"GET /page?after HTTP/1.1\r\nHost: {SITE}\r\n\r\n".encode())
    assert b"200" not in await line.rest()
    assert not watched.origins.arrived("/page?after")


async def test_opting_out_leaves_no_trace_but_one_count(watched: Room) -> None:
    token = re.findall(rf"https://{DESK}/r/([\w-]+)", await page(await watched.secure(SITE)))[0]
    await asyncio.sleep(3)  # everything from before is written
    before, opted_out = watched.tables(), counted(watched)
    assert before["page_load"]
    await watched.choose("no")
    for host in (SITE, SEALED):
        line = await watched.secure(host)
        assert " 200 " in await page(line, host)
        line.close()
    line = await watched.line()
    await line.send(
        f"GET http://{PLAIN_SITE}/page HTTP/1.1\r\nHost: {PLAIN_SITE}\r\nAccept: text/html\r\n\r\n".encode()
    )
    assert (await line.answer())[0] == 200
    await report(watched, token)
    imitation = await watched.line()
    assert await imitation.connect(f"{IMITATION}:443") == 200
    await watched.post("/en/look", {"site": "Canary-asked.test"})
    await settle(lambda: counted(watched) == opted_out + 1)
    await asyncio.sleep(3)
    after = watched.tables()
    assert counted(watched) == opted_out + 1
    for tables in (before, after):
        del tables["coverage"]
    assert after == before
    loads = "select sum(loads), sum(reports_refused), sum(ambiguous) from coverages"
    assert watched.rows(loads) == [(sum(int(str(row[4])) for row in before["page_load"]), 0, 0)]
    written = b"".join(path.read_bytes() for path in watched.program.folder.rglob("*") if path.is_file())
    assert b"anary-asked" not in written


async def test_the_same_is_counted_of_a_computer_that_did_not_opt_out(watched: Room) -> None:
    """Or the test before this one would prove nothing."""
    line = await watched.secure(SITE)
    token = re.findall(rf"https://{DESK}/r/([\w-]+)", await page(line))[0]
    await report(watched, token)
    await settle(lambda: watched.rows("select 1 from contacts where third_party = 'third.example'"))
    imitation = await watched.line()
    await imitation.connect(f"{IMITATION}:443")
    await settle(lambda: watched.rows("select 1 from lookalikes"))


async def report(room: Room, token: str) -> None:
    body = (
        f'{{"csp-report": {{"document-uri": "https://{SITE}/page", "blocked-uri": "https://third.example/x", '
        '"effective-directive": "img-src"}}'
    ).encode()
    assert (await room.send("POST", f"/r/{token}", HERE, "https", body, {})).status == 204


def counted(room: Room) -> int:
    return int(str(room.rows("select coalesce(sum(opted_out), 0) from coverages")[0][0]))


# Consent first


@pytest.fixture(scope="module")
def asking_room(origins: Origins, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    room = Room(origins, tmp_path_factory.mktemp("asking"), privacy='consent = "opt-in"')
    try:
        yield room
        assert room.program.stop() == 0, room.program.output()
    finally:
        room.program.kill()


async def test_where_consent_is_asked_for_all_is_sealed_before(asking_room: Room) -> None:
    line = await asking_room.secure(SITE)
    assert not opened(line)
    assert POLICY not in (await page(line)).lower()
    home = (await asking_room.desk()).text
    assert "Nobody has agreed to it yet" in home
    assert (await asking_room.choose("yes")).status == 303
    assert await line.rest() == b""
    assert opened(agreed := await asking_room.secure(SITE))
    assert not opened(await asking_room.secure(SITE, THERE))
    assert "Somebody at this computer agreed" in (await asking_room.desk()).text
    await asking_room.choose("no")
    assert await agreed.rest() == b""
    assert not opened(await asking_room.secure(SITE))


async def test_where_no_choice_is_offered_the_page_says_so(
    origins: Origins, tmp_path_factory: pytest.TempPathFactory
) -> None:
    room = Room(origins, tmp_path_factory.mktemp("firm"), privacy="opt_out = false")
    try:
        home = await room.desk()
        assert "cannot be switched off" in home.text
        assert "<form" not in home.text
        refused = await room.post("/en/choice", {"token": home.token, "watched": "no"})
        assert refused.status == 403
        assert opened(await room.secure(SITE))
    finally:
        room.program.kill()
