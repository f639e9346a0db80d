"""Real content filters in the path (Squid, once plain and once opening connections itself): what they stop is counted
as stopped, and nothing leads around them. Every test speaks to the running program.
"""

from __future__ import annotations

import asyncio
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from addons.decide.filtering import Answer, is_block_page, is_navigation, refuses_connect
from addons.settings import DESK
from deploy.demo.run import free_port
from tests.addons import reports
from tests.addons.program import Line, Program, settle, within
from tests.addons.squid import BLOCK_PAGE, NAME, Internet, Squid
from tests.addons.world import Origins

SITE, BANNED, MOVED, DOWN = "vendor.test", "banned.vendor.test", "moved.vendor.test", "down.vendor.test"
PLAIN, PLAIN_BANNED = "plain.vendor.test", "plain-banned.vendor.test"
THIRD, BANNED_THIRD = "www.google-analytics.com", "cdn.hotjar.com"
NAVIGATION = "Sec-Fetch-Dest: document\r\nSec-Fetch-Site: none\r\n"
HTML = "Content-Type: text/html\r\n"
OF_ITS_OWN = "X-Squid-Error: ERR_ACCESS_DENIED 0\r\nVia: 1.1 accelerator (squid/6.9)\r\n"
"""Headers of a site that stands behind a Squid of its own."""


@dataclass(frozen=True, slots=True)
class Visit:
    answers: list[tuple[str, str]]
    """Head and body of each."""
    loads: int
    stopped: int
    """What was counted of them."""


class Scene:
    """A Squid, a Carrel behind it, and origins with a site that also refuses by itself."""

    def __init__(self, origins: Origins, folder: Path, *, opens: bool) -> None:
        self.heads: list[str] = []
        secure = {name: origins.serve(self._answer, tls=origins.tls(name)) for name in (SITE, BANNED, MOVED, THIRD)}
        secure |= {BANNED_THIRD: origins.serve(self._answer), DOWN: free_port()}
        plain = {name: origins.serve(self._answer) for name in (PLAIN, PLAIN_BANNED)}
        # A redirect to the filter is told by its name in `[proxy] upstream`.
        self.squid = Squid(
            origins.serve(Internet(secure | plain).serve),
            origins.authority.root,
            banned=(BANNED, PLAIN_BANNED, BANNED_THIRD),
            redirected=(MOVED,),
            opens=opens,
        )
        port = free_port()
        root = self.squid.authority.root if self.squid.authority else origins.authority.root
        trust = folder / "trust.pem"
        folder.mkdir(parents=True, exist_ok=True)
        trust.write_bytes(root.read_bytes())
        # Every origin could be reached directly: what does not arrive was stopped.
        pins = "\n".join(f'"{name}" = "127.0.0.1:{number}"' for name, number in (secure | plain).items())
        configuration = f"""
[library]
name = "Loopback library"
[proxy]
listen = "127.0.0.1:{port}"
destinations = ["127.0.0.1/32"]
upstream = "http://127.0.0.1:{self.squid.port}"
trust = "{trust}"
uncloak = false
[proxy.hosts]
{pins}
[privacy]
k = 1
rare = 1
[data]
dir = "@DATA@"
[directory]
use = false
[[site]]
id = "vendor"
domains = ["vendor.test"]
"""
        self.program = Program(folder, configuration, ("127.0.0.1", port))

    def close(self) -> None:
        self.program.kill()
        self.squid.stop()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            self.heads.append(head)
            path = head.split(" ", 2)[1]
            fields = HTML + (OF_ITS_OWN if path.endswith("/accelerated") else "")
            status = "200 OK" if path.endswith("/page") else "403 Forbidden"
            body = "<!doctype html><title>the site's own words</title>"
            writer.write(f"HTTP/1.1 {status}\r\n{fields}Content-Length: {len(body)}\r\n\r\n{body}".encode())
            await writer.drain()

    def arrived(self, words: str) -> bool:
        return any(words in head for head in self.heads)

    async def get(self, url: str, headers: str = NAVIGATION) -> tuple[str, str]:
        """Head and body of one answer."""
        scheme, _, rest = url.partition("://")
        host, _, path = rest.partition("/")
        line = await Line.open(self.program.address)
        if scheme == "https":
            assert await line.connect(f"{host}:443") == 200
            await line.secure(self.program.trusting(), host)
        target = f"/{path}" if scheme == "https" else url
        await line.send(f"GET {target} HTTP/1.1\r\nHost: {host}\r\n{headers}Connection: close\r\n\r\n".encode())
        head, _, body = (await line.rest()).decode("latin-1").partition("\r\n\r\n")
        line.close()
        return head, body

    async def report(self, head: str, *hosts: str) -> None:
        """Report contacts for the page that came with this head."""
        found = re.search(rf"https://{DESK}(/r/\S+)", head)
        assert found, head
        for host in hosts:
            address = {"blocked_uri": f"https://{host}/c?q=term", "document_uri": f"https://{SITE}/page?q=term"}
            body = reports.body(**address)
            line = await Line.open(self.program.address)
            assert await line.connect(f"{DESK}:443") == 200
            await line.secure(self.program.trusting(), DESK)
            fields = f"Content-Type: application/csp-report\r\nContent-Length: {len(body)}\r\n"
            await line.send(f"POST {found[1]} HTTP/1.1\r\nHost: {DESK}\r\n{fields}\r\n".encode() + body)
            assert "204" in (await line.head()).partition("\r\n")[0]
            line.close()

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        file = self.program.data / "carrel.db"
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=10)) as connection:
            return connection.execute(sql).fetchall()

    def counted(self) -> tuple[int, int]:
        """Page loads, and pages stopped upstream."""
        loads, stopped = self.rows("select coalesce(sum(loads), 0), coalesce(sum(stopped_upstream), 0) from coverages")[
            0
        ]
        return loads, stopped

    async def visit(self, *urls: str, headers: str = NAVIGATION) -> Visit:
        """Ask for these, and then for a page of a section of its own: once that is written, so is all before it."""
        last = "select coalesce(sum(loads), 0) from page_loads where section = 'account'"
        (loads, stopped), before = self.counted(), self.rows(last)
        answers = [await self.get(url, headers) for url in urls]
        await self.get(f"https://{SITE}/account/page")
        await settle(lambda: self.rows(last) != before, 20)
        after = self.counted()
        return Visit(answers, after[0] - loads - 1, after[1] - stopped)


