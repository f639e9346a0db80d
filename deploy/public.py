"""The page for the public as a process of its own: no Datasette, no query that a reader words, no log of who reads.

It listens where [dashboard] public says, reads the database for a moment at most once an hour, and serves four files.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from addons.decide.sites import in_scope
from addons.settings import DESK, Settings
from analysis.exchange import figures, page, reading, summary
from analysis.report import ReportError
from blocklists import owners
from deploy.listening import DashboardError, QuietServer, listening

AGE = 3600.0
"""Seconds that an answer may be old: figures change with the month, and nobody makes the database work."""
RETRY = 30.0
HEADERS = {
    "content-security-policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    ),
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "interest-cohort=(), browsing-topics=()",
}
NOT_READY = "There are no figures yet. Please come back later."


@dataclass(frozen=True, slots=True)
class Made:
    page: str
    figures: str


def make(settings: Settings, today: date) -> Made:
    """Raises ReportError while there is no database that can be read."""
    shown = figures.build(rows(settings), today)
    library = settings.library
    told = summary.Summary(library.name, library.contact, version("carrel"), today.isoformat()[:7], shown)
    return Made(page.render(shown, about(settings)), summary.render(told))


def rows(settings: Settings) -> figures.Rows:
    database = settings.data.database
    if not database.is_file():
        raise ReportError(f"no database yet at {database}; start `carrel up` and open a page through the proxy first")
    try:
        with closing(sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            return reading.rows(connection)
    except sqlite3.Error as error:
        raise ReportError(f"{database}: cannot be read ({error}); check its rights, or restore a copy") from None


def about(settings: Settings) -> page.About:
    scope = in_scope(settings.sites, owners.load().products if settings.directory.use else ()).sites
    privacy = settings.privacy
    return page.About(
        library=settings.library.name,
        contact=settings.library.contact,
        watched=tuple(site.name for site in settings.sites),
        directory=len(scope) - len(settings.sites),
        opt_out=privacy.opt_out,
        opt_in=privacy.consent == "opt-in",
        desk=DESK,
        k=privacy.k,
        days_kept=privacy.days_kept,
        months_kept=privacy.months_kept,
    )


class _Shelf:
    """What was made last, made anew when it is old. What readers ask for never reaches the database."""

    def __init__(self, settings: Settings, today: Callable[[], date], now: Callable[[], float]) -> None:
        self._settings, self._today, self._now = settings, today, now
        self._made: Made | None = None
        self._until = float("-inf")

    def take(self) -> Made | None:
        if self._now() >= self._until:
            try:
                self._made, wait = make(self._settings, self._today()), AGE
            except ReportError:
                wait = RETRY  # what was made before stays good: its months are over
            self._until = self._now() + wait
        return self._made


def application(
    settings: Settings, *, today: Callable[[], date] = date.today, now: Callable[[], float] = time.monotonic
) -> Starlette:
    shelf = _Shelf(settings, today, now)
    style, icon = page.style(), page.icon()

    async def index(request: Request) -> Response:
        made = shelf.take()  # in the event loop: once an hour, so that no two readers make it twice
        return _text(made.page if made else None, "text/html")

    async def numbers(request: Request) -> Response:
        made = shelf.take()
        return _text(made.figures if made else None, "application/json")

    async def css(request: Request) -> Response:
        return _file(style, "text/css")

    async def favicon(request: Request) -> Response:
        return _file(icon, "image/svg+xml")

    async def nothing(request: Request, error: Exception) -> Response:
        status = getattr(error, "status_code", 404)
        return PlainTextResponse("There is no such page here.\n", status, headers=HEADERS)

    routes = [
        Route("/", index),
        Route("/figures.json", numbers),
        Route("/public.css", css),
        Route("/carrel.svg", favicon),
        Route("/favicon.ico", favicon),
    ]
    return Starlette(routes=routes, exception_handlers={404: nothing, 405: nothing})


def _text(text: str | None, kind: str) -> Response:
    if text is None:
        return PlainTextResponse(NOT_READY + "\n", 503, headers={**HEADERS, "retry-after": "60"})
    return Response(text, media_type=kind, headers={**HEADERS, "cache-control": "public, max-age=300"})


def _file(content: bytes, kind: str) -> Response:
    return Response(content, media_type=kind, headers={**HEADERS, "cache-control": "public, max-age=3600"})


def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT. Raises DashboardError or ReportError before the first request, never after."""
    where = settings.path or "carrel.toml"
    if settings.dashboard.public is None:
        raise DashboardError(
            f"{where}: [dashboard] public: is not set; write where the page for the public is to listen, "
            'such as public = "127.0.0.1:8002"'
        )
    make(settings, date.today())
    with listening(*settings.dashboard.public, key="public") as listener:
        options = uvicorn.Config(
            application(settings),
            log_level="warning",
            access_log=False,
            lifespan="off",
            ws="none",
            server_header=False,
            proxy_headers=False,
            limit_concurrency=200,
            timeout_graceful_shutdown=1,
        )
        QuietServer(options).run(sockets=[listener])
