"""The one listener. Reads the first line of each connection, then seals it, hands it on, or refuses it.

A sealed connection is relayed byte by byte between two sockets; nothing looks at it, and its host is known to this
module and to `Passages` only. What is a site's goes to the engine, what is the proxy's own to the desk.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import resource
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from urllib.parse import urlsplit

from addons import dial, error_page
from addons.decide.filtering import refuses_connect
from addons.decide.gate import Decision, Gate, Route
from addons.opt_out import Choices, none_offered
from addons.passages import BLOCKED, STOPPED_UPSTREAM, Passages
from addons.tunnel import End
from addons.upstream import FarEnd, Upstream

log = logging.getLogger("carrel.door")

MAX_HEAD = 64 * 1024
"""Bytes of a request head; RFC 9110 leaves the limit to us."""
HEAD_SECONDS = 30.0
"""To send a complete request head."""
LINGER_SECONDS = 2.0
"""For a client that is still sending when it is refused: to read the answer before its connection is gone."""
_SWEEP_SECONDS = 15.0

Handover = Callable[[asyncio.Transport, bytes, str], None]
"""Takes over a client's transport, paused, with the bytes that were read from it and the host of its CONNECT ("" for
plain HTTP)."""


Refuses = Callable[[str, str], str]
"""Client and host: why a connection there is refused, in words for the patron; "" if it is not (run.Parts.refuses)."""


@dataclass(frozen=True, slots=True)
class House:
    """What the door needs of the rest of the house."""

    loop: dial.Loop
    gate: Gate
    passages: Passages
    upstream: Upstream | None
    engine: Handover
    desk: Handover
    refuses: Refuses
    choices: Choices = field(default_factory=none_offered)


class Door:
    """Listens, and keeps the sealed tunnels."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._tunnels: set[_Visit] = set()
        house.choices.listeners.append(self._chosen)
        self._servers: list[asyncio.Server] = []
        self._sweeper: asyncio.Task[None] | None = None

    async def open(self, host: str, port: int, sockets: Sequence[socket.socket] = ()) -> tuple[str, int]:
        """Listen, on sockets that are open already if there are any; returns the address with the real port.

        Raises OSError if it is taken.
        """
        _allow_many_connections()
        factory, create = partial(_Visit, self._house, self._tunnels), self._house.loop.create_server
        self._servers = [await create(factory, sock=one, backlog=1024) for one in sockets]
        self._servers = self._servers or [await create(factory, host, port, backlog=1024)]
        self._sweeper = asyncio.create_task(self._sweep())
        name = self._servers[0].sockets[0].getsockname()
        return str(name[0]), int(name[1])

    async def close(self) -> None:
        if self._sweeper:
            self._sweeper.cancel()
        for server in self._servers:
            server.close()
        for end in list(self._tunnels):
            end.transport.abort()

    async def _sweep(self) -> None:
        """One pass over all tunnels now and then: thousands of idle ones cost no timer each."""
        now = self._house.loop.time()
        while True:
            before = now
            await asyncio.sleep(_SWEEP_SECONDS)
            now = self._house.loop.time()
            for end in list(self._tunnels):
                if end.silent_for_too_long(now):
                    end.transport.abort()
                elif max(end.last, end.peer.last if end.peer else 0.0) >= before:
                    self._house.choices.passed(end.client)
            self._house.choices.expire()

    def _chosen(self, client: str, watched: bool) -> None:
        """A computer that is watched from now on: end the connections to sites that pass sealed, so that it holds."""
        for end in list(self._tunnels) if watched else ():
            if end.client == client and end.to_site:
                end.transport.abort()


