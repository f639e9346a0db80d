"""Chromium, driven by Playwright."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import BrowserContext, Error, Page, sync_playwright

from deploy import trust
from tests.browser.drivers import Refused, environment, program

FLAGS = (
    "--no-sandbox",  # tests run as root in containers
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


class Chromium:
    def __init__(self, folder: Path, proxy_port: int, *roots: Path) -> None:
        home = folder / "home"
        trust.prepare_chromium(home, *roots)
        self._playwright = sync_playwright().start()
        try:
            self._context: BrowserContext = self._playwright.chromium.launch_persistent_context(
                folder / "profile",
                executable_path=program("chromium", "chromium-browser"),
                headless=True,
                args=list(FLAGS),
                env=dict(environment(home)),
                proxy={"server": f"http://127.0.0.1:{proxy_port}"},  # playwright adds --proxy-bypass-list=<-loopback>
            )
        except BaseException:
            self._playwright.stop()
            raise
        self._tabs: dict[str, Page] = {}

    def open(self, url: str, tab: str = "first") -> None:
        if tab not in self._tabs:
            self._tabs[tab] = self._context.new_page()
        try:
            self._tabs[tab].goto(url, wait_until="load", timeout=60_000)
        except Error as error:
            if "ERR_CERT" in error.message:
                raise Refused(error.message.splitlines()[0]) from error
            raise

    def click(self, selector: str, tab: str = "first") -> None:
        self._tabs[tab].click(selector, timeout=30_000)

    def text(self, tab: str = "first") -> str:
        return self._tabs[tab].inner_text("body", timeout=30_000)

    def close(self) -> None:
        self._context.close()
        self._playwright.stop()
