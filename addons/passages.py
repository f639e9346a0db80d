"""Which client has, or just had, a connection to which host: the second witness behind `report+tunnel`.

In memory only, for LINGER seconds after a connection ends; nothing of it is ever written or handed on.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

LINGER = 15.0
"""Seconds for which an ended connection still counts: a report may come after the connection that it explains."""
_MAX_ENDED = 50_000


class Passages:
    """Connections that passed through the proxy, by client address and host."""

    def __init__(self, watch: Callable[[str, str], None] | None = None) -> None:
        """`watch` is told client and host of each connection that begins."""
        self._watch = watch
        self._open: dict[tuple[str, str], int] = {}
        self._ended: OrderedDict[tuple[str, str], float] = OrderedDict()

    def begin(self, client: str, host: str) -> None:
        self._open[client, host] = self._open.get((client, host), 0) + 1
        if self._watch:
            self._watch(client, host)

    def end(self, client: str, host: str, now: float) -> None:
        left = self._open.get((client, host), 0) - 1
        if left > 0:
            self._open[client, host] = left
            return
        self._open.pop((client, host), None)
        self._ended[client, host] = now
        self._ended.move_to_end((client, host))
        while self._ended and (len(self._ended) > _MAX_ENDED or now - next(iter(self._ended.values())) > LINGER):
            self._ended.popitem(last=False)

    def seen(self, client: str, host: str, now: float) -> bool:
        """Whether a connection of this client to this host is open, or ended less than LINGER seconds ago."""
        ended = self._ended.get((client, host))
        return (client, host) in self._open or (ended is not None and now - ended <= LINGER)
