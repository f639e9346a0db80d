"""Vendors' pages under the names of the library's own rewriting proxy: what is opened, whose it is, what is written."""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from addons.decide.gate import Gate, Route
from addons.decide.judge import UNRESOLVED_PARTY, Judge
from addons.decide.policy import HEADER
from addons.decide.scope import scope
from addons.decide.sites import Place
from addons.hops import KEPT
from addons.imitations import Imitations
from addons.ledger import Ledger
from addons.settings import Directory, Privacy, Proxy, Rewriting, Settings, Site
from addons.sighting import Sighting
from addons.windows import WINDOW
from tests.addons import reports
from tests.addons import town as towns
from tests.addons.patron import ask, opened
from tests.addons.program import Line, Program
from tests.addons.visits import close, rows
from tests.addons.watch import HERE, KNOWLEDGE, OTHER, SITE, Watch
from tests.addons.world import Origins

SUFFIX = "ezproxy.anytown.org"
LIBRARY = Site("library", "Library", kind="library", domains=("anytown.org",))
TENANT = Site("desk", "Desk", domains=(f"desk.{SUFFIX}",))
SETTINGS = Settings(
    sites=(replace(SITE, owner="Siteco"), OTHER, LIBRARY, TENANT),
    rewriting=Rewriting((SUFFIX,), {"papers": "www.jstor.org"}),
)
CATALOGUE = scope(SETTINGS, KNOWLEDGE)
SESSION = "123456abcdef"
PAGE = f"www-site-test.{SUFFIX}"
TRACKER = f"www-google-analytics-com.{SUFFIX}"
DOUBLED = f"www-google--analytics-com.{SUFFIX}"
UNKNOWN = f"cnry7f3a-nowhere-invalid.{SUFFIX}"


def place(host: str) -> tuple[str, str, bool]:
    found = CATALOGUE.place(host)
    return found.host, found.site.id if found.site else "", found.relayed


# Whose a name is


@pytest.mark.parametrize(
    ("name", "host", "site"),
    [
        pytest.param("www-jstor-org", "www.jstor.org", "jstor", id="directory, hyphenated"),
        pytest.param("www.jstor.org", "www.jstor.org", "jstor", id="directory, dotted"),
        pytest.param("p8080-www.jstor.org", "www.jstor.org", "jstor", id="directory, with a port"),
        pytest.param("0-www.jstor.org", "www.jstor.org", "jstor", id="Innovative WAM"),
        pytest.param("papers", "www.jstor.org", "jstor", id="name from carrel.toml"),
        pytest.param("www-site-test", "www.site.test", "site", id="configured"),
        pytest.param("other-test", "other.test", "other", id="configured, the domain itself"),
        pytest.param("catalog-anytown-org", "catalog.anytown.org", "library", id="the library's own site"),
        pytest.param("www-google-analytics-com", "www.google-analytics.com", "", id="tracker"),
        pytest.param("www-google--analytics-com", "www.google-analytics.com", "", id="tracker, doubled hyphen"),
        pytest.param("site--cdn-test", "site-cdn.test", "", id="a site's own content is not opened"),
        pytest.param("cdn-nowhere-invalid", "", "", id="cannot be told"),
        pytest.param("www.news.example.org", "www.news.example.org", "", id="told, but nobody's site"),
    ],
)
def test_a_rewritten_name_is_that_of_the_site_behind_it(name: str, host: str, site: str) -> None:
    assert place(f"{name}.{SUFFIX}") == (host, site, True)


@pytest.mark.parametrize(
    ("host", "site"),
    [
        pytest.param("www.site.test", "site", id="the site under its own name"),
        pytest.param("catalog.anytown.org", "library", id="the library's site beside the proxy"),
        pytest.param(SUFFIX, "library", id="the proxy's front page, below a site of the library"),
        pytest.param(f"login.{SUFFIX}", "library", id="its log-in page"),
        pytest.param(f"desk.{SUFFIX}", "desk", id="a site below the suffix, in so many words"),
        pytest.param(f"www-jstor-org.desk.{SUFFIX}", "desk", id="below that site"),
        pytest.param(f"not{SUFFIX}", "library", id="a name that only ends alike"),
        pytest.param(f"www-jstor-org.{SUFFIX}.example.net", "", id="the suffix in the middle"),
        pytest.param("", "", id="no host"),
    ],
)
def test_other_names_are_left_alone(host: str, site: str) -> None:
    assert place(host) == (host, site, False)


def test_without_suffixes_nothing_is_rewritten() -> None:
    catalogue = scope(replace(SETTINGS, rewriting=Rewriting()), KNOWLEDGE)
    assert catalogue.place(f"www-jstor-org.{SUFFIX}") == Place(f"www-jstor-org.{SUFFIX}", catalogue.sites[2])


