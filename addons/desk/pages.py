"""The patron's pages: what is recorded, the choice, whether a site is watched, the sign. Reads and renders; what a
choice does is `opt_out.py`'s. No script, no cookie, nothing from elsewhere.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from addons.decide.sites import Catalogue
from addons.desk import facts, forms
from addons.desk.words import Language, chosen, languages
from addons.opt_out import Choices
from addons.settings import Library, Settings

Pac = Callable[[str], str]
"""Gives the PAC file for a proxy's `host:port`."""

_FOLDER = files("addons.desk") / "templates"
_STYLES = {name: (_FOLDER / f"{name}.css").read_text("utf-8") for name in ("desk", "sign", "sign-a4", "sign-letter")}
_SHEETS = {"desk": _STYLES["desk"], **{name: _STYLES[name] + _STYLES["sign"] for name in ("sign-a4", "sign-letter")}}
PAPERS = ("a4", "letter")


@dataclass(frozen=True, slots=True)
class House:
    """What the pages tell about."""

    settings: Settings
    catalogue: Catalogue
    choices: Choices
    pac: Pac | None


@dataclass(frozen=True, slots=True)
class Status:
    """How things stand at the computer that asks. Unknown where the page did not come through the proxy."""

    known: bool
    watched: bool
    offered: bool
    asks_first: bool
    token: str


