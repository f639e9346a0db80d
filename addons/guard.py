"""mitmproxy addons: what the door cannot see, because it is said after the first line, is judged here again.

Refuses; opens nothing, changes nothing but spellings, records nothing but passages.
"""

from __future__ import annotations

import time

from mitmproxy import exceptions, http
from mitmproxy.proxy import server_hooks

from addons import error_page
from addons.decide.gate import Gate, Route, agrees
from addons.decide.parties import normal_host
from addons.dial import DestinationRefused, Loop
from addons.door import Refuses
from addons.opt_out import Choices
from addons.passages import BLOCKED, Passages
from addons.settings import DESK
from addons.sighting import MAX_REPORT
from addons.upstream import Upstream


class Guard:
    """First of our addons: what the door cannot see, the engine checks again."""

    def __init__(self, gate: Gate, loop: Loop, passages: Passages, refuses: Refuses, choices: Choices) -> None:
        self._gate = gate
        self._loop = loop
        self._passages = passages
        self._refuses = refuses
        self._choices = choices

    def http_connect(self, flow: http.HTTPFlow) -> None:
        # Only a CONNECT that the door let through may be the first request; one that follows plain HTTP never saw it.
        decision = self._gate.connect(f"{flow.request.host}:{flow.request.port}")
        if decision.route is Route.OPEN and self._choices.watches(client_of(flow)):
            flow.request.host = decision.host  # one spelling from here on: it is looked up, and named in a certificate
        else:
            flow.response = http.Response.make(403, b"", {"Connection": "close"})

    def requestheaders(self, flow: http.HTTPFlow) -> None:
        request = flow.request
        if request.method == "CONNECT":
            return
        self._choices.passed(client_of(flow))
        if flow.client_conn.tls_established and not self._choices.watches(client_of(flow)):
            flow.kill()  # opened before the patron said no
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
        elif desk:
            request.host = DESK  # one spelling: any other would be looked for in the world
        else:
            request.stream = has_body

    def _opened(self, flow: http.HTTPFlow) -> tuple[int, str] | None:
        request = flow.request
        host = normal_host(request.host)
        # HTTP/2 may send :authority and Host, HTTP/1 an absolute address and Host. The site reads one of them.
        named = [name for name in (request.authority, *request.headers.get_all("host")) if name]
        names_agree = bool(named) and all(agrees(host, request.port, name) for name in named)
        if (
            not names_agree
            or normal_host(flow.client_conn.sni or "") != host
            or self._gate.catalogue.site_of(host) is None
        ):
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
        client, now = client_of(flow), time.monotonic()
        if not self._choices.watches(client):
            return None
        out_of_scope = decision.host != DESK and self._gate.catalogue.site_of(decision.host) is None
        if out_of_scope and (reason := self._refuses(client, decision.host)):
            self._passages.refuse(client, decision.host, BLOCKED, now)
            return 403, reason
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
        self._choices.passed(client_of(flow))
        # mitmproxy keeps all messages of a socket for its flow view. This one is on its way; drop the ones before.
        if flow.websocket is not None:
            del flow.websocket.messages[:-1]


class Inward:
    """Second of our addons where there is an upstream proxy: stops names that are known here to lead inside, and
    connections that would lead around it.

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

    def server_connect(self, data: server_hooks.ServerConnectionHookData) -> None:
        # mitmproxy connects to nobody else in this mode. Should it ever, a page fails rather than pass unfiltered.
        host, port = self._upstream.address
        address = data.server.address
        if not address or (normal_host(address[0]), address[1]) != (normal_host(host), port):
            data.server.error = "refused"


class Unwatched:
    """Last of ours before those that watch and change: keeps from them what a patron does not want watched.

    Only plain HTTP gets this far; it passes as it is.
    """

    def __init__(self, choices: Choices) -> None:
        self._choices = choices

    def requestheaders(self, flow: http.HTTPFlow) -> None:
        if not self._choices.watches(client_of(flow)):
            flow.metadata[_UNWATCHED] = True
        self._halt(flow)

    def request(self, flow: http.HTTPFlow) -> None:
        self._halt(flow)

    def responseheaders(self, flow: http.HTTPFlow) -> None:
        if not self._choices.watches(client_of(flow)):
            flow.metadata[_UNWATCHED] = True
        self._halt(flow)

    def response(self, flow: http.HTTPFlow) -> None:
        self._halt(flow)

    def _halt(self, flow: http.HTTPFlow) -> None:
        if _UNWATCHED in flow.metadata and flow.request.host != DESK:
            raise exceptions.AddonHalt


def client_of(flow: http.HTTPFlow) -> str:
    return str((flow.client_conn.peername or ("",))[0])


def _is_short(request: http.Request) -> bool:
    length = request.headers.get("content-length", "")
    return length.isdigit() and len(length) < 9 and int(length) <= MAX_REPORT


def refuse(flow: http.HTTPFlow, status: int, reason: str) -> None:
    """Answer in the site's place."""
    flow.metadata[_REFUSED] = True
    flow.response = http.Response.make(status, error_page.page(status, reason), _PAGE_HEADERS)


_REFUSED = "refused by carrel"
_UNWATCHED = "not to be watched"
_PAGE_HEADERS = {"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store", "Via": "1.1 carrel"}
