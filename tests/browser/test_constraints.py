"""What holds Carrel to its promise if all else fails: browsers refuse its certificate outside the configured sites."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.browser.authority import Authority
from tests.browser.drivers import Refused, Start
from tests.browser.loop import Loop
from tests.browser.relay import Relay
from tests.browser.visit import Visit

INSIDE = ("vendor.test", "deep.below.vendor.test", "catalog.test")
OUTSIDE = ("outside.test", "tp-img.test", "notvendor.test")


def test_a_browser_refuses_a_certificate_of_carrels_for_a_host_outside_its_sites(
    loop: Loop, visit: Visit, start: Start, tmp_path: Path
) -> None:
    """Somebody has the intermediate's key, and the tunnel to any host leads to them."""
    thief = Authority(tmp_path / "thief", signer=visit.carrel.data / "ca" / "mitmproxy-ca.pem")

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\nConnection: close\r\n\r\nopened"
        )
        await writer.drain()
        writer.close()

    names = (*INSIDE, *OUTSIDE)
    servers = {name: loop.run(asyncio.start_server(serve, "127.0.0.1", 0, ssl=thief.context(name))) for name in names}
    relay = Relay(loop, 9, {name: server.sockets[0].getsockname()[1] for name, server in servers.items()})
    browser = start(tmp_path / "browser", relay.port, visit.carrel.root)
    try:
        for name in INSIDE:  # the certificates are good but for the name
            browser.open(f"https://{name}/")
            assert browser.text().strip() == "opened"
        for name in OUTSIDE:
            with pytest.raises(Refused):
                browser.open(f"https://{name}/")
    finally:
        browser.close()
        relay.close()
        for server in servers.values():
            loop.loop.call_soon_threadsafe(server.close)
