"""Trackers behind a site's own names: the running program asks a loopback name server, and pages wait for no answer.

The name server that is asked is named by `[proxy] nameserver`; the sites' names are pinned to loopback origins.
"""

from __future__ import annotations

import asyncio
import hashlib
import sqlite3
import ssl
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import dns.rcode
import httpx
import pytest

from blocklists.shelf import Copy, Shelf
from tests.addons import town as towns
from tests.addons.nameserver import NameServer, Zone
from tests.addons.patron import browser
from tests.addons.program import settle
from tests.addons.town import SEALED, SITE, Town
from tests.addons.world import Origins
from tests.browser.loop import Loop

ALIASES = {
    "metrics.vendor.test": "vendor.sc.omtrdc.net",
    "deep.vendor.test": "vendor.middle.test",
    "vendor.middle.test": "far.middle.test",
    "far.middle.test": "vendor.matomo.cloud",
    "fetched.vendor.test": "collector.newtracker.test",
    "loop.vendor.test": "pool.vendor.test",
    "pool.vendor.test": "loop.vendor.test",
    "files.vendor.test": "d111111abcdef8.cloudfront.net",
}
CLOAKED = ("metrics.vendor.test", "deep.vendor.test", "fetched.vendor.test")
HARMLESS = ("loop.vendor.test", "files.vendor.test", "address.vendor.test", "nowhere.vendor.test")
"""A chain that bites its tail, a host of files, a name with an address only, and none that the name server knows."""
FAILING = ("failing.vendor.test",)
PAGES = tuple(f"page{number}.vendor.test" for number in range(40))
LIST = b"[Adblock Plus 2.0]\n! Version: 1\n||newtracker.test^\n"
SQL = "select third_party, kind, method, relation, loads, requests from contacts order by 1"


@dataclass(slots=True)
class House:
    """The program, its name server, and what a patron gets through the one while the other behaves or does not."""

    loop: Loop
    town: Town
    server: NameServer
    answered: Counter[str] = field(default_factory=Counter)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        path = self.town.program.data / "carrel.db"
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)) as connection:
            return connection.execute(sql).fetchall()

    async def page(self, client: httpx.AsyncClient, host: str = SITE) -> None:
        await self._get(client, f"https://{host}/page", {"Sec-Fetch-Dest": "document", "Sec-Fetch-Site": "none"})

    async def pixel(self, client: httpx.AsyncClient, host: str) -> None:
        await self._get(client, f"https://{host}/i.gif?c=1", {"Sec-Fetch-Dest": "image", "Sec-Fetch-Site": "same-site"})

    async def _get(self, client: httpx.AsyncClient, url: str, headers: dict[str, str]) -> None:
        response = await client.get(url, headers=headers)
        assert response.status_code == 200
        self.answered[httpx.URL(url).host] += 1

    async def looked_up(self, *hosts: str) -> None:
        """Until the name server was asked for each, and the program had the time to read the answers."""
        await settle(lambda: set(hosts) <= set(self.server.asked))
        await asyncio.sleep(0.7)

    def loads(self) -> int:
        return int(self.rows("select coalesce(sum(loads), 0) from page_loads")[0][0])


def build(loop: Loop, folder: Path, *, extra: str = "") -> tuple[Origins, Town, NameServer]:
    async def serve() -> NameServer:
        ends = set(ALIASES.values()) - ALIASES.keys()  # with an address, so that nobody asks for what comes after them
        return await NameServer(Zone(ALIASES, {"address.vendor.test", SITE, *ends})).open()

    server = loop.run(serve())
    origins = Origins(loop, folder / "origins")
    shelf = Shelf(folder / "town" / "data" / "lists")
    sha256 = hashlib.sha256(LIST).hexdigest()
    shelf.put(Copy("easyprivacy", "file ours.txt", "none", "1", "2026-11-24", sha256, 1), LIST, checked="2026-11-24")
    pins = {
        name: f"127.0.0.1:{origins.serve(origins.http, tls=origins.tls(name))}"
        for name in (*CLOAKED, *HARMLESS, *FAILING, *PAGES)
    }
    extra = f'nameserver = "127.0.0.1:{server.address[1]}"\n{extra}'
    return origins, towns.build(origins, folder / "town", extra=extra, pins=pins), server


