"""Which computers are watched, as their patrons chose. In memory only, by client address, until a computer is idle.

Knows no pages and closes no connections itself: who has to act on a choice is told by a listener.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

from addons.settings import Privacy

IDLE_SECONDS = 30 * 60.0
"""Without anything passing from a computer: whoever chose has left it."""
MAX_CHOICES = 50_000

Listener = Callable[[str, bool], None]
"""Told a client, and whether it is watched from now on."""


class Choices:
    """The computers whose patrons chose otherwise than `[privacy] consent` has it."""

    def __init__(
        self,
        privacy: Privacy,
        opted_out: Callable[[], None] = lambda: None,
        *,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """`opted_out` is called each time somebody has the watching ended; it is told nothing more."""
        self.asks_first = privacy.consent == "opt-in"
        """Nobody is watched before saying yes."""
        self.offered = privacy.opt_out or self.asks_first
        """Whether there is anything to choose. Who may say yes must be able to take it back."""
        self.listeners: list[Listener] = []
        self._by_default = not self.asks_first
        self._opted_out = opted_out
        self._now = now
        self._last: OrderedDict[str, float] = OrderedDict()  # when each last passed; the longest idle first

    def __len__(self) -> int:
        return len(self._last)

    def watches(self, client: str) -> bool:
        """Whether what this client opens may be looked at."""
        last = self._last.get(client)
        chose = last is not None and self._now() - last < IDLE_SECONDS
        return self._by_default != chose

    def passed(self, client: str) -> None:
        """The client is still in use."""
        if client not in self._last:
            return
        if self._now() - self._last[client] >= IDLE_SECONDS:
            self.expire()
        else:
            self._last[client] = self._now()
            self._last.move_to_end(client)

    def choose(self, client: str, *, watched: bool) -> bool:
        """Keep a patron's choice. False if it cannot be kept: not offered, or more computers than there is room for.

        An older choice is never given up for a newer one: it was promised to somebody.
        """
        self.expire()
        if not self.offered:
            return False
        if self.watches(client) == watched:
            self.passed(client)
            return True
        if watched == self._by_default:
            del self._last[client]
        elif len(self._last) >= MAX_CHOICES:
            return False
        else:
            self._last[client] = self._now()
        if not watched:
            self._opted_out()
        self._tell(client, watched)
        return True

    def expire(self) -> None:
        """Forget the choices of computers that are idle."""
        while self._last:
            client, last = next(iter(self._last.items()))
            if self._now() - last < IDLE_SECONDS:
                return
            del self._last[client]
            self._tell(client, self._by_default)

    def _tell(self, client: str, watched: bool) -> None:
        for listener in self.listeners:
            listener(client, watched)


def none_offered() -> Choices:
    """For a house without a desk: everybody is watched."""
    return Choices(Privacy(opt_out=False))
