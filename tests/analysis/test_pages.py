"""The pages as a reader gets them: they say what they must, load nothing from elsewhere, and escape everything."""

from __future__ import annotations

import re
import sqlite3
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote

import pytest
from datasette.app import Datasette

from addons.database import open_database
from analysis import report as evidence
from analysis.documents import sections
from deploy import dashboard
from tests.analysis import library
from tests.analysis.conftest import settings_for

PAGES = (
    "/",
    "/-/matrix",
    "/-/third-parties",
    "/-/third-parties/google-analytics.com",
    "/-/sites/sciencedirect",
    "/-/sites/anytown",
    "/-/sites/smallpress",
    "/-/sites/unopened",
    "/-/coverage",
    "/-/dashboards",
    "/-/dashboards/charts",
    "/-/dashboards/charts?site=anytown",
    "/-/dashboards/charts?since=2026-10-01&kind=vendor",
    "/?since=2026-10&until=2026-11&kind=vendor&category=advertising",
    "/?since=2030-01",
    "/-/sites/sciencedirect?since=2026-11&category=analytics",
    "/-/alerts",
    "/-/dashboards/charts/most_seen",
    "/carrel",
    "/carrel?_show_hidden=1",
    "/carrel?sql=select+1",
    "/carrel/page_loads",
    "/carrel/presences",
    "/carrel/contacts?site=anytown&_facet=section",
    "/carrel/third_parties",
    "/carrel/sites",
    "/carrel/coverages",
    "/carrel/rulesets",
    "/carrel/exposures",
    "/carrel/ladder",
    "/carrel/cookies",
    "/carrel/sign_ins",
    "/carrel/lookalikes",
    "/carrel/protections",
    "/carrel/dry_runs",
    "/carrel/prevented",
    "/carrel/breakages",
    "/carrel/decisions",
    "/-/allow?site=sciencedirect&third_party=doubleclick.net",
    "/carrel/matrix",
    "/-/login",
)


