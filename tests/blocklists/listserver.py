"""A loopback server of lists, over TLS, that behaves well or badly by path, and a content filter's proxy before it."""

from __future__ import annotations

import asyncio
import base64
import gzip
import socket
import ssl
import struct
import zlib
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

from tests.browser.authority import Authority
from tests.browser.loop import Loop

type Behaviour = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

HTML = b"<!DOCTYPE html>\n<html><title>Sign in to the library's network</title></html>\n"


def rules(number: int, version: str = "202611240642", *, first: int = 0) -> bytes:
    """A list of that many rules."""
    head = f"[Adblock Plus 2.0]\n! Version: {version}\n! Title: A list\n" if version else "! Title: A list\n"
    return (head + "".join(f"||tracker{first + n}.test^\n" for n in range(number))).encode()


class ListServer:
    """`content` and `etag` are what a well-behaved list server has to give just now."""

    def __init__(self, loop: Loop, folder: Path) -> None:
        self.authority = Authority(folder / "authority")
        self.stranger = Authority(folder / "stranger")
        """An authority that nobody trusts."""
        self.heads: list[str] = []
        self.content = rules(100)
        self.etag = '"one"'
        self.packed = False
        self.behaviour = ""
        """Overrides the path where a test cannot choose it."""
        self._loop = loop
        self._servers: list[asyncio.Server] = []
        self.port = self.listen(self.authority.context("localhost"))

    def listen(self, tls: ssl.SSLContext | None, serve: Behaviour | None = None) -> int:
        """A further port, on which the same is served with another certificate, or something else."""

        async def guarded(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with suppress(OSError, asyncio.IncompleteReadError):
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                self.heads.append(head)
                await self._serve(self.behaviour or head.split(" ")[1], head, reader, writer)
            writer.close()

        server = self._loop.run(asyncio.start_server(serve or guarded, "127.0.0.1", 0, ssl=tls))
        self._servers.append(server)
        found: int = server.sockets[0].getsockname()[1]
        return found

    def address(self, path: str) -> str:
        return f"https://localhost:{self.port}{path}"

    def close(self) -> None:
        for server in self._servers:
            self._loop.loop.call_soon_threadsafe(server.close)

    async def _serve(self, path: str, head: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        send = writer.write
        if path in WHOLE:
            extra, body = WHOLE[path]
            send(answer(body, extra))
        elif path.startswith("/redirect/"):
            send(f"HTTP/1.1 302 Found\r\nLocation: {path[10:]}\r\nContent-Length: 0\r\n\r\n".encode())
        elif path.startswith("/hops/"):
            left = int(path[6:])
            target = f"/hops/{left - 1}" if left > 1 else "/list.txt"
            send(f"HTTP/1.1 307 On\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n".encode())
        elif path.startswith("/status/"):
            send(f"HTTP/1.1 {path[8:]} So\r\nContent-Length: 4\r\n\r\nsad\n".encode())
        elif path == "/truncated":
            send(answer(self.content)[:-20])
        elif path == "/chunks-cut":
            send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n14\r\n||tracker.test^\n####\r\n")
        elif path == "/gzip-cut":
            send(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + gzip.compress(self.content)[:-30])
        elif path == "/reset":
            send(answer(self.content)[:-20])
            await writer.drain()
            await asyncio.sleep(0.05)
            connection: socket.socket = writer.get_extra_info("socket")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()
        elif path == "/silence":
            await reader.read()
        elif path == "/drip":
            send(b"HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n")
            await _for_ever(writer, b"#")
        elif path == "/drip-head":
            send(b"HTTP/1.1 200 OK\r\nX: ")
            await _for_ever(writer, b"x")
        elif path == "/endless":
            send(b"HTTP/1.1 200 OK\r\n\r\n")
            await _for_ever(writer, b"||tracker.test^\n" * 4096, pause=0)
        elif path == "/endless-nothing":
            # Empty stored blocks: a gzip stream without an end that unpacks to no byte at all.
            send(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + gzip.compress(b"")[:10])
            await _for_ever(writer, b"\x00\x00\x00\xff\xff" * 10_000, pause=0)
        else:
            self._good(head, writer)
        await writer.drain()

    def _good(self, head: str, writer: asyncio.StreamWriter) -> None:
        validators = f"ETag: {self.etag}\r\nLast-Modified: Tue, 24 Nov 2026 06:42:00 GMT\r\n"
        if f"if-none-match: {self.etag}".lower() in head.lower():
            writer.write(f"HTTP/1.1 304 Not Modified\r\n{validators}\r\n".encode())
        elif self.packed:
            writer.write(answer(gzip.compress(self.content), validators + "Content-Encoding: gzip\r\n"))
        else:
            writer.write(answer(self.content, validators))


def answer(body: bytes, extra: str = "") -> bytes:
    return f"HTTP/1.1 200 OK\r\n{extra}Content-Length: {len(body)}\r\n\r\n".encode() + body


async def _for_ever(writer: asyncio.StreamWriter, piece: bytes, pause: float = 0.02) -> None:
    while not writer.is_closing():
        writer.write(piece)
        await writer.drain()
        await asyncio.sleep(pause)


def _bomb() -> bytes:
    packer = zlib.compressobj(9, wbits=31)
    return b"".join([*(packer.compress(b"||a.test^\n" * 100_000) for _ in range(200)), packer.flush()])


_PACKED = "Content-Encoding: gzip\r\n"
WHOLE: dict[str, tuple[str, bytes]] = {
    "/html": ("Content-Type: text/plain\r\n", HTML),
    "/html-late": ("", b"\xef\xbb\xbf\r\n  \r\n" + HTML),
    "/json": ("", b'{"error": "quota"}\n'),
    "/json-list": ("", b'["tracker.test"]\n'),
    "/empty": ("", b""),
    "/blank": ("", b" \n\n"),
    "/comments": ("", b"! Title: nothing in it\n! Version: 1\n"),
    "/picture": ("", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"),
    "/nul": ("", b"||tracker.test^\n\0\0\0\n"),
    "/zip-within": ("", gzip.compress(rules(100))),
    "/latin-1": ("", "! für Büchereien\n||tracker.test^\n".encode("latin-1")),
    "/utf-16": ("", "||tracker.test^\n".encode("utf-16")),
    "/says-latin-1": ("Content-Type: text/plain; charset=iso-8859-1\r\n", "! Büchereien\n||ü.test^\n".encode()),
    "/brotli": ("Content-Encoding: br\r\n", b"\x0b\x02\x80||a.test^\n\x03"),
    "/gzip-twice": ("Content-Encoding: gzip, gzip\r\n", gzip.compress(gzip.compress(rules(100)))),
    "/gzip-garbage": (_PACKED, b"this is not gzip"),
    "/gzip-tail": (_PACKED, gzip.compress(rules(100)) + b"garbage"),
    "/gzip-parts": (_PACKED, gzip.compress(rules(50)) + gzip.compress(rules(50, "", first=50))),
    "/bomb": (_PACKED, _bomb()),
}


class Filter:
    """A content filter's proxy: takes CONNECT, wants a password if one is set, leads every name to one port."""

    def __init__(self, loop: Loop, port: int, password: str = "", tls: ssl.SSLContext | None = None) -> None:
        self.asked: list[str] = []
        self._target = port
        self._wanted = "Basic " + base64.b64encode(password.encode()).decode() if password else ""
        self._loop = loop
        self._server = loop.run(asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=tls))
        self.port: int = self._server.sockets[0].getsockname()[1]

    def close(self) -> None:
        self._loop.loop.call_soon_threadsafe(self._server.close)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            self.asked.append(head.partition("\r\n")[0])
            if self._wanted and f"proxy-authorization: {self._wanted}".lower() not in head.lower():
                writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
                await writer.drain()
                writer.close()
                return
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target)
            writer.write(b"HTTP/1.1 200 Through the filter\r\n\r\n")
            await asyncio.gather(_pump(reader, far_writer), _pump(far_reader, writer))
        writer.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()
