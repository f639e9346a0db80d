"""One visit: the page with everything on it, other pages in other tabs, a click, and away. With Carrel or without."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tests.browser.drivers import Browser
from tests.browser.kinds import EMBEDS
from tests.browser.loop import wait_for, wait_until_still
from tests.browser.pages import CATALOG_THIRD, ELSEWHERE_THIRD
from tests.browser.proxy import Carrel
from tests.browser.world import Seen, World

LATE = frozenset({"ping", "unload", "lastbeacon", "hidden", "prefetch", "nextpage"})
"""Contacts that wait for the click, for leaving the page, or for the page after."""

NAVIGATIONS = {"vendor": 2, "catalog": 1}
"""Documents that the visit opens at each site: what page_loads must say."""


@dataclass(frozen=True, slots=True)
class Visit:
    """What is left of one visit: what the world saw, and everything that Carrel wrote, before and after it ended."""

    browser: str
    canary: str
    seen: tuple[Seen, ...]
    connected: frozenset[str]
    contacted: frozenset[str]
    """Third parties that were asked for something by the vendor's page."""
    carrel: Carrel
    status: int
    while_running: Path


def expected(browser: str) -> set[str]:
    """Third parties that this browser asks for something on behalf of the page, near or far."""
    return {embed.host for embed in EMBEDS if browser not in embed.silent and embed.name != "preconnect"}


def walk(browser: Browser, name: str, world: World) -> None:
    late = {embed.host for embed in EMBEDS if embed.name in LATE}
    browser.open(world.pages.address("kinds"))
    browser.open(world.pages.address("elsewhere"), tab="second")
    browser.open(world.pages.address("catalog"), tab="third")
    # A condition that is not met shows in the comparison that follows: here it only ends the wait.
    wait_for(lambda: expected(name) - late <= world.contacted_by("kinds"))
    browser.click("#ping")
    wait_for(lambda: "tp-ping.test" in world.contacted_by("kinds"))
    browser.open(world.pages.address("bye"))
    wait_for(lambda: expected(name) <= world.contacted_by("kinds"))
    wait_for(lambda: set(ELSEWHERE_THIRD) <= world.contacted_by("elsewhere"))
    wait_for(lambda: set(CATALOG_THIRD) <= world.contacted_by("catalog"))
    wait_until_still(lambda: len(world.seen()))


def recorded(carrel: Carrel, browser: str) -> bool:
    """Whether the database has what the visit must leave there: only ends the wait, the tests say what is missing."""
    loads = dict(carrel.rows("select site, sum(loads) from page_loads group by site"))
    found = {row[0] for row in carrel.rows("select distinct third_party from contacts")}
    wanted = {e.host for e in EMBEDS if e.direct and browser not in e.silent | e.unreported} | set(CATALOG_THIRD)
    return loads == NAVIGATIONS and wanted <= found
