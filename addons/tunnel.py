"""A sealed connection: two sockets tied together, byte by byte. Looks at nothing, and knows no names."""

from __future__ import annotations

import asyncio
import socket

IDLE_SECONDS = 3600.0
"""Without a byte in either direction; long, for WebSockets and push connections that sleep."""
HALF_CLOSED_SECONDS = 60.0
"""The same once one side has ended, or while it is not yet certain that there is another side."""


class End(asyncio.Protocol):
    """One end of a sealed tunnel: what arrives here leaves at the peer."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.transport: asyncio.Transport
        self.peer: End | None = None
        self.last = loop.time()
        self.patience = IDLE_SECONDS
        """Seconds of silence after which the tunnel is cut."""
        self.ended = False
        self._loop = loop
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
        self.patience = HALF_CLOSED_SECONDS
        peer = self.peer
        if peer is None or peer.ended:
            return False  # both sides are done: close
        if peer.transport.can_write_eof() and not peer.transport.is_closing():
            peer.transport.write_eof()
            return True  # half-closed: the peer may go on sending
        return False

    def connection_lost(self, error: Exception | None) -> None:
        if self.peer is not None:
            transport = self.peer.transport
            transport.close()  # after what is still to be written
            if transport.get_write_buffer_size():
                # To somebody who may never read it.
                self._loop.call_later(HALF_CLOSED_SECONDS, transport.abort)

    def pause_writing(self) -> None:
        if self.peer is not None:
            self.peer.transport.pause_reading()

    def resume_writing(self) -> None:
        if self.peer is not None:
            self.peer.transport.resume_reading()

    def tie(self, peer: End) -> None:
        self.peer, peer.peer = peer, self

    def silent_for_too_long(self, now: float) -> bool:
        other = self.peer or self
        return now - max(self.last, other.last) > min(self.patience, other.patience)


def _tune(transport: asyncio.Transport) -> None:
    sock = transport.get_extra_info("socket")
    if sock is not None and sock.family in (socket.AF_INET, socket.AF_INET6):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
