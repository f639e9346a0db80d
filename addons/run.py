"""One process: door, engine, desk and ledger. Starts them, waits for a signal, writes everything and ends."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import signal
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

import certifi

from addons import decisions, error_page, quiet, service
from addons.decide.gate import Gate
from addons.decide.judge import Judge
from addons.decide.pac import pac
from addons.decide.parties import registrable_domain
from addons.decide.scope import scope as scope_of
from addons.decide.sites import Catalogue
from addons.decisions import Decision
from addons.desk import Desk, Inside, PlainDesk, application, plain_application
from addons.dial import Loop
from addons.door import Door, House
from addons.engine import Engine
from addons.everywhere import Everywhere
from addons.filtered import Filtered
from addons.firsthand import FirstHand
from addons.imitations import Imitations
from addons.ledger import Ledger, LedgerError
from addons.lists import Lists
from addons.opt_out import Choices
from addons.passages import Passages
from addons.protection import Protection
from addons.resolver import Resolver
from addons.settings import Settings
from addons.shield import Shield
from addons.upstream import Upstream
from addons.windows import Windows
from addons.witness import Witness
from blocklists import consent_tools, cookies, mixed_hosts, sign_in
from blocklists.owners import Knowledge, load
from blocklists.shelf import Shelf

log = logging.getLogger("carrel.run")

_TICK = 0.5
_MINUTE = 60
"""Seconds; more often would wake the disk of an idle proxy for nothing."""


class StartError(ValueError):
    """Why the proxy cannot start, in one line with what to do."""


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


Started = Callable[[str, int], Awaitable[None]]
"""Awaited with the proxy's address and port once it listens; what it raises ends the proxy."""


def serve(settings: Settings, started: Started) -> None:
    """Run the proxy until SIGTERM or SIGINT.

    Certificates must be in place (deploy.pki). Raises StartError or LedgerError, with nothing left behind.
    """
    quiet.install()
    quiet.no_dumps()
    with asyncio.Runner(loop_factory=Loop) as runner:
        runner.run(_serve(settings, started))


async def _serve(settings: Settings, started: Started) -> None:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, Loop)
    house = parts(settings)
    trust = _trust(settings)
    upstream = Upstream(settings.proxy.upstream, trust) if settings.proxy.upstream else None
    loop.guard(house.gate, settings.proxy, upstream.address if upstream else None)

    def pac_for(proxy: str) -> str:
        return pac(settings, house.catalogue.domains, proxy)

    app = application(settings, house.witness.take, catalogue=house.catalogue, choices=house.choices, pac=pac_for)
    desk = Desk(app, settings.data.ca / "desk.pem")
    own_trust = settings.proxy.trust
    filtered = [Filtered(upstream, own_trust, house.catalogue, house.ledger, house.choices)] if upstream else []
    engine = Engine(
        loop=loop,
        gate=house.gate,
        passages=house.passages,
        authority=settings.data.ca,
        trust=trust,
        upstream=upstream,
        refuses=house.refuses,
        choices=house.choices,
        addons=(*filtered, house.shield, house.witness, Inside(app)),
    )
    door = Door(House(loop, house.gate, house.passages, upstream, engine.take, desk.take, house.refuses, house.choices))
    plain_desk = PlainDesk(plain_application(settings, house.gate.admits, catalogue=house.catalogue, pac=pac_for))
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    tasks = [loop.create_task(engine.run())]
    passed = service.inherited()
    try:
        try:
            host, port = await door.open(*settings.proxy.listen, passed.pop("proxy", ()))
        except OSError as error:
            raise StartError(_busy("[proxy] listen", settings.proxy.listen, error)) from None
        if settings.desk.listen:
            try:
                loop.never_to({(await plain_desk.open(*settings.desk.listen, passed.pop("desk", ())))[1]})
            except OSError as error:
                raise StartError(_busy("[desk] listen", settings.desk.listen, error)) from None
        for left in passed.values():  # a port that carrel.toml does not name any more must not seem to answer
            for one in left:
                one.close()
        # After the port is ours: a second start must not touch the file of the first.
        house.open_ledger(settings)
        loop.never_to({port, settings.dashboard.listen[1]})
        tasks += [loop.create_task(chore) for chore in house.chores()]
        loop.set_exception_handler(quiet.loop_handler)
        await started(host, port)
        service.notify("READY=1")
        await stop.wait()
    finally:
        service.notify("STOPPING=1")
        await door.close()
        await desk.close()
        await plain_desk.close()
        await engine.close()
        for task in tasks[1:]:
            task.cancel()
        await asyncio.wait(tasks, timeout=5)
        house.witness.settle(everything=True)
        await house.ledger.close()


async def tick(house: Parts) -> None:
    """Count the reports that have waited long enough, and the time watched."""
    last, watchdog = time.monotonic(), service.Watchdog()
    try:
        while True:
            await asyncio.sleep(_TICK)
            watchdog.alive()
            house.witness.settle()
            if time.monotonic() - last >= _MINUTE:
                last += _MINUTE
                house.ledger.cover(date.today(), seconds=_MINUTE)
    finally:
        house.ledger.cover(date.today(), seconds=int(time.monotonic() - last))


def _trust(settings: Settings) -> Path | None:
    """One PEM file of all authorities trusted for sites: the public ones and those of `proxy.trust`."""
    if settings.proxy.trust is None:
        return None
    path = settings.data.ca / "trusted-for-sites.pem"
    content = Path(certifi.where()).read_bytes() + b"\n" + settings.proxy.trust.read_bytes()
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
    return path


def _busy(key: str, listen: tuple[str, int], error: OSError) -> str:
    host, port = listen
    if error.errno == errno.EADDRINUSE:
        return f"{host}:{port} is in use: another program (or another Carrel) listens there; stop it or change {key}"
    if error.errno == errno.EACCES:
        return f"{host}:{port} needs more rights: choose a port of 1024 or above in {key}"
    return f"cannot listen on {host}:{port} ({error.strerror}); check {key}"


__all__ = ["LedgerError", "Parts", "StartError", "parts", "scope", "serve"]