@pytest.fixture(scope="module")
def house(aside: Loop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    origins, town, server = build(aside, tmp_path_factory.mktemp("cloaked"))
    try:
        yield House(aside, town, server)
        assert town.program.stop() == 0, town.program.output()
        assert town.program.complaint() == ""
    finally:
        town.program.kill()
        origins.close()
        aside.run(server.close())


async def test_a_tracker_at_the_end_of_a_chain_is_found_once_the_name_server_has_answered(house: House) -> None:
    """A host's first request only raises the question; the page does not wait for the answer."""
    async with browser(house.town, http2=True) as client:
        await house.page(client)
        for host in (*CLOAKED, *HARMLESS):
            await house.pixel(client, host)
        await house.looked_up(*CLOAKED, *HARMLESS)
        await house.page(client)
        for host in (*CLOAKED, *HARMLESS) * 2:
            await house.pixel(client, host)
    await settle(lambda: house.loads() == 2)
    await settle(lambda: len(house.rows(SQL)) >= 3)
    assert house.rows(SQL) == [
        ("matomo.cloud", "image", "dns", "third", 1, 2),
        ("newtracker.test", "image", "dns", "third", 1, 2),
        ("omtrdc.net", "image", "dns", "third", 1, 2),
    ]


async def test_its_evidence_is_the_list_that_names_the_end_of_the_chain(house: House) -> None:
    found = {row[0]: row[1:] for row in house.rows("select domain, list, rule from third_parties")}
    assert found == {
        "matomo.cloud": ("trackers", "matomo.cloud"),
        "newtracker.test": ("easyprivacy", "easyprivacy:3 ||newtracker.test^"),
        "omtrdc.net": ("trackers", "omtrdc.net"),
    }


async def test_a_page_is_not_counted_as_with_a_third_party_for_it(house: House) -> None:
    assert house.rows("select sum(with_third_party) from page_loads") == [(0,)]


async def test_each_name_was_asked_for_once_and_only_names_of_sites(house: House) -> None:
    trust = ssl.create_default_context(cafile=house.town.origins.authority.root)
    async with httpx.AsyncClient(proxy=house.town.program.url, verify=trust, timeout=20) as outside:
        assert (await outside.get(f"https://{SEALED}/page")).status_code == 200
    await asyncio.sleep(0.5)
    assert set(house.server.asked) == {SITE, *CLOAKED, *HARMLESS}
    assert set(house.server.asked.values()) == {1}


async def test_a_name_server_that_fails_costs_nothing_but_the_finding(house: House) -> None:
    before, contacts = house.loads(), house.rows(SQL)
    house.server.zone.rcode = dns.rcode.SERVFAIL
    async with browser(house.town, http2=True) as client:
        await house.page(client)
        for _ in range(3):
            for host in FAILING:
                await house.pixel(client, host)
            await house.looked_up(*FAILING)
    house.server.zone.rcode = dns.rcode.NOERROR
    await settle(lambda: house.loads() == before + 1)
    assert house.rows(SQL) == contacts
    assert house.server.asked[FAILING[0]] == 2  # tried again once, and then left alone for a while


async def test_pages_do_not_wait_for_a_name_server_that_is_silent(house: House) -> None:
    """Had each of these page loads waited for its look-up, every name would have been asked for twice by now."""
    before = house.loads()
    house.server.asked.clear()
    house.server.zone.silent = True
    async with browser(house.town, http2=True) as client:
        for host in PAGES:
            await house.page(client, host)
    asked = sum(house.server.asked.values())
    assert all(house.answered[host] == 1 for host in PAGES)
    assert 0 < asked < len(PAGES)
    await settle(lambda: house.loads() == before + len(PAGES))
    assert house.rows("select sum(dropped), sum(reports_refused) from coverages") == [(0, 0)]


async def test_nothing_of_the_chains_but_their_trackers_is_written(house: House) -> None:
    for path in house.town.program.data.rglob("*"):
        if path.is_file() and "lists" not in path.parts:
            content = path.read_bytes()
            assert not [name for name in (b"middle.test", b"sc.omtrdc", b"vendor.matomo", b"deep.") if name in content]


async def test_nobody_is_asked_where_uncloaking_is_off(aside: Loop, tmp_path: Path) -> None:
    origins, town, server = build(aside, tmp_path, extra="uncloak = false")
    house = House(aside, town, server)
    try:
        async with browser(town, http2=True) as client:
            for _ in range(2):
                await house.page(client)
                for host in CLOAKED:
                    await house.pixel(client, host)
        await settle(lambda: house.loads() == 2)
        assert town.program.stop() == 0
        assert house.rows(SQL) == []
        assert server.asked == Counter()
    finally:
        town.program.kill()
        origins.close()
        aside.run(server.close())
