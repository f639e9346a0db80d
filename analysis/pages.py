"""The dashboard's pages: ask, build, render. What a page says is decided in the pure modules that build it."""

from __future__ import annotations

import sqlite3
from typing import Any
from urllib.parse import unquote

from datasette.utils.asgi import NotFound, Response

from analysis import coverage as covering
from analysis import detail, parties, questions, wording
from analysis import matrix as crossing
from analysis import overview as front
from analysis.metadata import DASHBOARD, DATABASE

Rows = list[dict[str, Any]]

NOT_READY = (
    "The database is not ready yet. Start `carrel up` or `carrel proxy`, wait a moment, and load this page again."
)


class Asker:
    """Asks questions of the database for one request, after checking that the reader may."""

    def __init__(self, datasette: Any, request: Any) -> None:
        self.datasette = datasette
        self.request = request

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
                raise NotFound(NOT_READY) from None
            raise
        return [dict(row) for row in result.rows]

    async def show(self, template: str, **context: Any) -> Any:
        text = await self.datasette.render_template(
            template, {"database_name": DATABASE, "wording": wording, **context}, request=self.request
        )
        return Response.html(text, headers={"cache-control": "no-store"})


async def overview(datasette: Any, request: Any) -> Any:
    asker = Asker(datasette, request)
    await asker.check()
    page = front.build(
        await asker.ask("sites"),
        await asker.ask("third_parties_seen"),
        await asker.ask("matrix"),
        await asker.ask("newest_third_parties"),
        await asker.ask("behind_own_names"),
        await asker.ask("highest_rung"),
        await asker.ask("lookalikes"),
        await asker.ask("unlisted"),
        await asker.ask("page_loads_by_month"),
        await asker.ask("page_loads_by_day"),
    )
    return await asker.show("overview.html", page=page)


async def matrix(datasette: Any, request: Any) -> Any:
    asker = Asker(datasette, request)
    await asker.check()
    page = crossing.build(await asker.ask("sites"), await asker.ask("matrix"), await asker.ask("third_parties_seen"))
    return await asker.show("matrix.html", page=page)


async def site(datasette: Any, request: Any) -> Any:
    asker = Asker(datasette, request)
    await asker.check()
    name = unquote(request.url_vars["site"])
    facts = await asker.ask("evidence_site", site=name)
    counts = await asker.ask("sites", site=name)
    if not facts or not counts:
        raise NotFound(f"There is no site called {name!r}; the front page lists those that were watched.")
    page = detail.site_page(
        facts[0],
        counts[0],
        await asker.ask("page_loads_by_section", site=name),
        await asker.ask("third_parties_seen", site=name),
        await asker.ask("how_seen", site=name),
        await asker.ask("unlisted", site=name),
        await asker.ask("page_loads_by_month", site=name),
        await asker.ask("page_loads_by_day", site=name),
        exposed=await asker.ask("received", site=name),
        consents=await asker.ask("page_loads_by_consent", site=name),
        by_consent=await asker.ask("third_parties_by_consent", site=name),
        cookies=await asker.ask("cookies", site=name),
        sign_ins=await asker.ask("sign_ins", site=name),
        lookalikes=await asker.ask("lookalikes", site=name),
    )
    return await asker.show("site.html", page=page)


async def third_parties(datasette: Any, request: Any) -> Any:
    asker = Asker(datasette, request)
    await asker.check()
    found = parties.lines(await asker.ask("third_parties_seen"))
    unlisted = sum(row["meetings"] for row in await asker.ask("unlisted"))
    return await asker.show(
        "third_parties.html",
        categories=parties.by_category([line for line in found if line.third]),
        apart=[line for line in found if line.apart and not line.behind],
        behind=[line for line in found if line.behind],
        meetings=unlisted,
    )


async def third_party(datasette: Any, request: Any) -> Any:
    asker = Asker(datasette, request)
    await asker.check()
    domain = unquote(request.url_vars["domain"])
    who = await asker.ask("third_party", third_party=domain)
    if not who:
        raise NotFound(f"{domain!r} was not seen, or is no longer kept.")
    page = detail.party_page(
        who[0],
        await asker.ask("sites_of_third_party", third_party=domain),
        await asker.ask("how_seen", third_party=domain),
        await asker.ask("sites"),
        await asker.ask("third_party_by_month", third_party=domain),
        await asker.ask("received", third_party=domain),
    )
    return await asker.show("third_party.html", page=page)


async def coverage(datasette: Any, request: Any) -> Any:
    asker = Asker(datasette, request)
    await asker.check()
    page = covering.build(await asker.ask("coverage"), await asker.ask("lists"))
    return await asker.show("coverage.html", page=page)


def navigation(datasette: Any) -> list[tuple[str, str]]:
    path = datasette.urls.path
    return [
        (path("/"), "Overview"),
        (path("/-/matrix"), "Sites \u00d7 third parties"),
        (path("/-/third-parties"), "Third parties"),
        (path(f"/-/dashboards/{DASHBOARD}"), "Charts"),
        (path("/-/coverage"), "Coverage and lists"),
        (path(f"/{DATABASE}"), "Data"),
    ]


def favicon(datasette: Any) -> str:
    return str(datasette.urls.static_plugins("carrel", "carrel.svg"))


def log_in(datasette: Any, request: Any) -> Any:
    """Send whoever is not logged in to the log-in page; None leaves it to Datasette."""
    passwords = datasette.plugin_config("datasette-auth-passwords") or {}
    if request.actor is None and passwords.get("root_password_hash"):
        return Response.redirect(datasette.urls.path("/-/login"))
    return None
