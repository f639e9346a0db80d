"""Which client has, or just had, a connection to which host, and which it was refused: the second witness of a report.

In memory only, for LINGER seconds after a connection ends; nothing of it is ever written or handed on.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

LINGER = 15.0
"""Seconds for which an ended or refused connection still counts: a report may come after what it explains."""
_MAX_ENDED = 50_000

BLOCKED, STOPPED_UPSTREAM = "blocked", "stopped upstream"
"""Outcomes of a connection that was refused: here at the door, or by the content filter."""


class Passages:
    """Connections that passed through the proxy, and that it refused, by client address and host."""

    def __init__(self, watch: Callable[[str, str], None] | None = None) -> None:
        """`watch` is told client and host of each connection that begins or is refused."""
        self._watch = watch
        self._open: dict[tuple[str, str], int] = {}
        self._ended: OrderedDict[tuple[str, str], float] = OrderedDict()
        self._refused: OrderedDict[tuple[str, str], tuple[float, str]] = OrderedDict()

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

    def refuse(self, client: str, host: str, outcome: str, now: float) -> None:
        """A connection that this client asked for was not made: BLOCKED or STOPPED_UPSTREAM."""
        self._refused[client, host] = (now, outcome)
        self._refused.move_to_end((client, host))
        while self._refused and (
            len(self._refused) > _MAX_ENDED or now - next(iter(self._refused.values()))[0] > LINGER
        ):
            self._refused.popitem(last=False)
        if self._watch:
            self._watch(client, host)

    def refused(self, client: str, host: str, now: float) -> str:
        """What became of this client's connections to this host, if all of the last LINGER seconds were refused; ""
        if one was made, or none was asked for.
        """
        at, outcome = self._refused.get((client, host), (0.0, ""))
        return outcome if outcome and now - at <= LINGER and not self.seen(client, host, now) else ""
