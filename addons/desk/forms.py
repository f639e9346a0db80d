"""Forms of the desk: that one was filled in here and not sent by another site's page. No cookies: the token is made
from the computer's address and the hour, and nothing is stored.
"""

from __future__ import annotations

import hmac
import secrets
import time
from collections.abc import Callable, Mapping
from urllib.parse import parse_qs

from starlette.requests import ClientDisconnect, Request

from addons.settings import DESK

_HOUR = 3600.0
MAX_FORM = 4096
"""Bytes; the longest host name is 253."""
_ORIGINS = frozenset({f"http://{DESK}", f"https://{DESK}"})


class Tokens:
    """A token says that the page with the form was given to this computer, in this hour or the one before."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._key = secrets.token_bytes(32)
        self._now = now

    def give(self, client: str) -> str:
        return self._made(client, int(self._now() // _HOUR))

    def takes(self, client: str, token: str) -> bool:
        hour = int(self._now() // _HOUR)
        given = token.encode("utf-8", "replace")
        return any(hmac.compare_digest(self._made(client, one).encode(), given) for one in (hour, hour - 1))

    def _made(self, client: str, hour: int) -> str:
        return hmac.digest(self._key, f"{hour} {client}".encode(), "sha256").hex()


def sent_from_here(headers: Mapping[str, str]) -> bool:
    """Whether the browser says that the form stood on a page of the desk's. Over plain HTTP it says less."""
    if headers.get("sec-fetch-site", "same-origin") != "same-origin":
        return False
    origin = headers.get("origin")
    return origin is None or origin in _ORIGINS


async def body(request: Request, limit: int) -> bytes:
    """What was sent, or as much of it as is longer than `limit` by one piece."""
    found = bytearray()
    try:
        async for chunk in request.stream():
            found += chunk
            if len(found) > limit:
                break
    except ClientDisconnect:
        pass
    return bytes(found)


async def fields(request: Request) -> dict[str, str]:
    """The fields of a posted form; none if it is no form of ours."""
    sent = await body(request, MAX_FORM)
    if len(sent) > MAX_FORM:
        return {}
    try:
        found = parse_qs(sent.decode("ascii"), max_num_fields=10, errors="strict")
    except ValueError:
        return {}
    return {name: values[0] for name, values in found.items()}
