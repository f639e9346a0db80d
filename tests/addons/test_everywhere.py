"""What `block_everywhere` refuses, and what it must not: decided on the shipped lists, then asked of the program."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path

import pytest

from addons import decisions
from addons.decide.rewritten import Rewriting
from addons.decide.sites import Catalogue
from addons.decisions import Decision
from addons.error_page import TRACKER
from addons.everywhere import Everywhere
from addons.lists import Lists
from addons.settings import DESK, Site
from blocklists import mixed_hosts
from blocklists.owners import load
from blocklists.shelf import Copy, Shelf
from tests.addons import reports
from tests.addons.program import settle
from tests.addons.reading_room import BOTH_WAYS, HERE, PLAIN_SITE, THERE, Room
from tests.addons.town import SEALED, SITE
from tests.addons.world import Origins

KNOWLEDGE, MIXED = load(), mixed_hosts.load()
NOW = datetime(2026, 11, 24, 18, 0, tzinfo=UTC)
WATCHED = Site(
    "site", "Site", domains=("www.site.test",), own=("site-cdn.test",), permitted=("hotjar.com",), owner="RELX"
)
LIST = """[Adblock Plus 2.0]
! Version: 202611240000
||pure.test^
||mixture.test^
@@||good.mixture.test^
||vendors.test^$third-party
||some.test^$image
||path.test/pixel
||site-cdn.test^
||metrics.site.test^
||recaptcha.net^
||www.google.com^
||google.com^
||googleapis.com^
||instagram.com^
||threatmetrix.com^
"""


def put(shelf: Shelf, text: str) -> None:
    content = text.encode()
    copy = Copy("easyprivacy", "file ours.txt", "none", "1", "2026-11-24", hashlib.sha256(content).hexdigest(), 1)
    shelf.put(copy, content, checked="2026-11-24")


@pytest.fixture(scope="module")
def lists(tmp_path_factory: pytest.TempPathFactory) -> Lists:
    shelf = Shelf(tmp_path_factory.mktemp("lists"))
    put(shelf, LIST)
    lists = Lists(shelf)
    assert lists.refresh()
    return lists


def everywhere(lists: Lists, *sites: Site, on: bool = True) -> Everywhere:
    catalogue = Catalogue(sites or (WATCHED,), Rewriting(("proxy.test",), lambda host: False))
    return Everywhere(KNOWLEDGE, lists, MIXED, catalogue, on=on, clock=lambda: NOW)


@pytest.mark.parametrize(
    "host",
    [
        "google-analytics.com",
        "www.google-analytics.com",
        "ad.doubleclick.net",
        "www.googletagmanager.com",
        "px.ads.linkedin.com",
        "www.clarity.ms",
        "bat.bing.com",
        "pure.test",
        "a.b.pure.test",
        "mixture.test",
    ],
)
def test_a_pure_tracker_is_refused(lists: Lists, host: str) -> None:
    assert everywhere(lists).refuses(host)
    assert not everywhere(lists, on=False).refuses(host)


@pytest.mark.parametrize(
    "host",
    [
        pytest.param("news.test", id="on no list"),
        pytest.param("notpure.test", id="another name"),
        pytest.param("linkedin.com", id="above a tracker"),
        pytest.param("www.bing.com", id="beside a tracker"),
        pytest.param("www.reddit.com", id="a widget with pages of its own"),
        pytest.param("instagram.com", id="the same, though a fetched list names it"),
        pytest.param("t.co", id="short links"),
        pytest.param("threatmetrix.com", id="guards log-ins"),
        pytest.param("app.datadoghq.com", id="error monitoring"),
        pytest.param("ipinfo.io", id="never to be blocked"),
        pytest.param("recaptcha.net", id="the same, though a fetched list names it too"),
        pytest.param("cdnjs.cloudflare.com", id="useful"),
        *(pytest.param(host, id=f"mixed: {host}") for host in MIXED),
        pytest.param("google.com", id="above a useful host"),
        pytest.param("googleapis.com", id="above useful hosts that a fetched list forgot"),
        pytest.param("other.googleapis.com", id="below such a name"),
        pytest.param("good.mixture.test", id="an exception of the list"),
        pytest.param("vendors.test", id="of use to itself"),
        pytest.param("some.test", id="some kinds of request only"),
        pytest.param("path.test", id="a path only"),
        pytest.param("site-cdn.test", id="a site's own content"),
        pytest.param("metrics.site.test", id="a site's own domain"),
        pytest.param("cdn.hotjar.com", id="permitted by a contract"),
        pytest.param("www-google--analytics-com.proxy.test", id="the library's own rewriting proxy"),
        pytest.param("192.0.2.1", id="an address"),
        pytest.param("", id="nothing"),
    ],
)
def test_what_is_anything_else_as_well_is_not_refused(lists: Lists, host: str) -> None:
    assert not everywhere(lists).refuses(host)


def test_a_vendors_group_is_not_refused(lists: Lists) -> None:
    group = Site("search", "Search", domains=("search.test",), owner="Google")
    assert everywhere(lists).refuses("www.google-analytics.com")
    assert not everywhere(lists, group).refuses("www.google-analytics.com")


def test_a_hosts_file_names_trackers_too(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "lists")
    put(shelf, "# Version: 202611240000\n0.0.0.0 sunk.test\n0.0.0.0 googleapis.com\n")
    lists = Lists(shelf)
    assert lists.refresh()
    assert everywhere(lists).refuses("sunk.test")
    assert not everywhere(lists).refuses("googleapis.com")


@pytest.mark.parametrize(
    ("domain", "until", "refused"),
    [
        pytest.param("google-analytics.com", "2026-11-24T18:30Z", False, id="holds"),
        pytest.param("www.google-analytics.com", "2026-11-24T18:30Z", False, id="for this host"),
        pytest.param("ssl.google-analytics.com", "2026-11-24T18:30Z", True, id="for another host"),
        pytest.param("google-analytics.com", "2026-11-24T17:30Z", True, id="has ended"),
    ],
)
def test_an_allow_rule_of_any_site_holds_for_all_pages(lists: Lists, domain: str, until: str, refused: bool) -> None:
    house = everywhere(lists)
    house.decide([Decision("other", domain, "a class needs it", "staff", until, "2026-11-24")])
    assert house.refuses("www.google-analytics.com") is refused


# At the door


@pytest.fixture(scope="module")
def room(origins: Origins, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    """A running program, whose fetched list names a host that is there."""
    folder = tmp_path_factory.mktemp("everywhere")
    put(Shelf(folder / "data" / "lists"), f"[Adblock Plus 2.0]\n||{SEALED}^\n")
    (folder / "data").chmod(0o700)
    room = Room(origins, folder, privacy="[protect]\nblock_everywhere = true")
    yield room
    room.program.kill()


@pytest.mark.parametrize("scheme", BOTH_WAYS)
async def test_the_door_says_why_and_names_nobody(room: Room, scheme: str) -> None:
    before = room.origins.arrived(SEALED)  # other tests share the origins
    line = await room.line()
    await line.send(asked(scheme, SEALED))
    status, page = await line.answer()
    assert status == 403
    assert TRACKER in unescape(page.decode())
    assert SEALED not in page.decode()
    assert room.origins.arrived(SEALED) == before
    line.close()


async def test_sites_and_all_others_pass(room: Room) -> None:
    for host in (SITE, PLAIN_SITE):
        line = await room.line()
        await line.send(asked("https" if host == SITE else "http", host))
        assert (await line.head()).split(" ")[1] == "200"
        line.close()


async def test_what_was_refused_outside_the_sites_leaves_no_trace(room: Room) -> None:
    await asyncio.sleep(2.5)  # everything from before is written
    before = room.tables()
    for scheme in BOTH_WAYS:
        line = await room.line()
        await line.send(asked(scheme, SEALED))
        assert (await line.answer())[0] == 403
        line.close()
    await asyncio.sleep(2.5)
    assert room.tables() == before


async def test_a_computer_that_opted_out_is_refused_nothing(room: Room) -> None:
    await room.choose("no", THERE)
    line = await room.line(THERE)
    assert await line.connect(f"{SEALED}:443") == 200
    line.close()
    await room.choose("yes", THERE)


async def test_what_a_sites_page_could_not_contact_is_blocked(room: Room) -> None:
    line = await room.secure(SITE)
    await line.send(f"GET /page HTTP/1.1\r\nHost: {SITE}\r\nSec-Fetch-Dest: document\r\n\r\n".encode())
    found = re.search(rf"https://{DESK}(/r/\S+)", await line.head())
    assert found
    refused = await room.line()
    await refused.send(asked("https", SEALED))
    assert (await refused.answer())[0] == 403
    address = {"blocked_uri": f"https://{SEALED}/c?q=term", "document_uri": f"https://{SITE}/page?q=term"}
    sent = {"Content-Type": "application/csp-report"}
    assert (await room.send("POST", found[1], HERE, "https", reports.body(**address), sent)).status == 204
    sql = "select third_party, method, outcome, loads from contacts"
    await settle(lambda: room.rows(sql))
    assert room.rows(sql) == [(SEALED, "report", "blocked", 1)]
    assert room.rows("select third_party, outcome from presences") == [(SEALED, "blocked")]
    assert room.rows("select * from exposures") == []
    assert room.rows("select distinct third_party from prevented") == [(SEALED,)]
    for one in (line, refused):
        one.close()


async def test_an_allow_rule_opens_the_door_at_once(room: Room) -> None:
    database, now = room.program.data / "carrel.db", datetime.now(UTC)
    later = now + timedelta(hours=1)
    decisions.allow(database, "vendor", SEALED, until=later, reason="a class", owner="staff", now=now)
    for wanted in (200, 403):
        async with asyncio.timeout(15):
            while (status := await connected(room)) != wanted:
                assert status in (200, 403)
                await asyncio.sleep(0.2)
        decisions.end(database, "vendor", SEALED, now=datetime.now(UTC))


async def connected(room: Room) -> int:
    line = await room.line()
    try:
        return await line.connect(f"{SEALED}:443")
    finally:
        line.close()


def asked(scheme: str, host: str) -> bytes:
    first = f"CONNECT {host}:443" if scheme == "https" else f"GET http://{host}/"
    return f"{first} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()
