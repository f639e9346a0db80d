"""One process: door, engine, desk and ledger. Starts them, waits for a signal, writes everything and ends."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import signal
import time
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

import certifi
from mitmproxy.addons import asgiapp

from addons import quiet
from addons.decide.gate import Gate
from addons.decide.judge import Judge
from addons.decide.parties import registrable_domain
from addons.decide.sites import Catalogue, in_scope
from addons.desk import Desk, application
from addons.dial import Loop
from addons.door import Door, House
from addons.engine import Engine
from addons.firsthand import FirstHand
from addons.imitations import Imitations
from addons.ledger import Ledger, LedgerError
from addons.lists import Lists
from addons.passages import Passages
from addons.resolver import Resolver
from addons.settings import DESK, Settings
from addons.shield import Shield
from addons.upstream import Upstream
from addons.windows import Windows
from addons.witness import Witness
from blocklists import consent_tools, cookies, sign_in
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

    def open_ledger(self, settings: Settings) -> None:
        """Make or migrate the database, with the lists as they stand now. Raises LedgerError."""
        fetched = self.lists.refresh() or ()
        self.ledger.open(settings.sites, (*self.knowledge.rulesets, *fetched))

    def chores(self) -> list[Coroutine[None, None, None]]:
        """What has to run beside the traffic, until cancelled."""
        chores = [tick(self), self.ledger.run(), self.lists.run(self.ledger.rulesets), self.imitations.prepare()]
        return [*chores, self.resolver.run()] if self.resolver else chores


@cache
def knowledge() -> Knowledge:
    """The curated lists; reading them takes most of a second."""
    return load()


def scope(settings: Settings) -> Catalogue:
    """The sites of this configuration: the library's own and, unless switched off, the shipped directory's."""
    return in_scope(settings.sites, knowledge().products if settings.directory.use else ())


def parts(settings: Settings) -> Parts:
    catalogue = scope(settings)
    ledger = Ledger(settings.data.database, settings.privacy)
    lists = Lists(Shelf(settings.data.dir / "lists"))
    resolver = Resolver(lambda host, chain: None) if settings.proxy.uncloak else None
    firsthand = FirstHand(
        knowledge(), consent_tools.load(), cookies.load(), sign_in.load(), lists, resolver, settings.proxy.hosts
    )

    windows = Windows(lambda host: catalogue.site_of(host) is not None, firsthand.is_tracker)
    passages = Passages(windows.passed)
    library = frozenset(
        registrable_domain(domain) for site in settings.sites if site.kind == "library" for domain in site.domains
    )
    return Parts(
        catalogue=catalogue,
        gate=Gate(settings.proxy, catalogue),
        ledger=ledger,
        passages=passages,
        witness=Witness(catalogue, Judge(knowledge(), library, lists), ledger, passages, windows, firsthand),
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
    app = application(settings, house.witness.take)
    desk = Desk(app, settings.data.ca / "desk.pem")
    engine = Engine(
        loop=loop,
        gate=house.gate,
        passages=house.passages,
        authority=settings.data.ca,
        trust=trust,
        upstream=upstream,
        refuses=house.imitations.refuses,
        addons=(house.shield, house.witness, asgiapp.ASGIApp(app, DESK, None)),
    )
    door = Door(House(loop, house.gate, house.passages, upstream, engine.take, desk.take, house.imitations.refuses))
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    tasks = [loop.create_task(engine.run())]
    try:
        try:
            host, port = await door.open(*settings.proxy.listen)
        except OSError as error:
            raise StartError(_busy("[proxy] listen", settings.proxy.listen, error)) from None
        # After the port is ours: a second start must not touch the file of the first.
        house.open_ledger(settings)
        loop.never_to({port, settings.dashboard.listen[1]})
        tasks += [loop.create_task(chore) for chore in house.chores()]
        loop.set_exception_handler(quiet.loop_handler)
        await started(host, port)
        await stop.wait()
    finally:
        await door.close()
        await desk.close()
        await engine.close()
        for task in tasks[1:]:
            task.cancel()
        await asyncio.wait(tasks, timeout=5)
        house.witness.settle(everything=True)
        await house.ledger.close()


async def tick(house: Parts) -> None:
    """Count the reports that have waited long enough, and the time watched."""
    last = time.monotonic()
    try:
        while True:
            await asyncio.sleep(_TICK)
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
