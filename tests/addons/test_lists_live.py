"""A fetched list comes, is replaced and goes back under a running `carrel proxy`, and nobody notices.

The list is brought by a second process, `carrel lists`, as an administrator's timer would. Requests go on all the time.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import ssl
import sys
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.addons import town as towns
from tests.addons.patron import browser
from tests.addons.program import settle
from tests.addons.reports import chromium_uri
from tests.addons.town import SEALED, SITE, Town
from tests.addons.world import Origins
from tests.browser.loop import Loop

ROOT = Path(__file__).parents[2]
HOSTS = 10_000
"""As many as take the program a tenth of a second or more to read."""


def rules(version: str, *more: str) -> str:
    head = f"[Adblock Plus 2.0]\n! Version: {version}\n! Title: EasyPrivacy\n||veteran.test^\n"
    return head + "".join(f"||host{number}.example^$third-party\n" for number in range(HOSTS)) + "\n".join(more) + "\n"


OLD = rules("1")
NEW = rules("2", "||newcomer.test^$third-party", *(f"||leaver{number}.test^" for number in range(30)))
RULE_OF_NEWCOMER = f"easyprivacy:{HOSTS + 5} ||newcomer.test^$third-party"


@pytest.fixture(scope="module")
def town(aside: Loop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """Origins and a program of this module's own: nothing else is to be counted."""
    origins = Origins(aside, tmp_path_factory.mktemp("origins"))
    town = towns.build(origins, tmp_path_factory.mktemp("town"))
    try:
        yield town
        assert town.program.stop() == 0, town.program.output()
    finally:
        town.program.kill()
        origins.close()


@dataclass(slots=True)
class Traffic:
    """Clients that ask without a pause, each in its own way, and what became of every request."""

    town: Town
    answered: Counter[str] = field(default_factory=Counter)
    failed: list[str] = field(default_factory=list)
    slow: list[str] = field(default_factory=list)

    @asynccontextmanager
    async def flowing(self) -> AsyncIterator[None]:
        sealed = ssl.create_default_context(cafile=self.town.origins.authority.root)
        async with (
            browser(self.town, http2=False) as opened,
            browser(self.town, http2=True) as opened2,
            httpx.AsyncClient(proxy=self.town.program.url, verify=sealed, timeout=20) as kept,
        ):
            tasks = [
                asyncio.create_task(self._ask("opened", lambda: opened.get(f"https://{SITE}/page"))),
                asyncio.create_task(self._ask("opened, HTTP/2", lambda: opened2.get(f"https://{towns.H2_SITE}/page"))),
                asyncio.create_task(self._ask("sealed", lambda: kept.get(f"https://{SEALED}/page"))),
                asyncio.create_task(self._ask("sealed, new connection", lambda: self._anew(sealed))),
                asyncio.create_task(self._slowly("opened", opened, SITE)),
                asyncio.create_task(self._slowly("sealed", kept, SEALED)),
            ]
            try:
                yield
            finally:
                self.town.origins.release.set()
                await asyncio.gather(*tasks[4:], return_exceptions=True)
                for task in tasks[:4]:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)

    async def _ask(self, way: str, get: Callable[[], Awaitable[httpx.Response]]) -> None:
        while True:
            try:
                response = await get()
            except httpx.HTTPError as error:
                self.failed.append(f"{way}: {error!r}")
            else:
                if response.status_code == 200:
                    self.answered[way] += 1
                else:
                    self.failed.append(f"{way}: {response.status_code}")
            await asyncio.sleep(0.02)

    async def _anew(self, context: ssl.SSLContext) -> httpx.Response:
        async with httpx.AsyncClient(proxy=self.town.program.url, verify=context, timeout=20) as client:
            return await client.get(f"https://{SEALED}/page")

    async def _slowly(self, way: str, client: httpx.AsyncClient, host: str) -> None:
        """An answer whose first half comes before the first list is taken and whose other half comes after."""
        response = await client.get(f"https://{host}/slow", timeout=60)
        self.slow.append(f"{way}: {response.text}")


@dataclass(frozen=True, slots=True)
class Staff:
    """What an administrator does and sees beside the running program."""

    town: Town

    async def lists(self, *arguments: str) -> str:
        command, *rest = arguments
        config = self.town.program.folder / "carrel.toml"
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "deploy.cli", "lists", command, "--config", str(config), *rest),
            env={"PATH": "/usr/bin:/bin", "HOME": str(self.town.program.folder), "PYTHONPATH": str(ROOT)},
            cwd=self.town.program.folder,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        output, _ = await asyncio.wait_for(process.communicate(), 60)
        assert process.returncode == 0, output.decode()
        return output.decode()

    async def bring(self, text: str) -> str:
        file = self.town.program.folder / "easyprivacy.txt"
        await asyncio.to_thread(file.write_text, text)
        return await self.lists("update", "--from-file", str(file), "--name", "easyprivacy")

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        path = self.town.program.data / "carrel.db"
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)) as connection:
            return connection.execute(sql).fetchall()

    def party(self, domain: str) -> tuple[Any, ...] | None:
        sql = f"select list, list_version, rule from third_parties where domain = '{domain}'"
        return next(iter(self.rows(sql)), None)

    async def taken(self, version: str) -> None:
        wanted = ("easyprivacy", version, HOSTS)
        sql = "select name, version, rules / 1000 * 1000 from rulesets"
        await settle(lambda: wanted in self.rows(sql), 20)