def test_what_fetched_lists_name_can_be_told_but_is_not_opened() -> None:
    catalogue = scope(SETTINGS, KNOWLEDGE, lambda host: host == "t.unheard-of.invalid".replace("-", "."))
    assert catalogue.place(f"t-unheard-of-invalid.{SUFFIX}") == Place("t.unheard.of.invalid", None, relayed=True)


@pytest.mark.parametrize(
    ("host", "route"),
    [
        pytest.param(f"www-jstor-org.{SUFFIX}", Route.OPEN, id="site"),
        pytest.param(PAGE, Route.OPEN, id="configured site"),
        pytest.param(TRACKER, Route.SEAL, id="tracker"),
        pytest.param(UNKNOWN, Route.SEAL, id="cannot be told, though a site of the library covers it"),
    ],
)
def test_only_a_name_that_undoes_to_a_site_is_opened(host: str, route: Route) -> None:
    assert Gate(Proxy(), CATALOGUE).connect(f"{host}:443").route is route


def test_the_certificates_may_speak_for_the_suffix() -> None:
    assert SUFFIX in CATALOGUE.domains
    assert SUFFIX not in scope(replace(SETTINGS, rewriting=Rewriting()), KNOWLEDGE).domains


async def test_a_name_below_the_suffix_imitates_nobody(tmp_path: Path) -> None:
    sites = (Site("reader", "Reader", domains=("greatreadings.com",)),)
    settings = Settings(sites=sites, rewriting=Rewriting(("account-check.net",)), directory=Directory(use=False))
    ledger = Ledger(tmp_path / "carrel.db", Privacy(k=1, rare=1))
    for configured, refused in ((settings, False), (replace(settings, rewriting=Rewriting()), True)):
        imitations = Imitations(scope(configured, KNOWLEDGE), lambda _: False, ledger, refuse=True)
        await imitations.prepare()
        assert imitations.refuses("10.0.0.1", "greatreadings-com.account-check.net") is refused
    await ledger.close()


# What a report becomes


def test_the_proxys_own_pages_are_the_librarys() -> None:
    judge = Judge(KNOWLEDGE, suffixes=("login-services.test",))
    found = judge.weigh(SITE, Sighting("site.test", "login.login-services.test", "form", "report", "allowed"))
    assert found
    assert (found.third_party, found.relation, found.relayed) == ("login-services.test", "library", False)


@pytest.fixture
def watch(tmp_path: Path) -> Iterator[Watch]:
    settings = replace(SETTINGS, sites=(SITE, OTHER), directory=Directory(use=False))
    watch = Watch(tmp_path / "carrel.db", scope(settings, KNOWLEDGE), (SUFFIX,))
    yield watch
    close(watch.ledger)


def visit(watch: Watch, page: str = PAGE) -> str:
    token = watch.get(f"https://{page}/search?q=term")
    assert token
    return token


def report(watch: Watch, token: str, host: str, directive: str = "img-src", page: str = PAGE) -> None:
    watch.report(token, host, directive, document_uri=f"https://{page}/search?q=term")


RELAYED = "select third_party, relation, method, relayed, loads, requests from contacts order by 1"


@pytest.mark.parametrize("host", [TRACKER, DOUBLED, f"www.google-analytics.com.{SUFFIX}"])
def test_a_relayed_tracker_is_that_tracker(watch: Watch, host: str) -> None:
    report(watch, visit(watch), host)
    assert watch.rows("select site, section, loads, with_third_party from page_loads") == [("site", "search", 1, 1)]
    assert watch.rows(RELAYED) == [("google-analytics.com", "third", "report", 1, 1, 1)]
    assert watch.rows("select service, list from third_parties") == [("Google Analytics", "trackers")]


def test_a_tracker_under_its_own_name_is_told_apart(watch: Watch) -> None:
    token = visit(watch)
    report(watch, token, "www.google-analytics.com")
    report(watch, token, TRACKER)
    assert [row[3:] for row in watch.rows(RELAYED)] == [(0, 1, 1), (1, 1, 1)]
    assert watch.presences() == [("google-analytics.com", "allowed", 1)]


def test_the_sites_other_hosts_are_its_own(watch: Watch) -> None:
    token = visit(watch)
    report(watch, token, f"static-site-test.{SUFFIX}")
    report(watch, token, f"www-pages-test.{SUFFIX}")
    assert watch.contacts() == []
    report(watch, token, f"img-site--cdn-test.{SUFFIX}")
    assert watch.rows(RELAYED) == [("site-cdn.test", "own", "report", 1, 1, 1)]
    assert watch.page_loads() == [("search", 1, 0)]


