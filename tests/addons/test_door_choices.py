"""The door and patrons' choices, from inside: with a clock of the test's own, so that half an hour is no time."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Awaitable, Callable

import pytest

from addons import door
from addons.decide.gate import Gate
from addons.decide.sites import Catalogue
from addons.dial import Loop
from addons.door import Door, House
from addons.opt_out import IDLE_SECONDS, Choices
from addons.passages import Passages
from addons.settings import Privacy, Proxy, Site
from tests.addons.program import Line, within
from tests.addons.world import echo


class Choosing:
    """A door in this process, whose every client may choose; what is to be opened is only noted."""

    def __init__(self, loop: Loop, port: int) -> None:
        self.now = 1000.0
        self.choices = Choices(Privacy(), now=lambda: self.now)
        self.opened: list[str] = []
        self.asked: list[str] = []
        hosts = dict.fromkeys(("echo.test", "vendor.test"), ("127.0.0.1", port))
        proxy = Proxy(destinations=(ipaddress.ip_network("127.0.0.1/32"),), hosts=hosts)
        gate = Gate(proxy, Catalogue([Site("vendor", "Vendor", domains=("vendor.test",))]))
        loop.guard(gate, proxy, None)
        self.passages = Passages(lambda client, host: self.asked.append(host))
        self.door = Door(
            House(loop, gate, self.passages, None, self._open, self._open, self._refuses, choices=self.choices)
        )
        self.address = ("127.0.0.1", 0)

    def _open(self, transport: asyncio.Transport, data: bytes, host: str) -> None:
        self.opened.append(host)
        transport.abort()

    def _refuses(self, client: str, host: str) -> str:
        self.asked.append(f"refuse {host}?")
        return "No."

    async def tunnel(self, host: str) -> Line:
        line = await Line.open(self.address)
        assert await line.connect(f"{host}:443") == 200
        await line.send(b"hello")
        assert await within(line.reader.readexactly(5)) == b"hello"
        return line


def choosing(work: Callable[[Choosing], Awaitable[None]]) -> None:
    async def all_of_it() -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, Loop)
        server = await asyncio.start_server(echo, "127.0.0.1", 0)
        scene = Choosing(loop, server.sockets[0].getsockname()[1])
        scene.address = await scene.door.open("127.0.0.1", 0)
        try:
            await within(work(scene), 20)
        finally:
            await scene.door.close()
            server.close()

    with asyncio.Runner(loop_factory=Loop) as runner:
        runner.run(all_of_it())


def test_nothing_of_a_computer_that_opted_out_is_opened_refused_or_remembered() -> None:
    async def work(scene: Choosing) -> None:
        scene.choices.choose("127.0.0.1", watched=False)
        for host in ("vendor.test", "echo.test"):
            (await scene.tunnel(host)).close()
        assert (scene.opened, scene.asked) == ([], [])

    choosing(work)


def test_any_passage_renews_a_choice_and_silence_ends_it() -> None:
    async def work(scene: Choosing) -> None:
        scene.choices.choose("127.0.0.1", watched=False)
        for _ in range(3):
            scene.now += IDLE_SECONDS - 1
            (await scene.tunnel("vendor.test")).close()
        scene.now += IDLE_SECONDS
        line = await Line.open(scene.address)
        await line.send(b"CONNECT vendor.test:443 HTTP/1.1\r\n\r\n")
        assert await line.rest() == b""
        assert scene.opened == ["vendor.test"]

    choosing(work)


def test_bytes_in_a_sealed_connection_renew_a_choice_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "_SWEEP_SECONDS", 0.05)

    async def work(scene: Choosing) -> None:
        scene.choices.choose("127.0.0.1", watched=False)
        line = await scene.tunnel("echo.test")
        for _ in range(4):
            scene.now += IDLE_SECONDS - 1
            await line.send(b"x")
            await within(line.reader.readexactly(1))
            await asyncio.sleep(0.1)
        assert len(scene.choices) == 1
        await asyncio.sleep(0.2)
        scene.now += IDLE_SECONDS
        await asyncio.sleep(0.2)
        assert len(scene.choices) == 0
        line.close()

    choosing(work)
