"""Connections that the content filter or the door refuses, in real browsers: what a page could not reach is not counted
as reached, by whichever of the ways a page has. The servers' own logs decide.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from addons.passages import BLOCKED, STOPPED_UPSTREAM
from blocklists.shelf import Copy, Shelf
from deploy.demo.run import free_port
from tests.addons.program import Program
from tests.addons.squid import Internet, Squid
from tests.browser.drivers import Browser, Start
from tests.browser.kinds import EMBEDS
from tests.browser.loop import Loop, wait_for, wait_until_still
from tests.browser.pages import ELSEWHERE_THIRD, HOSTS, VENDOR
from tests.browser.scene import Scene, configuration
from tests.browser.world import World

REFUSED = tuple(sorted({embed.host for embed in EMBEDS if embed.host.startswith(("tp-i", "tp-s", "tp-f", "tp-b"))}))


@pytest.fixture(params=[STOPPED_UPSTREAM, BLOCKED])
def outcome(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def scene(world: World, loop: Loop, start: Start, tmp_path: Path, outcome: str) -> Iterator[Scene]:
    """A Carrel behind Squid, or one that blocks everywhere; both refuse the same hosts."""
    port, folder = free_port(), tmp_path / "carrel"
    text = configuration(port, world, {"vendor": VENDOR}, HOSTS, 1)
    squid = None
    if outcome == STOPPED_UPSTREAM:
        server = loop.run(asyncio.start_server(Internet(dict.fromkeys(HOSTS, world.port)).serve, "127.0.0.1", 0))
        squid = Squid(server.sockets[0].getsockname()[1], world.authority.root, banned=REFUSED)
        text = text.replace("[proxy]\n", f'[proxy]\nupstream = "http://127.0.0.1:{squid.port}"\n')
    else:
        content = "".join(f"||{host}^\n" for host in REFUSED).encode()
        copy = Copy("easyprivacy", "file ours.txt", "none", "1", "2026-11-24", hashlib.sha256(content).hexdigest(), 1)
        Shelf(folder / "data" / "lists").put(copy, content, checked="2026-11-24")
        (folder / "data").chmod(0o700)
        text = text.replace("[privacy]\n", "[protect]\nblock_everywhere = true\n[privacy]\n")
    program = Program(folder, text, ("127.0.0.1", port))
    try:
        browser: Browser = start(tmp_path / "browser", port, program.root, world.authority.root)
        try:
            yield Scene(world, program, browser)
        finally:
            browser.close()
    finally:
        program.kill()
        if squid:
            squid.stop()


def test_what_is_refused_is_not_counted_as_reached(scene: Scene, outcome: str) -> None:
    world, browser = scene.world, scene.browser
    browser.open(world.pages.address("kinds"))
    wait_for(lambda: bool(world.contacted_by("kinds")))
    wait_until_still(lambda: len(world.seen()))
    reached = world.contacted_by("kinds")
    assert reached
    assert reached.isdisjoint(REFUSED)
    counted = "select distinct third_party, outcome from contacts where method != 'tunnel'"
    wait_for(lambda: len(scene.rows(counted)) > len(REFUSED), 20)
    wait_until_still(lambda: scene.rows(counted), 3)
    found = scene.rows(counted)
    assert {outcome_ for host, outcome_ in found if host in REFUSED} == {outcome}
    assert {outcome_ for host, outcome_ in found if host not in REFUSED} == {"allowed"}
    assert len({host for host, _ in found} & set(REFUSED)) > len(REFUSED) / 2
    received = {host for (host,) in scene.rows("select distinct third_party from exposures")}
    assert received.isdisjoint(REFUSED)
    prevented = {host for (host,) in scene.rows("select distinct third_party from prevented")}
    assert prevented <= set(REFUSED)


def test_pages_of_others_are_refused_the_same_hosts_and_nothing_is_counted(scene: Scene) -> None:
    world, browser = scene.world, scene.browser
    wanted = set(ELSEWHERE_THIRD) - set(REFUSED)
    browser.open(world.pages.address("elsewhere"))
    assert wait_for(lambda: wanted <= world.contacted_by("elsewhere"))
    wait_until_still(lambda: len(world.seen()), 3)
    assert world.contacted_by("elsewhere").isdisjoint(REFUSED)
    assert scene.rows("select * from contacts") == []
    assert scene.rows("select * from presences") == []
