"""The patron's pages, asked for at the running program; and what other configurations would have them say."""

from __future__ import annotations

import asyncio
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from addons.database import open_database
from addons.decide.sites import Catalogue
from addons.desk import application
from addons.desk.facts import STAFFS_OWN, SUMS
from addons.opt_out import Choices
from addons.settings import Library, Privacy, Protect, Settings, Site
from tests.addons.reading_room import BOTH_WAYS, HERE, THERE, Answer, Room, answer
from tests.addons.town import SITE
from tests.addons.world import Origins

PATHS = ("", "recorded", "sites", "look", "sign", "sign-a4", "sign-letter", "no-such-page")
LANGUAGES = ("en", "es")


@pytest.fixture(scope="module")
def room(origins: Origins, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    room = Room(origins, tmp_path_factory.mktemp("room"))
    try:
        yield room
        assert room.program.stop() == 0, room.program.output()
    finally:
        room.program.kill()


async def plain(room: Room, path: str, computer: str = HERE, host: str = "", method: str = "GET") -> Answer:
    """Ask the second listener, without the proxy."""
    line = await room.line(computer, room.desk_port)
    host = host or f"127.0.0.1:{room.desk_port}"
    await line.send(f"{method} {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0\r\n\r\n".encode())
    return await answer(line)


# Every page


@pytest.mark.parametrize("scheme", BOTH_WAYS)
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("path", PATHS)
async def test_a_page_needs_nothing_and_lets_nobody_in(room: Room, path: str, language: str, scheme: str) -> None:
    page = await room.desk(f"/{language}/{path}", scheme=scheme)
    assert page.status == (404 if path == "no-such-page" else 200)
    assert f'<html lang="{language}"' in page.text
    assert page.fields["content-language"] == language
    assert page.fields["cache-control"] == "no-store"
    assert page.fields["x-frame-options"] == "DENY"
    assert "set-cookie" not in page.fields
    policy = page.fields["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "form-action 'self'; base-uri 'none'; frame-ancestors 'none'" in policy
    for word in ("<script", "<img", "<link", "src=", "@import", "url(", " style=", " onclick"):
        assert word not in page.text
    assert [link for link in re.findall(r'(?:href|action)="([^"]*)"', page.text) if not re.match(r"[/#]", link)] == []
    other = "es" if language == "en" else "en"
    assert f'href="/{other}/{"" if path == "no-such-page" else path}" lang="{other}"' in page.text


@pytest.mark.parametrize(
    ("accept", "language"),
    [("es-US,es;q=0.9,en;q=0.5", "es"), ("en, es;q=0.9", "en"), ("ja", "en"), ("", "en"), ("q=;;,\xff*", "en")],
)
@pytest.mark.parametrize("path", ["/", "/sign"])
async def test_the_browser_s_language_is_used_where_none_is_asked_for(
    room: Room, path: str, accept: str, language: str
) -> None:
    page = await room.desk(path, Accept_Language=accept.encode("latin-1").decode("latin-1"))
    assert page.fields["content-language"] == language
    assert page.fields["vary"] == "Accept-Language"


@pytest.mark.parametrize("language", LANGUAGES)
async def test_every_view_and_column_is_told(room: Room, tmp_path: Path, language: str) -> None:
    text = (await room.desk(f"/{language}/recorded")).text
    open_database(tmp_path / "carrel.db").close()
    with closing(sqlite3.connect(tmp_path / "carrel.db")) as database:
        views = [name for (name,) in database.execute("select name from sqlite_schema where type = 'view'")]
        assert len(views) > 10
        assert set(views) > STAFFS_OWN | SUMS
        for view in set(views) - STAFFS_OWN - SUMS:
            table = re.search(rf"<caption><code>{view}</code> ([^<]+)</caption>(.*?)</table>", text, re.DOTALL)
            assert table, view
            assert table[1].strip() != view
            told = dict(re.findall(r'<th scope="row"><code>(\w+)</code></th><td>([^<]*)</td>', table[2]))
            columns = [name for (name,) in database.execute("select name from pragma_table_info(?)", [view])]
            assert list(told) == columns
            # In plain words, not by its bare name: whoever adds a column says what it holds in addons/words/*.toml.
            assert [name for name, words in told.items() if words in ("", name)] == []


async def test_the_pages_say_what_is_configured(room: Room) -> None:
    home, sites = (await room.desk()).text, (await room.desk("/en/sites")).text
    assert "Loopback library" in home
    assert "privacy@loopback.test" in home
    assert "90 days" in home
    assert "36 months" in home
    assert "Vendor&#39;s papers" in sites
    assert SITE in sites


# Whether a site is watched


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        pytest.param(SITE, "Yes: vendor.test belongs to Vendor&#39;s papers", id="a name"),
        pytest.param(f" HTTPS://WWW.{SITE}:443/search?q=x ", "Yes: www.vendor.test belongs to", id="an address"),
        pytest.param(f"{SITE}/search", "Yes: vendor.test", id="name and path"),
        pytest.param("pages.vendor-content.test", "No: pages.vendor-content.test holds content of Vendor", id="own"),
        pytest.param("elsewhere.test", "No: connections to elsewhere.test pass through sealed", id="no site"),
        pytest.param("carrel.internal", "carrel.internal is Carrel itself", id="the desk"),
        pytest.param("<b>x</b>", "That is not the name of a site", id="markup"),
        pytest.param("", "That is not the name of a site", id="nothing"),
        pytest.param("http://[", "That is not the name of a site", id="broken"),
        pytest.param("é" * 300, "That is not the name of a site", id="long"),
        pytest.param("x" * 5000, "That is not the name of a site", id="longer than a form"),
        pytest.param("vend\u00f6r.test", "No: connections to xn--vendr-mua.test", id="international"),
    ],
)
@pytest.mark.parametrize("scheme", BOTH_WAYS)
async def test_whether_a_site_is_watched(room: Room, asked: str, said: str, scheme: str) -> None:
    page = await room.post("/en/look", {"site": asked}, scheme=scheme)
    assert page.status == 200
    assert said in page.text


