"""The one listener. Reads the first line of each connection, then seals it, hands it on, or refuses it.

A sealed connection is relayed byte by byte between two sockets; nothing looks at it, and its host is known to this
module and to `Passages` only. What is a site's goes to the engine, what is the proxy's own to the desk.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from urllib.parse import urlsplit

from addons import dial, error_page
from addons.decide.gate import Decision, Gate, Route
from addons.passages import Passages
from addons.upstream import Upstream

log = logging.getLogger("carrel.door")

MAX_HEAD = 64 * 1024
"""Bytes of a request head; RFC 9110 leaves the limit to us."""
HEAD_SECONDS = 30.0
"""To send a complete request head."""
IDLE_SECONDS = 3600.0
"""Without a byte in either direction; long, for WebSockets and push connections that sleep."""
HALF_CLOSED_SECONDS = 60.0
_SWEEP_SECONDS = 15.0

Handover = Callable[[asyncio.Transport, bytes, str], None]
"""Takes over a client's transport, paused, with the bytes that were read from it and the host of its CONNECT ("" for
plain HTTP)."""


@dataclass(frozen=True, slots=True)
class House:
    """What the door needs of the rest of the house."""

    loop: dial.Loop
    gate: Gate
    passages: Passages
    upstream: Upstream | None
    engine: Handover
    desk: Handover


class Door:
    """Listens, and keeps the sealed tunnels."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._tunnels: set[_End] = set()
        self._server: asyncio.Server | None = None
        self._sweeper: asyncio.Task[None] | None = None

    async def open(self, host: str, port: int) -> tuple[str, int]:
        """Listen; returns the address with the real port. Raises OSError if it is taken."""
        factory = partial(_Visit, self._house, self._tunnels)
        self._server = await self._house.loop.create_server(factory, host, port, backlog=1024)
        self._sweeper = asyncio.create_task(self._sweep())
        name = self._server.sockets[0].getsockname()
        return str(name[0]), int(name[1])

    async def close(self) -> None:
        if self._sweeper:
            self._sweeper.cancel()
        if self._server:
            self._server.close()
        for end in list(self._tunnels):
            end.transport.abort()

    async def _sweep(self) -> None:
        """One pass over all tunnels now and then: thousands of idle ones cost no timer each."""
        while True:
            await asyncio.sleep(_SWEEP_SECONDS)
            now = self._house.loop.time()
            for end in list(self._tunnels):
                last = max(end.last, end.peer.last if end.peer else 0.0)
                half_closed = end.ended or (end.peer is not None and end.peer.ended)
                if now - last > (HALF_CLOSED_SECONDS if half_closed else IDLE_SECONDS):
                    end.transport.abort()


