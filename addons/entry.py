"""For those who run a mitmproxy of their own: `mitmdump -s addons/entry.py --set carrel=carrel.toml`.

The same witness, judge and ledger, without the door: what is not a site's is passed on by `tls_clienthello`, the
browsers' reports are answered by mitmproxy itself. Certificates are mitmproxy's own, without name constraints.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

# mitmdump runs this file from wherever it lies; the rooms are beside this folder.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from mitmproxy import ctx, http

from addons import quiet, run, settings
from addons.decide.gate import agrees
from addons.decide.parties import normal_host
from addons.desk import Inside, application
from addons.guard import Unwatched
from addons.ledger import LedgerError

if TYPE_CHECKING:
    from mitmproxy.addonmanager import Loader
    from mitmproxy.http import HTTPFlow
    from mitmproxy.tls import ClientHelloData

log = logging.getLogger("carrel.entry")

WARNING = (
    "Carrel runs without its door: mitmproxy reads every connection's first bytes, its certificate may speak for any "
    "site, and it does not keep patrons out of your own network. For public computers use `carrel proxy`."
)


class Entry:
    """Builds the house when mitmdump has read its options, and takes it down at the end."""

    def __init__(self) -> None:
        self._house: run.Parts | None = None
        self._tasks: list[asyncio.Task[None]] = []

    def load(self, loader: Loader) -> None:
        loader.add_option("carrel", str, "", "Carrel's configuration file.")

    def configure(self, updated: set[str]) -> None:
        # mitmdump would print each address that is opened.
        if getattr(ctx.options, "flow_detail", 0):
            ctx.options.update(flow_detail=0)
        if "carrel" not in updated or self._house:
            return
        try:
            configured = settings.load(Path(ctx.options.carrel) if ctx.options.carrel else None)
            configured.data.dir.mkdir(mode=0o700, parents=True, exist_ok=True)
            house = run.parts(configured)
            house.open_ledger(configured)
        except (settings.SettingsError, LedgerError, OSError) as error:
            # An OptionsError from a script is printed with its traceback. mitmdump ends on errors of the start.
            log.error("%s", error)
            return
        self._house = house
        quiet.install()
        quiet.no_dumps()
        desk = application(configured, house.witness.take, catalogue=house.catalogue, choices=house.choices)
        ctx.master.addons.add(Unwatched(house.choices), house.shield, house.witness, Inside(desk))
        log.warning(WARNING)

    def running(self) -> None:
        if self._house is None:
            return
        self._tasks = [asyncio.create_task(chore) for chore in self._house.chores()]

    def http_connect(self, flow: HTTPFlow) -> None:
        if flow.request.host == settings.DESK:
            flow.response = http.Response.make(200)  # or mitmproxy would look for this host in the world first

    def tls_clienthello(self, data: ClientHelloData) -> None:
        if self._house is None:
            data.ignore_connection = True  # without a configuration nothing is a site's
            return
        address = data.context.server.address
        host = normal_host(address[0]) if address else ""
        sni = normal_host(data.client_hello.sni or "")
        in_scope = sni == settings.DESK or self._house.catalogue.site_of(sni) is not None
        client = (data.context.client.peername or ("",))[0]
        watched = sni == settings.DESK or self._house.choices.watches(client)
        data.ignore_connection = not (in_scope and host == sni and watched)
        if sni == settings.DESK:
            data.establish_server_tls_first = False
        self._house.choices.passed(client)
        if host and watched:
            self._house.passages.begin(client, host)
            self._house.passages.end(client, host, asyncio.get_running_loop().time())

    def requestheaders(self, flow: HTTPFlow) -> None:
        if flow.client_conn.tls_established:
            host = normal_host(flow.client_conn.sni or "")
            if not agrees(host, flow.request.port, flow.request.host_header or flow.request.authority):
                flow.kill()

    def responseheaders(self, flow: HTTPFlow) -> None:
        if flow.response is not None and flow.request.pretty_host != settings.DESK:
            flow.response.stream = flow.response.status_code != 101

    def websocket_message(self, flow: HTTPFlow) -> None:
        if flow.websocket is not None:
            del flow.websocket.messages[:-1]

    async def done(self) -> None:
        if self._house is None:
            return
        for task in self._tasks:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        self._house.witness.settle(everything=True)
        await self._house.ledger.close()


addons: list[Any] = [Entry()]
