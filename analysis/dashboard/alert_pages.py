"""The page of alerts and their feed. A feed reader logs in by HTTP Basic, with the dashboard's password."""

from __future__ import annotations

from datetime import date
from typing import Any

from datasette.utils.asgi import Forbidden, Response

from analysis.alerts import feed as atom
from analysis.alerts import kinds as telling
from analysis.dashboard import alerting
from analysis.dashboard.pages import Asker

PAGE, FEED = "/-/alerts", "/-/alerts.atom"


async def alerts(datasette: Any, request: Any) -> Any:
    asker = Asker(datasette, request)
    await asker.check()
    today = date.today()
    found = await alerting.present(asker, today)
    return await asker.show(
        "alerts.html",
        groups=telling.by_kind(found),
        number=len(found),
        begin=telling.since(today),
        feed=datasette.urls.path(FEED),
    )


async def feed(datasette: Any, request: Any) -> Any:
    asker = Asker(datasette, request)
    try:
        await asker.check()
    except Forbidden:
        # A page would send the reader to a form; a program has to be asked in its own language.
        return Response.text(
            "Log in with the dashboard's user name and password.",
            status=401,
            headers={"www-authenticate": 'Basic realm="Carrel", charset="UTF-8"', "cache-control": "no-store"},
        )
    today = date.today()
    found = await alerting.present(asker, today)
    text = atom.render(
        found,
        library=alerting.watch_for(datasette).library,
        feed=datasette.absolute_url(request, datasette.urls.path(FEED)),
        page=datasette.absolute_url(request, datasette.urls.path(PAGE)),
        begin=telling.since(today),
    )
    return Response(text, content_type=atom.TYPE, headers={"cache-control": "no-store"})
