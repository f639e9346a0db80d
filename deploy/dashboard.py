"""The dashboard as a process: Datasette on the live database, read-only, on loopback or behind a password.

Datasette opens the file `mode=ro` and sees new counts on each page load. What staff decide here is written by the same
room as what they decide by command. It keeps no log of what staff read.
"""

from __future__ import annotations

import contextlib
import ctypes
import ipaddress
import signal
import sqlite3
import sys
from collections.abc import Awaitable, Callable, MutableMapping
from functools import partial
from importlib import resources
from pathlib import Path
from typing import Any
from urllib.parse import quote

import uvicorn
from datasette.app import Datasette
from datasette.database import Database
from datasette_auth_passwords.utils import hash_password

from addons import decisions, quiet
from addons import settings as configuration
from addons.settings import Settings
from analysis.dashboard import alerting, metadata, staff
from analysis.dashboard import papers as reports
from deploy import alert_inputs, dashboard_papers
from deploy.listening import DashboardError, QuietServer, listening

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]

MAKE_HASH = "carrel dashboard --hash-password"
WHERE_TO_WRITE = (
    "Write this line into carrel.toml, under [dashboard], for those who decide (they log in as admin). For those who "
    "only read (they log in as staff), write it with the name staff_password_hash in place of password_hash."
)

# Pages for Datasette's developers. The first hashes whatever anybody sends, the second shows our hash.
CLOSED = (
    "/-/password-tool",
    "/-/metadata",
    "/-/allow-debug",
    "/-/permissions",
    "/-/messages",
    "/-/patterns",
    "/-/threads",
)

SETTINGS = {
    "default_cache_ttl": 0,  # new counts on reload
    "allow_download": False,  # a copy of a live file would miss what is still in the WAL
    "sql_time_limit_ms": 3000,
    "num_sql_threads": 3,
    "max_returned_rows": 5000,
    "force_https_urls": False,
    "template_debug": False,
    "trace_debug": False,
}


class LiveDatabase(Database):  # type: ignore[misc]  # Datasette comes without types
    """The file that the ledger writes: never opened for writing, and no query that fails ends up in a log."""

    def connect(self, write: bool = False) -> sqlite3.Connection:
        if write:
            raise sqlite3.OperationalError("this dashboard is read-only")
        # quoted, since Datasette would take a '?' or '#' in a folder's name for the end of the path
        connection = sqlite3.connect(f"file:{quote(str(self.path))}?mode=ro", uri=True, check_same_thread=False)
        self._all_file_connections.append(connection)
        return connection

    async def execute(self, *arguments: Any, **options: Any) -> Any:
        return await super().execute(*arguments, **{**options, "log_sql_errors": False})

    async def table_counts(self, limit: int = 0) -> dict[str, int | None]:
        """Not counted: millions of rows are, and no page of ours says how many there are."""
        return dict.fromkeys(await self.table_names())


def password_hash(password: str) -> str:
    """What to write as [dashboard] password_hash or staff_password_hash."""
    return str(hash_password(password))


def check(settings: Settings) -> None:
    """Everything that must be right before a socket is opened; DashboardError says what is not."""
    check_access(settings)
    _check_database(settings.data.database)


def check_access(settings: Settings) -> None:
    """That nobody beyond this machine reads the counts without a password; asked before there is a database."""
    host, _ = settings.dashboard.listen
    given = {key: str(getattr(settings.dashboard, key)) for key in ("password_hash", "staff_password_hash")}
    where = settings.path or "carrel.toml"
    for key, value in given.items():
        if value and not _is_hash(value):
            raise DashboardError(f"{where}: [dashboard] {key}: is not a hash; make one with `{MAKE_HASH}`")
    if not any(given.values()) and not ipaddress.ip_address(host).is_loopback:
        raise DashboardError(
            f"{where}: [dashboard] listen: {host} can be reached by others, and there is no password; make one with "
            f'`{MAKE_HASH}` and write it as [dashboard] password_hash, or listen on "127.0.0.1:8001"'
        )


