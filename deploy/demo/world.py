"""The demo's web servers: every name on one loopback port, with TLS and certificates of an authority of the demo's own.

Keeps, in memory, what was asked of whom on which visit, so that what Carrel recorded can be held against what happened.
"""

import socket
import ssl
import threading
import time
from datetime import datetime
from pathlib import Path
from typing import Self

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from deploy.certificates import issue, make_root
from deploy.demo.names import CLOAKED
from deploy.demo.nameserver import NameServer
from deploy.demo.pages import NAMES, answer
from deploy.demo.seen import Asked
from deploy.pem import encoded, write


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
        self.nameserver = NameServer(CLOAKED)
        self.asked: list[Asked] = []
        self._visit = 0

    def __enter__(self) -> Self:
        self.nameserver.__enter__()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(timeout=5)
        self._socket.close()
        self.nameserver.__exit__()

    def begin_visit(self) -> None:
        """From now on, requests belong to a new visit."""
        self._visit += 1

    def settle(self, host: str, seconds: float = 20.0, quiet: float = 0.7) -> bool:
        """Wait until the page of `host` was fetched and nothing more comes; False if it never was."""
        end = time.monotonic() + seconds
        while True:
            here = [one for one in self.asked if one.visit == self._visit]
            reached = any(one.host == host for one in here)
            now = time.monotonic()
            if now > end or (reached and now - here[-1].at > quiet):
                return reached
            time.sleep(0.05)

    async def _answer(self, request: Request) -> Response:
        headers = request.headers
        host = headers.get("host", "").partition(":")[0]
        target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        found = answer(host, target)
        if found is None:
            return Response(status_code=421)
        self.asked.append(
            Asked(
                visit=self._visit,
                at=time.monotonic(),
                host=host,
                target=target,
                document=headers.get("sec-fetch-dest") == "document",
                referrer=headers.get("referer", ""),
                cookies=headers.get("cookie", ""),
            )
        )
        # Without no-store the second page of a site would find half of its third parties in the browser's cache.
        further = {"Cache-Control": "no-store", "Access-Control-Allow-Origin": "*"}
        if found.location:
            return Response(status_code=302, headers={**further, "Location": found.location})
        return Response(found.body, media_type=found.media_type, headers=further)
