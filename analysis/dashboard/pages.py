"""The dashboard's pages: ask, build, render. What a page says is decided in the pure modules that build it."""

from __future__ import annotations

import asyncio
import sqlite3
from datetime import date, datetime
from typing import Any
from urllib.parse import quote, unquote, urlencode

from datasette.utils import tilde_decode
from datasette.utils.asgi import BadRequest, Base400, NotFound, Response

from analysis import changes, filters, parties, protection, questions, unresolved, wording
from analysis import coverage as covering
from analysis import matrix as crossing
from analysis import overview as front
from analysis.alerts import kinds as telling
from analysis.dashboard import alerting, staff
from analysis.dashboard.metadata import DASHBOARD, DATABASE

Rows = list[dict[str, Any]]

NOT_READY = (
    "The database is not ready yet. Start `carrel up` or `carrel proxy`, wait a moment, and load this page again."
)


class NotReady(Base400):  # type: ignore[misc]  # Datasette comes without types
    """Not a NotFound: of that Datasette makes a redirect where the address ends in a slash, as ours does."""

    status = 503


class Asker:
    """Asks questions of the database for one request, after checking that the reader may."""

    def __init__(self, datasette: Any, request: Any) -> None:
        self.datasette = datasette
        self.request = request
        try:
            self.filters = filters.read(request.args)
        except ValueError as error:
            raise BadRequest(f"{error}. Change the address, or start again from the overview.") from None

    async def check(self) -> None:
        if DATABASE not in self.datasette.databases:
            raise NotFound(
                f"There is no database called {DATABASE!r} here; start the dashboard with `carrel dashboard`."
            )
        await self.datasette.ensure_permissions(self.request.actor, [("view-database", DATABASE), "view-instance"])

    async def ask(self, name: str, **values: str) -> Rows:
        question = questions.question(name)
        try:
            result = await self.datasette.get_database(DATABASE).execute(question.sql, question.given(**values))
        except sqlite3.OperationalError as error:
            # A proxy that is just starting has made the file but not yet its tables.
            if "no such table" in str(error):
                raise NotReady(NOT_READY) from None
            raise
        return [dict(row) for row in result.rows]

    async def chosen(self, name: str, **values: str) -> Rows:
        """The same of what the reader chose in the page's address."""
        return await self.ask(name, **{**self.filters.values, **values})

    async def all_chosen(self, *names: str) -> list[Rows]:
        """The answers to several, asked at the same time."""
        return list(await asyncio.gather(*(self.chosen(name) for name in names)))

    def source(self, name: str, **values: str) -> dict[str, str]:
        """The query behind a number, on a page of its own, asked in the same way."""
        question = questions.question(name)
        given = {key: value for key, value in {**self.filters.values, **values}.items() if value}
        given = {key: value for key, value in given.items() if key in question.parameters}
        address = self.datasette.urls.query(DATABASE, name)
        return {"href": f"{address}?{urlencode(given)}" if given else str(address), "asked": question.asked}

    async def chooser(self, *which: str) -> dict[str, Any]:
        """What a page's form offers to choose from; `which`: kind, category, or neither."""
        categories = await self.ask("categories") if "category" in which else []
        return {
            "presets": filters.presets(self.filters, date.today()),
            "kinds": filters.KIND_WORDS if "kind" in which else {},
            "categories": filters.category_names(categories, self.filters.category),
        }

    async def show(self, template: str, *, status: int = 200, **context: Any) -> Any:
        given = {
            "database_name": DATABASE,
            "wording": wording,
            "decides": staff.desk_for(self.datasette, self.request) is not None,
            "filters": self.filters,
            "source_of": self.source,
            **context,
        }
        text = await self.datasette.render_template(template, given, request=self.request)
        return Response.html(text, status=status, headers={"cache-control": "no-store"})


