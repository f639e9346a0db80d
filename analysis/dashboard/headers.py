"""Headers on every answer of the dashboard: the browser itself refuses anything from another host."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from functools import wraps
from typing import Any

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]

# Datasette writes scripts and styles into its pages, so 'unsafe-inline' cannot go; Vega compiles its expressions.
POLICY = (
    "default-src 'none'; script-src 'self' 'unsafe-inline'{evaluate}; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)


OURS = (b"content-security-policy", b"referrer-policy", b"x-content-type-options")
"""Datasette sets some of these on some pages; ours are stricter and must not be read together with them."""


def guard(application: Application) -> Application:
    @wraps(application)
    async def guarded(scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await application(scope, receive, send)
            return
        draws_charts = str(scope.get("path", "")).startswith("/-/dashboards")
        policy = POLICY.format(evaluate=" 'unsafe-eval'" if draws_charts else "")

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = dict(message)
                message["headers"] = [
                    *((name, value) for name, value in message.get("headers", []) if name.lower() not in OURS),
                    (b"content-security-policy", policy.encode()),
                    (b"referrer-policy", b"no-referrer"),
                    (b"x-content-type-options", b"nosniff"),
                ]
            await send(message)

        await application(scope, receive, send_guarded)

    return guarded
