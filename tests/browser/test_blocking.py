"""Protection in real browsers: what is stopped reaches no server, by whichever of the ways a page has.

The servers' own logs decide. The vendor is protected, the catalog observed, and pages outside every site are nobody's.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

import pytest

from tests.browser.drivers import Browser, Start
from tests.browser.kinds import EMBEDS
from tests.browser.loop import wait_for, wait_until_still
from tests.browser.pages import CATALOG_THIRD, ELSEWHERE_THIRD
from tests.browser.proxy import Carrel
from tests.browser.world import World

NEWCOMERS = ("tp-img.test", "tp-fetch.test", "tp-stylesheet.test", "tp-frame.test", "tp-loader.test", "tp-socket.test")
"""Third parties that no list names."""
INSIDE_A_FRAME = "tp-inframe.test"
"""What a foreign frame loads is the doing of that page, not of the vendor's: no policy of ours is on it."""
TRACKERS = [embed.host for embed in EMBEDS if embed.host not in (*NEWCOMERS, INSIDE_A_FRAME)]


@pytest.fixture(params=["contract", "block"])
def mode(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def carrel(world: World, tmp_path: Path, mode: str) -> Iterator[Carrel]:
    carrel = Carrel(tmp_path, world, mode=mode, trackers=TRACKERS if mode == "block" else ())
    try:
        yield carrel
        assert carrel.stop() == 0, carrel.output()
    finally:
        carrel.kill()


@pytest.fixture
def browser(start: Start, carrel: Carrel, world: World, tmp_path: Path) -> Iterator[Browser]:
    browser = start(tmp_path / "browser", carrel.port, carrel.root, world.authority.root)
    yield browser
    browser.close()


def visit(browser: Browser, world: World, wanted: Collection[str] = ()) -> set[str]:
    """Open the page with every kind, click what is there to click, leave it; the third parties that were asked.

    wanted: those that it waits for before it leaves.
    """
    world.forget()
    browser.open(world.pages.address("kinds"))
    wait_for(lambda: world.contacted_by("kinds") >= set(wanted))
    wait_until_still(lambda: len(world.seen()))
    browser.click("#ping")
    browser.open(world.pages.address("bye"))
    wait_until_still(lambda: len(world.seen()))
    return world.contacted_by("kinds")


def test_what_is_stopped_reaches_no_server_and_what_is_allowed_works(
    browser: Browser, carrel: Carrel, world: World, mode: str
) -> None:
    asked = visit(browser, world)
    assert asked == set(), "neither a tracker nor, on the first page load, anybody new"
    assert any(seen.path.startswith("/own.css") for seen in world.seen()), "the page itself works"
    outcomes = "select distinct outcome from contacts where site = 'vendor' and method != 'tunnel'"
    assert wait_for(lambda: carrel.rows(outcomes) == [("blocked",)]), carrel.rows(outcomes)

    again = visit(browser, world, NEWCOMERS if mode == "block" else ())
    if mode == "contract":
        assert again == set()
    else:
        assert again.isdisjoint(TRACKERS)
        assert again >= set(NEWCOMERS), "who is new and no tracker is missed on one page load at most"

    # Others' pages: the same third parties, in another tab, are nobody's business; a site that is observed loads them.
    browser.open(world.pages.address("elsewhere"), tab="second")
    browser.open(world.pages.address("catalog"), tab="second")
    assert wait_for(lambda: set(ELSEWHERE_THIRD) <= world.contacted_by("elsewhere"))
    assert wait_for(lambda: set(CATALOG_THIRD) <= world.contacted_by("catalog"))


def test_what_a_stopped_contact_would_have_received_is_kept_apart(
    browser: Browser, carrel: Carrel, world: World
) -> None:
    visit(browser, world)
    assert wait_for(lambda: bool(carrel.rows("select 1 from contacts where outcome = 'blocked'")))
    assert carrel.rows("select distinct third_party from presences where site = 'vendor' and outcome = 'allowed'") == []
    assert carrel.rows("select count(*) from exposures where site = 'vendor'") == [(0,)]
    (standing,) = carrel.rows("select state, missing from protections where site = 'vendor'")
    assert standing == ("protected", 0)


def test_an_allow_rule_acts_on_the_next_page_without_a_restart(browser: Browser, carrel: Carrel, world: World) -> None:
    visit(browser, world)
    carrel.run("allow", "vendor", "tp-script.test", "--for", "1h", "--because", "the reader does not start")

    def allowed() -> bool:
        return "tp-script.test" in visit(browser, world)

    assert wait_for(allowed, 30)
    assert "tp-xhr.test" not in world.contacted_by("kinds")
    assert "tp-script.test" in carrel.run("allow")
