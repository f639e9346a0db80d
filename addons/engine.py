"""mitmproxy for the sites: run from Python with only the addons it needs, ours in order. Opens no port of its own.

The door hands over connections whose CONNECT names a site, and plain HTTP. Here TLS is ended with a certificate of
the constrained authority, and CONNECT host, SNI and Host must name the same host of a site, or nothing is opened.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from mitmproxy import addonmanager, exceptions, hooks, http, master, options, tls
from mitmproxy.addons import core, disable_h2c, next_layer, proxyserver, tlsconfig, upstream_auth
from mitmproxy.net.tls import starts_like_tls_record
from mitmproxy.proxy import commands, events, layer, layers, mode_servers, mode_specs, server_hooks
from mitmproxy.proxy.layers.http import _http1, _http2

from addons import error_page
from addons.decide.gate import Gate, Route, agrees
from addons.decide.parties import normal_host
from addons.dial import DestinationRefused, Loop
from addons.passages import Passages
from addons.settings import DESK
from addons.sighting import MAX_REPORT
from addons.upstream import Upstream

log = logging.getLogger("carrel.engine")


class HookTable(addonmanager.AddonManager):
    """An addon manager that looks up each hook once: mitmproxy's own walks all addons for every event."""

    def __init__(self, master: master.Master) -> None:
        super().__init__(master)  # type: ignore[no-untyped-call]
        self._table: dict[str, list[Callable[..., Any]]] = {}

    def add(self, *addons: Any) -> None:
        super().add(*addons)  # type: ignore[no-untyped-call]
        self._table.clear()

    async def trigger_event(self, event: hooks.Hook) -> None:
        table = self._table.get(event.name)
        if table is None:
            found = (getattr(addon, event.name, None) for addon in addonmanager.traverse(self.chain))
            table = self._table[event.name] = [hook for hook in found if callable(hook)]
        arguments = event.args()
        for hook in table:
            try:
                result = hook(*arguments)
                if result is not None and inspect.isawaitable(result):
                    await result
            except exceptions.AddonHalt:
                return
            except Exception:
                # One broken hook must not take a patron's page down with it. quiet.py strips the text.
                logging.getLogger("mitmproxy").error("hook failed", exc_info=True)


class Guard:
    """First of our addons: what the door cannot see, the engine checks again."""

    def __init__(self, gate: Gate, loop: Loop, passages: Passages) -> None:
        self._gate = gate
        self._loop = loop
        self._passages = passages

    def http_connect(self, flow: http.HTTPFlow) -> None:
        # Only a CONNECT that the door let through may be the first request; one that follows plain HTTP never saw it.
        decision = self._gate.connect(f"{flow.request.host}:{flow.request.port}")
        if decision.route is Route.OPEN:
            flow.request.host = decision.host  # one spelling from here on: it is looked up, and named in a certificate
        else:
            flow.response = http.Response.make(403, b"", {"Connection": "close"})

    def requestheaders(self, flow: http.HTTPFlow) -> None:
        request = flow.request
        if request.method == "CONNECT":
            return
        refused = self._opened(flow) if flow.client_conn.tls_established else self._plain(flow)
        has_body = request.headers.get("content-length", "0") != "0" or "transfer-encoding" in request.headers
        if request.is_http2 and request.method not in ("GET", "HEAD", "OPTIONS"):
            has_body = True  # HTTP/2 need not announce it
        desk = normal_host(request.host) == DESK
        if (refused and has_body) or (desk and has_body and not _is_short(request)):
            flow.kill()  # rather than take in a body of any size for nothing
        elif refused:
            refuse(flow, *refused)
        elif not desk:
            request.stream = has_body

    def _opened(self, flow: http.HTTPFlow) -> tuple[int, str] | None:
        host = normal_host(flow.request.host)
        authority = flow.request.host_header or flow.request.authority
        names_agree = agrees(host, flow.request.port, authority) and normal_host(flow.client_conn.sni or "") == host
        if not names_agree or self._gate.catalogue.site_of(host) is None:
            return 421, "The browser asked this connection for another site."
        return None

    def _plain(self, flow: http.HTTPFlow) -> tuple[int, str] | None:
        if flow.request.scheme != "http":
            return 400, "The request could not be read."
        decision = self._gate.plain(flow.request.host, flow.request.port)
        if decision.route is Route.REFUSE:
            return decision.status, decision.reason
        if not agrees(decision.host, decision.port, flow.request.host_header or ""):
            return 400, "The request names two different sites."
        client, now = (flow.client_conn.peername or ("",))[0], time.monotonic()
        self._passages.begin(client, decision.host)
        self._passages.end(client, decision.host, now)
        return None

    def server_connect(self, data: server_hooks.ServerConnectionHookData) -> None:
        # Names are judged where they are resolved (dial.Loop); literals never get there.
        address = data.server.address
        if address and not self._loop.allows_literal(address[0], address[1]):
            data.server.error = "refused"

    def responseheaders(self, flow: http.HTTPFlow) -> None:
        if flow.response is None:
            return
        if _REFUSED in flow.metadata:
            raise exceptions.AddonHalt  # our own page is no page load of the site that the request names
        flow.response.stream = flow.response.status_code != 101
        # Offers of HTTP/3 lead around an HTTP proxy.
        flow.response.headers.pop("alt-svc", None)

    def websocket_message(self, flow: http.HTTPFlow) -> None:
        # mitmproxy keeps all messages of a socket for its flow view. This one is on its way; drop the ones before.
        if flow.websocket is not None:
            del flow.websocket.messages[:-1]


