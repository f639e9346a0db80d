"""One process: door, engine, desk and ledger. Starts them, waits for a signal, writes everything and ends."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path

import certifi

from addons import quiet, service
from addons.decide.pac import pac
from addons.desk import Desk, Inside, PlainDesk, application, plain_application
from addons.dial import Loop
from addons.door import Door, House
from addons.engine import Engine
from addons.filtered import Filtered
from addons.ledger import LedgerError
from addons.parts import Parts, parts, scope
from addons.settings import Settings
from addons.upstream import Upstream

log = logging.getLogger("carrel.run")


class StartError(ValueError):
    """Why the proxy cannot start, in one line with what to do."""


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
