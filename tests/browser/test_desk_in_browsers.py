"""The patron's desk in real browsers: by keyboard alone, without scripts, for screen readers, on a phone, on paper."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest

from tests.addons.reading_room import PLAIN_SITE, Room
from tests.addons.world import Origins
from tests.browser.drivers import Start, environment, program
from tests.browser.kinds import CHROMIUM, FIREFOX
from tests.browser.loop import Loop, wait_for
from tests.browser.pages import VENDOR
from tests.browser.proxy import Carrel
from tests.browser.world import World

DESK = "carrel.internal"
LOADS = "select coalesce(sum(loads), 0) from page_loads"
SIZES = {"phone": (390, 844), "desktop": (1280, 900)}
LANGUAGES = ("en", "es")
LONG_NAME = "Anytown and Surrounding Counties Regional Public Library District"


class Keyboard(Protocol):
    """What a patron without a mouse has, in a browser that runs no scripts."""

    def press(self, key: str) -> None: ...

    def focused(self) -> str:
        """Text of what has the focus."""


class ChromiumKeys:
    def __init__(self, browser: Any) -> None:
        browser.open("about:blank")
        self._page = browser._tabs["first"]
        session = browser._context.new_cdp_session(self._page)
        session.send("Emulation.setScriptExecutionDisabled", {"value": True})

    def press(self, key: str) -> None:
        self._page.keyboard.press(key)

    def focused(self) -> str:
        found = self._page.locator(":focus")
        return str(found.text_content() or "").strip() if found.count() else ""


class FirefoxKeys:
    def __init__(self, browser: Any) -> None:
        self._marionette = browser._marionette

    def press(self, key: str) -> None:
        from marionette_driver.keys import Keys

        code = {"Tab": Keys.TAB, "Enter": Keys.ENTER}[key]
        self._marionette.actions.sequence("key", "keyboard").send_keys(code).perform()

    def focused(self) -> str:
        from marionette_driver.errors import MarionetteException

        try:
            return str(self._marionette.get_active_element().text).strip()
        except MarionetteException:
            return ""  # between two pages


KEYBOARDS: dict[str, Callable[[Any], Keyboard]] = {CHROMIUM: ChromiumKeys, FIREFOX: FirefoxKeys}


def press_button(keyboard: Keyboard, label: str) -> int:
    """Tab to a button and press it; how many times Tab was pressed."""
    for count in range(1, 40):
        keyboard.press("Tab")
        if keyboard.focused() == label:
            keyboard.press("Enter")
            return count
    raise AssertionError(f"the keyboard does not reach {label!r}")


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_opting_out_by_keyboard_alone_without_scripts(
    start: Start,
    browser_name: str,
    world: World,
    carrel_proxy: Carrel,
    tmp_path: Path,
    scheme: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if browser_name == FIREFOX:
        from tests.browser import firefox

        monkeypatch.setitem(firefox.PREFERENCES, "javascript.enabled", False)
    browser = start(tmp_path / "browser", carrel_proxy.port, carrel_proxy.root, world.authority.root)
    try:
        keyboard = KEYBOARDS[browser_name](browser)
        browser.open(world.pages.address("bye"))
        wait_for(lambda: carrel_proxy.rows(LOADS) == [(1,)])
        assert carrel_proxy.rows(LOADS) == [(1,)]

        browser.open(f"{scheme}://{DESK}/")
        assert press_button(keyboard, "Switch Carrel off for this computer") < 12
        # It has the focus: a screen reader goes on there.
        assert wait_for(lambda: keyboard.focused() == "Carrel is off at this computer")
        asked = len([seen for seen in world.seen() if seen.host == VENDOR])
        browser.open(world.pages.address("bye"))
        assert len([seen for seen in world.seen() if seen.host == VENDOR]) > asked  # it works as before
        wait_for(lambda: carrel_proxy.rows(LOADS) != [(1,)], 4)
        assert carrel_proxy.rows(LOADS) == [(1,)]
        assert carrel_proxy.rows("select sum(opted_out) from coverages") == [(1,)]

        browser.open(f"{scheme}://{DESK}/")
        press_button(keyboard, "Switch Carrel on again")
        assert wait_for(lambda: keyboard.focused() == "Carrel is on at this computer")
        browser.open(world.pages.address("bye"))
        wait_for(lambda: carrel_proxy.rows(LOADS) == [(2,)])
        assert carrel_proxy.rows(LOADS) == [(2,)]
    finally:
        browser.close()


# Screen readers, phones and paper: Chromium, with what axe-core knows


@pytest.fixture(scope="module")
def origins(loop: Loop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Origins]:
    origins = Origins(loop, tmp_path_factory.mktemp("origins"))
    yield origins
    origins.close()


@pytest.fixture(scope="module", params=["opt-out", "opt-in", "firm"])
def room(request: pytest.FixtureRequest, origins: Origins, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    privacy = {"opt-out": "", "opt-in": 'consent = "opt-in"', "firm": "opt_out = false"}[request.param]
    room = Room(origins, tmp_path_factory.mktemp(request.param), privacy=privacy)
    try:
        yield room
        assert room.program.stop() == 0, room.program.output()
    finally:
        room.program.kill()


@pytest.fixture(scope="module")
def chromium(room: Room, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    found = program("chromium", "chromium-browser")
    if not (found and program("certutil")):
        pytest.skip("chromium is not installed: `make browsers` installs what these tests need")
    from playwright.sync_api import sync_playwright

    from deploy import trust
    from tests.browser.chromium import FLAGS

    home = tmp_path_factory.mktemp("home")
    trust.prepare_chromium(home, room.program.root, room.origins.authority.root)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=found,
            headless=True,
            args=list(FLAGS),
            env=dict(environment(home)),
            proxy={"server": room.program.url},
        )
        yield browser
        browser.close()


def opened(chromium: Any, size: str, scheme: str, **further: Any) -> Any:
    width, height = SIZES[size]
    view = {"width": width, "height": height}
    return chromium.new_context(viewport=view, color_scheme=scheme, **further).new_page()


def violations(page: Any) -> list[str]:
    """What axe-core finds, at every level: WCAG 2.2 A to AAA, and what it calls best practice."""
    from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]

    tags = ["wcag2a", "wcag2aa", "wcag2aaa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    found = Axe().run(page, options={"runOnly": tags, "resultTypes": ["violations"]}).response["violations"]
    return [f"{one['id']}: {node['html'][:100]}" for one in found for node in one["nodes"]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_axe_finds_no_violation_on_any_page(room: Room, chromium: Any, size: str, scheme: str) -> None:
    page = opened(chromium, size, scheme)
    further = not room.privacy  # the other settings change the first page and the sign only
    for language in LANGUAGES:
        for path in ("", "sign", *(("recorded", "sites", "look", "sign-letter", "no-such-page") if further else ())):
            page.goto(f"https://{DESK}/{language}/{path}")
            check(page)
        for asked in (VENDOR, "elsewhere.test", "<none>") if further else ():
            page.goto(f"https://{DESK}/{language}/look")
            page.fill("#site", asked)
            page.click("main button")
            check(page)
        page.goto(f"https://{DESK}/{language}/")
        if page.locator(".status button").count():
            before = page.inner_text("#now")
            for _ in range(2):
                page.click(".status button")
                check(page)
            assert page.inner_text("#now") == before
            page.evaluate("document.querySelector('[name=token]').value = 'old'")
            page.click(".status button")
            assert page.get_by_role("alert").count() == 1
            check(page)
    page.context.close()


def check(page: Any) -> None:
    assert violations(page) == [], page.url
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"{page.url} is {wide} pixels too wide"


def test_axe_finds_no_violation_without_the_proxy(room: Room, chromium: Any) -> None:
    page = opened(chromium, "phone", "light", proxy={"server": room.program.url, "bypass": "127.0.0.1"})
    for language in LANGUAGES:
        for path in ("", "sign"):
            page.goto(f"http://127.0.0.1:{room.desk_port}/{language}/{path}")
            assert "Loopback library" in page.inner_text("body")
            check(page)
    page.context.close()


@pytest.mark.parametrize("path", ["", "recorded", "sites", "look", "sign"])
def test_large_letters_on_a_small_screen_need_no_scrolling_sideways(room: Room, chromium: Any, path: str) -> None:
    """As WCAG 1.4.10 has it: 320 pixels."""
    page = chromium.new_context(viewport={"width": 320, "height": 640}).new_page()
    for language in LANGUAGES:
        page.goto(f"https://{DESK}/{language}/{path}")
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.context.close()


def test_nothing_is_loaded_but_the_page(room: Room, chromium: Any) -> None:
    page = opened(chromium, "desktop", "light")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for path in ("", "recorded", "sites", "look", "sign"):
        page.goto(f"https://{DESK}/en/{path}", wait_until="networkidle")
    assert [url for url in asked if not url.startswith(f"https://{DESK}/en/")] == []
    assert page.context.cookies() == []
    page.context.close()


FORM = """address => {
    const form = document.createElement('form');
    form.method = 'post';
    form.action = address;
    for (const [name, value] of [['watched', 'no'], ['token', '']]) {
        const field = document.createElement('input');
        field.name = name;
        field.value = value;
        form.append(field);
    }
    document.body.append(form);
    form.submit();
}"""
FETCH = """address => fetch(address, {method: 'POST', mode: 'no-cors', body: new URLSearchParams('watched=no')})
    .catch(error => 'refused')"""
FRAME = """address => new Promise(done => {
    const frame = document.createElement('iframe');
    frame.onload = () => done(0);
    frame.src = address.replace('choice', '');
    document.body.append(frame);
})"""


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_site_s_page_cannot_choose_for_the_patron(room: Room, chromium: Any, scheme: str) -> None:
    page = opened(chromium, "desktop", "light")
    page.goto(f"https://{DESK}/en/")
    before = page.inner_text(".status")
    site, address = {"http": PLAIN_SITE, "https": VENDOR}[scheme], f"{scheme}://{DESK}/en/choice"
    page.goto(f"{scheme}://{site}/page")
    page.evaluate(FETCH, address)
    page.evaluate(FRAME, address)
    texts = [frame.locator("body").inner_text() for frame in page.frames[1:]]
    assert len(texts) == 1
    assert "Carrel" not in texts[0]
    page.evaluate(FORM, address)
    page.wait_for_url(f"*://{DESK}/**")
    assert "Nothing was changed" in page.inner_text("main")
    page.goto(f"https://{DESK}/en/")
    assert page.inner_text(".status") == before
    page.context.close()


MEDIA = {"a4": (595, 842), "letter": (612, 792)}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("paper", MEDIA)
def test_the_sign_prints_on_one_sheet(chromium: Any, paper: str, language: str) -> None:
    page = opened(chromium, "desktop", "light")
    page.goto(f"https://{DESK}/{language}/sign-{paper}")
    for name in ("Loopback library", LONG_NAME):
        page.evaluate(
            "([name]) => document.querySelectorAll('.lede').forEach(one =>"
            " one.textContent = one.textContent.replace('Loopback library', name))",
            [name],
        )
        printed = page.pdf(prefer_css_page_size=True)
        assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 1
        sizes = [float(number) for number in re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", printed)[0]]
        assert sizes == pytest.approx(MEDIA[paper], abs=1)
    page.context.close()