class Inward:
    """Second of our addons where there is an upstream proxy: stops names that are known here to lead inside.

    Without one, names are judged where they are resolved (dial.Loop).
    """

    def __init__(self, upstream: Upstream, loop: Loop) -> None:
        self._upstream = upstream
        self._loop = loop

    async def requestheaders(self, flow: http.HTTPFlow) -> None:
        if flow.response is not None or flow.error is not None or flow.request.method == "CONNECT":
            return
        try:
            await self._upstream.check(self._loop, flow.request.host, flow.request.port)
        except DestinationRefused:
            if flow.request.stream:
                flow.kill()
            else:
                refuse(flow, 403, "This address is inside the library's network and is not open to patrons.")


def _is_short(request: http.Request) -> bool:
    length = request.headers.get("content-length", "")
    return length.isdigit() and len(length) < 9 and int(length) <= MAX_REPORT


def refuse(flow: http.HTTPFlow, status: int, reason: str) -> None:
    """Answer in the site's place."""
    flow.metadata[_REFUSED] = True
    flow.response = http.Response.make(status, error_page.page(status, reason), _PAGE_HEADERS)


_REFUSED = "refused by carrel"
_PAGE_HEADERS = {"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store", "Via": "1.1 carrel"}


class TlsOrNothing(next_layer.NextLayer):
    """Behind a CONNECT comes TLS; anything else is no browser's, and is closed. Otherwise mitmproxy's own choice."""

    name = "nextlayer"

    def next_layer(self, nextlayer: layer.NextLayer) -> None:
        context, data = nextlayer.context, nextlayer.data_client()
        inside_connect = any(isinstance(above, layers.HttpLayer) for above in context.layers)
        if inside_connect and not context.client.tls and not starts_like_tls_record(data):
            if not b"\x16\x03".startswith(data[:2]) or len(data) > 2:
                nextlayer.layer = _Closed(context)
            return  # wait for the rest of a hello that comes in small pieces
        super().next_layer(nextlayer)


class _Closed(layer.Layer):
    def _handle_event(self, event: events.Event) -> layer.CommandGenerator[None]:
        if isinstance(event, events.Start):
            yield commands.CloseConnection(self.context.client)


