"""Find a browser on this computer and drive it, headless, in a folder of its own: for the demo and the doctor.

The profile of whoever runs the program is never opened. Browsers are driven through interfaces that they bring along
(Chromium's developer tools over HTTP, Firefox's Marionette over TCP): no driver has to be installed.
"""

import base64
import json
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote

from deploy.trust import Preference, prepare_chromium, prepare_firefox

PROGRAMS = {
    "chromium": ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"),
    "firefox": ("firefox-esr", "firefox"),
}
INSTALL = "apt install chromium (or firefox-esr)"


class BrowserError(RuntimeError):
    """The browser does not do what it should; one line that says what to do."""


@dataclass(frozen=True, slots=True)
class Found:
    kind: str
    """`chromium` or `firefox`."""
    program: str


class Browser(Protocol):
    def open(self, url: str) -> None:
        """Load a page; may come back before it is complete."""

    def close(self) -> None: ...


def find(kind: str | None = None) -> Found | None:
    """The first browser on the PATH, of one kind or of any."""
    for name, programs in PROGRAMS.items():
        for program in programs:
            if kind in (None, name) and (path := shutil.which(program)):
                return Found(name, path)
    return None


def start(found: Found, folder: Path, roots: Sequence[Path], proxy: tuple[str, int], names: Collection[str]) -> Browser:
    """A browser in `folder` that trusts `roots`, sends these names to the proxy, and cannot reach any other."""
    pac = "data:application/x-ns-proxy-autoconfig;base64," + base64.b64encode(only_to(names, proxy).encode()).decode()
    if found.kind == "chromium":
        prepare_chromium(folder, *roots)
        return Chromium(found.program, folder, [f"--proxy-pac-url={pac}"])
    automatic: dict[str, Preference] = {"network.proxy.type": 2, "network.proxy.autoconfig_url": pac}
    prepare_firefox(folder, *roots, proxy=proxy, further=automatic)
    return Firefox(found.program, folder)


def only_to(names: Collection[str], proxy: tuple[str, int]) -> str:
    """A PAC file: these names go to the proxy, all others to a port where nobody listens."""
    known = json.dumps(dict.fromkeys(sorted(names), 1))
    return (
        f"var known = {known};\n"
        "function FindProxyForURL(url, host) {\n"
        f'  return known[host] ? "PROXY {_authority(proxy)}" : "PROXY 127.0.0.1:9";\n'
        "}\n"
    )


def read_with_chromium(
    program: str, folder: Path, root: Path, proxy: tuple[str, int], url: str, seconds: float = 40
) -> str:
    """The document that Chromium makes of one page through the proxy."""
    prepare_chromium(folder, root)
    proxied = [f"--proxy-server=http://{_authority(proxy)}", "--proxy-bypass-list=<-loopback>"]
    command = [program, *chromium_arguments(folder), *proxied, "--dump-dom", url]
    with _started(command, folder, stdout=subprocess.PIPE) as process:
        try:
            out, _ = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            raise BrowserError(f"the browser did not show the page within {seconds:.0f} s") from None
        finally:
            _end(process)
    return bytes(out).decode(errors="replace")


def chromium_arguments(folder: Path) -> list[str]:
    """What makes a Chromium of our own: headless, quiet, and nothing in the user's folders."""
    arguments = [
        "--headless",
        f"--user-data-dir={folder / 'profile'}",
        "--disable-background-networking",
        "--disable-breakpad",
        "--disable-component-update",
        "--disable-default-apps",
        "--disable-dev-shm-usage",
        "--disable-domain-reliability",
        "--disable-extensions",
        "--disable-features=OptimizationHints,MediaRouter,Translate,AutofillServerCommunication,CertificateTransparencyComponentUpdater",
        "--disable-gpu",
        "--disable-sync",
        "--metrics-recording-only",
        "--no-default-browser-check",
        "--no-first-run",
        "--no-pings",
        "--password-store=basic",
    ]
    if os.geteuid() == 0:
        arguments.append("--no-sandbox")  # Chromium refuses to run as root with it; it only opens the pages named here
    return arguments