def test_another_sites_host_is_a_third_party(watch: Watch) -> None:
    report(watch, visit(watch), f"other-test.{SUFFIX}")
    assert watch.rows(RELAYED) == [("other.test", "third", "report", 1, 1, 1)]


def test_the_log_in_page_of_the_proxy_is_the_librarys(watch: Watch) -> None:
    report(watch, visit(watch), f"login.{SUFFIX}", "form-action")
    assert watch.rows(RELAYED) == [("anytown.org", "library", "report", 0, 1, 1)]
    assert watch.page_loads() == [("search", 1, 0)]


def test_a_session_that_ran_out_is_no_sign_in_elsewhere(watch: Watch) -> None:
    for target in (f"https://login.{SUFFIX}/idp/profile/SAML2/Redirect/SSO", f"https://{UNKNOWN}/idp/profile/cas"):
        watch.answer(f"https://{PAGE}/search", status=302, location=target)
    watch.answer(f"https://{PAGE}/", status=302, location=f"https://login-microsoftonline-com.{SUFFIX}/common/oauth2")
    assert watch.rows("select provider, loads from sign_ins") == [("microsoftonline.com", 1)]


def test_what_cannot_be_told_is_one_bucket_however_rare(tmp_path: Path) -> None:
    watch = Watch(tmp_path / "carrel.db", CATALOGUE, (SUFFIX,))
    watch.ledger = Ledger(watch.path, Privacy(k=1, rare=100), today=watch.day)
    watch.ledger.open([SITE], KNOWLEDGE.rulesets)
    watch.witness._ledger = watch.ledger
    token = visit(watch)
    for host in (UNKNOWN, UNKNOWN, f"{SESSION}-y-https-cdn-nowhere-invalid.{SUFFIX}", "rare.test"):
        report(watch, token, host)
    assert watch.rows(RELAYED) == [
        ("(unlisted)", "third", "report", 0, 1, 1),
        (UNRESOLVED_PARTY, "third", "report", 1, 1, 3),
    ]
    assert watch.presences() == [("(unlisted)", "allowed", 1), (UNRESOLVED_PARTY, "allowed", 1)]
    close(watch.ledger)


def test_what_cannot_be_told_makes_no_page_load_one_with_a_third_party(watch: Watch) -> None:
    report(watch, visit(watch), UNKNOWN)
    assert watch.rows(RELAYED) == [(UNRESOLVED_PARTY, "third", "report", 1, 1, 1)]
    assert watch.page_loads() == [("search", 1, 0)]


def test_a_redirect_that_leads_to_a_relayed_tracker_is_followed(watch: Watch) -> None:
    token = visit(watch)
    gone = f"https://www-pages-test.{SUFFIX}/gone"
    watch.answer(gone, status=302, location=f"https://{TRACKER}/collect?q=term", sec_fetch_dest="image")
    watch.report(token, blocked_uri=gone, document_uri=f"https://{PAGE}/search")
    assert watch.rows(RELAYED) == [("google-analytics.com", "third", "report", 1, 1, 1)]
    watch.wait(KEPT + 1)
    watch.report(token, blocked_uri=gone, document_uri=f"https://{PAGE}/search")
    assert watch.rows("select sum(requests) from contacts") == [(1,)]  # the name that it led to is forgotten


def test_a_sealed_connection_to_the_rewritten_name_confirms_the_report(watch: Watch) -> None:
    token = visit(watch)
    watch.passages.begin(HERE, TRACKER)
    report(watch, token, TRACKER)
    watch.wait(WINDOW * 2)
    assert watch.rows(RELAYED) == [("google-analytics.com", "third", "report+tunnel", 1, 1, 1)]


def test_a_relayed_page_allows_only_its_own_host(watch: Watch) -> None:
    relayed = watch.answer(f"https://{PAGE}/")[HEADER]
    assert "test" not in relayed.replace(PAGE, "")
    assert "anytown" not in relayed
    assert "form-action 'self';" in relayed
    assert "site.test:*" in watch.answer("https://www.site.test/")[HEADER]


def test_path_rules_and_cnames_are_those_of_the_host_behind(watch: Watch) -> None:
    from tests.addons.test_firsthand import LIST, shelve

    shelve(watch, LIST + "||site.test/pixel^\n")
    watch.lists.refresh()
    watch.names.known["metrics.site.test"] = ("tracked.google-analytics.com",)
    visit(watch)
    watch.answer(f"https://www-site-test.{SUFFIX}/pixel?q=term", sec_fetch_dest="image", type_="image/gif")
    watch.answer(f"https://metrics-site-test.{SUFFIX}/x.gif", sec_fetch_dest="image", type_="image/gif")
    assert watch.rows(RELAYED) == [
        ("google-analytics.com", "third", "dns", 1, 1, 1),
        ("site.test", "own", "request", 1, 1, 1),
    ]
    assert not [name for name in watch.names.asked if SUFFIX in name]