class ConstrainedTls(tlsconfig.TlsConfig):
    """TLS for the sites only: no certificate is made for a name that the CONNECT did not name."""

    name = "tlsconfig"

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self.refused_by_clients = 0

    def tls_start_client(self, tls_start: tls.TlsData) -> None:
        client, address = tls_start.context.client, tls_start.context.server.address
        sni = normal_host(client.sni or "")
        if not address or not sni or sni != normal_host(address[0]) or self._gate.catalogue.site_of(sni) is None:
            return  # without a context mitmproxy closes the connection
        super().tls_start_client(tls_start)

    def tls_failed_client(self, tls_start: tls.TlsData) -> None:
        # Most likely root.pem is not installed at that terminal. Said once in a while, with nothing but a number.
        self.refused_by_clients += 1
        if self.refused_by_clients in (5, 50, 500):
            log.warning(
                "browsers ended %d secure connections; is root.pem installed on every terminal?", self.refused_by_clients
            )


class Engine:
    """Takes connections from the door and runs them through mitmproxy."""

    def __init__(
        self,
        *,
        loop: Loop,
        gate: Gate,
        passages: Passages,
        authority: Path,
        trust: Path | None,
        upstream: Upstream | None,
        addons: Sequence[object],
    ) -> None:
        """authority: folder with mitmproxy-ca.pem. trust: PEM file of further CAs for connections to sites."""
        self._passages = passages
        self._loop = loop
        settings = options.Options()
        self._master = master.Master(settings, event_loop=loop)
        # It would turn every log record into an event with its full text, past quiet.py, and fails once the loop is closed.
        self._master._legacy_log_events.uninstall()
        self._master.addons = HookTable(self._master)
        self._tls = ConstrainedTls(gate)
        _http1.format_error = _http2.format_error = error_page.translated  # type: ignore[attr-defined]  # no hook offers this
        self._master.addons.add(
            core.Core(),
            upstream_auth.UpstreamAuth(),
            disable_h2c.DisableH2C(),
            proxyserver.Proxyserver(),
            TlsOrNothing(),
            self._tls,
            Guard(gate, loop, passages),
            *((Inward(upstream, loop),) if upstream else ()),
            *addons,
        )
        settings.update(
            server=False,
            confdir=str(authority),
            connection_strategy="lazy",
            # The site's certificate lists names outside our constraints; ours must name the host alone.
            upstream_cert=False,
            rawtcp=False,
            ssl_verify_upstream_trusted_ca=str(trust) if trust else None,
            upstream_auth=upstream.credentials or None if upstream else None,
        )
        self._mode = mode_specs.ProxyMode.parse(upstream.mode if upstream else "regular")
        self._top = layers.modes.HttpUpstreamProxy if upstream else layers.modes.HttpProxy
        self._running: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Until cancelled or shut down."""
        await self._master.run()

    async def close(self) -> None:
        for task in list(self._running):
            task.cancel()
        if self._running:
            await asyncio.wait(self._running, timeout=2)
        self._master.shutdown()

    def take(self, transport: asyncio.Transport, data: bytes, host: str) -> None:
        """Continue a connection of the door's: `data` was read from it, `host` is its CONNECT's or ""."""
        reader = asyncio.StreamReader(loop=self._loop)
        protocol = asyncio.StreamReaderProtocol(reader, loop=self._loop)
        transport.set_protocol(protocol)
        protocol.connection_made(transport)
        writer = asyncio.StreamWriter(transport, protocol, reader, self._loop)
        reader.feed_data(data)
        transport.resume_reading()
        task = self._loop.create_task(self._serve(reader, writer, host))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, host: str) -> None:
        client = (writer.get_extra_info("peername") or ("",))[0]
        connection = mode_servers.ProxyConnectionHandler(self._master, reader, writer, self._master.options, self._mode)
        connection.layer = self._top(connection.layer.context)
        if host:
            self._passages.begin(client, host)
        try:
            await connection.handle_client()
        finally:
            if host:
                self._passages.end(client, host, time.monotonic())
