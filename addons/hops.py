"""Where the sites' own addresses redirected to: browsers report the address that was asked first. Kept as hashes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator

KEPT = 120.0
"""Seconds after a redirect in which a report about it is expected."""
_MAX = 4096
_MAX_REDIRECTS = 20
"""A browser follows no more (Fetch standard, HTTP-redirect fetch)."""


class Hops:
    def __init__(self) -> None:
        self._hops: OrderedDict[int, tuple[int, str, float]] = OrderedDict()

    def remember(self, asked: str, target: str, host: str, now: float) -> None:
        """The address that was asked for, the one it redirects to, and that one's host."""
        # The hash of an address (its key differs in every process) is enough to find it again.
        self._hops[hash(asked)] = (hash(target), host, now)
        self._hops.move_to_end(hash(asked))
        while len(self._hops) > _MAX:
            self._hops.popitem(last=False)

    def follow(self, address: str) -> Iterator[str]:
        """The hosts to which an address led, one redirect after the other."""
        key = hash(address)
        for _ in range(_MAX_REDIRECTS):
            if key not in self._hops:
                return
            key, host, _ = self._hops[key]
            yield host

    def forget(self, now: float) -> None:
        while self._hops and now - next(iter(self._hops.values()))[2] > KEPT:
            self._hops.popitem(last=False)
