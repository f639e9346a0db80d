"""The content filter in the path: how the door and the engine reach the world through another HTTP proxy."""

from __future__ import annotations

import base64
import ssl
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote, urlsplit

from addons import dial


class Upstream:
    """One upstream proxy, `http://` or `https://`, with a user name and password in the address where it wants them."""

    def __init__(self, url: str, trust: Path | None) -> None:
        parts = urlsplit(url)
        self._tls = parts.scheme == "https"
        self.address = (parts.hostname or "", parts.port or (443 if self._tls else 80))
        self.mode = f"upstream:{parts.scheme}://{'[%s]' % self.address[0] if ':' in self.address[0] else self.address[0]}:{self.address[1]}"
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

    def head(self, head: bytes) -> bytes:
        """The client's CONNECT head (without its end) as it goes to the upstream proxy."""
        if self.credentials:
            token = base64.b64encode(self.credentials.encode()).decode("ascii")
            head += f"\r\nProxy-Authorization: Basic {token}".encode("ascii")
        return head + b"\r\n\r\n"
