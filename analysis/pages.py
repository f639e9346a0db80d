"""The dashboard's pages: ask, build, render. What a page says is decided in the pure modules that build it."""

from __future__ import annotations

import asyncio
import sqlite3
from datetime import datetime
from typing import Any
from urllib.parse import quote, unquote

from datasette.utils import tilde_decode
from datasette.utils.asgi import NotFound, Response

from analysis import coverage as covering
from analysis import detail, parties, protection, questions, staff, unresolved, wording
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

    async def show(self, template: str, *, status: int = 200, **context: Any) -> Any:
        decides = staff.desk_for(self.datasette, self.request) is not None
        text = await self.datasette.render_template(
            template,
            {"database_name": DATABASE, "wording": wording, "decides": decides, **context},
            request=self.request,
        )
        return Response.html(text, status=status, headers={"cache-control": "no-store"})


async def overview(datasette: Any, request: Any) -> Any:
    asker = Asker(datasette, request)
    await asker.check()
    names = (
        "sites", "third_parties_seen", "matrix", "newest_third_parties", "highest_rung", "lookalikes", "unlisted",
        "page_loads_by_month", "page_loads_by_day", "page_loads_by_consent", "third_parties_by_consent", "unresolved",
        "protections", "decisions",
    )  # fmt: skip
    answers = await asyncio.gather(*(asker.ask(name) for name in names))
    *rows, consents, by_consent, unknown, standings, decisions = answers
    page = front.build(
        *rows,
        consents=consents,
        by_consent=by_consent,
        unknown=unknown,
        standings=protection.standing_of(standings),
        rules=protection.rules(decisions, datetime.now().astimezone()),
    )
    return await asker.show("overview.html", page=page)


async def matrix(datasette: Any, request: Any) -> Any:
    asker = Asker(datasette, request)
    await asker.check()
    page = crossing.build(await asker.ask("sites"), await asker.ask("matrix"), await asker.ask("third_parties_seen"))
    without_name = unresolved.build(await asker.ask("unresolved"))
    return await asker.show("matrix.html", page=page, unresolved=without_name)


async def site(datasette: Any, request: Any) -> Any:
    asker = Asker(datasette, request)
    await asker.check()
    name = _named(request, "site")
    facts = await asker.ask("evidence_site", site=name)
    counts = await asker.ask("sites", site=name)
    if not facts or not counts:
        raise NotFound(f"There is no site called {name!r}; the front page lists those that were watched.")
    seen = await asker.ask("third_parties_seen", site=name)
    page = detail.site_page(
        facts[0],
        counts[0],
        await asker.ask("page_loads_by_section", site=name),
        seen,
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
        unknown=await asker.ask("unresolved", site=name),
        protection=await _protection(asker, name, seen),
    )
    return await asker.show("site.html", page=page)


async def _protection(asker: Asker, site: str, seen: Rows) -> protection.Protection:
    names = (
        "protections", "dry_runs", "contacted_lately", "stopped", "prevented", "decisions", "breakages",
    )  # fmt: skip
    rows = [await asker.ask(name, site=site) for name in names]
    return protection.build(site, *rows, known=seen, now=datetime.now().astimezone())


async def third_parties(datasette: Any, request: Any) -> Any:
    asker = Asker(datasette, request)
    await asker.check()
    found = parties.lines(await asker.ask("third_parties_seen"))
    unlisted = sum(row["meetings"] for row in await asker.ask("unlisted"))
    return await asker.show(
        "third_parties.html",
        categories=parties.by_category([line for line in found if line.third]),
        apart=[line for line in found if line.apart],
        behind=[line for line in found if line.behind],
        stopped=[line for line in found if line.only_stopped],
        relayed=any(line.relayed for line in found),
        meetings=unlisted,
        unresolved=unresolved.build(await asker.ask("unresolved")),
    )


async def third_party(datasette: Any, request: Any) -> Any:
    asker = Asker(datasette, request)
    await asker.check()
    domain = _named(request, "domain")
    if domain in wording.BUCKETS:
        raise NotFound(f"{domain} stands for names that are not known, so it has no page. {wording.BUCKETS[domain]}")
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


def _named(request: Any, part: str) -> str:
    """A name in the page's address; Datasette turns percent signs into tildes, where a browser typed them."""
    return str(tilde_decode(unquote(request.url_vars[part])))


def site_address(datasette: Any, site: str) -> str:
    return str(datasette.urls.path(f"/-/sites/{quote(site, safe='')}"))


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
