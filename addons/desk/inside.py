"""http://carrel.internal/ : the desk's application inside the engine, which takes plain HTTP. mitmproxy's own addon for
such applications, with what it does not pass on.
"""

from __future__ import annotations

from typing import Any

from mitmproxy.addons import asgiapp
from mitmproxy.http import HTTPFlow
from starlette.applications import Starlette

from addons.settings import DESK


class Inside(asgiapp.ASGIApp):
    """mitmproxy addon."""

    def __init__(self, app: Starlette) -> None:
        super().__init__(app, DESK, None)
        self._app = app

    async def request(self, flow: HTTPFlow) -> None:
        if not self.should_serve(flow):
            return

        async def completed(scope: dict[str, Any], receive: Any, send: Any) -> None:
            scope["scheme"] = str(scope["scheme"]).lower()
            scope["server"] = flow.client_conn.sockname[:2]
            scope["client"] = flow.client_conn.peername[:2]
            await self._app(scope, receive, send)

        await asgiapp.serve(completed, flow)
