"""The house put together from a configuration: what watches, decides and counts, and has a meaning without a network.

Shared by the proxy (run.py) and by entry.py; opens no port and starts nothing.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine, Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache

from addons import decisions, error_page, service
from addons.decide.gate import Gate
from addons.decide.judge import Judge
from addons.decide.parties import registrable_domain
from addons.decide.scope import scope as scope_of
from addons.decide.sites import Catalogue
from addons.decisions import Decision
from addons.everywhere import Everywhere
from addons.firsthand import FirstHand
from addons.imitations import Imitations
from addons.ledger import Ledger
from addons.lists import Lists
from addons.opt_out import Choices
from addons.passages import Passages
from addons.protection import Protection
from addons.resolver import Resolver
from addons.settings import Settings
from addons.shield import Shield
from addons.windows import Windows
from addons.witness import Witness
from blocklists import consent_tools, cookies, mixed_hosts, sign_in
from blocklists.owners import Knowledge, load
from blocklists.shelf import Shelf

_TICK = 0.5
_MINUTE = 60
"""Seconds; more often would wake the disk of an idle proxy for nothing."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What has a meaning without a network: shared by the proxy and by entry.py."""

    catalogue: Catalogue
    gate: Gate
    ledger: Ledger
    passages: Passages
    witness: Witness
    shield: Shield
    knowledge: Knowledge
    lists: Lists
    resolver: Resolver | None
    imitations: Imitations
    everywhere: Everywhere
    protection: Protection
    decisions: decisions.Watch
    choices: Choices

    def open_ledger(self, settings: Settings) -> None:
        """Make or migrate the database, with the lists as they stand now. Raises LedgerError."""
        fetched = self.lists.refresh() or ()
        self.ledger.open(settings.sites, (*self.knowledge.rulesets, *fetched))
        self.protection.remember(self.catalogue.sites)

    def chores(self) -> list[Coroutine[None, None, None]]:
        """What has to run beside the traffic, until cancelled."""
        chores = [
            tick(self),
            self.ledger.run(),
            self.lists.run(self.ledger.rulesets),
            self.imitations.prepare(),
            self.decisions.run(self._decide),
        ]
        return [*chores, self.resolver.run()] if self.resolver else chores

    def refuses(self, client: str, host: str) -> str:
        """Why the door refuses this client a host that is no site's, in words for the patron; "" if it does not."""
        if self.imitations.refuses(client, host):
            return error_page.IMITATION
        return error_page.TRACKER if self.everywhere.refuses(host) else ""

    def _decide(self, taken: Iterable[Decision], again: frozenset[str]) -> None:
        self.protection.decide(taken, again)
        self.everywhere.decide(taken)


@cache
def knowledge() -> Knowledge:
    """The curated lists; reading them takes most of a second."""
    return load()


def scope(settings: Settings) -> Catalogue:
    """The sites of this configuration: the library's own and, unless switched off, the shipped directory's."""
    return scope_of(settings, knowledge())


def parts(settings: Settings) -> Parts:
    ledger = Ledger(settings.data.database, settings.privacy)
    lists = Lists(Shelf(settings.data.dir / "lists"))
    catalogue = scope_of(settings, knowledge(), lambda host: lists.rule_for_host(host) is not None)
    proxy = settings.proxy
    nameservers = (proxy.nameserver,) if proxy.nameserver else None
    resolver = Resolver(lambda host, chain: None, nameservers=nameservers) if proxy.uncloak else None
    # A pinned host is not in the public DNS; a name server that was named may know it all the same.
    pinned = () if proxy.nameserver else proxy.hosts
    firsthand = FirstHand(knowledge(), consent_tools.load(), cookies.load(), sign_in.load(), lists, resolver, pinned)

    def is_quiet(host: str) -> bool:
        place = catalogue.place(host)
        return place.site is not None or (catalogue.is_proxys(host) and not place.relayed)

    def is_tracker(host: str) -> bool:
        return firsthand.is_tracker(catalogue.place(host).host)

    windows = Windows(is_quiet, is_tracker)
    passages = Passages(windows.passed)
    library = frozenset(
        registrable_domain(domain) for site in settings.sites if site.kind == "library" for domain in site.domains
    )
    judge = Judge(knowledge(), library, lists, settings.rewriting.suffixes)
    mixed = mixed_hosts.load()
    protection = Protection(settings.protect, knowledge(), mixed, (*library, *settings.rewriting.suffixes), ledger)
    witness = Witness(catalogue, judge, ledger, passages, windows, firsthand, protection)
    choices = Choices(settings.privacy, lambda: ledger.cover(date.today(), opted_out=1))
    choices.listeners.append(lambda client, watched: None if watched else witness.forget(client))
    return Parts(
        catalogue=catalogue,
        gate=Gate(settings.proxy, catalogue),
        ledger=ledger,
        passages=passages,
        witness=witness,
        protection=protection,
        shield=Shield(settings.protect, catalogue),
        knowledge=knowledge(),
        lists=lists,
        resolver=resolver,
        imitations=Imitations(
            catalogue,
            lambda host: bool(knowledge().owner_of(host)),
            ledger,
            refuse=settings.protect.lookalikes == "block",
        ),
        everywhere=Everywhere(knowledge(), lists, mixed, catalogue, on=settings.protect.block_everywhere),
        decisions=decisions.Watch(settings.data.database),
        choices=choices,
    )


async def tick(house: Parts) -> None:
    """Count the reports that have waited long enough, and the time watched."""
    last, watchdog = time.monotonic(), service.Watchdog()
    try:
        while True:
            await asyncio.sleep(_TICK)
            watchdog.alive()
            try:
                house.witness.settle()
            except Exception:  # noqa: BLE001 -- one report that cannot be weighed must not end the counting of all
                house.ledger.cover(date.today(), dropped=1)
            if time.monotonic() - last >= _MINUTE:
                last += _MINUTE
                house.ledger.cover(date.today(), seconds=_MINUTE)
    finally:
        house.ledger.cover(date.today(), seconds=int(time.monotonic() - last))