async def see(town: Town, host: str) -> None:
    """A browser opens a page of the site and reports that the page asked for something at this host."""
    page = f"https://{SITE}/page"
    async with browser(town, http2=True) as client:
        shown = await client.get(page, headers={"Sec-Fetch-Dest": "document", "Sec-Fetch-Site": "none"})
        address = shown.headers["Content-Security-Policy-Report-Only"].rpartition("report-uri ")[2].split(";")[0]
        body = json.dumps({"csp-report": chromium_uri(f"https://{host}/pixel.gif", "img-src", page)})
        sent = await client.post(address, content=body, headers={"Content-Type": "application/csp-report"})
        assert sent.status_code == 204


type Day = tuple[Traffic, Staff, list[str], dict[str, tuple[Any, ...] | None]]


@pytest.fixture(scope="module")
def day(town: Town) -> Day:
    """One day of an administrator: a first list, a second, and back, while everybody reads on."""
    return asyncio.run(a_day(town))


async def a_day(town: Town) -> Day:
    staff, traffic = Staff(town), Traffic(town)
    said: list[str] = []
    found: dict[str, tuple[Any, ...] | None] = {}
    async with traffic.flowing():
        said.append(await staff.bring(OLD))
        await staff.taken("1")
        town.origins.release.set()
        for host in ("www.veteran.test", "cdn.newcomer.test"):
            await see(town, host)
        await settle(lambda: staff.party("veteran.test") is not None and staff.party("newcomer.test") is not None, 20)
        found |= {"veteran, first": staff.party("veteran.test"), "newcomer, first": staff.party("newcomer.test")}
        said.append(await staff.bring(NEW))
        await staff.taken("2")
        await see(town, "cdn.newcomer.test")
        await settle(lambda: staff.party("newcomer.test") != found["newcomer, first"], 20)
        found["newcomer, second"] = staff.party("newcomer.test")
        said.append(await staff.lists("rollback", "easyprivacy"))
        for number in range(30):  # nothing but its verdicts says which list the program has
            leaver = f"leaver{number}.test"
            await see(town, f"www.{leaver}")
            await asyncio.sleep(0.5)
            seen = [staff.party(f"leaver{earlier}.test") for earlier in range(number)]
            if ("", "", "") in seen:
                break
        found["leaver, back"] = next((one for one in seen if one == ("", "", "")), None)
        found["newcomer, back"] = staff.party("newcomer.test")
    return traffic, staff, said, found


def test_a_list_that_came_while_the_program_ran_names_third_parties(day: Day) -> None:
    _, _, said, found = day
    assert f"version 1 is in use: {HOSTS + 1:,} rules" in said[0]
    assert found["veteran, first"] == ("easyprivacy", "1", "easyprivacy:4 ||veteran.test^")
    assert found["newcomer, first"] == ("", "", "")


def test_a_newer_list_takes_its_place_without_a_restart(day: Day) -> None:
    _, staff, said, found = day
    assert f"version 2 is in use: {HOSTS + 32:,} rules" in said[1]
    assert found["newcomer, second"] == ("easyprivacy", "2", RULE_OF_NEWCOMER)
    sql = "select version, rules, skipped, licence, length(sha256), fetched from rulesets where name = 'easyprivacy'"
    rulesets = {row[0]: row[1:] for row in staff.rows(sql)}
    assert rulesets.keys() == {"1", "2"}
    assert rulesets["2"][:2] == (HOSTS + 32, 0)
    assert rulesets["2"][2].startswith("GPL-3.0-or-later")
    assert rulesets["2"][3] == 64
    assert len(rulesets["2"][4]) == 10


def test_going_back_takes_effect_and_leaves_the_evidence_that_there_was(day: Day) -> None:
    _, _, said, found = day
    assert said[2].startswith("easyprivacy: version 1 of ")
    assert found["leaver, back"] == ("", "", "")
    assert found["newcomer, back"] == ("easyprivacy", "2", RULE_OF_NEWCOMER)


def test_every_request_was_answered(day: Day) -> None:
    traffic, staff, _, _ = day
    assert traffic.failed == []
    assert traffic.answered.keys() == {"opened", "opened, HTTP/2", "sealed", "sealed, new connection"}
    assert min(traffic.answered.values()) > 100, traffic.answered
    assert sorted(traffic.slow) == ["opened: first halfother half", "sealed: first halfother half"]
    assert staff.rows("select sum(dropped), sum(reports_refused) from coverages") == [(0, 0)]


def test_the_program_said_nothing_about_it(day: Day) -> None:
    assert day[0].town.program.complaint() == ""
