"""Loopback origins that Carrel's proxy is sent to: each serves one behaviour and remembers what reached it.

Certificates come from the same test authority as the browsers' world; nothing here knows Carrel.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import socket
import ssl
import struct
import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

from tests.addons.http2 import serve_http2
from tests.addons.program import stop_reading
from tests.browser.authority import Authority
from tests.browser.loop import Loop

type Behaviour = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

GREETING = b"220 an origin that speaks first\r\n"
MEGABYTE = 1 << 20
ODD_ANSWERS = {
    "/early-hints": b"HTTP/1.1 103 Early Hints\r\nLink: </x.css>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
    "/continue": b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
    "/processing": b"HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Hints\r\nA: b\r\n\r\n"
    b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
    "/close-delimited": b"HTTP/1.0 200 OK\r\n\r\nok",
    "/chunk-extension": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;a=b\r\nok\r\n0\r\n\r\n",
    "/latin-1": b"HTTP/1.1 200 OK\r\nX-Name: caf\xe9\r\nContent-Length: 2\r\n\r\nok",
    "/long-header": b"HTTP/1.1 200 OK\r\nX-Long: " + b"y" * 60_000 + b"\r\nContent-Length: 2\r\n\r\nok",
    "/no-phrase": b"HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok",
    "/line-feeds": b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok",
    "/unknown-status": b"HTTP/1.1 299 Odd\r\nContent-Length: 2\r\n\r\nok",
}
"""What real servers send and browsers put up with; the body is always `ok`."""


class Origins:
    """All origins of a test module, in a thread of their own."""

    def __init__(self, loop: Loop, folder: Path) -> None:
        self.authority = Authority(folder / "authority")
        self.stranger = Authority(folder / "stranger")
        """An authority that nobody trusts."""
        self._loop = loop
        self._lock = threading.Lock()
        self._heads: list[str] = []
        self._servers: list[asyncio.Server] = []
        self.release = threading.Event()
        """Origins that stop in the middle of an answer go on when this is set."""

    def heads(self) -> list[str]:
        """Request heads that arrived, first line and all."""
        with self._lock:
            return list(self._heads)

    def arrived(self, words: str) -> list[str]:
        return [head for head in self.heads() if words in head]

    def serve(
        self, behaviour: Behaviour, *, address: str = "127.0.0.1", tls: ssl.SSLContext | None = None, port: int = 0
    ) -> int:
        async def guarded(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError):
                await behaviour(reader, writer)
            writer.close()

        server = self._loop.run(asyncio.start_server(guarded, address, port, ssl=tls, backlog=4096))
        self._servers.append(server)
        found: int = server.sockets[0].getsockname()[1]
        return found

    def tls(self, name: str, *alpn: str, authority: Authority | None = None) -> ssl.SSLContext:
        """A server context for `name` alone, so each origin may speak protocols of its own."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        chosen = authority or self.authority
        chosen.context(name)
        context.load_cert_chain(chosen.folder / f"{name}.pem")
        context.set_alpn_protocols(list(alpn or ("http/1.1",)))
        return context

    def note(self, head: str) -> None:
        with self._lock:
            self._heads.append(head)

    def close(self) -> None:
        self.release.set()
        for server in self._servers:
            self._loop.loop.call_soon_threadsafe(server.close)

    # Behaviours

    async def http(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """HTTP/1.1 with keep-alive. The path says what happens."""
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            self.note(head)
            path = head.split(" ", 2)[1]
            path = "/" + path.split("/", 3)[3] if path.startswith("http://") else path
            fields = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
            if fields.get("upgrade") == "websocket":
                await _echo_websocket(writer, reader, fields["sec-websocket-key"], head)
                return
            received = 0
            if path == "/answers-early":
                # Answers before it has read what it is sent.
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nearly")
                await writer.drain()
                return
            if fields.get("transfer-encoding") == "chunked":
                received = await _read_chunks(reader)
            elif length := int(fields.get("content-length", "0")):
                received = len(await reader.readexactly(length))
            if not await self._answer(path, received, writer):
                return

    async def _answer(self, path: str, received: int, writer: asyncio.StreamWriter) -> bool:
        send = writer.write
        match path.partition("?")[0]:
            case "/upload":
                body = str(received).encode()
                send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
            case "/page":
                body = b"<!doctype html><title>a page</title>"
                send(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
            case "/slow":
                # The first half, and the rest only when the test says so.
                send(b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nfirst half")
                await writer.drain()
                await asyncio.to_thread(self.release.wait, 20)
                send(b"other half")
            case "/big":
                send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (64 * MEGABYTE))
                for _ in range(64):
                    send(b"x" * MEGABYTE)
                    await writer.drain()
            case "/reset":
                send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nonly this")
                await writer.drain()
                await asyncio.sleep(0.05)
                reset(writer)
                return False
            case special if special in ODD_ANSWERS:
                send(ODD_ANSWERS[special])
                return special != "/close-delimited"
            case "/trailers":
                send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: Server-Timing\r\n\r\n")
                send(b"5\r\nwhole\r\n0\r\nServer-Timing: db;dur=5\r\n\r\n")
            case "/bad-head":
                send(b"HTTP/1.1 two-hundred OK\r\nno colon here\r\n\r\n")
                return False
            case "/bad-chunk":
                send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nZZ\r\nbroken\r\n")
                return False
            case "/garbage":
                send(bytes(range(256)))
                return False
            case _:
                send(b'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nAlt-Svc: h3=":443"\r\n\r\nok')
        await writer.drain()
        return True

    async def either(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """HTTP/2 where it was agreed on, HTTP/1.1 otherwise."""
        if writer.get_extra_info("ssl_object").selected_alpn_protocol() == "h2":
            await serve_http2(reader, writer, self.note)
        else:
            await self.http(reader, writer)

    async def bad_http2(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1000)
        writer.write(
            b"\x00\x00\x00\x04\x00\x00\x00\x00\x00" + b"\x00\x00\x0d\x00\x09\x00\x00\x00\x00" + b"Canary-frames"
        )
        await writer.drain()


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()


async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(GREETING)
    await echo(reader, writer)


async def finish_first(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Ends its own side at once, then counts what still comes, and tells nobody but the closing."""
    writer.write(b"done")
    writer.write_eof()
    await reader.read()


async def sum_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answers only after the other side has ended: needs a half-close to pass."""
    received = await reader.read()
    writer.write(b"%d bytes" % len(received))
    await writer.drain()


async def never_read(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    stop_reading(writer)
    await asyncio.sleep(30)


async def pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Sends as fast as it is taken, without an end."""
    while True:
        writer.write(b"z" * MEGABYTE)
        await writer.drain()


async def reset_at_once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(10)
    reset(writer)


def reset(writer: asyncio.StreamWriter) -> None:
    sock = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def _read_chunks(reader: asyncio.StreamReader) -> int:
    received = 0
    while size := int(await reader.readuntil(b"\r\n"), 16):
        await reader.readexactly(size + 2)
        received += size
    while await reader.readuntil(b"\r\n") != b"\r\n":
        pass  # trailers
    return received


async def _echo_websocket(writer: asyncio.StreamWriter, reader: asyncio.StreamReader, key: str, head: str) -> None:
    """One WebSocket whose every short text message comes back in capitals."""
    original = next(
        line.split(": ", 1)[1] for line in head.split("\r\n") if line.lower().startswith("sec-websocket-key")
    )
    accept = base64.b64encode(hashlib.sha1(original.encode() + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())  # noqa: S324 -- RFC 6455
    writer.write(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
    )
    while True:
        first, second = await reader.readexactly(2)
        length = second & 127
        if length == 126:
            length = struct.unpack(">H", await reader.readexactly(2))[0]
        mask = await reader.readexactly(4)
        payload = bytes(byte ^ mask[i % 4] for i, byte in enumerate(await reader.readexactly(length)))
        if first & 15 == 8:
            writer.write(b"\x88" + bytes([len(payload)]) + payload)
            await writer.drain()
            return
        size = bytes([len(payload)]) if len(payload) < 126 else b"\x7e" + struct.pack(">H", len(payload))
        writer.write(b"\x81" + size + payload.upper())
        await writer.drain()