class References(HTMLParser):
    """Everything that a browser would fetch by itself or send a form to."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.styles: list[str] = []
        self._style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self._style = tag == "style"
        self.styles.append(given.get("style", ""))
        fetched = ("src", "srcset", "data", "poster", "action", "formaction", "background", "xlink:href")
        self.found += [given[name] for name in fetched if name in given]
        if tag in ("link", "use", "image", "base") and "href" in given:
            self.found.append(given["href"])

    def handle_data(self, data: str) -> None:
        if self._style:
            self.styles.append(data)


def references(html: str) -> list[str]:
    parser = References()
    parser.feed(html)
    return parser.found + [url for style in parser.styles for url in in_style(style)]


def in_style(css: str) -> list[str]:
    return [url for url in re.findall(r"url\(\s*['\"]?([^'\")]+)|@import\s+['\"]([^'\"]+)", css) for url in url if url]


def is_here(url: str) -> bool:
    return url.startswith(("data:", "http://localhost/")) or not re.match(r"([a-z]+:)?//", url)


@pytest.mark.parametrize("path", PAGES)
async def test_every_page_answers_and_refers_to_nothing_elsewhere(filled: Datasette, path: str) -> None:
    response = await filled.client.get(path)
    assert response.status_code == 200
    assert response.headers["content-security-policy"].startswith("default-src 'none'")
    assert response.headers["referrer-policy"] == "no-referrer"
    found = references(response.text)
    assert found
    assert [url for url in found if not is_here(url)] == []


async def test_every_file_that_a_page_loads_is_here_and_loads_nothing_elsewhere(filled: Datasette) -> None:
    wanted: set[str] = set()
    for path in PAGES:
        html = (await filled.client.get(path)).text
        wanted |= {url for url in references(html) if "/static" in url}
    assert any(url.endswith("vega.min.js") for url in wanted)
    for url in sorted(wanted):
        response = await filled.client.get(url)
        assert response.status_code == 200, url
        if url.partition("?")[0].endswith(".css"):
            assert [other for other in in_style(response.text) if not is_here(other)] == [], url


async def test_the_front_page_says_how_much_was_watched_and_what_each_number_is_a_share_of(filled: Datasette) -> None:
    text = (await filled.client.get("/")).text
    assert "1,841 of 1,891 page loads" in text
    assert "Third parties contacted, by name" in text
    assert "some day in September 2026" in text
    for part in ("By site", "By category", "Over time", "Most often contacted", "Newest third parties", "Protection"):
        assert part in text
    assert "(unlisted): 5 meetings" in text


async def test_few_page_loads_are_counted_out_not_turned_into_a_percentage(filled: Datasette) -> None:
    text = (await filled.client.get("/-/sites/smallpress")).text
    assert "3 of 7" in text
    assert "%" not in re.sub(r"<svg.*?</svg>|<style.*?</style>", "", text, flags=re.DOTALL).replace("10&#37;", "")


async def test_the_matrix_has_a_number_in_each_cell_and_a_step_of_heat(filled: Datasette) -> None:
    text = (await filled.client.get("/-/matrix")).text
    assert re.search(r'class="heat step-5"[^>]*google-analytics\.com on Anytown catalog: 966 of 1,045 page loads', text)
    assert "3 of 7" in text
    assert "not seen" in text
    assert "(unlisted)" in text.rpartition("</table>")[2]
    assert "(unlisted)" not in text.rpartition("</table>")[0]


async def test_a_third_party_page_names_list_version_and_entry(filled: Datasette) -> None:
    text = (await filled.client.get("/-/third-parties/google-analytics.com")).text
    assert "list <strong>trackers</strong>, version <strong>2026-11-24</strong>" in text
    assert "<code>google-analytics.com</code>" in text
    assert "named by the browser" in text
    assert "Anytown catalog" in text
    assert "ScienceDirect" in text


async def test_a_site_page_keeps_the_vendors_own_hosts_apart(filled: Datasette) -> None:
    text = (await filled.client.get("/-/sites/sciencedirect")).text
    findings, _, rest = text.partition('id="behind">5. ')
    third = findings.partition('id="received">')[0]
    behind, _, rest = rest.partition("vendor's group</h3>")
    apart, _, rest = rest.partition("6. Observed against disclosed</h2>")
    assert "demdex.net" in third
    assert {name for name in ("omtrdc.net", "threatmetrix.com", "elsevier.com", "demdex.net") if name in behind} == {
        "omtrdc.net",
        "threatmetrix.com",
    }
    assert "elsevier.com" in apart
    for name in ("threatmetrix.com", "omtrdc.net", ">elsevier.com"):
        assert name not in third
    assert "carrel report sciencedirect" in text


async def test_a_site_page_has_the_reports_sections_in_their_order(filled: Datasette) -> None:
    text = (await filled.client.get("/-/sites/sciencedirect")).text
    connection = sqlite3.connect(filled.get_database("carrel").path)
    document = sections.build(evidence.build(connection, "sciencedirect", None, None, "2026-11-24", "1"))
    connection.close()
    titles = {part.number: part.title for part in document.parts}
    found = re.findall(r"<h2 id=[^>]*>(\d+)\. ([^<]+)</h2>", text)
    assert [number for number, _ in found] == ["1", "2", "4", "5", "6", "8", "9", "11", "12"]
    for number, title in found:
        assert title.replace("&#39;", "'") == titles[number]
    assert "week of 23 November 2026" in text
    assert "It was removed with release 9." in text


@pytest.mark.parametrize("path", ["/", "/-/matrix", "/-/third-parties", "/-/sites/sciencedirect"])
async def test_what_was_chosen_goes_along_with_every_link(filled: Datasette, path: str) -> None:
    text = (await filled.client.get(f"{path}?since=2026-10&until=2026-11&category=analytics")).text
    assert "only third parties of the category analytics" in text
    links = re.findall(r'<a [^>]*href="(/-/(?:sites|third-parties)/[^"#]*)', text)
    elsewhere = [link for link in links if not link.startswith(path + "?") and not link.endswith(path)]
    assert len(elsewhere) > 1
    assert [link for link in elsewhere if "since=2026-10&amp;until=2026-11&amp;category=analytics" not in link] == []
    assert "/-/dashboards/charts?since=2026-10-01&amp;until=2026-11-30&amp;category=analytics" in text


async def test_what_was_chosen_changes_the_numbers(filled: Datasette) -> None:
    every = (await filled.client.get("/")).text
    some = (await filled.client.get("/?kind=vendor")).text
    assert "1,841 of 1,891 page loads" in every
    assert "1,841 of 1,891 page loads" not in some
    assert "Anytown catalog" not in some.partition("By site</h2>")[2].partition("</table>")[0]


@pytest.mark.parametrize("query", ["since=2026-99", "since=2026-11&until=2026-10", "kind=shop", "category=a%0Ab"])
@pytest.mark.parametrize("path", ["/", "/-/sites/anytown", "/-/third-parties/hotjar.com"])
async def test_what_an_address_cannot_mean_is_said(filled: Datasette, path: str, query: str) -> None:
    response = await filled.client.get(f"{path}?{query}")
    assert response.status_code == 400
    assert "start again from the overview" in response.text


async def test_every_number_says_where_it_comes_from(filled: Datasette) -> None:
    """Each link leads to a query that answers, asked for the same site and time."""
    found: set[str] = set()
    for path in PAGES:
        if path.startswith(("/-/sites", "/-/third-parties", "/-/matrix", "/-/coverage", "/?since=2026")) or path == "/":
            text = (await filled.client.get(path)).text
            blocks = re.findall(r'<p class="source">.*?</p>', text)
            assert blocks or path.endswith("unopened"), path
            found |= {unescape(link) for block in blocks for link in re.findall(r'href="([^"]+)"', block)}
    assert any("site=sciencedirect" in link and "since=2026-11-01" in link for link in found)
    for link in sorted(found):
        path, _, query = link.partition("?")
        assert (await filled.client.get(f"{path}.json?{query}&_shape=array")).status_code == 200, link


async def test_coverage_says_since_when_and_which_lists(filled: Datasette) -> None:
    text = (await filled.client.get("/-/coverage")).text
    assert "Watching since" in text
    assert "a" * 64 in text
    assert "connections that could not be told to belong to one page" in text


@pytest.mark.parametrize(
    "path", ["/", "/-/matrix", "/-/third-parties", "/-/coverage", "/-/dashboards/charts", "/carrel"]
)
async def test_an_empty_database_says_what_to_do_next(empty: Datasette, path: str) -> None:
    response = await empty.client.get(path)
    assert response.status_code == 200
    if path == "/":
        assert "Nothing has been watched yet" in response.text
        assert "carrel demo" in response.text


@pytest.mark.parametrize(
    "path", ["/-/sites/none", "/-/third-parties/none.example", "/-/nothing", "/nothing", "/carrel/no"]
)
async def test_what_is_not_there_is_said_politely_and_nothing_is_written_down(
    filled: Datasette, path: str, capfd: pytest.CaptureFixture[str]
) -> None:
    response = await filled.client.get(path)
    assert response.status_code == 404
    assert "To the overview" in response.text
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("sql", ["select * from nothing", "select canary", "select 1 where 'x' match 'y'"])
async def test_a_question_that_fails_is_not_logged(
    filled: Datasette, sql: str, capfd: pytest.CaptureFixture[str]
) -> None:
    response = await filled.client.get(f"/carrel?sql={quote(sql)}")
    assert response.status_code == 400
    assert capfd.readouterr() == ("", "")


async def test_names_from_outside_are_escaped_everywhere(database: Path) -> None:
    writer = open_database(database)
    for column in ("service", "owner", "category", "list", "rule"):
        writer.conn.execute(f"update third_party set {column} = ? where domain = 'hotjar.com'", [library.HOSTILE])
    writer.conn.execute(
        "update site set name = ?, vendor = ?, domains = ? where id = 'sciencedirect'", [library.HOSTILE] * 3
    )
    writer.conn.commit()
    library.add_presence(writer, "sciencedirect", "2026-11", library.HOSTILE, 4)
    for table, column in (
        ("exposure", "what"), ("cookie", "pattern"), ("sign_in", "provider"), ("lookalike", "trick"),
        ("protection", "reason"), ("decision", "reason"), ("decision", "owner"), ("decision", "third_party"),
    ):  # fmt: skip
        writer.conn.execute(f"update {table} set {column} = ? || {column}", [library.HOSTILE])
    writer.conn.commit()
    server = dashboard.datasette(settings_for(database.parent))
    hostile = f"/-/third-parties/{quote(library.HOSTILE, safe='')}"
    for path in (*PAGES, hostile, "/-/third-parties/hotjar.com"):
        response = await server.client.get(path)
        assert response.status_code == 200, path
        assert "<script>alert" not in response.text, path
    assert "&lt;script&gt;alert" in (await server.client.get(hostile)).text


@pytest.mark.parametrize(
    "sql",
    [
        "insert into site values (1,'','','','','','','','')",
        "attach database 'x.db' as x",
        "with x as (select 1) delete from site",
        "vacuum into 'copy.db'",
        "pragma writable_schema = 1",
        "select load_extension('x')",
    ],
)
async def test_nothing_can_be_written_or_attached(filled: Datasette, sql: str) -> None:
    for answer in (
        await filled.client.get(f"/carrel.json?sql={quote(sql)}"),
        await filled.client.post("/carrel", data={"sql": sql}),
    ):
        assert answer.status_code in (400, 403, 405)


async def test_plain_views_have_facets_and_csv(filled: Datasette) -> None:
    response = await filled.client.get("/carrel/contacts.json?_size=1")
    assert {"site", "relation", "kind", "method", "outcome"} <= set(response.json()["facet_results"])
    response = await filled.client.get("/carrel/presences.csv?_stream=on")
    assert response.text.splitlines()[0] == "period,site,section,consent,third_party,relation,outcome,loads"
    assert len(response.text.splitlines()) > 500
