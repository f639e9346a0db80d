"""HTTP/1.1 trailers (RFC 9112, section 7.1.2): left out. mitmproxy ends in an exception on them, and the page hangs."""

from __future__ import annotations

from typing import Any

import h11
from h11._readers import ChunkedReader
from mitmproxy.proxy.layers.http import _http1


class _WithoutTrailers(ChunkedReader):
    def __call__(self, buffer: Any) -> Any:
        event = super().__call__(buffer)
        return h11.EndOfMessage() if isinstance(event, h11.EndOfMessage) else event


def leave_out() -> None:
    """From now on, in this process: mitmproxy has no hook for it."""
    ordinary = _http1.make_body_reader

    def make_body_reader(expected_size: int | None) -> Any:
        return _WithoutTrailers() if expected_size is None else ordinary(expected_size)

    _http1.make_body_reader = make_body_reader
