"""The loopback world, the two browsers, and one visit through Carrel for each, which many tests then question."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.drivers import Start, program
from tests.browser.kinds import BROWSERS, CHROMIUM, FIREFOX
from tests.browser.loop import Loop, wait_for
from tests.browser.pages import Pages
from tests.browser.proxy import Carrel
from tests.browser.visit import Visit, recorded, walk
from tests.browser.world import World


@pytest.fixture(scope="session")
def loop() -> Iterator[Loop]:
    loop = Loop()
    yield loop
    loop.close()


@pytest.fixture
def world(loop: Loop, tmp_path: Path) -> Iterator[World]:
    world = World(loop, tmp_path / "world", Pages(new_canary()))
    yield world
    world.close()


@pytest.fixture
def carrel_proxy(world: World, tmp_path: Path) -> Iterator[Carrel]:
    """The program between a test's own browser and the world; ends as it should, or the test fails."""
    carrel = Carrel(tmp_path, world)
    try:
        yield carrel
        assert carrel.stop() == 0, carrel.output()
    finally:
        carrel.kill()


@pytest.fixture(scope="session", params=BROWSERS)
def browser_name(request: pytest.FixtureRequest) -> str:
    name = str(request.param)
    need = {CHROMIUM: ("chromium", "chromium-browser"), FIREFOX: ("firefox-esr", "firefox")}[name]
    for programs in (need, ("certutil",)):
        if program(*programs) is None:
            pytest.skip(f"{programs[0]} is not installed: `make browsers` installs what these tests need")
    return name


@pytest.fixture(scope="session")
def start(browser_name: str) -> Start:
    # Imported here: the drivers' packages are only needed where there is a browser.
    if browser_name == CHROMIUM:
        from tests.browser.chromium import Chromium

        return Chromium
    from tests.browser.firefox import Firefox

    return Firefox


@pytest.fixture(scope="session")
def visit(browser_name: str, start: Start, loop: Loop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visit]:
    folder = tmp_path_factory.mktemp(browser_name)
    world = World(loop, folder / "world", Pages(new_canary()))
    carrel = Carrel(folder, world)
    try:
        browser = start(folder / "browser", carrel.port, carrel.root, world.authority.root)
        try:
            walk(browser, browser_name, world)
            wait_for(lambda: recorded(carrel, browser_name))
        finally:
            browser.close()
        while_running = Path(shutil.copytree(carrel.written, folder / "while-running", ignore_dangling_symlinks=True))
        status = carrel.stop()
        yield Visit(
            browser=browser_name,
            canary=world.pages.canary,
            seen=tuple(world.seen()),
            connected=frozenset(world.connected()),
            contacted=frozenset(world.contacted_by("kinds")),
            carrel=carrel,
            status=status,
            while_running=while_running,
        )
    finally:
        carrel.kill()
        world.close()


def new_canary() -> str:
    """A string that nothing else in the world contains."""
    return f"Cnry-{secrets.token_hex(6)}~z"
