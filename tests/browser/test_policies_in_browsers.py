"""The PAC file and the policy files in real browsers: nothing but them is set up.

Where a browser was told to go is seen at recording proxies and in the real program's database.
"""

from __future__ import annotations

import base64
import contextlib
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer

import pytest

from addons.decide.pac import MEDIA_TYPE, pac
from addons.settings import DESK, Proxy, Settings
from deploy import browsers, trust
from deploy.demo.run import free_port
from tests.browser.drivers import program
from tests.browser.kinds import CHROMIUM
from tests.browser.loop import wait_for, wait_until_still
from tests.browser.pages import CATALOG, CATALOG_THIRD
from tests.browser.private_places import Unplaceable, placed
from tests.browser.proxy import Carrel
from tests.browser.world import World


class Recorder:
    """A proxy that writes down what it is asked for. Plain addresses get a page, tunnels are refused."""

    def __init__(self) -> None:
        self.asked: set[str] = set()
        asked = self.asked

        class Handler(StreamRequestHandler):
            timeout = 20

            def handle(self) -> None:
                with contextlib.suppress(OSError, ValueError):
                    method, target, _ = self.rfile.readline(65536).decode("latin-1").split(" ")
                    while self.rfile.readline(65536).strip():
                        pass
                    asked.add(re.sub(r"^http://|[:/].*$", "", target))
                    status = "502 No" if method == "CONNECT" else "200 OK"
                    self.wfile.write(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())

        class Server(ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True

        self._server = Server(("127.0.0.1", 0), Handler)
        self.address = f"127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def carrel() -> Iterator[Recorder]:
    with closing(Recorder()) as recorder:
        yield recorder


@pytest.fixture
def content_filter() -> Iterator[Recorder]:
    with closing(Recorder()) as recorder:
        yield recorder


PLACES = ("http://catalog.test/", "https://sub.catalog.test/", "http://elsewhere.test/", f"http://{DESK}/")


def visited(browser_name: str, folder: Path, text: str) -> None:
    """Open PLACES in a browser that has nothing but this PAC file."""
    url = f"data:{MEDIA_TYPE};base64,{base64.b64encode(text.encode()).decode()}"
    folder.mkdir()
    found = browsers.find(browser_name)
    assert found
    browser: browsers.Browser
    if browser_name == CHROMIUM:
        browser = browsers.Chromium(found.program, folder, [f"--proxy-pac-url={url}"])
    else:
        automatic: dict[str, trust.Preference] = {"network.proxy.type": 2, "network.proxy.autoconfig_url": url}
        (folder / "user.js").write_text(trust.user_js("127.0.0.1", 9, automatic))
        browser = browsers.Firefox(found.program, folder)
    with closing(browser):
        for place in PLACES:
            with contextlib.suppress(browsers.BrowserError):  # a tunnel that is refused, a proxy that is down
                browser.open(place)
            wait_until_still(lambda: None, still=0.7)


def of_interest(recorder: Recorder) -> set[str]:
    """Without what the browser asks for itself."""
    return {host for host in recorder.asked if host.endswith((".test", DESK))}


def test_only_the_sites_and_the_desk_go_to_carrel_and_the_rest_to_the_filter(
    browser_name: str, tmp_path: Path, carrel: Recorder, content_filter: Recorder
) -> None:
    settings = Settings(proxy=Proxy(route="sites", upstream=f"http://{content_filter.address}"))
    visited(browser_name, tmp_path / "b", pac(settings, [CATALOG], carrel.address))
    assert of_interest(carrel) == {CATALOG, f"sub.{CATALOG}", DESK}
    assert of_interest(content_filter) == {"elsewhere.test"}


@pytest.mark.parametrize("on_failure", ["upstream", "direct"])
def test_when_carrel_is_down_the_filter_takes_over_for_all_but_the_desk(
    browser_name: str, tmp_path: Path, content_filter: Recorder, on_failure: str
) -> None:
    settings = Settings(proxy=Proxy(upstream=f"http://{content_filter.address}", on_failure=on_failure))
    visited(browser_name, tmp_path / "b", pac(settings, [CATALOG], f"127.0.0.1:{free_port()}"))
    assert of_interest(content_filter) == {CATALOG, f"sub.{CATALOG}", "elsewhere.test"}


def test_when_carrel_is_down_and_closed_nothing_of_the_sites_opens(
    browser_name: str, tmp_path: Path, content_filter: Recorder
) -> None:
    settings = Settings(proxy=Proxy(route="sites", upstream=f"http://{content_filter.address}", on_failure="closed"))
    visited(browser_name, tmp_path / "b", pac(settings, [CATALOG], f"127.0.0.1:{free_port()}"))
    assert of_interest(content_filter) == {"elsewhere.test"}


PLACED = {
    "chrome": {"carrel.json": "Chromium on Debian"},
    "firefox": {"policies.json": "Linux", "carrel-root.pem": "Linux"},
}
"""Which of the files a Debian machine needs, and under which words READ-ME-FIRST.txt names their places."""


def made(kind: str, config: Path, folder: Path) -> dict[Path, bytes]:
    """What `carrel policies` wrote, by the places that its own instructions name."""
    command = [
        sys.executable,
        "-m",
        "deploy.cli",
        "policies",
        "--config",
        str(config),
        "--for",
        kind,
        "--to",
        str(folder),
    ]
    subprocess.run(command, cwd=Path(__file__).parents[2], check=True, capture_output=True, timeout=60)
    words = (folder / "READ-ME-FIRST.txt").read_text()
    found = {}
    for name, system in PLACED[kind].items():
        place = re.search(rf"^  - {re.escape(system)}: (/.*/{re.escape(name)})$", words, re.MULTILINE)
        assert place, words
        found[Path(place[1])] = (folder / name).read_bytes()
    return found


def test_a_browser_with_nothing_but_the_files_is_counted(
    browser_name: str, tmp_path: Path, world: World, carrel_proxy: Carrel
) -> None:
    kind = "chrome" if browser_name == CHROMIUM else "firefox"
    files = made(kind, tmp_path / "carrel.toml", tmp_path / "files")
    real = program("chromium", "chromium-browser") if browser_name == CHROMIUM else program("firefox-esr", "firefox")
    assert real
    home = tmp_path / "home"
    home.mkdir()
    with contextlib.ExitStack() as stack:
        try:
            script = str(stack.enter_context(placed(tmp_path, real, files)))
        except Unplaceable as why:
            pytest.skip(str(why))
        browser: browsers.Browser
        browser = browsers.Chromium(script, home, []) if browser_name == CHROMIUM else browsers.Firefox(script, home)
        stack.callback(browser.close)
        third = "select distinct third_party from contacts where method like 'report%'"
        address = world.pages.address("catalog")

        def seen() -> bool:
            return {row[0] for row in carrel_proxy.rows(third)} >= set(CATALOG_THIRD)

        assert wait_for(lambda: opens(browser, address) and wait_for(seen, 15), 90), carrel_proxy.output()
    assert [row[0] for row in carrel_proxy.rows("select distinct site from page_loads")] == ["catalog"]


def opens(browser: browsers.Browser, url: str) -> bool:
    """Firefox takes a moment to read its certificate; the first page may come too early."""
    try:
        browser.open(url)
    except browsers.BrowserError:
        return False
    return True
