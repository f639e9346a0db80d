"""Run the demo: a world on loopback, the real program, a real browser, a table, and the dashboard to look at.

Everything it writes lies in one folder, which it deletes unless told to keep it.
"""

import os
import queue
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from random import SystemRandom

from addons.settings import DESK
from deploy.browsers import INSTALL, BrowserError, Found, find, start
from deploy.demo.config import config_text
from deploy.demo.outcome import Outcome, compare, lines
from deploy.demo.pages import NAMES, NOTICE, VISITS
from deploy.demo.seen import contacts, facts
from deploy.demo.world import World
from deploy.trust import TrustError

# -P: a folder named `deploy` where somebody starts the demo must not be taken for ours.
PROGRAM = (sys.executable, "-P", "-m", "deploy.cli")
START_SECONDS = 60
WRITE_SECONDS = 20
Say = Callable[[str], None]


class DemoError(RuntimeError):
    """The demo cannot go on; one line."""


def run(open_dashboard: bool, keep: Path | None, browser: str | None, say: Say) -> int:
    """Show what Carrel does; the exit status. `open_dashboard`: stay until Ctrl+C. `keep`: a folder to leave behind."""
    found = find(browser)
    if found is None:
        say(f"There is no {browser or 'browser'} that the demo could drive: {INSTALL}")
        return 1
    try:
        with ExitStack() as stack:
            stack.enter_context(_stoppable())
            folder = keep or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="carrel-demo-")))
            return _run(_emptied(folder), found, open_dashboard, say, stack)
    except KeyboardInterrupt:
        say("Stopped.")
        return 0
    except (BrowserError, DemoError, TrustError) as error:
        say(f"The demo stopped: {error}")
        return 1
    except OSError as error:
        say(f"The demo stopped: {error.strerror or error}")
        return 1


def _run(folder: Path, found: Found, open_dashboard: bool, say: Say, stack: ExitStack) -> int:
    say(NOTICE)
    world = stack.enter_context(World(folder, datetime.now(UTC)))
    proxy, dashboard = ("127.0.0.1", free_port()), ("127.0.0.1", free_port())
    config = folder / "carrel.toml"
    config.write_text(config_text(world, proxy, dashboard, folder / "data"), encoding="utf-8")
    stack.enter_context(running(config, say))
    say(f"{Path(found.program).name} makes {len(VISITS)} visits through the proxy:")
    visit(world, found, folder, proxy, say)
    outcome = written(folder / "data" / "carrel.db", world)
    say("")
    for line in lines(outcome):
        say(line)
    if open_dashboard:
        say(f"The dashboard shows the same, and more: http://{dashboard[0]}:{dashboard[1]}/ (Ctrl+C ends the demo)")
        threading.Event().wait()
    return 0 if outcome.agrees else 1


def visit(world: World, found: Found, folder: Path, proxy: tuple[str, int], say: Say) -> None:
    """Let the browser open each page, one after the other, until nothing more comes."""
    # The proxy vouches for the sites it opens; everything else reaches the browser with its own server's certificate.
    roots = (folder / "data" / "ca" / "root.pem", world.authority)
    with ExitStack() as stack:
        home = tempfile.TemporaryDirectory(prefix="carrel-browser-", ignore_cleanup_errors=True)
        browser = start(found, Path(stack.enter_context(home)), roots, proxy, (*NAMES, DESK))
        stack.callback(browser.close)
        for number, one in enumerate(VISITS, 1):
            say(f"  {number:2}/{len(VISITS)}  https://{one.host}{one.path}")
            world.begin_visit()
            browser.open(f"https://{one.host}{one.path}")
            if not world.settle(one.host):
                raise DemoError(f"{one.host} was not reached through the proxy; `carrel doctor` may say why")


def free_port() -> int:
    """A port on loopback on which nobody listens.

    It is below those that the system gives to whoever does not ask for a number, outgoing connections among them:
    one of these could otherwise take it before it is used.
    """
    for port in SystemRandom().sample(range(20_000, 32_000), 100):
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise DemoError("no port is free on this machine; end what listens on so many, and try again")


def _emptied(folder: Path) -> Path:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise DemoError(f"the folder {folder} is not empty: name a new one, so that nothing of yours is touched")
    return folder.resolve()


@contextmanager
def running(config: Path, say: Say) -> Iterator[None]:
    """`carrel up` with this configuration, from its line `ready` on; ended, and waited for, on the way out."""
    command = [*PROGRAM, "up", "--config", str(config)]
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    # A thread reads for as long as the program runs, or it would stop at a full pipe.
    output: queue.Queue[str | None] = queue.Queue()

    def read() -> None:
        assert process.stdout
        for line in process.stdout:
            output.put(line.rstrip())
        output.put(None)

    threading.Thread(target=read, daemon=True).start()
    try:
        _await_ready(output)
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _await_ready(output: "queue.Queue[str | None]") -> None:
    end, last = time.monotonic() + START_SECONDS, "it said nothing"
    while (left := end - time.monotonic()) > 0:
        try:
            line = output.get(timeout=left)
        except queue.Empty:
            break
        if line is None:
            raise DemoError(f"`carrel up` ended at once: {last}")
        if line.strip() == "ready":
            return
        last = line.strip() or last
    raise DemoError(f"`carrel up` was not ready within {START_SECONDS} s: {last}")


def written(database: Path, world: World) -> Outcome:
    """The comparison, once the ledger has written what the proxy still weighs in memory; or as it is in the end."""
    told = world.nameserver.answered
    contacted, further = contacts(world.asked, told), facts(world.asked, told)
    end = time.monotonic() + WRITE_SECONDS
    while True:
        outcome = compare(database, contacted, further)
        if outcome.agrees or time.monotonic() > end:
            return outcome
        time.sleep(0.3)


@contextmanager
def _stoppable() -> Iterator[None]:
    """SIGTERM ends the demo as Ctrl+C does, so that no folder and no process is left behind."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, signal.default_int_handler) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
