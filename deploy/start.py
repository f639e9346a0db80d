"""The main job: certificates, then the proxy, and for `carrel up` the dashboard beside it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime

from addons import run
from addons.settings import Settings
from deploy import dashboard, pki

Say = Callable[[str], None]


def certificates(settings: Settings, say: Say) -> pki.State:
    """Make the certificates on first start, check them on every other. Raises PkiError."""
    _private_folder(settings)
    state = pki.ensure(settings.data.ca, settings.library.name, run.scope(settings).domains, datetime.now(UTC))
    for note in state.notes:
        say(note)
    return state


def proxy(settings: Settings, say: Say) -> None:
    """Run the proxy until a signal ends it."""
    certificates(settings, say)

    async def started(host: str, port: int) -> None:
        say(f"proxy      {_shown(host, port)}")
        say("ready")

    run.serve(settings, started)


def up(settings: Settings, say: Say) -> None:
    """Run the proxy here and the dashboard in a process of its own; both end together."""
    dashboard.check_access(settings)
    dashboard.check_port(settings)
    state = certificates(settings, say)
    board: subprocess.Popen[bytes] | None = None

    async def started(host: str, port: int) -> None:
        nonlocal board
        board = subprocess.Popen(dashboard.command(settings), stdin=subprocess.DEVNULL)  # noqa: ASYNC220  # a fork, once
        sites = len(run.scope(settings).sites)
        watched = f"{len(settings.sites)} of your own, {sites - len(settings.sites)} of the shipped directory"
        say(f"sites      {sites} watched ({watched})")
        say(f"database   {settings.data.database}")
        say(f"proxy      {_shown(host, port)}")
        await _answering(board, settings)
        say(f"dashboard  http://{_shown(*settings.dashboard.listen)}/")
        say("ready")
        say(
            f"next step: install {state.root} as an authority in a browser, set {_shown(host, port)} as its proxy "
            "for HTTP and HTTPS, open a page of your catalog or a vendor, and look at the dashboard. Ctrl+C ends."
        )

    try:
        run.serve(settings, started)
    finally:
        if board is not None:
            _end(board)


async def _answering(board: subprocess.Popen[bytes], settings: Settings) -> None:
    """Wait until the dashboard takes connections."""
    host, port = settings.dashboard.listen
    for _ in range(300):
        if board.poll() is not None:
            raise run.StartError("the dashboard ended at once; start `carrel dashboard` alone to see why")
        with contextlib.suppress(OSError), socket.create_connection((host, port), timeout=1):
            return
        await asyncio.sleep(0.1)
    raise run.StartError("the dashboard does not answer; start `carrel dashboard` alone to see why")


def _end(board: subprocess.Popen[bytes]) -> None:
    board.send_signal(signal.SIGTERM)
    try:
        board.wait(5)
    except subprocess.TimeoutExpired:
        board.kill()
        board.wait()


def _private_folder(settings: Settings) -> None:
    folder = settings.data.dir
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if folder.stat().st_uid == os.geteuid():
            folder.chmod(0o700)
        usable = os.access(folder, os.W_OK | os.X_OK)
    except OSError as error:
        raise run.StartError(
            f"{folder}: cannot be used as the data folder ({error.strerror}); give this user rights to it, "
            "or name another as [data] dir"
        ) from None
    if not usable:
        raise run.StartError(
            f"{folder}: this user may not write there; give it rights to the folder, or name another as [data] dir"
        )


def _shown(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


__all__ = ["certificates", "proxy", "up"]