def test_rewritten_names_are_neither_kept_nor_written(watch: Watch) -> None:
    token = visit(watch)
    for host in (TRACKER, UNKNOWN, f"{SESSION}-y-https-www-google--analytics-com.{SUFFIX}"):
        report(watch, token, host)
    page = watch.witness._pages.get(token, watch.now)
    assert page
    assert SUFFIX not in repr(page)
    watch.wait(WINDOW * 2)
    assert SUFFIX not in repr(watch.witness._waiting)
    watch.end()
    written = b"".join(path.read_bytes() for path in watch.path.parent.rglob("carrel.db*"))
    for part in (SUFFIX, SESSION, "nowhere-invalid", "www-google", "www-site"):
        assert part.encode() not in written


# Through the program

REWRITING = '[rewriting]\nsuffixes = ["ezproxy.anytown.test"]'
BEHIND = "www-vendor-test.ezproxy.anytown.test"
GA = "www-google--analytics-com.ezproxy.anytown.test"
BUCKET = "cnry7f3a-nowhere-invalid.ezproxy.anytown.test"


def body(host: str) -> bytes:
    return reports.body(blocked_uri=f"https://{host}/p?q=term", document_uri=f"https://{BEHIND}/page?q=term")


async def post(line: Line, path: str, content: bytes) -> int:
    head = f"POST {path} HTTP/1.1\r\nHost: carrel.internal\r\nContent-Type: application/csp-report\r\n"
    await line.send(f"{head}Content-Length: {len(content)}\r\n\r\n".encode() + content)
    return int((await line.head()).split(" ")[1])


async def test_the_program_opens_counts_and_seals_behind_the_proxy(origins: Origins, tmp_path: Path) -> None:
    ports = {name: origins.serve(origins.http, tls=origins.tls(name)) for name in (BEHIND, GA, BUCKET)}
    pins = {name: f"127.0.0.1:{port}" for name, port in ports.items()}
    town = towns.build(origins, tmp_path, extra=REWRITING, pins=pins)
    try:
        page = await opened(town, BEHIND)
        await page.send(f"GET /page?q=term HTTP/1.1\r\nHost: {BEHIND}\r\nSec-Fetch-Dest: document\r\n\r\n".encode())
        head = await page.head()
        token = re.search(r"/r/(\S+)", head)
        assert token, head
        assert "anytown" not in head
        for name in (GA, BUCKET):  # their own certificates: sealed
            sealed = await Line.open(town.address)
            assert await sealed.connect(f"{name}:443") == 200
            await sealed.secure(ssl.create_default_context(cafile=origins.authority.root), name)
            assert await ask(sealed, "/", name) == (200, b"ok")
            sealed.close()
        desk = await opened(town, "carrel.internal")
        for name in (GA, BUCKET, "static-vendor-test.ezproxy.anytown.test", "login.ezproxy.anytown.test"):
            assert await post(desk, f"/r/{token[1]}", body(name)) == 204
        page.close()
        desk.close()
        assert await asyncio.to_thread(town.program.stop) == 0, town.program.output()
        database = town.program.data / "carrel.db"
        assert rows(database, "select site, section, loads from page_loads") == [("vendor", "other", 1)]
        assert rows(database, "select third_party, relation, method, relayed, requests from contacts order by 1") == [
            (UNRESOLVED_PARTY, "third", "report+tunnel", 1, 1),
            ("anytown.test", "library", "report", 0, 1),
            ("google-analytics.com", "third", "report+tunnel", 1, 1),
        ]
        assert town.program.output().splitlines()[-1:] == ["ready"]
        for path in town.program.data.rglob("*"):
            content = path.read_bytes() if path.is_file() and "ca" not in path.parts else b""
            assert b"ezproxy" not in content
            assert b"nowhere" not in content
    finally:
        town.program.kill()


def test_suffixes_that_came_later_need_new_certificates_and_the_start_says_so(origins: Origins, tmp_path: Path) -> None:
    town = towns.build(origins, tmp_path)
    assert town.program.stop() == 0
    configuration = (tmp_path / "carrel.toml").read_text().replace("[proxy.hosts]", f"{REWRITING}\n[proxy.hosts]")
    again = Program(tmp_path, configuration, town.address, wait=False)
    assert again.wait() == 1
    (line,) = again.complaint().splitlines()
    assert "the configured domains are no longer those of the certificates" in line
    assert "ezproxy.anytown.test" in line
