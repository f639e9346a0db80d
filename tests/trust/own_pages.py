"""Carrel's own pages, asked for by somebody with too much in the address: the desk, plain and secure, the dashboard."""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Awaitable
from urllib.parse import urlencode, urlsplit

import httpx

from tests.trust.canary import TEXT
from tests.trust.patron import DESK, Patron
from tests.trust.search import Search

DESK_PATHS = (
    "/",
    "/en/",
    "/en/recorded",
    "/en/sites",
    "/en/look",
    "/en/sign-a4",
    "/es/",
    "/proxy.pac",
    "/root.pem",
    "/{0}",
)
BOARD_PATHS = (
    "/",
    "/-/matrix",
    "/-/third-parties",
    "/-/third-parties/{0}",
    "/-/sites/{0}",
    "/-/coverage",
    "/carrel",
    "/carrel/page_loads",
    "/carrel/contacts.json",
    "/carrel/third_parties.csv",
    "/carrel/{0}",
    "/{0}",
)
_TOKEN = re.compile(r'name="token" value="(\w+)"')
_LINK = re.compile(r'(?:href|src|action)="([^"]+)"')


def desk(patron: Patron, forms: tuple[str, ...]) -> list[Awaitable[object]]:
    found: list[Awaitable[object]] = []
    for form in forms:
        for way in ("https", "http", "plain"):
            found += [_desk(patron, form, way, path) for path in DESK_PATHS]
            found += [_posted(patron, form, way, path) for path in ("/en/look", "/en/choice")]
    return found


def few(patron: Patron, form: str) -> list[Awaitable[object]]:
    """Each handler once, plain and secure."""
    found: list[Awaitable[object]] = [
        _desk(patron, form, way, path) for way in ("https", "http") for path in ("/en/", "/proxy.pac")
    ]
    return [*found, *(_posted(patron, form, "https", path) for path in ("/en/look", "/en/choice"))]


async def _desk(patron: Patron, form: str, way: str, path: str) -> None:
    put = {name: patron.plant(f"desk, {name}", form, "own pages") for name in ("query", "field", "language")}
    say = {name: TEXT[form](canary) for name, canary in put.items()}
    target = f"{path.replace('{0}', say['query'])}?{say['query']}={say['query']}&host={say['query']}"
    fields = f"Cookie: a={say['field']}\r\nUser-Agent: {say['field']}\r\nAccept-Language: {say['language']}\r\n"
    await _exchange(patron, way, "GET", target, fields, b"", tuple(put.values()))


async def _posted(patron: Patron, form: str, way: str, path: str) -> None:
    put = [patron.plant(f"desk, {name}", form, "own pages") for name in ("form field", "form value", "site asked for")]
    name, value, site = (TEXT[form](canary) for canary in put)
    body = urlencode({name: value, "site": f"{site}.test", "token": site, "watched": value}).encode()
    await _exchange(patron, way, "POST", path, "Content-Type: application/x-www-form-urlencoded\r\n", body, tuple(put))


async def _exchange(
    patron: Patron, way: str, method: str, target: str, fields: str, body: bytes, canaries: tuple[str, ...]
) -> bytes:
    if body:
        fields += f"Content-Length: {len(body)}\r\n"
    before = f"http://{DESK}" if way == "http" else ""
    data = f"{method} {before}{target} HTTP/1.1\r\nHost: {DESK}\r\n{fields}\r\n".encode("latin-1") + body
    if way == "https":
        async with patron.secure(DESK) as line:
            return await patron.ask(line, data, *canaries)
    async with patron.line(patron.desk_port if way == "plain" else 0) as line:
        return await patron.ask(line, data, *canaries)


async def choose(patron: Patron, watched: str) -> None:
    """Say yes or no at each of this mode's computers."""
    for _ in patron.computers:
        page = (await _exchange(patron, "https", "GET", "/en/", "", b"", ())).decode("utf-8", "replace")
        token = _TOKEN.search(page)
        assert token, "the desk shows no choice"
        patron._turn -= 1  # the same computer once more
        body = urlencode({"token": token[1], "watched": watched}).encode()
        fields = "Content-Type: application/x-www-form-urlencoded\r\nSec-Fetch-Site: same-origin\r\n"
        answer = await _exchange(patron, "https", "POST", "/en/choice", f"{fields}Origin: https://{DESK}\r\n", body, ())
        assert answer.startswith(b"HTTP/1.1 303"), answer[:200]


async def ask_dashboard(patron: Patron, forms: tuple[str, ...]) -> None:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{patron.dashboard_port}", timeout=30) as client:
        for form in forms:
            for path in BOARD_PATHS:
                await _board(patron, client, form, path)


async def _board(patron: Patron, client: httpx.AsyncClient, form: str, path: str) -> None:
    put = {name: patron.plant(f"dashboard, {name}", form, "own pages") for name in ("query", "field", "SQL", "form")}
    say = {name: TEXT[form](canary) for name, canary in put.items()}
    headers = {
        "User-Agent": say["field"],
        "Cookie": f"a={say['field']}",
        "Referer": f"http://127.0.0.1/{say['field']}",
        "Authorization": "Basic " + base64.b64encode(f"staff:{say['field']}".encode()).decode(),
    }
    query = {"sql": f"select '{say['SQL']}' from {say['SQL']}", "q": say["query"], "_search": say["query"]}
    query |= {"domain__exact": say["query"], say["query"]: "1"}
    await client.get(path.replace("{0}", say["query"]), params=query, headers=headers)
    patron.register.arrived(put["query"], put["field"], put["SQL"])
    if path in ("/", "/{0}"):
        for target in ("/-/allow", "/-/allow/end", "/-/protect", "/-/login", "/carrel"):
            sent = {"site": say["form"], "domain": say["form"], "reason": say["form"], "password": say["form"]}
            await client.post(target, data=sent)
        patron.register.arrived(put["form"])
    else:
        del patron.register.planted[put["form"]]


async def crawl(port: int, search: Search, name: str, most: int) -> int:
    """Every page, file and download that the dashboard offers by a link, and each as JSON and CSV; their number."""
    waiting, seen, fetched = ["/"], {"/"}, 0
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60, follow_redirects=False) as client:
        for view in ("page_loads", "contacts", "presences", "third_parties", "sites", "coverages", "exposures"):
            waiting += [f"/carrel/{view}.json?_size=max", f"/carrel/{view}.csv?_stream=on&_size=max"]
        while waiting and fetched < most:
            path, fetched = waiting.pop(0), fetched + 1
            answer = await client.get(path)
            search.keep(f"{name} {path}", _whole(answer))
            if "html" not in answer.headers.get("content-type", ""):
                continue
            for link in (html.unescape(found) for found in _LINK.findall(answer.text)):
                target = urlsplit(link)
                plain = target.path + (f"?{target.query}" if target.query else "")
                ours = (
                    not target.netloc and target.path.startswith("/") and "_sort" not in plain and "_facet" not in plain
                )
                if ours and plain not in seen and "/-/static" not in plain:
                    seen.add(plain)
                    waiting.append(plain)
    return fetched


def _whole(answer: httpx.Response) -> bytes:
    head = "\n".join(f"{name}: {value}" for name, value in answer.headers.items())
    return f"{answer.status_code}\n{head}\n\n".encode() + answer.content
