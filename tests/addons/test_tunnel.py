"""The door and its tunnels from inside, where time can be made short: slow heads, silence, and nothing left behind."""

from __future__ import annotations

import asyncio
import gc
import ipaddress
import weakref
from collections.abc import Awaitable, Callable

import pytest

from addons import door, tunnel
from addons.decide.gate import Gate
from addons.decide.sites import Catalogue
from addons.dial import Loop
from addons.door import Door, House
from addons.passages import Passages
from addons.settings import Proxy, Site
from tests.addons.program import Line, settle, within


class Inside:
    """A door with its listener, and what was handed on through it."""

    def __init__(self, loop: Loop, port: int) -> None:
        proxy = Proxy(destinations=(ipaddress.ip_network("127.0.0.1/32"),), hosts={"echo.test": ("127.0.0.1", port)})
        gate = Gate(proxy, Catalogue([Site("vendor", "Vendor", domains=("vendor.test",))]))
        loop.guard(gate, proxy, None)
        self.handed: list[tuple[str, bytes, str]] = []
        self.passages = Passages()
        self.door = Door(
            House(loop, gate, self.passages, None, self._taker("engine"), self._taker("desk"), lambda *_: False)
        )
        self.address = ("127.0.0.1", 0)

    def _taker(self, name: str) -> door.Handover:
        def take(transport: asyncio.Transport, data: bytes, host: str) -> None:
            self.handed.append((name, data, host))
            transport.set_protocol(asyncio.Protocol())
            transport.abort()

        return take


def run(work: Callable[[Inside], Awaitable[None]]) -> None:
    async def all_of_it() -> None:
        async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while data := await reader.read(65536):
                writer.write(data)
            writer.close()

        loop = asyncio.get_running_loop()
        assert isinstance(loop, Loop)
        server = await asyncio.start_server(echo, "127.0.0.1", 0)
        inside = Inside(loop, server.sockets[0].getsockname()[1])
        inside.address = await inside.door.open("127.0.0.1", 0)
        try:
            await asyncio.wait_for(work(inside), 20)
        finally:
            await inside.door.close()
            server.close()

    with asyncio.Runner(loop_factory=Loop) as runner:
        runner.run(all_of_it())


def test_a_head_that_never_ends_is_408(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "HEAD_SECONDS", 0.1)

    async def work(inside: Inside) -> None:
        slow = await Line.open(inside.address)
        for byte in b"CONNECT ":
            slow.writer.write(bytes([byte]))
            await asyncio.sleep(0.005)
        assert (await slow.answer())[0] == 408
        assert await slow.rest() == b""
        silent = await Line.open(inside.address)
        assert await silent.rest() == b""
        quick = await Line.open(inside.address)
        assert await quick.connect("echo.test:443") == 200
        await asyncio.sleep(0.2)  # the time is for the head alone
        await quick.send(b"still here")
        assert await within(quick.reader.readexactly(10)) == b"still here"

    run(work)


def test_a_refused_client_that_goes_on_sending_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "LINGER_SECONDS", 0.2)

    async def work(inside: Inside) -> None:
        line = await Line.open(inside.address)
        line.writer.write(b"CONNECT echo.test:22 HTTP/1.1\r\n\r\n")
        assert (await line.answer())[0] == 403

        async def insist() -> None:
            while True:
                await line.send(b"x" * 1000)
                await asyncio.sleep(0.01)

        with pytest.raises(ConnectionError):
            await within(insist(), 5)

    run(work)


def test_silence_ends_a_tunnel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "_SWEEP_SECONDS", 0.05)
    monkeypatch.setattr(tunnel, "IDLE_SECONDS", 0.3)

    async def work(inside: Inside) -> None:
        line = await Line.open(inside.address)
        assert await line.connect("echo.test:443") == 200
        for _ in range(8):
            await line.send(b"a")
            assert await within(line.reader.readexactly(1)) == b"a"
            await asyncio.sleep(0.06)
        assert await line.rest() == b""

    run(work)


def test_nothing_is_left_of_tunnels_that_ended() -> None:
    async def work(inside: Inside) -> None:
        kept: list[weakref.ref[asyncio.Protocol]] = []
        for _ in range(20):
            line = await Line.open(inside.address)
            assert await line.connect("echo.test:443") == 200
            kept += [weakref.ref(end) for end in inside.door._tunnels]
            assert inside.passages.seen("127.0.0.1", "echo.test", 0.0)
            line.close()
        refused = await Line.open(inside.address)
        await refused.send(b"CONNECT echo.test:1 HTTP/1.1\r\n\r\n")
        await refused.rest()
        await settle(lambda: not inside.door._tunnels and not inside.passages._open)
        line.writer.transport.abort()
        await asyncio.sleep(0.05)
        gc.collect()
        assert not [ref for ref in kept if ref() is not None]

    run(work)


def test_a_client_that_leaves_while_the_other_side_is_dialled_leaves_nothing() -> None:
    async def work(inside: Inside) -> None:
        for _ in range(20):
            line = await Line.open(inside.address)
            line.writer.write(b"CONNECT echo.test:443 HTTP/1.1\r\n\r\n")
            await asyncio.sleep(0)
            line.close()
        await settle(lambda: not inside.door._tunnels and not inside.passages._open)

    run(work)


def test_the_door_forgets_what_it_hands_on(monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[weakref.ref[door._Visit]] = []
    begin = door._Visit.__init__

    def remembering(self: door._Visit, house: House, tunnels: set[tunnel.End]) -> None:
        begin(self, house, tunnels)
        kept.append(weakref.ref(self))

    monkeypatch.setattr(door._Visit, "__init__", remembering)

    async def work(inside: Inside) -> None:
        for _ in range(10):
            line = await Line.open(inside.address)
            await line.send(b"CONNECT vendor.test:443 HTTP/1.1\r\n\r\n")
            await within(line.rest())
            line.close()
        await asyncio.sleep(0.05)
        gc.collect()
        # The loop drops cancelled timers when half of its timers are cancelled; nothing else holds a visit.
        holders = [type(holder).__name__ for ref in kept if (visit := ref()) for holder in gc.get_referrers(visit)]
        assert set(holders) <= {"method", "list", "frame", "coroutine"}, holders
        assert len(kept) == 10

    run(work)


def test_only_what_is_a_site_s_is_handed_to_the_engine() -> None:
    async def work(inside: Inside) -> None:
        for target in ("vendor.test", "www.VENDOR.test.", "notvendor.test", "vendor.test.evil.test", "carrel.internal"):
            line = await Line.open(inside.address)
            await line.send(f"CONNECT {target}:443 HTTP/1.1\r\n\r\nhello".encode())
            await within(line.rest())
            line.close()
        assert inside.handed == [
            ("engine", b"CONNECT vendor.test:443 HTTP/1.1\r\n\r\nhello", "vendor.test"),
            ("engine", b"CONNECT www.VENDOR.test.:443 HTTP/1.1\r\n\r\nhello", "www.vendor.test"),
            ("desk", b"hello", "carrel.internal"),
        ]

    run(work)
