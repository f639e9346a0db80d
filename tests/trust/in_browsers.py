"""Chromium and Firefox with canaries in what they load: the page with every kind of contact, and pages elsewhere."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from tests.browser.drivers import Start, program
from tests.browser.kinds import CHROMIUM, FIREFOX
from tests.browser.loop import Loop, wait_until_still
from tests.browser.pages import HOSTS, Pages
from tests.browser.world import World
from tests.trust.canary import Planted, Register, new
from tests.trust.lodging import Lodging

__all__ = ["HOSTS", "visit", "world"]


def world(loop: Loop, folder: Path) -> World:
    return World(loop, folder, Pages(new()))


def visit(world: World, lodging: Lodging, register: Register, mode: str, folder: Path) -> list[str]:
    notes = []
    port = next(int(line.rpartition(":")[2]) for line in lodging.output().splitlines() if line.startswith("proxy "))
    for name, module, kind, programs in (
        (CHROMIUM, "tests.browser.chromium", "Chromium", ("chromium", "chromium-browser")),
        (FIREFOX, "tests.browser.firefox", "Firefox", ("firefox-esr", "firefox")),
    ):
        if program(*programs) is None or program("certutil") is None:
            notes.append(f"{kind:12} not tried: it is not installed (`make browsers`)")
            continue
        start: Start = getattr(import_module(module), kind)
        browser = start(folder / name, port, lodging.root, world.authority.root)
        before = len(world.seen())
        try:
            for page in ("kinds", "elsewhere", "catalog", "bye"):
                canary = new()
                register.planted[canary] = Planted(f"{kind}: page, contacts, cookies, bodies", "plain", "site", mode)
                # One more canary for each page: the world's page reads it when it is asked.
                object.__setattr__(world.pages, "canary", canary)
                browser.open(world.pages.address(page))
                wait_until_still(lambda: len(world.seen()), seconds=15)
                if any(canary in seen.path for seen in world.seen()):
                    register.arrived(canary)
        finally:
            browser.close()
        notes.append(f"{kind:12} {mode}: {len(world.seen()) - before} requests through Carrel, each with a canary")
    return notes
