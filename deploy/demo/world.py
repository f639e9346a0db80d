"""The demo's web servers: every name on one loopback port, with TLS and certificates of an authority of the demo's own.

Counts who was contacted on which visit, so that what Carrel recorded can be held against what happened.
"""

import socket
import ssl
import threading
import time
from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from pathlib import Path
from typing import Self

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from deploy.certificates import issue, make_root
from deploy.demo.pages import SITE_HOSTS, THIRD_PARTY_HOSTS, answer
from deploy.pem import encoded, write

NAMES = (*SITE_HOSTS, *THIRD_PARTY_HOSTS)


class World:
    """A context manager: inside it, the demo's names answer at 127.0.0.1:`port`."""

    def __init__(self, folder: Path, now: datetime) -> None:
        root_key, root = make_root("Carrel demo, the web's side", now)
        key, leaf = issue(root_key, root, NAMES[0], now, *NAMES[1:])
        self.authority = folder / "demo-web-ca.pem"
        """The certificate by which the proxy knows the demo's servers."""
        write(self.authority, encoded(root), 0o600)
        write(folder / "demo-web.pem", encoded(key) + encoded(leaf), 0o600)
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        app = Starlette(routes=[Route("/{rest:path}", self._answer, methods=["GET", "POST", "OPTIONS"])])
        config = uvicorn.Config(
            app,
            ssl_certfile=folder / "demo-web.pem",
            log_config=None,
            access_log=False,
            lifespan="off",
            timeout_graceful_shutdown=1,
        )
        config.load()
        if config.ssl is not None:
            config.ssl.minimum_version = ssl.TLSVersion.TLSv1_2
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._socket]}, daemon=True)
        self._visit = 0
        self._last_hit = 0.0
        self._visits: defaultdict[str, set[int]] = defaultdict(set)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(timeout=5)
        self._socket.close()

    def begin_visit(self) -> None:
        """From now on, contacts belong to a new page load."""
        self._visit += 1
        self._last_hit = 0.0

    def settle(self, host: str, seconds: float = 20.0, quiet: float = 0.7) -> bool:
        """Wait until the page of `host` was fetched and nothing more comes; False if it never was."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self._visit in self._visits[host] and time.monotonic() - self._last_hit > quiet:
                return True
            time.sleep(0.05)
        return self._visit in self._visits[host]

    def visits(self, hosts: Collection[str]) -> int:
        """On how many visits at least one of these hosts was contacted."""
        return len(set().union(*(self._visits[host] for host in hosts)))

    async def _answer(self, request: Request) -> Response:
        host = request.headers.get("host", "").partition(":")[0]
        target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        found = answer(host, target)
        if found is None:
            return Response(status_code=421)
        self._visits[host].add(self._visit)
        self._last_hit = time.monotonic()
        # Without no-store the second page of a site would find half of its third parties in the browser's cache.
        headers = {"Cache-Control": "no-store", "Access-Control-Allow-Origin": "*"}
        return Response(found.body, media_type=found.media_type, headers=headers)