async def test_the_answer_speaks_of_this_computer(room: Room) -> None:
    await room.choose("no")
    assert "not watched here now" in (await room.post("/en/look", {"site": SITE})).text
    assert "watched here." in (await room.post("/en/look", {"site": SITE}, THERE)).text
    await room.choose("yes")
    assert "No se" not in (page := (await room.post("/es/look", {"site": SITE})).text)
    assert "así que sus páginas se observan aquí" in page


async def test_a_body_that_is_no_form_is_answered(room: Room) -> None:
    for body in (b"\xff\xfe=%", b"&" * 4000, b"site=%ff", b"a=b&" * 900):
        assert (await room.send("POST", "/en/look", HERE, "https", body, {})).status == 200
        assert (await room.send("POST", "/en/choice", HERE, "https", body, {})).status == 403


# Who may choose


@pytest.mark.parametrize("scheme", BOTH_WAYS)
@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"Sec_Fetch_Site": "cross-site"}, id="another site's page"),
        pytest.param({"Sec_Fetch_Site": "same-site"}, id="a neighbour's page"),
        pytest.param({"Origin": "https://vendor.test"}, id="another origin"),
        pytest.param({"Origin": "http://carrel.internal.vendor.test"}, id="an origin that begins like ours"),
        pytest.param({"Origin": "null"}, id="no origin"),
    ],
)
async def test_another_site_s_page_cannot_choose(room: Room, fields: dict[str, str], scheme: str) -> None:
    refused = await room.choose("no", scheme=scheme, **fields)
    assert refused.status == 403
    assert "Nothing was changed" in refused.text
    assert "Carrel is on" in (await room.desk()).text


async def test_a_choice_needs_this_computer_s_own_token(room: Room) -> None:
    theirs = (await room.desk(computer=THERE)).token
    for token in ("", "0", theirs, "é" * 40):
        assert (await room.post("/en/choice", {"token": token, "watched": "no"})).status == 403
    assert "Carrel is on" in (await room.desk()).text


@pytest.mark.parametrize("scheme", BOTH_WAYS)
async def test_no_header_speaks_for_another_computer(room: Room, scheme: str) -> None:
    fields = {"X_Forwarded_For": THERE, "Forwarded": f"for={THERE}", "X_Real_IP": THERE}
    assert (await room.choose("no", scheme=scheme, **fields)).status == 303
    assert "Carrel is on" in (await room.desk(computer=THERE)).text
    assert (await room.choose("yes", scheme=scheme)).status == 303


async def test_looking_changes_nothing(room: Room) -> None:
    assert (await room.desk("/en/choice?watched=no")).status == 405
    assert (await room.desk(f"/en/choice?watched=no&token={(await room.desk()).token}")).status == 405
    assert "Carrel is on" in (await room.desk()).text


# Without the proxy


@pytest.mark.parametrize("path", ["/", "/es/", "/sign", "/en/sign-letter"])
async def test_the_plain_listener_has_the_notice_and_the_sign(room: Room, path: str) -> None:
    page = await plain(room, path)
    assert page.status == 200
    assert "<form" not in page.text
    assert "Loopback library" in page.text


@pytest.mark.parametrize("path", ["/en/choice", "/en/look", "/en/recorded", "/r/token", "/../carrel.toml", "//"])
async def test_the_plain_listener_has_nothing_else(room: Room, path: str) -> None:
    for method in ("GET", "POST"):
        assert (await plain(room, path, method=method)).status in (404, 405)


async def test_the_plain_listener_is_for_the_proxy_s_clients_only(room: Room) -> None:
    assert (await plain(room, "/", THERE)).status == 200
    for path in ("/", "/root.pem", "/proxy.pac"):
        assert (await plain(room, path, "127.0.0.9")).status == 403


