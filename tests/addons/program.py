"""The real program as a process of its own, and a client that speaks to it byte by byte."""

from __future__ import annotations

import asyncio
import signal
import ssl
import subprocess
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from tests.browser.loop import wait_for

_ROOT = Path(__file__).parents[2]


class Program:
    """`carrel proxy`, started with a configuration; what it prints is kept."""

    def __init__(self, folder: Path, configuration: str, listen: tuple[str, int], *, wait: bool = True) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.address = listen
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / "carrel.toml"
        file.write_text(configuration.replace("@DATA@", str(self.data)))
        self._stdout, self._stderr = folder / "stdout", folder / "stderr"
        with self._stdout.open("wb") as stdout, self._stderr.open("wb") as stderr:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "deploy.cli", "proxy", "--config", str(file)],
                env={"PATH": "/usr/bin:/bin", "HOME": str(folder), "PYTHONPATH": str(_ROOT)},
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
            )
        if wait:
            wait_for(lambda: self._process.poll() is not None or "ready" in self.output().splitlines(), 60)
            assert self._process.poll() is None, self.output()

    @property
    def root(self) -> Path:
        return self.data / "ca" / "root.pem"

    @property
    def url(self) -> str:
        return f"http://{self.address[0]}:{self.address[1]}"

    def trusting(self, *alpn: str) -> ssl.SSLContext:
        """A client context that trusts this proxy's root and nothing else."""
        context = ssl.create_default_context(cafile=self.root)
        if alpn:
            context.set_alpn_protocols(list(alpn))
        return context

    def output(self) -> str:
        return self._stdout.read_text("utf-8", "replace") + self._stderr.read_text("utf-8", "replace")

    def complaint(self) -> str:
        return self._stderr.read_text("utf-8", "replace")

    def resident(self) -> int:
        """Bytes of memory in use."""
        line = next(
            line for line in Path(f"/proc/{self._process.pid}/status").read_text().splitlines() if "VmRSS" in line
        )
        return int(line.split()[1]) * 1024

    def descriptors(self) -> int:
        return len(list(Path(f"/proc/{self._process.pid}/fd").iterdir()))

    def stop(self) -> int:
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        return self._process.wait(20)

    def wait(self) -> int:
        return self._process.wait(30)

    def kill(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait(20)


@dataclass(slots=True)
class Line:
    """A client's connection to the proxy."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    @classmethod
    async def open(cls, address: tuple[str, int]) -> Line:
        return cls(*await asyncio.open_connection(*address))

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def head(self) -> str:
        return (await within(self.reader.readuntil(b"\r\n\r\n"))).decode("latin-1")

    async def answer(self) -> tuple[int, bytes]:
        """Status and body of one answer with a Content-Length."""
        head = await self.head()
        fields = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
        body = await within(self.reader.readexactly(int(fields.get("content-length", "0"))))
        return int(head.split(" ")[1]), body

    async def rest(self) -> bytes:
        """Everything until the other side ends; what came before a reset counts too."""
        found = bytearray()
        try:
            while data := await within(self.reader.read(65536)):
                found += data
        except ConnectionError:
            pass
        return bytes(found)

    async def connect(self, target: str, extra: str = "") -> int:
        """CONNECT; the status."""
        await self.send(f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n{extra}\r\n".encode("latin-1"))
        return int((await self.head()).split(" ")[1])

    async def secure(self, context: ssl.SSLContext, name: str | None) -> None:
        if name is None:
            context.check_hostname = False
        await within(self.writer.start_tls(context, server_hostname=name, ssl_handshake_timeout=10))

    def close(self) -> None:
        self.writer.transport.abort()


async def within[T](work: Awaitable[T], seconds: float = 10) -> T:
    async with asyncio.timeout(seconds):
        return await work


async def settle(condition: Callable[[], object], seconds: float = 10) -> None:
    """Wait until something holds in another task or another process."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 -- there is no event to wait for
            await asyncio.sleep(0.02)


def stop_reading(writer: asyncio.StreamWriter) -> None:
    transport = writer.transport
    assert isinstance(transport, asyncio.Transport)
    transport.pause_reading()
