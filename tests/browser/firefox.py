"""Firefox ESR, driven by Marionette."""

from __future__ import annotations

import subprocess
from pathlib import Path

from marionette_driver import By, errors
from marionette_driver.marionette import Marionette

from deploy import trust
from tests.browser.drivers import Refused, environment, program
from tests.browser.loop import wait_for

PREFERENCES: dict[str, trust.Preference] = {
    "marionette.port": 0,  # chosen by Firefox, written to MarionetteActivePort
    "remote.prefs.recommended": False,  # Marionette's own choice would switch off some of what is to be seen here
    "network.prefetch-next": True,  # Firefox's default
    "browser.send_pings": True,  # off by default, but somebody may have it on
}


class Firefox:
    def __init__(self, folder: Path, proxy_port: int, *roots: Path) -> None:
        profile = folder / "profile"
        trust.prepare_firefox(profile, *roots, proxy=("127.0.0.1", proxy_port), further=PREFERENCES)
        command = [program("firefox-esr", "firefox") or "firefox-esr", "--headless", "--no-remote", "--marionette"]
        self._output = (folder / "firefox.log").open("wb")
        self._process = subprocess.Popen(
            [*command, "--profile", str(profile)],
            env=environment(folder / "home"),
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=self._output,
        )
        try:
            active = profile / "MarionetteActivePort"
            if not wait_for(lambda: active.exists() and active.read_text().strip() != "", 90):
                raise RuntimeError(f"Firefox did not start; its output is in {self._output.name}")
            self._marionette = Marionette(host="127.0.0.1", port=int(active.read_text()))
            self._marionette.start_session({"acceptInsecureCerts": False, "pageLoadStrategy": "normal"})
        except BaseException:
            self._end()
            raise
        self._tabs: dict[str, str] = {"first": self._marionette.current_window_handle}

    def open(self, url: str, tab: str = "first") -> None:
        if tab not in self._tabs:
            self._tabs[tab] = self._marionette.open(type="tab", focus=True)["handle"]
        self._marionette.switch_to_window(self._tabs[tab])
        try:
            self._marionette.navigate(url)
        except errors.InsecureCertificateException as error:
            raise Refused(str(self._marionette.get_url())) from error

    def click(self, selector: str, tab: str = "first") -> None:
        self._marionette.switch_to_window(self._tabs[tab])
        self._marionette.find_element(By.CSS_SELECTOR, selector).click()

    def text(self, tab: str = "first") -> str:
        self._marionette.switch_to_window(self._tabs[tab])
        return str(self._marionette.find_element(By.CSS_SELECTOR, "body").text)

    def close(self) -> None:
        try:
            self._marionette.delete_session()
        finally:
            self._end()

    def _end(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(30)
        self._output.close()
