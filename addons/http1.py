"""Two things that servers may say in HTTP/1.1 and mitmproxy trips over, so that the page hangs. Both are left out.

Trailers (RFC 9112, section 7.1.2), and interim answers such as 103 Early Hints (RFC 9110, section 15.2).
"""

from __future__ import annotations

import re
from typing import Any

import h11
from h11._readers import ChunkedReader
from mitmproxy.proxy import events, layer
from mitmproxy.proxy.layers import http
from mitmproxy.proxy.layers.http import _http1

_INTERIM = re.compile(rb"HTTP/1\.[01] 1(?!01)[0-9]{2}[^\n]*\n(?:[^\n]+\n)*?\r?\n")
"""Head of any 1xx answer but 101 Switching Protocols."""


class _WithoutTrailers(ChunkedReader):
    def __call__(self, buffer: Any) -> Any:
        event = super().__call__(buffer)
        return h11.EndOfMessage() if isinstance(event, h11.EndOfMessage) else event


class _WithoutInterim(_http1.Http1Client):
    def read_headers(self, event: events.ConnectionEvent) -> layer.CommandGenerator[None]:
        if isinstance(event, events.DataReceived) and self.request:
            while interim := _INTERIM.match(bytes(self.buf)):
                self.buf.maybe_extract_at_most(interim.end())
        yield from super().read_headers(event)


def leave_out() -> None:
    """From now on, in this process: mitmproxy has no hook for it."""
    ordinary = _http1.make_body_reader

    def make_body_reader(expected_size: int | None) -> Any:
        return _WithoutTrailers() if expected_size is None else ordinary(expected_size)

    _http1.make_body_reader = make_body_reader
    http.Http1Client = _WithoutInterim  # type: ignore[attr-defined]
