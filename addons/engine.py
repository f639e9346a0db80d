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

from mitmproxy import addonmanager, exceptions, hooks, master, options, tls
from mitmproxy.addons import core, disable_h2c, next_layer, proxyserver, tlsconfig, upstream_auth
from mitmproxy.net.tls import starts_like_tls_record
from mitmproxy.proxy import commands, events, layer, layers, mode_servers, mode_specs
from mitmproxy.proxy.layers.http import _http1, _http2

from addons import error_page, http1
from addons.decide.gate import Gate
from addons.decide.parties import normal_host
from addons.dial import Loop
from addons.door import Refuses
from addons.guard import Guard, Inward, Unwatched
from addons.opt_out import Choices
from addons.passages import Passages
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
                "browsers ended %d secure connections; is root.pem installed on every terminal?",
                self.refused_by_clients,
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
        refuses: Refuses,
        choices: Choices,
        addons: Sequence[object],
    ) -> None:
        """authority: folder with mitmproxy-ca.pem. trust: PEM file of further CAs for connections to sites."""
        self._opened: dict[str, set[asyncio.Transport]] = {}
        choices.listeners.append(self._chosen)
        self._passages = passages
        self._loop = loop
        settings = options.Options()
        self._master = master.Master(settings, event_loop=loop)
        # It would turn each log record into an event with its full text, past quiet.py, and fail on a closed loop.
        self._master._legacy_log_events.uninstall()
        self._master.addons = HookTable(self._master)
        self._tls = ConstrainedTls(gate)
        http1.leave_out()
        _http1.format_error = _http2.format_error = error_page.translated  # type: ignore[attr-defined]  # no hook offers this
        self._master.addons.add(
            core.Core(),
            upstream_auth.UpstreamAuth(),
            disable_h2c.DisableH2C(),
            proxyserver.Proxyserver(),
            TlsOrNothing(),
            self._tls,
            Guard(gate, loop, passages, refuses, choices),
            *((Inward(upstream, loop),) if upstream else ()),
            Unwatched(choices),
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
        if host:
            self._opened.setdefault(_client(transport), set()).add(transport)
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
        client = _client(writer.transport)
        connection = mode_servers.ProxyConnectionHandler(self._master, reader, writer, self._master.options, self._mode)
        connection.layer = self._top(connection.layer.context)
        if host:
            self._passages.begin(client, host)
        try:
            await connection.handle_client()
        finally:
            if host:
                self._passages.end(client, host, time.monotonic())
                self._forget(client, writer.transport)

    def _forget(self, client: str, transport: asyncio.WriteTransport) -> None:
        left = self._opened.get(client, set())
        left.discard(transport)
        if not left:
            self._opened.pop(client, None)

    def _chosen(self, client: str, watched: bool) -> None:
        """Nothing of a computer that is no longer watched stays open. Plain requests are judged one by one."""
        for transport in () if watched else list(self._opened.get(client, ())):
            transport.abort()


def _client(transport: asyncio.BaseTransport) -> str:
    return str((transport.get_extra_info("peername") or ("",))[0])
