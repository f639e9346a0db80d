"""The program, its dashboard and all they may write, in a folder of their own. Started, watched while it runs, ended.

Everything lands below `written`: home, temporary files, data, output, core files. What lies in SQLite's files at any
moment is sampled while the program runs.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from tests.browser.loop import wait_for

ROOT = Path(__file__).parents[2]
_PAGE = 4096
_FRAME = 24
_MAX_SAMPLED = 48 << 20


class Lodging:
    def __init__(
        self, folder: Path, configuration: str, *, command: Sequence[str] = ("-m", "deploy.cli", "up")
    ) -> None:
        self.folder = folder
        self.written = folder / "written"
        self.data = self.written / "data"
        self.sampled = folder / "sampled"
        self.samples = 0
        for path in (self.written / "home", self.written / "temporary", self.sampled):
            path.mkdir(parents=True)
        self.config = folder / "carrel.toml"
        self.config.write_text(configuration.replace("@DATA@", str(self.data)))
        self._command = [sys.executable, *command, "--config", str(self.config)]
        self._pages: set[bytes] = set()
        self._ended = threading.Event()
        self._sampler = threading.Thread(target=self._sample, daemon=True)
        self._process: subprocess.Popen[bytes] | None = None

    def run(self, *arguments: str) -> None:
        """Another command with the same configuration; what it prints is kept with all else."""
        with (self.written / "commands").open("ab") as output:
            command = [sys.executable, "-m", "deploy.cli", *arguments, "--config", str(self.config)]
            done = subprocess.run(
                command, **self._surroundings(), stdout=output, stderr=output, check=False, timeout=90
            )
        assert done.returncode == 0, (self.written / "commands").read_text()

    def start(self) -> None:
        stdout, stderr = self.written / "stdout", self.written / "stderr"
        with stdout.open("ab") as out, stderr.open("ab") as err:
            self._process = subprocess.Popen(
                [*_no_nameserver(self.folder), *self._command],
                **self._surroundings(),
                stdout=out,
                stderr=err,
                # As lax as a careless service manager: the program itself has to see to it that no core is written.
                preexec_fn=_prepare,
            )
        process = self._process
        wait_for(lambda: process.poll() is not None or "ready" in self.output().splitlines(), 120)
        assert process.poll() is None, self.output()
        self._sampler.start()

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def root(self) -> Path:
        return self.data / "ca" / "root.pem"

    def output(self) -> str:
        return "".join((self.written / name).read_text("utf-8", "replace") for name in ("stdout", "stderr"))

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(f"file:{self.data / 'carrel.db'}?mode=ro", uri=True, timeout=20)) as database:
            return database.execute(sql).fetchall()

    def stop(self) -> int:
        assert self._process is not None
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        try:
            return self._process.wait(60)
        finally:
            self._ended.set()
            self._sampler.join(20)

    def kill(self) -> None:
        self._ended.set()
        if self._process and self._process.poll() is None:
            self._process.kill()
            self._process.wait(60)

    def _surroundings(self) -> dict[str, Any]:
        environment = {
            "PATH": "/usr/bin:/bin:/usr/sbin:/sbin",
            "HOME": str(self.written / "home"),
            "TMPDIR": str(self.written / "temporary"),
            "PYTHONPATH": str(ROOT),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        return {"env": environment, "cwd": self.written, "stdin": subprocess.DEVNULL}

    def _sample(self) -> None:
        """Keep each page of SQLite's files that was not there before, log and shared memory included."""
        while not self._ended.wait(0.2):
            for path in sorted(self.data.glob("*.db*")):
                with suppress(OSError):
                    self._keep(path)
            self.samples += 1

    def _keep(self, path: Path) -> None:
        data = path.read_bytes()
        first, step = (32 + _FRAME, _PAGE + _FRAME) if path.suffix.endswith("-wal") else (0, _PAGE)
        with (self.sampled / f"{path.name}.pages").open("ab") as kept:
            if not kept.tell():
                kept.write(b"pages as they lay there, one after the other\n")
            for start in range(first, len(data), step):
                page = data[start : start + _PAGE]
                digest = hashlib.blake2b(page, digest_size=16).digest()
                if digest not in self._pages and kept.tell() < _MAX_SAMPLED:
                    self._pages.add(digest)
                    kept.write(page)


def _prepare() -> None:
    """Unlimited cores; and an end together with the harness, even if that is killed (prctl(2), PR_SET_PDEATHSIG)."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(1, signal.SIGKILL, 0, 0, 0)
    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))


def _no_nameserver(folder: Path) -> list[str]:
    """Where that is allowed: a view of the file system in which names are looked up on loopback, where nobody answers.

    Nothing of a harness then leaves this machine, and looking a name up fails at once.
    """
    if os.geteuid() != 0 or not shutil.which("unshare"):
        return []
    if subprocess.run(["unshare", "--mount", "true"], check=False, capture_output=True).returncode:
        return []
    nobody = folder / "resolv.conf"
    nobody.write_text("nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
    script = folder / "inside.sh"
    script.write_text(f'mount --bind "{nobody}" /etc/resolv.conf 2>/dev/null\nexec "$@"\n')
    return ["unshare", "--mount", "sh", str(script)]
