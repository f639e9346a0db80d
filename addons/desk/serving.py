"""The desk's connections: those that the door hands over, TLS included, and a plain listener for terminals that have no
proxy yet. Starlette on uvicorn's protocol, in the house's own event loop: no log, no signal handlers.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

REQUEST_SECONDS = 30.0
"""For a connection to bring its next request, whole, and to take the answer."""
HANDSHAKE_SECONDS = 20.0


class _Patient(HttpToolsProtocol):
    """uvicorn's protocol with an end to its patience: by itself it waits for ever for a first request or for the rest
    of one."""

    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        self._wait_anew()

    def connection_lost(self, error: Exception | None) -> None:
        if self._timer:
            self._timer.cancel()
        super().connection_lost(error)

    def on_message_begin(self) -> None:
        self._wait_anew()
        super().on_message_begin()

    def on_response_complete(self) -> None:
        self._wait_anew()
        super().on_response_complete()

    def _wait_anew(self) -> None:
        if self._timer:
            self._timer.cancel()
        self._timer = self.loop.call_later(REQUEST_SECONDS, self.transport.abort)


class _Protocols:
    """Makes a protocol for each connection of one application."""

    def __init__(self, app: Starlette) -> None:
        self._config = uvicorn.Config(
            app,
            http=_Patient,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            # A patron's computer is told by its address; no header may say another.
            proxy_headers=False,
        )
        self._config.load()
        self._state = ServerState()

    def __call__(self) -> _Patient:
        return _Patient(config=self._config, server_state=self._state, app_state={})

    def close(self) -> None:
        for connection in list(self._state.connections):
            connection.shutdown()


class _Early(asyncio.Protocol):
    """Keeps what a browser sends right behind its handshake, until uvicorn's protocol has its transport."""

    def __init__(self) -> None:
        self.data = bytearray()
        self.lost = False

    def data_received(self, data: bytes) -> None:
        self.data += data

    def connection_lost(self, error: Exception | None) -> None:
        self.lost = True


class Desk:
    """Serves the application on connections that the door hands over, TLS included."""

    def __init__(self, app: Starlette, certificate: Path) -> None:
        """certificate: PEM file with the desk's key, its certificate and the chain."""
        self._protocols = _Protocols(app)
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._tls.minimum_version = ssl.TLSVersion.TLSv1_2
        self._tls.load_cert_chain(certificate)
        self._tls.set_alpn_protocols(["http/1.1"])
        self._starting: set[asyncio.Task[None]] = set()

    def take(self, transport: asyncio.Transport, data: bytes, host: str) -> None:
        """Continue a connection of the door's, just after its CONNECT was answered."""
        if data:
            # A TLS hello sent before the answer to CONNECT cannot be handed to start_tls; no browser does it.
            transport.abort()
            return
        task = asyncio.get_running_loop().create_task(self._start(transport))
        self._starting.add(task)
        task.add_done_callback(self._starting.discard)

    async def _start(self, transport: asyncio.Transport) -> None:
        loop, early = asyncio.get_running_loop(), _Early()
        try:
            secured = await loop.start_tls(
                transport, early, self._tls, server_side=True, ssl_handshake_timeout=HANDSHAKE_SECONDS
            )
        except (OSError, TimeoutError):
            transport.abort()
            return
        if secured is None or early.lost:
            return
        protocol = self._protocols()
        secured.set_protocol(protocol)
        protocol.connection_made(secured)
        if early.data:
            protocol.data_received(bytes(early.data))

    async def close(self) -> None:
        for task in list(self._starting):
            task.cancel()
        self._protocols.close()


class PlainDesk:
    """Serves the application on a port of its own, without TLS."""

    def __init__(self, app: Starlette) -> None:
        self._protocols = _Protocols(app)
        self._servers: list[asyncio.Server] = []

    async def open(self, host: str, port: int, sockets: Sequence[socket.socket] = ()) -> tuple[str, int]:
        """Listen, as the door does (Door.open)."""
        create = asyncio.get_running_loop().create_server
        self._servers = [await create(self._protocols, sock=one) for one in sockets]
        self._servers = self._servers or [await create(self._protocols, host, port)]
        name: Any = self._servers[0].sockets[0].getsockname()
        return str(name[0]), int(name[1])

    async def close(self) -> None:
        for server in self._servers:
            server.close()
        self._protocols.close()
