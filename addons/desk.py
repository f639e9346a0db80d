"""carrel.internal: the proxy's own small server. Takes the browsers' reports, shows the notice and the certificate.

Starlette on uvicorn, on the door's own connections: no port of its own, no cookies, no log.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from html import escape
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route
from uvicorn.server import ServerState

from addons.settings import Settings
from addons.sighting import MAX_REPORT

Take = Callable[[str, bytes], None]
"""What is done with a report: page token, body."""

_ANY_ORIGIN = {"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Headers": "content-type"}


def application(settings: Settings, take: Take) -> Starlette:
    """The desk's pages. `take` gets each report; the browser always gets 204, whatever it sent."""
    page = notice(settings)

    async def report(request: Request) -> Response:
        if request.method == "POST":
            body = bytearray()
            try:
                async for chunk in request.stream():
                    body += chunk
                    if len(body) > MAX_REPORT:
                        break
            except ClientDisconnect:
                pass
            take(request.path_params["token"], bytes(body))
        return Response(status_code=204, headers=_ANY_ORIGIN)

    async def home(request: Request) -> Response:
        return HTMLResponse(page, headers={"Cache-Control": "no-store", "Via": "1.1 carrel"})

    async def certificate(request: Request) -> Response:
        root = settings.data.ca / "root.pem"
        if not root.is_file():
            return PlainTextResponse("There is no certificate yet.", status_code=404)
        return FileResponse(root, media_type="application/x-x509-ca-cert", filename="carrel-root.pem")

    return Starlette(
        routes=[
            Route("/r/{token}", report, methods=["POST", "OPTIONS"]),
            Route("/root.pem", certificate),
            Route("/", home),
        ]
    )


def notice(settings: Settings) -> str:
    """The page that tells a patron what is recorded here, made from the running configuration."""
    library, privacy = escape(settings.library.name), settings.privacy
    ask = f"Questions: {escape(settings.library.contact)}." if settings.library.contact else "Questions: ask the staff."
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Carrel at {library}</title><style>
body {{ font: 1.25rem/1.6 system-ui, sans-serif; max-width: 42rem; margin: 2rem auto; padding: 0 1rem; }}
:root {{ color-scheme: light dark; }}
</style></head><body><main>
<h1>What this computer records</h1>
<p>{library} uses a program named Carrel on its public computers. On the library's catalog and on the pages of the
companies that the library buys from, it counts which <em>other</em> companies each page makes the browser contact.
The library uses the counts to ask those companies to stop.</p>
<h2>What is kept</h2>
<p>Numbers only: on how many page loads of a site, in a month (or on a day with at least {privacy.k} page loads of that
site), which company was contacted, by what kind of content, from which kind of page (search, item, account, home), and
what kind of data it was sent (such as "search terms", never the terms themselves). Also, as numbers: whether pages were
opened before or after a choice in the site's cookie notice, which known services' cookies the site uses, to which
companies' log-ins it leads, and visits to addresses that imitate a library service (which service, never the
address).</p>
<h2>What is never kept</h2>
<p>Who you are, which computer you use, the time, the addresses of pages, what you search for or read, the contents of
cookies, and anything about sites that are not the library's or its vendors'. Those connections pass through unread.</p>
<h2>For how long</h2>
<p>Days for {privacy.days_kept} days, months for {privacy.months_kept} months. Then they are deleted.</p>
<p>{ask}</p>
<p><a href="/root.pem">Carrel's certificate</a> (for staff)</p>
</main></body></html>
"""


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
        self._config = uvicorn.Config(
            app, http="httptools", ws="none", lifespan="off", log_config=None, access_log=False, server_header=False
        )
        self._config.load()
        self._state = ServerState()
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
        loop = asyncio.get_running_loop()
        protocol = self._config.http_protocol_class(  # type: ignore[call-arg]
            config=self._config, server_state=self._state, app_state={}
        )
        early = _Early()
        try:
            secured = await loop.start_tls(transport, early, self._tls, server_side=True, ssl_handshake_timeout=20)
        except (OSError, TimeoutError):
            transport.abort()
            return
        if secured is None or early.lost:
            return
        secured.set_protocol(protocol)
        protocol.connection_made(secured)
        if early.data:
            protocol.data_received(bytes(early.data))

    async def close(self) -> None:
        for task in list(self._starting):
            task.cancel()
        for connection in list(self._state.connections):
            connection.shutdown()
