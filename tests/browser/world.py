"""The loopback world: one TLS server that is every site and every third party, and remembers who asked it for what.

HTTP/1.1 with keep-alive, event streams and WebSocket handshakes. What it answers is said in pages.py.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import ssl
import threading
from dataclasses import dataclass
from pathlib import Path

from tests.browser.authority import Authority
from tests.browser.loop import Loop
from tests.browser.pages import Answer, Pages

WEBSOCKET = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


@dataclass(frozen=True, slots=True)
class Seen:
    host: str
    method: str
    path: str
    dest: str
    """Sec-Fetch-Dest; empty if the browser did not say."""
    purpose: str
    """Sec-Purpose: not empty for what the browser fetched in advance."""


class World:
    def __init__(self, loop: Loop, folder: Path, pages: Pages) -> None:
        self.pages = pages
        self.authority = Authority(folder)
        self._loop = loop
        self._lock = threading.Lock()
        self._seen: list[Seen] = []
        self._connected: list[str] = []
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.sni_callback = self._choose
        self._server = loop.run(asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=context))
        self.port: int = self._server.sockets[0].getsockname()[1]

    def seen(self) -> list[Seen]:
        with self._lock:
            return list(self._seen)

    def connected(self) -> set[str]:
        """Names to which a browser opened a connection, with a request or without."""
        with self._lock:
            return set(self._connected)

    def contacted_by(self, page: str) -> set[str]:
        """Third parties that were asked for something by this page, whoever asked."""
        return {seen.host for seen in self.seen() if seen.path.startswith(f"/{self.pages.canary}/{page}/")}

    def forget(self) -> None:
        with self._lock:
            self._seen.clear()
            self._connected.clear()

    def close(self) -> None:
        self._loop.loop.call_soon_threadsafe(self._server.close)

    def _choose(self, connection: ssl.SSLSocket | ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> int | None:
        if name is None:
            return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
        with self._lock:
            self._connected.append(name)
        connection.context = self.authority.context(name)
        return None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await self._exchange(reader, writer):
                pass
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # the browser left
        finally:
            writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head.rstrip().split("\r\n")
        method, path, _ = first.split(" ", 2)
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        await reader.readexactly(int(headers.get("content-length", "0")))
        host = headers.get("host", "").partition(":")[0]
        seen = Seen(host, method, path, headers.get("sec-fetch-dest", ""), headers.get("sec-purpose", ""))
        with self._lock:
            self._seen.append(seen)
        if headers.get("upgrade", "").lower() == "websocket":
            key = headers.get("sec-websocket-key", "").encode()
            accept = base64.b64encode(hashlib.sha1(key + WEBSOCKET, usedforsecurity=False).digest()).decode()
            upgrade = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Accept": accept}
            await _send(writer, Answer(101, upgrade, endless=True))
            await reader.read()  # frames are of no interest; until the browser leaves
            return False
        answer = self.pages.answer(host, path)
        await _send(writer, answer)
        if answer.endless:
            await reader.read()
        return not answer.endless


async def _send(writer: asyncio.StreamWriter, answer: Answer) -> None:
    headers = dict(answer.headers)
    if not answer.endless:
        headers["Content-Length"] = str(len(answer.body))
    head = [f"HTTP/1.1 {answer.status} Answer", *(f"{name}: {value}" for name, value in headers.items())]
    writer.write("\r\n".join([*head, "", ""]).encode() + answer.body)
    await writer.drain()