async def overview(datasette: Any, request: Any) -> Any:
    asker = Asker(datasette, request)
    await asker.check()
    names = (
        "sites", "third_parties_seen", "most_received", "newest_third_parties", "lookalikes", "unlisted",
        "page_loads_by_month", "page_loads_by_day", "page_loads_by_consent", "contacted_by_consent", "unresolved",
        "protections", "decisions",
    )  # fmt: skip
    today = date.today().isoformat()
    answers, by_month, pairs, alerts = await asyncio.gather(
        asker.all_chosen(*names),
        asker.chosen("sites_by_month", month=today[:7]),
        asker.chosen("changes", month=today[:7]),
        alerting.present(asker),
    )
    *rows, consents, by_consent, unknown, standings, decisions = answers
    page = front.build(
        *rows,
        changes=changes.build(by_month, pairs, today),
        consents=consents,
        by_consent=by_consent,
        unknown=unknown,
        standings=protection.standing_of(standings),
        rules=protection.rules(decisions, datetime.now().astimezone()),
    )
    return await asker.show(
        "overview.html",
        page=page,
        alerts=telling.by_kind(alerts),
        changes_note=changes.NOTE,
        change_words=changes.WORDS,
        chooser=await asker.chooser("kind", "category"),
    )


async def matrix(datasette: Any, request: Any) -> Any:
    asker = Asker(datasette, request)
    await asker.check()
    sites, pairs, seen, unknown = await asker.all_chosen("sites", "matrix", "third_parties_seen", "unresolved")
    most = None if request.args.get("lines") == "all" else crossing.MOST
    page = crossing.build(sites, pairs, seen, most=most)
    chooser = await asker.chooser("kind", "category")
    return await asker.show("matrix.html", page=page, unresolved=unresolved.build(unknown), chooser=chooser)


async def third_parties(datasette: Any, request: Any) -> Any:
    asker = Asker(datasette, request)
    await asker.check()
    seen, unlisted, unknown = await asker.all_chosen("third_parties_seen", "unlisted", "unresolved")
    found = parties.lines(seen)
    return await asker.show(
        "third_parties.html",
        categories=parties.by_category([line for line in found if line.third]),
        apart=[line for line in found if line.apart],
        behind=[line for line in found if line.behind],
        stopped=[line for line in found if line.only_stopped],
        relayed=any(line.relayed for line in found),
        meetings=sum(row["meetings"] for row in unlisted),
        unresolved=unresolved.build(unknown),
        chooser=await asker.chooser("kind", "category"),
    )


async def coverage(datasette: Any, request: Any) -> Any:
    asker = Asker(datasette, request)
    await asker.check()
    page = covering.build(await asker.ask("coverage"), await asker.ask("lists"), date.today())
    return await asker.show("coverage.html", page=page)


def named(request: Any, part: str) -> str:
    """A name in the page's address; Datasette turns percent signs into tildes, where a browser typed them."""
    return str(tilde_decode(unquote(request.url_vars[part])))


def site_address(datasette: Any, site: str) -> str:
    return str(datasette.urls.path(f"/-/sites/{quote(site, safe='')}"))


def navigation(datasette: Any, request: Any) -> list[tuple[str, str, bool]]:
    """Address, words, and whether this is the page; what was chosen goes along to where it means something."""
    path = datasette.urls.path
    given = filters.kept(request.args) if request else filters.Filters()
    found = (
        (path("/"), given.query, "Overview"),
        (path("/-/matrix"), given.query, "Sites \u00d7 third parties"),
        (path("/-/third-parties"), given.query, "Third parties"),
        (path(f"/-/dashboards/{DASHBOARD}"), given.in_days, "Charts"),
        (path("/-/alerts"), "", "Alerts"),
        (path("/-/coverage"), given.query, "Coverage and lists"),
        (path(f"/{DATABASE}"), "", "Data"),
    )
    return [(f"{href}{query}", words, bool(request) and request.path == href) for href, query, words in found]


def favicon(datasette: Any) -> str:
    return str(datasette.urls.static_plugins("carrel", "carrel.svg"))


def log_in(datasette: Any, request: Any) -> Any:
    """Send whoever is not logged in to the log-in page; None leaves it to Datasette."""
    if request.actor is None and staff.roles(datasette):
        return Response.redirect(datasette.urls.path("/-/login"))
    return None