class _End(asyncio.Protocol):
    """One end of a sealed tunnel: what arrives here leaves at the peer."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.transport: asyncio.Transport
        self.peer: _End | None = None
        self.last = loop.time()
        self.ended = False
        self._time = loop.time

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        _tune(transport)

    def data_received(self, data: bytes) -> None:
        self.last = self._time()
        if self.peer is not None:
            self.peer.transport.write(data)

    def eof_received(self) -> bool:
        self.ended = True
        peer = self.peer
        if peer is None or peer.ended:
            return False  # both sides are done: close
        if peer.transport.can_write_eof() and not peer.transport.is_closing():
            peer.transport.write_eof()
            return True  # half-closed: the peer may go on sending
        return False

    def connection_lost(self, error: Exception | None) -> None:
        if self.peer is not None:
            self.peer.transport.close()  # after what is still to be written

    def pause_writing(self) -> None:
        if self.peer is not None:
            self.peer.transport.pause_reading()

    def resume_writing(self) -> None:
        if self.peer is not None:
            self.peer.transport.resume_reading()


class _Visit(_End):
    """A client's connection: first the head of a request, then, if it is sealed, the near end of a tunnel."""

    def __init__(self, house: House, tunnels: set[_End]) -> None:
        super().__init__(house.loop)
        self._house = house
        self._tunnels = tunnels
        self._buffer = b""
        self._host = ""
        self._dialling: asyncio.Task[None] | None = None
        self._timer = house.loop.call_later(HEAD_SECONDS, self._too_slow)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.client = (transport.get_extra_info("peername") or ("",))[0]

    def data_received(self, data: bytes) -> None:
        if self.peer is not None:
            self.last = self._time()
            self.peer.transport.write(data)
            return
        self._buffer += data
        if b"\r\n\r\n" in self._buffer:
            self._timer.cancel()
            self.transport.pause_reading()
            self._decide()
        elif len(self._buffer) > MAX_HEAD:
            self._answer(431, "The request is too long.")

    def eof_received(self) -> bool:
        if self.peer is None and self._dialling is None:
            return False
        return super().eof_received()

    def connection_lost(self, error: Exception | None) -> None:
        self._timer.cancel()
        if self._dialling:
            self._dialling.cancel()
        super().connection_lost(error)
        self._tunnels.discard(self)
        if self._host:
            self._house.passages.end(self.client, self._host, time.monotonic())
            self._host = ""

    def _too_slow(self) -> None:
        self._answer(408, "The request took too long to arrive.")

    def _decide(self) -> None:
        gate = self._house.gate
        if not gate.admits(self.client):
            self._answer(403, "This computer may not use this proxy. Ask the library's staff.")
            return
        words = self._buffer.partition(b"\r\n")[0].decode("latin-1").split(" ")
        if len(words) != 3 or not words[2].startswith("HTTP/1."):
            self._answer(400, "The request could not be read.")
            return
        connect = words[0] == "CONNECT"
        decision = gate.connect(words[1]) if connect else _plain(gate, words[1])
        if decision.route is Route.REFUSE:
            self._answer(decision.status, decision.reason)
        elif not connect:
            # Whatever follows on this connection is judged by the engine, request by request.
            self._hand_to(self._house.engine, self._buffer, "")
        elif decision.route is Route.DESK:
            self.transport.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            self._hand_to(self._house.desk, self._buffer.partition(b"\r\n\r\n")[2], decision.host)
        elif decision.route is Route.OPEN:
            self._hand_to(self._house.engine, self._buffer, decision.host)
        else:
            self._dialling = asyncio.ensure_future(self._seal(decision))

    def _hand_to(self, take: Handover, data: bytes, host: str) -> None:
        self._buffer = b""
        # From here on this object is out of the way: the taker sets a protocol of its own.
        take(self.transport, data, host)

    async def _seal(self, decision: Decision) -> None:
        """Connect to the far end and tie the two ends together."""
        house = self._house
        far = _End(house.loop)
        try:
            if house.upstream:
                await house.upstream.check(house.loop, decision.host, decision.port)
                await house.upstream.connect(house.loop, lambda: far)
            else:
                await dial.connect(house.loop, lambda: far, decision.host, decision.port)
        except dial.DestinationRefused:
            self._answer(403, "This address is inside the library's network and is not open to patrons.")
            return
        except TimeoutError:
            self._answer(504, "The other computer did not answer in time.")
            return
        except OSError:
            self._answer(502, "The other computer could not be reached.")
            return
        finally:
            self._dialling = None
        if self.transport.is_closing():
            far.transport.abort()
            return
        self._host = decision.host
        house.passages.begin(self.client, self._host)
        self._tunnels.add(self)
        head, _, rest = self._buffer.partition(b"\r\n\r\n")
        self._buffer = b""
        far.peer, self.peer = self, far
        if house.upstream:
            # The content filter sees the patron's own request and answers it itself.
            far.transport.write(house.upstream.head(head) + rest)
        else:
            self.transport.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            if rest:
                far.transport.write(rest)
        self.last = self._time()
        self.transport.resume_reading()

    def _answer(self, status: int, reason: str) -> None:
        self._timer.cancel()
        if not self.transport.is_closing():
            self.transport.write(refusal(status, reason))
            self.transport.close()


def refusal(status: int, reason: str) -> bytes:
    """A complete HTTP/1.1 answer with a page that a patron can read."""
    body = error_page.page(status, reason)
    head = (
        f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {len(body)}\r\n"
        "Cache-Control: no-store\r\nVia: 1.1 carrel\r\nConnection: close\r\n\r\n"
    )
    return head.encode("ascii") + body


def _plain(gate: Gate, target: str) -> Decision:
    try:
        parts = urlsplit(target)
        host, port = parts.hostname or "", parts.port or 80
    except ValueError:
        host, port, parts = "", 0, None
    if parts is None or parts.scheme.lower() != "http" or not host:
        return Decision(Route.REFUSE, status=400, reason="This is the library's proxy. Set it as the browser's proxy.")
    return gate.plain(host, port)


def _tune(transport: asyncio.Transport) -> None:
    sock = transport.get_extra_info("socket")
    if sock is not None and sock.family in (socket.AF_INET, socket.AF_INET6):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
