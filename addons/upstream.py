"""The content filter in the path: how the door and the engine reach the world through another HTTP proxy."""

from __future__ import annotations

import asyncio
import base64
import ssl
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote, urlsplit

from addons import dial
from addons.tunnel import HALF_CLOSED_SECONDS, IDLE_SECONDS, End

MAX_ANSWER = 64 * 1024
"""Bytes of the head of the upstream proxy's answer."""
_END = b"\r\n\r\n"
_PASSED = frozenset({b"user-agent", b"proxy-authorization"})
"""Headers of a patron's CONNECT that a content filter may want to see."""


class Upstream:
    """One upstream proxy, `http://` or `https://`, with a user name and password in the address where it wants them."""

    def __init__(self, url: str, trust: Path | None) -> None:
        parts = urlsplit(url)
        self._tls = parts.scheme == "https"
        self.address = (parts.hostname or "", parts.port or (443 if self._tls else 80))
        host, port = self.address
        self.mode = (
            f"upstream:{parts.scheme}://[{host}]:{port}" if ":" in host else f"upstream:{parts.scheme}://{host}:{port}"
        )
        """The same for mitmproxy."""
        self.credentials = f"{unquote(parts.username)}:{unquote(parts.password or '')}" if parts.username else ""
        self._trust = trust

    async def check(self, loop: dial.Loop, host: str, port: int) -> None:
        """Refuse a name that leads into the library's own network, as far as it can be resolved here.

        Many networks resolve outside names at the filter only; the filter then is the one that refuses.
        """
        if not loop.allows_literal(host, port):
            raise dial.DestinationRefused
        try:
            await loop.getaddrinfo(host, port)
        except dial.DestinationRefused:
            raise
        except OSError:
            pass

    async def connect(self, loop: dial.Loop, factory: Callable[[], object]) -> None:
        context = None
        if self._tls:
            context = ssl.create_default_context()
            if self._trust:
                context.load_verify_locations(self._trust)
        host, port = self.address
        await dial.connect(loop, factory, host, port, ssl=context)

    def head(self, host: str, port: int, asked: bytes) -> bytes:
        """The CONNECT that goes to the upstream proxy for the client's head `asked`.

        Written anew: what the two of us could read differently must not carry a second request past the gate.
        """
        authority = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        lines = [f"CONNECT {authority} HTTP/1.1".encode("ascii"), f"Host: {authority}".encode("ascii")]
        for line in asked.split(b"\r\n")[1:]:
            name = line.partition(b":")[0].strip().lower()
            if name in _PASSED and not (self.credentials and name == b"proxy-authorization") and _is_one_line(line):
                lines.append(line)
        if self.credentials:
            lines.append(b"Proxy-Authorization: Basic " + base64.b64encode(self.credentials.encode()))
        return b"\r\n".join([*lines, b"", b""])


def _is_one_line(line: bytes) -> bool:
    return not any(byte in line for byte in b"\r\n\0")


class FarEnd(End):
    """The upstream proxy's end of a tunnel. Its answer passes to the client; the client's bytes pass once it agreed.

    After a refusal the connection is good for nothing more: a further request on it would go around the gate.
    """

    def __init__(
        self, loop: asyncio.AbstractEventLoop, early: bytes, answered: Callable[[int], None] = lambda status: None
    ) -> None:
        """early: what the client sent behind its CONNECT. `answered` is told the status of the answer to it."""
        super().__init__(loop)
        self.patience = HALF_CLOSED_SECONDS
        self._early = early
        self._answered = answered
        self._head = bytearray()
        self._agreed = False
        self._left: int | None = None
        """Bytes of a refusal that are still to come, where it says how many."""

    def data_received(self, data: bytes) -> None:
        if self._agreed or self.peer is None or self._head.endswith(_END):
            super().data_received(data)
            self._count(len(data))
            return
        self.last = self._time()
        self._head += data
        head, end, rest = self._head.partition(_END)
        if not end:
            if len(self._head) > MAX_ANSWER:
                self.transport.abort()
            return
        self._head = head + end
        self.peer.transport.write(head + end + rest)
        self._answered(_status(head))
        if _status(head) // 100 == 2:
            self._agree(self.peer)
        else:
            self._left = _length(head)
            self._count(len(rest))

    def eof_received(self) -> bool:
        # Half a connection is of use to a tunnel only.
        return super().eof_received() if self._agreed else False

    def _agree(self, client: End) -> None:
        self._agreed = True
        self.patience = IDLE_SECONDS
        client.transport.resume_reading()  # first: writing may pause it again
        if self._early:
            self.transport.write(self._early)
            self._early = b""

    def _count(self, received: int) -> None:
        """Close behind the last byte of a refusal, where its length is known; the filter or time does it otherwise."""
        if not self._agreed and self._left is not None:
            self._left -= received
            if self._left <= 0:
                self.transport.close()


def _status(head: bytes | bytearray) -> int:
    words = bytes(head).partition(b"\r\n")[0].split(b" ")
    return int(words[1]) if len(words) > 1 and words[0].startswith(b"HTTP/1.") and words[1].isdigit() else 0


def _length(head: bytes | bytearray) -> int | None:
    for line in bytes(head).split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length" and value.strip().isdigit():
            return int(value)
    return None
