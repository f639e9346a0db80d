"""A plain CONNECT relay that sends every name of the world to the world's server: what a browser does without Carrel.

Not a model of Carrel: it opens nothing and decides nothing.
"""

from __future__ import annotations

import asyncio

from tests.browser.loop import Loop


class Relay:
    """`routes` sends single names to other ports; names outside .test get 502: browsers' own traffic stays here."""

    def __init__(self, loop: Loop, world_port: int, routes: dict[str, int] | None = None) -> None:
        self._world_port = world_port
        self._routes = routes or {}
        self._loop = loop
        self._server = loop.run(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.port: int = self._server.sockets[0].getsockname()[1]

    def close(self) -> None:
        self._loop.loop.call_soon_threadsafe(self._server.close)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            method, target, _ = head.split(" ", 2)
            name = target.rpartition(":")[0]
            if method != "CONNECT" or not name.endswith(".test"):
                writer.write(b"HTTP/1.1 502 Not here\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                await writer.drain()
                return
            port = self._routes.get(name, self._world_port)
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
            await asyncio.gather(_pump(reader, far_writer), _pump(far_reader, writer))
        except (OSError, ValueError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # one side left
        finally:
            writer.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while chunk := await reader.read(65536):
            writer.write(chunk)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()
