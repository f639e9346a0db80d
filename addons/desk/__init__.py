"""carrel.internal: the proxy's own small server. Takes the browsers' reports, tells patrons what is recorded and lets
them choose, gives terminals their PAC file and certificate.

Starlette on uvicorn, on the door's own connections: no cookies, no log, nothing from elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from addons.decide.sites import Catalogue
from addons.desk import forms
from addons.desk.inside import Inside
from addons.desk.pages import House, Pac, Pages
from addons.desk.serving import Desk, PlainDesk
from addons.desk.words import WordsError
from addons.opt_out import Choices, none_offered
from addons.settings import Settings
from addons.sighting import MAX_REPORT

__all__ = ["Desk", "Inside", "PlainDesk", "WordsError", "application", "plain_application"]

Take = Callable[[str, bytes], None]
"""What is done with a report: page token, body."""

_ANY_ORIGIN = {"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Headers": "content-type"}


def application(
    settings: Settings,
    take: Take,
    *,
    catalogue: Catalogue | None = None,
    choices: Choices | None = None,
    pac: Pac | None = None,
) -> Starlette:
    """The desk as it is reached through the proxy. Raises WordsError for a language that cannot be used.

    `take` gets each report of a watched computer; the browser always gets 204, whatever it sent. `pac` is given the
    proxy's `host:port`.
    """
    watching = none_offered() if choices is None else choices
    house = House(settings, catalogue or Catalogue(settings.sites), watching, pac)
    pages = Pages(house, through_proxy=True)

    async def report(request: Request) -> Response:
        if request.method == "POST":
            body = await forms.body(request, MAX_REPORT)
            if watching.watches(request.client.host if request.client else ""):
                take(request.path_params["token"], body)
        return Response(status_code=204, headers=_ANY_ORIGIN)

    return Starlette(
        routes=[Route("/r/{token}", report, methods=["POST", "OPTIONS"]), *pages.routes()],
        exception_handlers={404: pages.missing},
    )


def plain_application(
    settings: Settings,
    admits: Callable[[str], bool],
    *,
    catalogue: Catalogue | None = None,
    pac: Pac | None = None,
) -> Starlette:
    """The desk for terminals that have no proxy yet: notice, sign, PAC file and certificate. No choice: whoever asks
    here is not watched. `admits`: clients that may use the proxy.
    """
    house = House(settings, catalogue or Catalogue(settings.sites), none_offered(), pac)
    pages = Pages(house, through_proxy=False)
    app = Starlette(routes=pages.routes(), exception_handlers={404: pages.missing})
    app.add_middleware(_Admitted, admits=admits)
    return app


class _Admitted:
    def __init__(self, app: ASGIApp, admits: Callable[[str], bool]) -> None:
        self._app = app
        self._admits = admits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        client = scope.get("client")
        if client and self._admits(client[0]):
            await self._app(scope, receive, send)
        else:
            await PlainTextResponse("This computer may not use this server.", status_code=403)(scope, receive, send)