class Pages:
    """Handlers, by name of the page. `through_proxy`: whether the pages are reached through Carrel itself."""

    def __init__(self, house: House, *, through_proxy: bool) -> None:
        self._house = house
        self._through_proxy = through_proxy
        self._languages = languages(house.settings.desk.languages)
        self._tokens = forms.Tokens()
        self._modes = {site.mode for site in house.catalogue.sites if site.mode}
        self._protects = bool({house.settings.protect.mode, *self._modes} - {"observe"})
        self._named = house.settings.library.name != Library().name
        self._scope = facts.scope(house.settings, house.catalogue)
        self._templates = Environment(
            loader=PackageLoader("addons.desk"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def routes(self) -> list[Route]:
        """All pages; only those without a choice where the desk is not reached through the proxy."""
        routes = [
            Route("/root.pem", self.certificate),
            Route("/proxy.pac", self.pac),
            Route("/", self.home),
            Route("/sign", self.sign),
        ]
        for language in self._languages:
            under = f"/{language.code}"
            routes += [
                Route(f"{under}/", self.home),
                Route(f"{under}/sign", self.sign),
                Route(f"{under}/sign-{{paper}}", self.sign),
            ]
            if self._through_proxy:
                routes += [
                    Route(f"{under}/recorded", self.recorded),
                    Route(f"{under}/sites", self.sites),
                    Route(f"{under}/choice", self.choose, methods=["POST"]),
                    Route(f"{under}/look", self.look, methods=["GET", "POST"]),
                ]
        return routes

    # Pages

    async def home(self, request: Request) -> Response:
        return self._page(request, "home", "")

    async def recorded(self, request: Request) -> Response:
        return self._page(request, "recorded", "recorded", views=facts.views(), has_modes=bool(self._modes))

    async def sites(self, request: Request) -> Response:
        return self._page(request, "sites", "sites", scope=self._scope)

    async def look(self, request: Request) -> Response:
        """A question is posted, so that no address, history or log holds it."""
        asked = (await forms.fields(request)).get("site", "") if request.method == "POST" else ""
        answer = facts.look_up(self._house.catalogue, asked) if request.method == "POST" else None
        return self._page(request, "look", "look", answer=answer)

    async def sign(self, request: Request) -> Response:
        """On paper, in two languages: the reader's, and English or Spanish."""
        paper = request.path_params.get("paper", "")
        if paper and paper not in PAPERS:
            return await self.missing(request, None)
        language = self._language(request)
        other = next(one for one in self._languages if one.code != language.code)
        return self._page(
            request,
            "sign",
            f"sign-{paper}" if paper else "sign",
            sheet=f"sign-{paper or PAPERS[0]}",
            both=(language, other),
        )

    async def missing(self, request: Request, error: Exception | None) -> Response:
        return self._page(request, "missing", "", status=404)

    # The choice

    async def choose(self, request: Request) -> Response:
        sent, client = await forms.fields(request), _client(request)
        if not forms.sent_from_here(request.headers) or not self._tokens.takes(client, sent.get("token", "")):
            return self._page(request, "home", "", status=403, warning="stale")
        if not self._house.choices.choose(client, watched=sent.get("watched") == "yes"):
            return self._page(request, "home", "", status=503, warning="full" if self._house.choices.offered else "")
        # To a page that can be loaded again without choosing again.
        return RedirectResponse(f"/{self._language(request).code}/#now", status_code=303, headers=_headers(""))

    # Files

    async def certificate(self, request: Request) -> Response:
        root = self._house.settings.data.ca / "root.pem"
        if not root.is_file():
            return PlainTextResponse("There is no certificate yet.", status_code=404)
        return FileResponse(root, media_type="application/x-x509-ca-cert", filename="carrel-root.pem")

    async def pac(self, request: Request) -> Response:
        if self._house.pac is None:
            return PlainTextResponse("There is no proxy settings file.", status_code=404)
        local = (request.scope.get("server") or ("",))[0]
        proxy = facts.proxy_address(self._house.settings.proxy.listen, request.headers.get("host", ""), local)
        try:
            text = self._house.pac(proxy)
        except ValueError:
            return PlainTextResponse("This is no address at which a terminal could reach the proxy.", status_code=404)
        headers = {"Cache-Control": "no-cache", "Via": "1.1 carrel", "X-Content-Type-Options": "nosniff"}
        return Response(text, media_type="application/x-ns-proxy-autoconfig", headers=headers)

    # How

    def _language(self, request: Request) -> Language:
        code = request.url.path.split("/")[1]
        found = next((language for language in self._languages if language.code == code), None)
        return found or chosen(self._languages, request.headers.get("accept-language", ""))

    def _status(self, request: Request) -> Status:
        choices, client = self._house.choices, _client(request)
        choices.passed(client)
        return Status(
            known=self._through_proxy,
            watched=choices.watches(client),
            offered=choices.offered,
            asks_first=choices.asks_first,
            token=self._tokens.give(client),
        )

    def _page(
        self,
        request: Request,
        template: str,
        path: str,
        *,
        status: int = 200,
        warning: str = "",
        sheet: str = "desk",
        **further: Any,
    ) -> Response:
        """One template, and what all of them may use. `path`: where the page lies under each language."""
        language = self._language(request)
        page = self._templates.get_template(f"{template}.html").render(
            language=language,
            languages=self._languages,
            say=language.say,
            path=path,
            settings=self._house.settings,
            named=self._named,
            protects=self._protects,
            library=self._house.settings.library.name if self._named else language.say("page.library"),
            now=self._status(request),
            warning=warning,
            style=_SHEETS[sheet],
            has_pac=self._house.pac is not None,
            **further,
        )
        headers = _headers(sheet) | {"Content-Language": language.code}
        return HTMLResponse(page, status_code=status, headers=headers)


def _client(request: Request) -> str:
    return request.client.host if request.client else ""


def _headers(sheet: str) -> dict[str, str]:
    digest = b64encode(hashlib.sha256(_SHEETS.get(sheet, "").encode()).digest()).decode()
    policy = (
        f"default-src 'none'; style-src 'sha256-{digest}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
    return {
        "Content-Security-Policy": policy,
        "Cache-Control": "no-store",
        "Via": "1.1 carrel",
        "Vary": "Accept-Language",
        "Referrer-Policy": "same-origin",  # with `no-referrer` a form's Origin would be `null`
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
    }
