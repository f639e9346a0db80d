"""Hosts that imitate a site's name, as they pass the door: counted without the host, and refused if so configured.

Which names imitate which is worked out once, in a worker thread; until then nothing is called an imitation.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from datetime import date

from addons.decide.lookalikes import Lookalikes
from addons.decide.parties import registrable_domain
from addons.decide.sites import Catalogue
from addons.ledger import Ledger

ONCE_SECONDS = 600.0
"""A page makes several connections; one client's visit to one such host is counted once in this time."""
_MAX_VISITS = 5000


class Imitations:
    def __init__(self, catalogue: Catalogue, is_known: Callable[[str], bool], ledger: Ledger, *, refuse: bool) -> None:
        """`is_known`: hosts of owners that our lists name; they imitate nobody. `refuse`: as configured."""
        self._is_proxys = catalogue.is_proxys
        self._sites = {site.id: site for site in catalogue.sites}
        own = {registrable_domain(name) for site in catalogue.sites for name in (*site.domains, *site.own)}
        self._innocent: Callable[[str], bool] = lambda host: is_known(host) or registrable_domain(host) in own
        self._names = [(site.id, domain) for site in catalogue.sites for domain in site.domains]
        self._ledger = ledger
        self._refuse = refuse
        self._found: Lookalikes | None = None
        self._visits: OrderedDict[int, float] = OrderedDict()

    async def prepare(self) -> None:
        """Work out what imitates what: some seconds of one processor."""
        self._found = await asyncio.to_thread(Lookalikes.build, self._names, self._innocent)

    def refuses(self, client: str, host: str) -> bool:
        """Count a connection of this client to this host if it imitates a site; whether to refuse it."""
        # Below the library's own proxy each vendor's name stands, rightly, in front of another domain.
        found = self._found.check(host) if self._found and not self._is_proxys(host) else None
        if found is None:
            return False
        if self._is_new(client, host) and (site := self._sites.get(found.imitated_site)):
            self._ledger.lookalike(date.today(), site, found.trick)
        return self._refuse

    def _is_new(self, client: str, host: str) -> bool:
        now, visit = time.monotonic(), hash((client, host))  # the hash is enough, and its key dies with the process
        while self._visits and (
            len(self._visits) >= _MAX_VISITS or now - next(iter(self._visits.values())) > ONCE_SECONDS
        ):
            self._visits.popitem(last=False)
        if visit in self._visits:
            return False
        self._visits[visit] = now
        return True