def _is_hash(text: str) -> bool:
    """As datasette-auth-passwords reads it."""
    kind, *rest = text.split("$")
    return kind == "pbkdf2_sha256" and len(rest) == 3 and rest[0].isascii() and rest[0].isdigit()


def _check_database(path: Path) -> None:
    if not path.is_file():
        raise DashboardError(f"no database yet at {path}; start `carrel up` or `carrel proxy` first")
    try:
        with contextlib.closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)) as connection:
            views = {row[0] for row in connection.execute("select name from sqlite_master where type = 'view'")}
    except sqlite3.Error as error:
        raise DashboardError(f"{path}: cannot be read ({error}); check its rights, or restore a copy") from None
    if not {"page_loads", "presences", "contacts", "sites"} <= views:
        raise DashboardError(f"{path}: is not a database of this Carrel; name another folder as [data] dir")


def datasette(settings: Settings) -> Datasette:
    """Datasette with our plugin and nothing else in it but the live database, under the name `carrel`."""
    server = Datasette(
        [],
        settings=SETTINGS,
        metadata=metadata.build(settings.dashboard.password_hash, settings.dashboard.staff_password_hash),
        template_dir=str(resources.files("analysis") / "templates"),  # plugins come in any order, this comes first
    )
    server.remove_database("_memory")
    path = settings.data.database
    server.add_database(LiveDatabase(server, path=str(path), is_mutable=True), name=metadata.DATABASE)
    desk = staff.Desk(
        partial(decisions.allow, path), partial(decisions.end, path), partial(decisions.protect_again, path)
    )
    staff.offer(server, desk)
    reports.offer(server, dashboard_papers.papers(settings))
    alerting.offer(server, partial(alert_inputs.watch, settings))
    return server


def application(settings: Settings) -> Application:
    """The ASGI application. Raises DashboardError."""
    check(settings)
    return _door(datasette(settings).app(), open_to_all_names=_asks(settings))


def _asks(settings: Settings) -> bool:
    return bool(settings.dashboard.password_hash or settings.dashboard.staff_password_hash)


def _door(inner: Application, *, open_to_all_names: bool) -> Application:
    """Close what nobody needs. Without a password, answer only to loopback names: a page elsewhere could otherwise
    give its own name our address (DNS rebinding) and read the counts with the staff's browser."""

    async def door(scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            host = dict(scope["headers"]).get(b"host", b"").decode("latin-1")
            if not open_to_all_names and not _is_loopback(host):
                await _refuse(
                    send, 403, f"This dashboard answers to localhost only. For other names set a password: {MAKE_HASH}"
                )
                return
            if str(scope["path"]).startswith(CLOSED):
                await _refuse(send, 404, "There is no such page here.")
                return
        await inner(scope, receive, send)

    return door


def _is_loopback(host: str) -> bool:
    name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
    try:
        return name == "localhost" or ipaddress.ip_address(name.strip("[]")).is_loopback
    except ValueError:
        return False


async def _refuse(send: Send, status: int, text: str) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": text.encode() + b"\n"})


def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT. Raises DashboardError before the first request, never after."""
    quiet.no_dumps()  # what staff look at
    app = application(settings)
    with listening(*settings.dashboard.listen) as listener:
        options = uvicorn.Config(
            app, log_level="warning", access_log=False, lifespan="on", server_header=False, timeout_graceful_shutdown=1
        )
        QuietServer(options).run(sockets=[listener])


def check_port(settings: Settings) -> None:
    """That nothing listens there yet; DashboardError otherwise."""
    listening(*settings.dashboard.listen).close()


def command(settings: Settings) -> list[str]:
    """The command that serves these settings in a process of its own."""
    return [sys.executable, "-P", "-m", "deploy.dashboard", *([str(settings.path)] if settings.path else [])]


def main(arguments: list[str]) -> int:
    # Started beside a proxy: end with it, even if it is killed (prctl(2), PR_SET_PDEATHSIG).
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(1, signal.SIGTERM, 0, 0, 0)
    try:
        serve(configuration.load(Path(arguments[0]) if arguments else None))
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
