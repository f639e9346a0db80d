"""A patron's side of an opened connection."""

from __future__ import annotations

import ssl
from collections.abc import Iterable

import httpx

from tests.addons.program import Line
from tests.addons.town import SITE, Town


async def opened(town: Town, host: str = SITE, *alpn: str) -> Line:
    """A connection to a site, its TLS ended by the proxy."""
    line = await Line.open(town.address)
    assert await line.connect(f"{host}:443") == 200
    await line.secure(town.program.trusting(*alpn), host)
    return line


async def ask(line: Line, path: str, host: str = SITE, *fields: str) -> tuple[int, bytes]:
    head = "\r\n".join([f"GET {path} HTTP/1.1", f"Host: {host}", *fields])
    await line.send(f"{head}\r\n\r\n".encode("latin-1"))
    return await line.answer()


class BrowserTls(ssl.SSLContext):
    """httpx asks for HTTP/1.1 first, where browsers ask for HTTP/2."""

    def set_alpn_protocols(self, alpn_protocols: Iterable[str]) -> None:
        super().set_alpn_protocols(sorted(alpn_protocols))


def browser(town: Town, *, http2: bool) -> httpx.AsyncClient:
    context = BrowserTls(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(town.program.root)
    return httpx.AsyncClient(proxy=town.program.url, verify=context, http2=http2, timeout=20)
