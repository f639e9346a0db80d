"""Annex A of the report, followed line by line in a Chromium without Carrel: each line shows its recipient.

The report is of the database that Carrel wrote while the demo's visits went through it. Then every line of the annex is
read from the report's JSON, its pages are opened directly, and its filter word is applied as the network panel does.
"""

from __future__ import annotations

import fnmatch
import json
import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dns.message
import dns.query
import dns.rdatatype
import pytest

from addons import settings as configuration
from deploy import trust
from deploy.browsers import Found
from deploy.demo.config import config_text
from deploy.demo.names import SITES
from deploy.demo.pages import NAMES, PAGES, Page
from deploy.demo.run import free_port, running, visit, written
from deploy.demo.world import World
from deploy.report import write
from tests.browser.drivers import environment, program

CHROMIUM = program("chromium", "chromium-browser")
pytestmark = pytest.mark.skipif(
    not (CHROMIUM and program("certutil")), reason="Chromium or certutil is not installed: `make browsers`"
)


@dataclass(frozen=True, slots=True)
class Annex:
    site: str
    lines: tuple[dict[str, str], ...]
    kinds: dict[str, list[str]]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, dict[str, Annex]]]:
    folder = tmp_path_factory.mktemp("reproduction")
    with ExitStack() as stack:
        world = stack.enter_context(World(folder, datetime.now(UTC)))
        proxy = ("127.0.0.1", free_port())
        config = folder / "carrel.toml"
        config.write_text(config_text(world, proxy, ("127.0.0.1", free_port()), folder / "data"), "utf-8")
        with running(config, lambda line: None):
            visit(world, Found("chromium", str(CHROMIUM)), folder, proxy, lambda line: None)
            written(folder / "data" / "carrel.db", world)
        yield world, {site: _annex(config, site, folder) for site in SITES.values()}


def _annex(config: Path, site: str, folder: Path) -> Annex:
    (file,) = write(
        configuration.load(config), site, since=None, until=None, made_on=date(2026, 11, 24), formats_wanted="json",
        out=folder / "reports",
    )  # fmt: skip
    parts = json.loads(file.read_text("utf-8"))["parts"]
    tables: dict[str, Any] = {
        block["id"]: block["rows"] for part in parts for block in part["blocks"] if block["kind"] == "table"
    }
    kinds = {row["kind"]: row["addresses"].split() for row in tables["page_kinds"]}
    return Annex(site, tuple(tables["reproduction"]), kinds)


class Panel:
    """The network panel of a Chromium with a new profile: what it would list, by Chromium's own events."""

    def __init__(self, folder: Path, world: World) -> None:
        from playwright.sync_api import sync_playwright

        trust.prepare_chromium(folder / "home", world.authority)
        rules = ", ".join(f"MAP {name} 127.0.0.1:{world.port}" for name in NAMES)
        self._play = sync_playwright().start()
        self._context = self._play.chromium.launch_persistent_context(
            folder / "profile",
            executable_path=CHROMIUM,
            headless=True,
            args=["--no-sandbox", "--disable-quic", "--disable-background-networking", "--no-first-run",
                  f"--host-resolver-rules={rules}, MAP * ~NOTFOUND"],
            env=dict(environment(folder / "home")),
        )  # fmt: skip

    def listed(self, page: Page, consent: str) -> set[str]:
        """Hosts of all requests that the page makes, beacons and pings among them."""
        self._context.clear_cookies()
        tab = self._context.new_page()
        session = self._context.new_cdp_session(tab)
        session.send("Network.enable")
        asked: set[str] = set()
        session.on("Network.requestWillBeSent", lambda said: asked.add(said["request"]["url"]))
        session.on("Network.webSocketCreated", lambda said: asked.add(said["url"]))
        # Frames' own requests stand in the panel, too.
        tab.on("request", lambda request: asked.add(request.url))
        tab.goto(f"https://{page.host}{page.path}")
        _quiet(tab, asked)
        button = {"refuse": "#refused", "accept and reload": "#accepted"}.get(consent)
        if button:
            if tab.locator(button).count():
                tab.click(button)
            asked.clear()
            tab.reload()
            _quiet(tab, asked)
        tab.close()
        return {urlsplit(url).hostname or "" for url in asked}

    def close(self) -> None:
        self._context.close()
        self._play.stop()


@pytest.fixture(scope="module")
def panel(demo: tuple[World, dict[str, Annex]], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Panel]:
    panel = Panel(tmp_path_factory.mktemp("panel"), demo[0])
    yield panel
    panel.close()


@pytest.mark.parametrize("site", SITES.values())
def test_every_line_of_the_annex_shows_its_recipient(
    demo: tuple[World, dict[str, Annex]], panel: Panel, site: str
) -> None:
    world, annexes = demo
    annex = annexes[site]
    assert annex.lines
    seen: dict[tuple[Page, str], set[str]] = {}
    for line in annex.lines:
        for kind in line["open"].split():
            found: set[str] = set()
            pages = [page for page in PAGES if SITES[page.host] == site and _kind(page, annex.kinds) == kind]
            assert pages, f"{line['recipient']}: the demo has no page of the kind {kind}"
            for page in pages:
                place = page, line["consent"]
                if place not in seen:
                    seen[place] = panel.listed(page, line["consent"])
                found |= left_by(line["filter"], seen[place])
            assert found, f"{line['recipient']}: nothing is left by {line['filter']} on pages of the kind {kind}"
            if line["shows"] == "alias":
                found = {target for host in found if (target := _alias(world, host))}
            assert any(f".{host}".endswith(f".{line['recipient']}") for host in found), line


def _quiet(tab: Any, asked: set[str]) -> None:
    """Wait until nothing more is listed; a beacon keeps Playwright's own measure of idleness from coming."""
    for _ in range(40):
        before = len(asked)
        tab.wait_for_timeout(250)
        if len(asked) == before:
            return


def left_by(words: str, hosts: set[str]) -> set[str]:
    """As Chromium's panel filters: `domain:` takes a whole host name, in which a star stands for anything."""
    patterns = [word.removeprefix("domain:") for word in words.split() if word.startswith("domain:")]
    assert patterns
    assert len(patterns) == len(words.split())
    return {host for host in hosts for one in patterns if re.fullmatch(re.escape(one).replace(r"\*", ".*"), host)}


def _kind(page: Page, kinds: dict[str, list[str]]) -> str:
    """As step 3 says: by the paths that the annex prints; else the first page is home."""
    path = page.path.partition("?")[0]
    for kind, patterns in kinds.items():
        if any(fnmatch.fnmatchcase(path, pattern) for pattern in patterns):
            return kind
    return "home" if path == "/" else "other"


def _alias(world: World, host: str) -> str:
    """nslookup -type=CNAME HOST"""
    question = dns.message.make_query(host, dns.rdatatype.CNAME)
    answer = dns.query.udp(question, "127.0.0.1", port=world.nameserver.port, timeout=5)
    return next((str(record.target).rstrip(".") for given in answer.answer for record in given), "")
