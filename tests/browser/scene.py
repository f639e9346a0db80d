"""A browser, the program behind it, and a loopback world of a test's own pages. Decides nothing, expects nothing."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.demo.run import free_port
from tests.addons.program import Program
from tests.browser.drivers import Browser, Start
from tests.browser.loop import Loop, wait_for
from tests.browser.pages import Pages
from tests.browser.world import World


@dataclass(frozen=True, slots=True)
class Scene:
    world: World
    program: Program
    browser: Browser

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Read the views as the dashboard does."""
        return rows(self.program, sql)

    def wait_for_rows(self, sql: str, wanted: Iterable[tuple[Any, ...]]) -> None:
        """Until these rows are among the answers. Only ends the wait: the tests say what is missing."""
        needed = set(wanted)
        wait_for(lambda: needed <= set(self.rows(sql)), 20)


def rows(program: Program, sql: str) -> list[tuple[Any, ...]]:
    path = program.data / "carrel.db"
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)) as connection:
        return connection.execute(sql).fetchall()


@contextmanager
def play(
    loop: Loop,
    start: Start,
    folder: Path,
    pages: Pages,
    sites: Mapping[str, str],
    third: Iterable[str],
    *,
    rare: int = 1,
) -> Iterator[Scene]:
    """`sites`: id and domain; `third`: the other names of the world; `rare`: as in the configuration."""
    world = World(loop, folder / "world", pages)
    port = free_port()
    program = Program(folder / "carrel", configuration(port, world, sites, third, rare), ("127.0.0.1", port))
    try:
        browser = start(folder / "browser", port, program.root, world.authority.root)
        try:
            yield Scene(world, program, browser)
        finally:
            browser.close()
    finally:
        program.kill()
        world.close()


def configuration(port: int, world: World, sites: Mapping[str, str], third: Iterable[str], rare: int) -> str:
    hosts = "\n".join(f'"{host}" = "127.0.0.1:{world.port}"' for host in sorted({*sites.values(), *third}))
    tables = "".join(f'[[site]]\nid = "{name}"\ndomains = ["{domain}"]\n' for name, domain in sites.items())
    return f"""
[library]
name = "Loopback library"
[proxy]
listen = "127.0.0.1:{port}"
destinations = ["127.0.0.0/8"]
trust = "{world.authority.root}"
[proxy.hosts]
{hosts}
[privacy]
k = 1
rare = {rare}
[data]
dir = "@DATA@"
[directory]
use = false
{tables}"""
