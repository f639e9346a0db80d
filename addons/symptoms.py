"""Signs that a site's pages do not work, as far as a proxy sees them: errors, pages loaded again at once, log-ins sent
again. In memory for two minutes, as hashes; decides nothing.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from addons.decide.marks import Exchange

RELOAD = 30.0
"""Seconds within which the same page at the same computer is a reload."""
RETRY = 120.0
"""Seconds within which the same form sent again is a log-in that did not work."""
_MAX = 20_000
_DOCUMENT = frozenset({"document", "iframe", "frame"})
_NEEDED = frozenset({*_DOCUMENT, "empty", "script"})
"""Sec-Fetch-Dest of what a page cannot do without; a missing picture is no sign."""


@dataclass(frozen=True, slots=True)
class Symptom:
    errors: int = 0
    reloads: int = 0
    log_ins: int = 0

    def __bool__(self) -> bool:
        return bool(self.errors or self.reloads or self.log_ins)


class Symptoms:
    def __init__(self) -> None:
        self._seen: OrderedDict[int, float] = OrderedDict()

    def of(self, exchange: Exchange, address: str, section: str, now: float) -> Symptom:
        """What this answer shows. address: as it was asked for; only its hash is kept."""
        failed = exchange.status >= 400 and exchange.dest in _NEEDED
        navigated = exchange.dest == "document"
        reloaded = navigated and exchange.method == "GET" and self._again(exchange, address, RELOAD, now)
        retried = (
            navigated
            and exchange.method == "POST"
            and section == "account"
            and self._again(exchange, address, RETRY, now)
        )
        return Symptom(int(failed), int(reloaded), int(retried))

    def _again(self, exchange: Exchange, address: str, within: float, now: float) -> bool:
        key = hash((exchange.client, exchange.method, address))
        before = self._seen.pop(key, None)
        self._seen[key] = now
        while len(self._seen) > _MAX or now - next(iter(self._seen.values())) > RETRY:
            self._seen.popitem(last=False)
        return before is not None and now - before <= within