def _allow_many_connections() -> None:
    """A tunnel takes two descriptors; service managers start programs with a soft limit of 1,024."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


class _Visit(End):
    """A client's connection: first the head of a request, then, if it is sealed, the near end of a tunnel."""

    def __init__(self, house: House, tunnels: set[_Visit]) -> None:
        super().__init__(house.loop)
        self.client = ""
        self.to_site = False
        """Sealed only because the patron chose so."""
        self._house = house
        self._tunnels = tunnels
        self._buffer = bytearray()
        self._answered = False
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
        if self._answered:
            return
        self._buffer += data
        if self._buffer.find(b"\r\n\r\n", max(0, len(self._buffer) - len(data) - 3)) >= 0:
            self._timer.cancel()
            self.transport.pause_reading()
            self._decide()
        elif len(self._buffer) > MAX_HEAD:
            self._answer(431, "The request is too long.")

    def eof_received(self) -> bool:
        if self.peer is None:
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
        if self._buffer:
            self._answer(408, "The request took too long to arrive.")
        else:
            self.transport.close()  # opened ahead by a browser that had nothing to ask

    def _decide(self) -> None:
        gate = self._house.gate
        if not gate.admits(self.client):
            self._answer(403, "This computer may not use this proxy. Ask the library's staff.")
            return
        self._house.choices.passed(self.client)
        words = self._buffer.partition(b"\r\n")[0].decode("latin-1").split(" ")
        if len(words) != 3 or words[2] not in ("HTTP/1.1", "HTTP/1.0"):
            self._answer(400, "The request could not be read.")
            return
        connect = words[0] == "CONNECT"
        decision = gate.connect(words[1]) if connect else _plain(gate, words[1])
        if decision.route is Route.REFUSE:
            self._answer(decision.status, decision.reason)
        elif not connect:
            # Whatever follows on this connection is judged by the engine, request by request.
            self._hand_to(self._house.engine, bytes(self._buffer), "")
        elif decision.route is Route.DESK:
            self.transport.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            self._hand_to(self._house.desk, bytes(self._buffer.partition(b"\r\n\r\n")[2]), decision.host)
        elif not self._house.choices.watches(self.client):
            self.to_site = decision.route is Route.OPEN
            self._dialling = asyncio.ensure_future(self._seal(decision))
        elif decision.route is Route.OPEN:
            self._hand_to(self._house.engine, bytes(self._buffer), decision.host)
        elif reason := self._house.refuses(self.client, decision.host):
            self._house.passages.refuse(self.client, decision.host, BLOCKED, time.monotonic())
            self._answer(403, reason)
        else:
            self._dialling = asyncio.ensure_future(self._seal(decision))

    def _hand_to(self, take: Handover, data: bytes, host: str) -> None:
        self._buffer.clear()
        # From here on this object is out of the way: the taker sets a protocol of its own.
        take(self.transport, data, host)

    async def _seal(self, decision: Decision) -> None:
        """Connect to the far end and tie the two ends together."""
        house = self._house
        head, _, rest = bytes(self._buffer).partition(b"\r\n\r\n")
        self._buffer.clear()
        far = FarEnd(house.loop, rest, partial(self._filtered, decision.host)) if house.upstream else End(house.loop)
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
        except (OSError, ValueError):
            self._answer(502, "The other computer could not be reached.")
            return
        finally:
            self._dialling = None
        if self.transport.is_closing():
            far.transport.abort()
            return
        self._tunnels.add(self)
        self.last = self._time()
        self.tie(far)
        if house.upstream:
            # The content filter answers the patron itself. Until it agrees, nothing more of the patron's passes.
            far.transport.write(house.upstream.head(decision.host, decision.port, head))
            return
        self._begin(decision.host)
        self.transport.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        self.transport.resume_reading()  # first: writing may pause it again
        if rest:
            far.transport.write(rest)

    def _filtered(self, host: str, status: int) -> None:
        """The content filter answered the CONNECT."""
        if self not in self._tunnels:
            return  # the client is gone
        if status // 100 == 2:
            self._begin(host)
        elif refuses_connect(status) and self._house.choices.watches(self.client):
            self._house.passages.refuse(self.client, host, STOPPED_UPSTREAM, time.monotonic())

    def _begin(self, host: str) -> None:
        if self._house.choices.watches(self.client):
            self._host = host
            self._house.passages.begin(self.client, host)

    def _answer(self, status: int, reason: str) -> None:
        self._timer.cancel()
        if self.transport.is_closing():
            return
        self._answered = True
        self.transport.write(refusal(status, reason))
        # Closing with bytes unread resets the connection, and the answer with it.
        self.transport.write_eof()
        self.transport.resume_reading()
        self._timer = self._house.loop.call_later(LINGER_SECONDS, self.transport.abort)


def refusal(status: int, reason: str) -> bytes:
    """A complete HTTP/1.1 answer with a page that a patron can read."""
    body = error_page.page(status, reason)
    head = (
        f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\nContent-Type: text/html; charset=utf-8\r\n"
        f"Content-Length: {len(body)}\r\n"
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
