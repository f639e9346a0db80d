"""A vendor's page as the library's rewriting proxy shows it, in real browsers: its hosts and its trackers all have
names below the proxy's own, and each contact is still laid at the right door.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from addons.decide.judge import UNRESOLVED_PARTY
from deploy.demo.run import free_port
from tests.addons.program import Program
from tests.browser.conftest import new_canary
from tests.browser.drivers import Start
from tests.browser.loop import Loop, wait_until_still
from tests.browser.pages import BODIES, TYPES, Answer, Pages
from tests.browser.scene import Scene, configuration
from tests.browser.test_canaries import found
from tests.browser.world import World

SUFFIX = "ezproxy.anytown.test"
PAGE, STATIC = f"www-vendor-test.{SUFFIX}", f"static-vendor-test.{SUFFIX}"
ANALYTICS, DOTTED = f"www-google--analytics-com.{SUFFIX}", f"static.hotjar.com.{SUFFIX}"
UNKNOWN = f"123456abcdef-y-https-cdn-nowhere-invalid.{SUFFIX}"
"""As Muse writes them: the digits are a patron's session."""
LOGIN = f"login.{SUFFIX}"
DIRECT = "connect.facebook.net"
HOSTS = (PAGE, STATIC, ANALYTICS, DOTTED, UNKNOWN, LOGIN, DIRECT)


class Relayed(Pages):
    def answer(self, host: str, path: str) -> Answer:
        if host == PAGE and path.startswith("/search"):
            script = f'<script src="https://{STATIC}/own.js"></script>'
            images = "".join(
                f'<img src="https://{third}/p.png?q={self.canary}">'
                for third in (ANALYTICS, DOTTED, UNKNOWN, LOGIN, DIRECT)
            )
            beacon = f'<script>fetch("https://{ANALYTICS}/collect?{self.canary}", {{mode: "no-cors"}})</script>'
            return Answer(200, {"Content-Type": TYPES[".html"]}, f"<!doctype html>{script}{images}{beacon}".encode())
        kind = ".js" if path.endswith(".js") else ".png"
        return Answer(200, {"Content-Type": TYPES[kind]}, BODIES.get(kind, b""))


@pytest.fixture
def scene(loop: Loop, start: Start, tmp_path: Path) -> Iterator[Scene]:
    world = World(loop, tmp_path / "world", Relayed(new_canary()))
    port = free_port()
    configured = configuration(port, world, {"vendor": "vendor.test"}, HOSTS, rare=1)
    configured += f'[rewriting]\nsuffixes = ["{SUFFIX}"]\n'
    program = Program(tmp_path / "carrel", configured, ("127.0.0.1", port))
    try:
        browser = start(tmp_path / "browser", port, program.root, world.authority.root)
        try:
            yield Scene(world, program, browser)
        finally:
            browser.close()
    finally:
        program.kill()
        world.close()


def test_a_relayed_page_and_its_relayed_trackers_are_told_apart(scene: Scene) -> None:
    canary = scene.world.pages.canary
    scene.browser.open(f"https://{PAGE}/search?q={canary}")
    wait_until_still(lambda: len(scene.world.seen()))
    assert {one.host for one in scene.world.seen()} >= set(HOSTS)
    sql = "select third_party, kind, relation, relayed from contacts order by 1, 2"
    expected = [
        (UNRESOLVED_PARTY, "image", "third", 1),
        ("anytown.test", "image", "library", 0),
        ("facebook.net", "image", "third", 0),
        ("google-analytics.com", "connect", "third", 1),
        ("google-analytics.com", "image", "third", 1),
        ("hotjar.com", "image", "third", 1),
    ]
    scene.wait_for_rows(sql, expected)
    assert scene.program.stop() == 0, scene.program.output()
    assert scene.rows(sql) == expected
    assert scene.rows("select site, section, loads, with_third_party from page_loads") == [("vendor", "search", 1, 1)]
    assert scene.rows("select sum(reports_refused), sum(dropped) from coverages") == [(0, 0)]
    for text in ("ezproxy", "www-vendor", "www-google", "nowhere", "123456abcdef", canary):
        assert [file for file in found(scene.program.data, text) if not file.startswith("ca/")] == []
        assert text not in scene.program.output()
