"""The world against the browsers alone: each page makes the contacts that other tests look for in the database."""

from __future__ import annotations

from pathlib import Path

from tests.browser.drivers import Start
from tests.browser.kinds import EMBEDS
from tests.browser.loop import Loop
from tests.browser.pages import CATALOG_THIRD, ELSEWHERE_THIRD
from tests.browser.relay import Relay
from tests.browser.visit import expected, walk
from tests.browser.world import World


def test_every_embed_makes_its_contact_without_carrel(
    loop: Loop, world: World, start: Start, browser_name: str, tmp_path: Path
) -> None:
    relay = Relay(loop, world.port)
    browser = start(tmp_path / "browser", relay.port, world.authority.root)
    try:
        walk(browser, browser_name, world)
    finally:
        browser.close()
        relay.close()
    assert world.contacted_by("kinds") == expected(browser_name)
    assert world.contacted_by("elsewhere") == set(ELSEWHERE_THIRD)
    assert world.contacted_by("catalog") == set(CATALOG_THIRD)
    only_connected = world.connected() - {seen.host for seen in world.seen()}
    assert only_connected == {e.host for e in EMBEDS if e.name == "preconnect" and browser_name not in e.silent}


def test_names_of_embeds_are_their_own() -> None:
    assert len({embed.name for embed in EMBEDS}) == len(EMBEDS)