async def test_patrons_do_not_reach_the_plain_listener_through_the_proxy(room: Room) -> None:
    line = await room.line()
    host = f"127.0.0.1:{room.desk_port}"
    await line.send(f"GET http://{host}/ HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
    assert (await line.answer())[0] in (403, 502)
    line.close()


@pytest.mark.parametrize("way", [*BOTH_WAYS, "plain"])
async def test_pac_file_and_certificate(room: Room, way: str) -> None:
    pac = await (plain(room, "/proxy.pac") if way == "plain" else room.desk("/proxy.pac", scheme=way))
    assert pac.status == 200
    assert pac.fields["content-type"].startswith("application/x-ns-proxy-autoconfig")
    assert f"PROXY 127.0.0.1:{room.program.address[1]}" in pac.text
    root = await (plain(room, "/root.pem") if way == "plain" else room.desk("/root.pem", scheme=way))
    assert (root.status, root.text) == (200, room.program.root.read_text())


# Other configurations

VENDOR = Site("vendor", "Vendor", domains=("vendor.test",), mode="contract")


async def read(settings: Settings, path: str = "/en/", choices: Choices | None = None) -> str:
    app = application(
        settings, lambda token, body: None, catalogue=Catalogue([VENDOR]), choices=choices, pac=lambda proxy: proxy
    )
    transport = httpx.ASGITransport(app, client=("10.0.0.7", 50000))
    async with httpx.AsyncClient(transport=transport, base_url="https://carrel.internal") as client:
        return (await client.get(path)).text


@pytest.mark.parametrize(
    ("protect", "said"),
    [
        (Protect(), "It stops nothing on pages"),
        (Protect(mode="block"), "known to track visitors"),
        (Protect(mode="contract"), "companies that the library&#39;s contract permits"),
        (Protect(lookalikes="block"), "Addresses that imitate"),
        (Protect(block_everywhere=True), "nothing but track visitors are refused"),
    ],
)
async def test_the_mode_is_explained(protect: Protect, said: str) -> None:
    page = await read(Settings(protect=protect), "/en/recorded")
    assert said in page
    assert "Some sites have a setting of their own" in page
    assert ("Global Privacy Control" in page) is protect.gpc
    if protect.mode != "observe":
        assert said in await read(Settings(protect=protect))


async def test_without_gpc_the_page_does_not_claim_it() -> None:
    assert "Global Privacy Control" not in await read(Settings(protect=Protect(gpc=False)), "/en/recorded")


async def test_thresholds_are_the_running_ones() -> None:
    page = await read(Settings(privacy=Privacy(k=17, rare=5, days_kept=31, months_kept=7)), "/en/recorded")
    for said in ("17 or more page loads", "5 or more page loads", "31 days", "7 months"):
        assert said in page


async def test_a_site_s_own_mode_stands_in_the_list() -> None:
    assert "only what the contract permits is contacted" in await read(Settings(), "/en/sites")


async def test_a_library_without_a_name_is_this_library() -> None:
    assert "This library wants to know" in await read(Settings())
    assert "Esta biblioteca quiere saber" in await read(Settings(), "/es/")


async def test_a_name_is_shown_as_it_is() -> None:
    page = await read(Settings(library=Library("<b>{k}</b> & Sons", "a@b")))
    assert "&lt;b&gt;{k}&lt;/b&gt; &amp; Sons" in page


@pytest.mark.parametrize(
    ("privacy", "said"),
    [
        (Privacy(), "You can switch it off for your computer"),
        (Privacy(consent="opt-in"), "It counts only if you say yes"),
        (Privacy(opt_out=False), "Read more at any computer"),
    ],
)
async def test_the_sign_promises_what_is_so(privacy: Privacy, said: str) -> None:
    for paper in ("a4", "letter"):
        page = await read(Settings(privacy=privacy), f"/en/sign-{paper}", Choices(privacy))
        assert said in page
        assert "computadora" in page
        assert f"size: {'A4' if paper == 'a4' else 'letter'}" in page


@pytest.mark.parametrize(
    ("listen", "host", "proxy"),
    [
        (("10.0.0.5", 8080), "carrel.anytown.example:8081", "10.0.0.5:8080"),
        (("0.0.0.0", 3128), "carrel.anytown.example:8081", "carrel.anytown.example:3128"),  # noqa: S104
        (("::", 3128), "[2001:db8::7]:8081", "[2001:db8::7]:3128"),
        (("0.0.0.0", 3128), "a b\\c", "carrel.internal:3128"),  # noqa: S104
    ],
)
async def test_the_pac_file_leads_to_where_the_terminal_came(listen: tuple[str, int], host: str, proxy: str) -> None:
    settings = replace(Settings(), proxy=replace(Settings().proxy, listen=listen))
    app = application(settings, lambda token, body: None, pac=lambda address: address)
    # httpx gives the host of base_url as the address at which it was taken; here that stands for the local address.
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://carrel.internal") as client:
        assert (await client.get("/proxy.pac", headers={"Host": host})).text == proxy


async def test_two_ask_at_once(room: Room) -> None:
    answers = await asyncio.gather(*(room.desk("/en/recorded") for _ in range(20)))
    assert {answer.status for answer in answers} == {200}
