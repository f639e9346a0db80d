"""The real program as a process of its own, with the world as its internet."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

from deploy.demo.run import free_port
from tests.browser.loop import wait_for
from tests.browser.pages import CATALOG, HOSTS, VENDOR
from tests.browser.world import World


class Carrel:
    """`carrel proxy`, started; everything that it writes, wherever it chooses to, lands below `folder/written`."""

    def __init__(self, folder: Path, world: World, *, mode: str = "observe", trackers: Iterable[str] = ()) -> None:
        """mode: the vendor's, enforced from the first page on. trackers: hosts that a fetched list is to name."""
        self.written = folder / "written"
        self.data = self.written / "data"
        self.database = self.data / "carrel.db"
        self.root = self.data / "ca" / "root.pem"
        self.port = free_port()
        for name in ("home", "temporary"):
            (self.written / name).mkdir(parents=True)
        config = folder / "carrel.toml"
        config.write_text(configuration(self.port, self.data, world, mode))
        self.config = config
        if names := "".join(f"||{host}^\n" for host in trackers):
            (folder / "list.txt").write_text(f"[Adblock Plus 2.0]\n! Version: 202611240000\n{names}")
            self.run("lists", "update", "--from-file", str(folder / "list.txt"), "--name", "easyprivacy")
        self._stdout, self._stderr = self.written / "stdout", self.written / "stderr"
        with self._stdout.open("wb") as stdout, self._stderr.open("wb") as stderr:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "deploy.cli", "proxy", "--config", str(config)],
                env=self._environment,
                cwd=self.written,
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
            )
        if not wait_for(lambda: self._process.poll() is not None or "ready" in self.output().splitlines(), 90):
            self.kill()
            raise AssertionError(f"carrel proxy did not say `ready`: {self.output()}")
        if self._process.poll() is not None:
            raise AssertionError(f"carrel proxy ended with status {self._process.returncode}: {self.output()}")

    @property
    def _environment(self) -> dict[str, str]:
        return {
            "PATH": "/usr/bin:/bin",
            "HOME": str(self.written / "home"),
            "TMPDIR": str(self.written / "temporary"),
            "PYTHONPATH": str(Path(__file__).parents[2]),
        }

    def run(self, *arguments: str) -> str:
        """Another `carrel` with the same configuration, to its end; what it printed."""
        done = subprocess.run(
            [sys.executable, "-m", "deploy.cli", *arguments, "--config", str(self.config)],
            env=self._environment,
            cwd=self.written,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def output(self) -> str:
        return self._stdout.read_text() + self._stderr.read_text()

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Read the views as the dashboard does; nothing before the first flush has made them."""
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=10)) as connection:
            return connection.execute(sql).fetchall()

    def stop(self) -> int:
        """SIGTERM, as systemd does; the exit status."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        return self._process.wait(60)

    def kill(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait(60)


def configuration(port: int, data: Path, world: World, mode: str) -> str:
    hosts = "\n".join(f'"{host}" = "127.0.0.1:{world.port}"' for host in HOSTS)
    return f"""
[library]
name = "Loopback library"
[proxy]
listen = "127.0.0.1:{port}"
destinations = ["127.0.0.0/8"]
trust = "{world.authority.root}"
[proxy.hosts]
{hosts}
[protect]
settle = 0
[privacy]
k = 1
rare = 1
[data]
dir = "{data}"
[directory]
use = false
[[site]]
id = "vendor"
name = "Vendor"
kind = "vendor"
domains = ["{VENDOR}"]
mode = "{mode}"
[[site]]
id = "catalog"
name = "Catalog"
kind = "catalog"
domains = ["{CATALOG}"]
"""