@pytest.fixture(scope="module")
def plain(origins: Origins, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    scene = Scene(origins, tmp_path_factory.mktemp("plain"), opens=False)
    yield scene
    scene.close()


@pytest.fixture(scope="module")
def opening(origins: Origins, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    scene = Scene(origins, tmp_path_factory.mktemp("opening"), opens=True)
    yield scene
    scene.close()


@pytest.fixture(params=["plain", "opening"])
def scene(request: pytest.FixtureRequest) -> Scene:
    found: Scene = request.getfixturevalue(request.param)
    return found


# Pages of sites


async def test_a_page_that_the_filter_lets_through_is_a_page_load(scene: Scene) -> None:
    visit = await scene.visit(f"https://{SITE}/page")
    ((head, body),) = visit.answers
    assert head.startswith("HTTP/1.1 200")
    assert "the site's own words" in body
    assert DESK in head
    assert (visit.loads, visit.stopped) == (1, 0)


async def test_a_page_that_the_filter_blocks_is_stopped_upstream_and_no_page_load(scene: Scene) -> None:
    visit = await scene.visit(f"https://{BANNED}/page?q=Canary")
    ((head, body),) = visit.answers
    assert "the site's own words" not in body
    assert DESK not in head  # nothing of the filter's page is marked or changed
    # A filter that does not open connections has no words that a browser would show.
    assert ("content filter did not let this" in body) == (scene.squid.authority is None)
    assert (visit.loads, visit.stopped) == (0, 1)
    assert not scene.arrived(f"Host: {BANNED}")


async def test_a_redirect_to_the_filters_own_host_is_stopped_upstream(opening: Scene) -> None:
    visit = await opening.visit(f"https://{MOVED}/page")
    assert f"location: {BLOCK_PAGE}" in visit.answers[0][0].lower()
    assert (visit.loads, visit.stopped) == (0, 1)
    assert not opening.arrived(f"Host: {MOVED}")


@pytest.mark.parametrize("path", ["refused", "accelerated"])
async def test_a_refusal_of_the_sites_own_is_a_page_of_the_site(scene: Scene, path: str) -> None:
    urls = [f"http://{PLAIN}/{path}"]
    if path == "refused" or scene.squid.authority:
        urls.append(f"https://{SITE}/{path}")
    visit = await scene.visit(*urls)
    for head, body in visit.answers:
        assert head.startswith("HTTP/1.1 403")
        assert "the site's own words" in body
    assert (visit.loads, visit.stopped) == (len(urls), 0)


async def test_what_belongs_to_a_page_or_is_fetched_ahead_is_not_counted_as_a_page(scene: Scene) -> None:
    for headers in ("Sec-Fetch-Dest: image\r\n", f"{NAVIGATION}Sec-Purpose: prefetch\r\n"):
        visit = await scene.visit(f"https://{BANNED}/page", headers=headers)
        assert (visit.loads, visit.stopped) == (0, 0)


async def test_a_site_that_the_filter_cannot_reach_is_not_stopped_by_it(scene: Scene) -> None:
    visit = await scene.visit(f"https://{DOWN}/page")
    assert ("filter could not reach the site" in visit.answers[0][1]) == (scene.squid.authority is None)
    assert visit.stopped == 0


async def test_a_plain_page_that_the_filter_blocks_is_stopped_upstream(scene: Scene) -> None:
    visit = await scene.visit(f"http://{PLAIN_BANNED}/page")
    ((head, body),) = visit.answers
    assert head.startswith("HTTP/1.1 403")
    assert "the site's own words" not in body
    assert DESK not in head
    assert (visit.loads, visit.stopped) == (0, 1)


async def test_a_block_page_is_no_sign_that_the_site_is_broken(opening: Scene) -> None:
    errors = "select coalesce(sum(errors), 0) from breakages"
    before = opening.rows(errors)
    assert (await opening.visit(f"https://{BANNED}/page", f"https://{BANNED}/x.js")).stopped == 2
    assert opening.rows(errors) == before


# Third parties


async def test_a_third_party_that_the_filter_refuses_received_nothing(plain: Scene) -> None:
    head, _ = (await plain.visit(f"https://{SITE}/page?q=term")).answers[0]
    for host, status in ((THIRD, 200), (BANNED_THIRD, 403)):
        line = await Line.open(plain.program.address)
        await line.send(f"CONNECT {host}:443 HTTP/1.1\r\nHost: {host}:443\r\n\r\n".encode())
        assert (await line.head()).split(" ")[1] == str(status)
        line.close()
    await plain.report(head, THIRD, BANNED_THIRD)
    sql = "select third_party, method, outcome from contacts order by 1"
    await settle(lambda: len(plain.rows(sql)) == 2, 20)
    assert plain.rows(sql) == [
        ("google-analytics.com", "report+tunnel", "allowed"),
        ("hotjar.com", "report", "stopped upstream"),
    ]
    assert plain.rows("select third_party, outcome, loads from presences order by 1") == [
        ("google-analytics.com", "allowed", 1),
        ("hotjar.com", "stopped upstream", 1),
    ]
    assert {name for (name,) in plain.rows("select third_party from exposures")} <= {"google-analytics.com"}
    assert [name for (name,) in plain.rows("select third_party from ladder")] == ["google-analytics.com"]
    received = dict(plain.rows("select third_party, count(*) from prevented group by 1"))
    assert set(received) == {"hotjar.com"}
    assert not plain.arrived(BANNED_THIRD)


# Failure


async def test_without_the_filter_nothing_is_reached(origins: Origins, tmp_path: Path) -> None:
    """Every origin is there, and pinned; the filter is not."""
    scene = Scene(origins, tmp_path, opens=False)
    try:
        scene.squid.stop()
        for url in (f"https://{SITE}/page", f"http://{PLAIN}/page", "http://elsewhere.test/"):
            head, _ = await scene.get(url)
            assert head.startswith("HTTP/1.1 502"), head
        line = await Line.open(scene.program.address)
        assert await line.connect(f"{THIRD}:443") == 502
        line.close()
        assert scene.heads == []
        assert scene.program.stop() == 0, scene.program.output()
        assert scene.counted() == (0, 0)
    finally:
        scene.close()


async def test_when_the_filter_ends_the_next_connection_fails(origins: Origins, tmp_path: Path) -> None:
    scene = Scene(origins, tmp_path, opens=False)
    try:
        kept = await Line.open(scene.program.address)
        assert await kept.connect(f"{SITE}:443") == 200
        await kept.secure(scene.program.trusting(), SITE)
        await kept.send(f"GET /page HTTP/1.1\r\nHost: {SITE}\r\n\r\n".encode())
        assert (await kept.answer())[0] == 200
        scene.squid.stop()
        before = len(scene.heads)
        await kept.send(f"GET /page HTTP/1.1\r\nHost: {SITE}\r\n\r\n".encode())
        assert b"the site's own words" not in await kept.rest()
        head, _ = await scene.get(f"https://{SITE}/page")
        assert head.startswith("HTTP/1.1 502")
        assert len(scene.heads) == before
        kept.close()
    finally:
        scene.close()


async def test_an_authority_that_is_not_trusted_is_no_way_in(origins: Origins, tmp_path: Path, opening: Scene) -> None:
    """A filter that opens connections, and whose authority `[proxy] trust` does not name: an error, no page."""
    configuration = (opening.program.folder / "carrel.toml").read_text()
    port = free_port()
    configuration = re.sub(r'listen = "127.0.0.1:\d+"', f'listen = "127.0.0.1:{port}"', configuration)
    configuration = re.sub(r'(trust|dir) = ".*"', "", configuration).replace("[data]", '[data]\ndir = "@DATA@"')
    program = Program(tmp_path, configuration, ("127.0.0.1", port))
    try:
        line = await Line.open(program.address)
        assert await line.connect(f"{SITE}:443") == 200
        await line.secure(program.trusting(), SITE)
        await line.send(f"GET /page HTTP/1.1\r\nHost: {SITE}\r\n\r\n".encode())
        status, body = await within(line.answer())
        assert status == 502
        assert b"certificate is not valid" in body
        line.close()
    finally:
        program.kill()


# What counts as the filter's word

SQUID = {"squid_error": "ERR_ACCESS_DENIED 0", "via": f"1.1 {NAME} (squid/5.7)"}


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        pytest.param(dict(SQUID), True, id="Squid's page on a connection that it opened"),
        pytest.param({**SQUID, "status": 451}, True, id="for legal reasons"),
        pytest.param({**SQUID, "by_the_filter": False}, False, id="the certificate is the site's own"),
        pytest.param({**SQUID, "by_the_filter": False, "plain": True}, True, id="plain"),
        pytest.param({**SQUID, "status": 503}, False, id="a failure"),
        pytest.param({**SQUID, "status": 200}, False, id="a page"),
        pytest.param({**SQUID, "via": f"1.1 own (squid/6), 1.1 {NAME} (squid/5.7)"}, False, id="came from further"),
        pytest.param({**SQUID, "via": "1.1 filter"}, False, id="somebody else passed it on"),
        pytest.param({"via": SQUID["via"]}, False, id="a site's refusal"),
        pytest.param({"status": 302, "location": NAME}, True, id="to the filter"),
        pytest.param({"status": 302, "location": "login.test"}, False, id="to somewhere else"),
        pytest.param({"status": 302}, False, id="to nowhere"),
        pytest.param({"status": 403, "location": NAME}, False, id="no redirect"),
    ],
)
def test_only_what_is_surely_the_filters_is_taken_for_it(answer: dict[str, Any], expected: bool) -> None:
    ordinary = {"status": 403, "squid_error": "", "via": "", "location": "", "plain": False, "by_the_filter": True}
    assert is_block_page(Answer(**{**ordinary, **answer}), NAME) is expected


@pytest.mark.parametrize(
    ("status", "refused"), [(200, False), (307, True), (403, True), (407, False), (451, True), (502, False)]
)
def test_a_filter_that_fails_has_not_refused(status: int, refused: bool) -> None:
    assert refuses_connect(status) is refused


@pytest.mark.parametrize(
    ("asked", "opened"),
    [
        pytest.param(("GET", "document", "", ""), True, id="opened"),
        pytest.param(("POST", "document", "", ""), True, id="a form"),
        pytest.param(("GET", "", "text/html,*/*", ""), True, id="an old browser"),
        pytest.param(("GET", "", "*/*", ""), False, id="something else"),
        pytest.param(("GET", "image", "text/html", ""), False, id="a part of a page"),
        pytest.param(("GET", "iframe", "", ""), False, id="a frame"),
        pytest.param(("GET", "document", "", "prefetch"), False, id="ahead"),
        pytest.param(("HEAD", "document", "", ""), False, id="head only"),
    ],
)
def test_only_pages_that_somebody_opens_count(asked: tuple[str, str, str, str], opened: bool) -> None:
    assert is_navigation(*asked) is opened
