"""The desk's connections from inside, where its patience can be made short. With TLS as the door hands them over."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from addons.desk import Desk, PlainDesk, serving
from tests.addons.program import Line, within
from tests.browser.authority import Authority

NAME = "carrel.internal"
PATIENCE = 0.4


async def hello(request: Request) -> PlainTextResponse:
    return PlainTextResponse("hello")


async def swallow(request: Request) -> PlainTextResponse:
    return PlainTextResponse(str(len(await request.body())))


APP = Starlette(routes=[Route("/", hello), Route("/body", swallow, methods=["POST"])])


class _HandOver(asyncio.Protocol):
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._desk.take(transport, b"", NAME)


@pytest.fixture(params=["TLS", "plain"])
def serve(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Run a visitor's side against a desk whose patience is short."""
    monkeypatch.setattr(serving, "REQUEST_SECONDS", PATIENCE)
    monkeypatch.setattr(serving, "HANDSHAKE_SECONDS", PATIENCE)
    authority = Authority(tmp_path)
    authority.context(NAME)

    def run(visit: Callable[[Callable[[], Awaitable[Line]]], Awaitable[None]]) -> None:
        async def all_of_it() -> None:
            plain, desk = PlainDesk(APP), Desk(APP, tmp_path / f"{NAME}.pem")
            server = await asyncio.get_running_loop().create_server(lambda: _HandOver(desk), "127.0.0.1", 0)
            address = server.sockets[0].getsockname()
            if request.param == "plain":
                address = await plain.open("127.0.0.1", 0)

            async def open_line() -> Line:
                line = await Line.open(address)
                if request.param == "TLS":
                    await line.secure(ssl.create_default_context(cafile=authority.root), NAME)
                return line

            try:
                await within(visit(open_line), 20)
            finally:
                await plain.close()
                await desk.close()
                server.close()

        asyncio.run(all_of_it())

    return run


HEAD = f"Host: {NAME}\r\n".encode()


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"\r\n", id="an empty line"),
        pytest.param(b"GET / HTTP/1.1\r\nHos", id="half a head"),
        pytest.param(b"POST /body HTTP/1.1\r\n" + HEAD + b"Content-Length: 10\r\n\r\nabc", id="half a body"),
        pytest.param(b"GET / HTTP/1.1\r\n" + HEAD + b"\r\n" + b"GET / HT", id="half of the next"),
    ],
)
def test_who_does_not_finish_is_not_waited_for(serve: Callable[..., None], sent: bytes) -> None:
    async def visit(open_line: Callable[[], Awaitable[Line]]) -> None:
        line = await open_line()
        await line.send(sent)
        await within(line.rest(), PATIENCE * 5)

    serve(visit)


def test_who_drips_is_not_waited_for(serve: Callable[..., None]) -> None:
    async def visit(open_line: Callable[[], Awaitable[Line]]) -> None:
        line = await open_line()
        ended = asyncio.ensure_future(line.rest())
        for byte in b"GET / HTTP/1.1\r\nX: " + b"y" * 500:
            line.writer.write(bytes([byte]))
            await asyncio.sleep(0.05)
            if ended.done():
                break
        assert ended.done()

    serve(visit)


def test_who_asks_again_in_time_is_answered_for_long(serve: Callable[..., None]) -> None:
    async def visit(open_line: Callable[[], Awaitable[Line]]) -> None:
        line = await open_line()
        for _ in range(6):
            await line.send(b"GET / HTTP/1.1\r\n" + HEAD + b"\r\n")
            assert await line.answer() == (200, b"hello")
            await asyncio.sleep(PATIENCE / 2)
        line.close()

    serve(visit)