class Chromium:
    """Chromium or Chrome, through the HTTP half of the developer tools: one page at a time."""

    def __init__(self, program: str, folder: Path, further: list[str]) -> None:
        command = [program, *chromium_arguments(folder), *further, "--remote-debugging-port=0", "about:blank"]
        self._process = _started(command, folder)
        try:
            self._port = int(_appearing(folder / "profile" / "DevToolsActivePort", self._process).split()[0])
        except BrowserError:
            _end(self._process)
            raise
        self._page = ""

    def open(self, url: str) -> None:
        before, self._page = (self._page, self._ask("PUT", f"/json/new?{quote(url, safe='')}")["id"])
        if before:
            self._ask("GET", f"/json/close/{before}")

    def close(self) -> None:
        _end(self._process)

    def _ask(self, method: str, path: str) -> Any:
        request = urllib.request.Request(f"http://127.0.0.1:{self._port}{path}", method=method)
        try:
            # No proxy of the environment between this program and its own browser.
            opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
            with opener.open(request, timeout=20) as response:
                body = response.read()
        except (OSError, urllib.error.URLError):
            raise BrowserError("the browser no longer answers; try again, or the other one with --browser") from None
        return json.loads(body) if body.startswith((b"{", b"[")) else None


class Firefox:
    """Firefox, through Marionette.

    It is told `length:[0, number, command, parameters]` and says `length:[1, number, error, result]`.
    """

    def __init__(self, program: str, folder: Path) -> None:
        command = [program, "--headless", "--no-remote", "--marionette", "--profile", str(folder), "about:blank"]
        with (folder / "user.js").open("a", encoding="utf-8") as file:
            file.write('user_pref("marionette.port", 0);\n')
        self._process = _started(command, folder)
        self._number = 0
        try:
            port = int(_appearing(folder / "MarionetteActivePort", self._process))
            self._connection = socket.create_connection(("127.0.0.1", port), timeout=60)
            self._stream = self._connection.makefile("rb")
            self._receive()  # a greeting
            self._ask("WebDriver:NewSession", {})
        except (OSError, ValueError, BrowserError):
            _end(self._process)
            raise BrowserError("Firefox did not start; try `--browser chromium`") from None

    def open(self, url: str) -> None:
        self._ask("WebDriver:Navigate", {"url": url})

    def close(self) -> None:
        self._connection.close()
        _end(self._process)

    def _ask(self, command: str, parameters: Mapping[str, Any]) -> Any:
        self._number += 1
        message = json.dumps([0, self._number, command, parameters]).encode()
        try:
            self._connection.sendall(b"%d:%s" % (len(message), message))
            _, _, error, result = self._receive()
        except (OSError, ValueError):
            raise BrowserError("the browser no longer answers; try again, or the other one with --browser") from None
        if error:
            raise BrowserError(f"Firefox could not open the page: {error.get('error', 'no reason given')}")
        return result

    def _receive(self) -> Any:
        digits = b""
        while (byte := self._stream.read(1)).isdigit():
            digits += byte
        return json.loads(self._stream.read(int(digits)))


def _authority(proxy: tuple[str, int]) -> str:
    host, port = proxy
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _started(command: list[str], home: Path, stdout: int = subprocess.DEVNULL) -> subprocess.Popen[bytes]:
    # HOME keeps certificate store, caches and crash files in our folder. A session of its own: browsers are many
    # processes, and Ctrl+C in the terminal is for the demo to act on.
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "LANG", "TMPDIR", "LD_LIBRARY_PATH")}
    environment = {**kept, "HOME": str(home), "XDG_RUNTIME_DIR": str(home), "MOZ_CRASHREPORTER_DISABLE": "1"}
    try:
        return subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError as error:
        raise BrowserError(f"cannot start {command[0]}: {error.strerror}") from None


def _appearing(path: Path, process: subprocess.Popen[bytes], seconds: float = 60) -> str:
    """The content of a file that the browser writes when it is ready."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and process.poll() is None:
        if path.exists() and (text := path.read_text()):
            return text
        time.sleep(0.05)
    raise BrowserError("the browser did not start; try the other one with --browser")


def _end(process: subprocess.Popen[bytes]) -> None:
    """The browser and all processes that it started."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
            process.wait(timeout=5)
        except ProcessLookupError:
            break
        except subprocess.TimeoutExpired:
            continue
    process.wait()
