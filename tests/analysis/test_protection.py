"""How sites are protected: in plain words, with what is stopped kept out of every share."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from datasette.app import Datasette

from addons.database import open_database
from analysis import protection, questions
from deploy import dashboard
from tests.analysis import library
from tests.analysis.conftest import settings_for
from tests.analysis.test_report import words
from tests.analysis.test_told_apart import ask

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)


@pytest.fixture
def connection(made: Path) -> Iterator[sqlite3.Connection]:
    found = sqlite3.connect(f"file:{made}?mode=ro", uri=True)
    found.row_factory = sqlite3.Row
    yield found
    found.close()


def of_site(connection: sqlite3.Connection, site: str) -> protection.Protection:
    names = ("protections", "dry_runs", "contacted_lately", "stopped", "received_at_least", "decisions", "breakages")
    rows = [ask(connection, name, site=site) for name in names]
    return protection.build(site, *rows, known=ask(connection, "third_parties_seen", site=site), now=NOW)


async def section(server: Datasette, site: str) -> str:
    html = (await server.client.get(f"/-/sites/{site}")).text
    return words(html.partition('<h2 id="protection">')[2].partition("<h2 ")[0])


@pytest.mark.parametrize(
    ("site", "said"),
    [
        ("sciencedirect", "Put back to observing on 20 November 2026, because log-in forms were sent again more often"),
        ("sciencedirect", "protect it again: on the computer where Carrel runs with carrel protect sciencedirect"),
        ("anytown", "Protected since 3 November 2026, mode block: trackers are stopped."),
        (
            "smallpress",
            "nothing is stopped yet: Carrel first learns which third parties these pages use. 13 page",
        ),
    ],
)
async def test_a_site_page_says_in_words_how_it_stands(filled: Datasette, site: str, said: str) -> None:
    assert said in await section(filled, site)


@pytest.mark.parametrize(
    ("state", "short"),
    [
        ("observing", "observed only"),
        ("settling", "settling, 1 page load to go"),
        ("protected", "protected"),
        ("returned", "put back to observing"),
        ("again", "about to start"),
    ],
)
def test_every_state_has_words(state: str, short: str) -> None:
    found = protection.Standing("news", "News", "block", state, 1, "24 November 2026", "errors")
    assert found.short == short
    assert found.words.endswith(".")


async def test_signs_of_breakage_stand_beside_each_other(filled: Datasette) -> None:
    text = await section(filled, "sciencedirect")
    assert "without protection 340 6 4 1 with protection 40 3 2 9" in text


def test_a_dry_run_says_what_each_mode_would_stop_and_what_it_leaves(connection: sqlite3.Connection) -> None:
    found = of_site(connection, "sciencedirect").dry_run
    assert found.modes == ("block", "contract")
    by = {line.party.domain: [one and one.counts for one in line.shares] for line in found.lines}
    # Of the page loads without that mode, since it is counted: 340 without protection, 380 in all.
    assert by["demdex.net"] == ["290 of 340 page loads", "290 of 380 page loads"]
    assert by["altmetric.com"] == [None, "70 of 380 page loads"]
    assert by["newrelic.com"] == [None, None]
    assert (found.stopped("block"), found.stopped("contract"), found.named) == (3, 5, 8)
    assert not {"elsevier.com", "els-cdn.com", "omtrdc.net", "threatmetrix.com"} & by.keys(), "no mode stops these"


async def test_a_dry_run_gives_no_share_for_names_that_are_not_kept(filled: Datasette) -> None:
    text = await section(filled, "sciencedirect")
    assert "(unlisted) still contacted stopped; no share is given" in text
    assert "altmetric.com Altmetric still contacted 18 % 70 of 380 page loads" in text
    assert "(2 found) is stopped by neither" in text


def test_where_a_mode_is_on_only_what_it_leaves_is_news(connection: sqlite3.Connection) -> None:
    found = of_site(connection, "anytown").dry_run
    assert (found.modes, found.beyond) == (("contract",), "block")
    assert "syndetics.com" in {line.party.domain for line in found.lines}
    assert "facebook.net" not in {line.party.domain for line in found.lines}


async def test_what_was_stopped_stands_with_what_it_would_have_received(filled: Datasette) -> None:
    text = await section(filled, "anytown")
    assert re.search(r"facebook\.net advertising; owner Meta 25 % 263 of 1,045 page loads no page load what was", text)
    assert "an identifier that stays the same in the address of the request, 14 %" in text
    assert "doubleclick.net advertising; owner Google (Alphabet) no page load under 1 % 7 of 1,045 page loads" in text
    assert "An allow rule does not open the library's content filter" in text


def test_what_was_stopped_is_in_no_share(connection: sqlite3.Connection) -> None:
    contacted = connection.execute(
        "select sum(loads) from presences where site = 'sciencedirect' and third_party = 'doubleclick.net' "
        "and outcome = 'allowed'"
    ).fetchone()[0]
    for name in ("matrix", "third_parties_seen", "most_seen"):
        rows = {row["third_party"]: row for row in ask(connection, name, site="sciencedirect")
                if row.get("site", "sciencedirect") == "sciencedirect"}  # fmt: skip
        assert rows["doubleclick.net"]["loads"] == contacted
    seen = {row["third_party"]: row for row in ask(connection, "third_parties_seen", site="anytown")}
    assert (seen["facebook.net"]["loads"], seen["facebook.net"]["stopped"]) == (0, 263)
    for name in ("most_seen", "third_parties_by_consent"):
        assert not {"facebook.net", "doubleclick.net"} & {
            row["third_party"] for row in ask(connection, name, site="anytown")
        }
    counted = " ".join(row["names"] for row in ask(connection, "recipients_by_category", site="anytown"))
    assert "facebook.net" not in counted
    months = ask(connection, "third_party_by_month", third_party="facebook.net")
    assert sum(row["loads"] for row in months) == 0


def test_no_question_adds_up_presences_without_asking_whether_they_were_contacts() -> None:
    for name, one in questions.load().items():
        if re.search(r"\b(from|join) (seen|presences)\b", one.sql.partition("as stands")[2] or one.sql):
            assert re.search(r"contacted|outcome|select third_party from presences", one.sql), name


async def test_pages_state_apart_what_was_stopped(filled: Datasette) -> None:
    matrix = (await filled.client.get("/-/matrix")).text
    assert "facebook.net on Anytown catalog: stopped on 263 of 1,045 page loads, never contacted" in matrix
    site = words((await filled.client.get("/-/sites/sciencedirect")).text)
    assert "91 of 839 page loads stopped on 11" in site
    front = words((await filled.client.get("/")).text)
    assert "1 more was always stopped" in front
    everyone = words((await filled.client.get("/-/third-parties")).text)
    assert "facebook.net" in everyone.partition("Always stopped")[2]
    assert "facebook.net" not in everyone.partition("Always stopped")[0]
    party = words((await filled.client.get("/-/third-parties/facebook.net")).text)
    assert "Contacted on 0 of 1,045 page loads (0 %)" in party
    assert "Stopped on 263 page loads, which are not in this share" in party


async def test_the_front_page_shows_how_all_sites_stand_and_warns_where_one_was_put_back(filled: Datasette) -> None:
    html = (await filled.client.get("/")).text
    table = words(html.partition('id="protection"')[2].partition("</section>")[0])
    assert "ScienceDirect block put back to observing 20 November 2026 1" in table
    assert "Small Press Online block settling, 13 page loads to go 23 November 2026 none" in table
    alert = words(html.partition('aria-labelledby="alerts"')[2].partition("</section>")[0])
    assert "ScienceDirect was put back to observing" in alert


async def test_only_rules_in_force_are_shown(filled: Datasette) -> None:
    text = await section(filled, "sciencedirect")
    assert "altmetric.com badges are part of the contract Ana, desk 20 November 2026 1 January 2099" in text
    assert "tried whether log-in works" not in text


@pytest.mark.parametrize(("until", "count"), [("2026-11-24T10:00Z", 0), ("2026-11-24T10:01Z", 1)])
def test_a_rule_holds_until_its_minute(until: str, count: int) -> None:
    row = {"site": "a", "third_party": "b.test", "reason": "c", "owner": "d", "until": until, "since": "2026-11-24"}
    assert len(protection.rules([row], NOW)) == count


async def test_relayed_on_some_page_loads_says_on_how_many(database: Path) -> None:
    writer = open_database(database)
    with writer.conn:
        writer.conn.execute(
            "update contact set relayed = 1 where section = 'search' and third_party = "
            "(select key from third_party where domain = 'altmetric.com')"
        )
    sql = "select sum(loads) from contacts where third_party = 'altmetric.com'"
    some, all_of_them = (writer.conn.execute(sql + more).fetchone()[0] for more in (" and relayed", ""))
    writer.conn.close()
    server = dashboard.datasette(settings_for(database.parent))
    for path in ("/-/sites/sciencedirect", "/-/third-parties", "/-/matrix", "/-/third-parties/altmetric.com"):
        text = words((await server.client.get(path)).text)
        assert f"relayed on at least {some} of {all_of_them}" in text, path
        assert "Of these, and of no others, the third party saw the library's server" in text


async def test_on_the_first_day_nobody_is_new(tmp_path: Path) -> None:
    library.empty(tmp_path / "carrel.db")
    writer = open_database(tmp_path / "carrel.db")
    with writer.conn:
        writer.conn.execute("insert into site values (1, 'news', 'News', 'vendor', 'V', 'P', 'news.test', '', '')")
    library.add_page_loads(writer, "news", "2026-11-23", 40, 40)
    library.add_presence(writer, "news", "2026-11-23", "old.test", 40)
    server = dashboard.datasette(settings_for(tmp_path))
    text = words((await server.client.get("/")).text)
    assert "None has come since each site was first watched" in text
    assert "November 2026: 40 of 40 page loads (100 %) with any third party." in text
    assert "These numbers by" not in text
    library.add_page_loads(writer, "news", "2026-11-24", 40, 40)
    library.add_presence(writer, "news", "2026-11-24", "new.test", 9)
    newest = words((await server.client.get("/")).text).partition("Newest third parties")[2]
    assert "new.test" in newest
    assert "old.test" not in newest
    writer.conn.close()


def test_one_that_came_to_several_sites_at_once_has_one_line(connection: sqlite3.Connection) -> None:
    newest = ask(connection, "newest_third_parties")
    found = [(row["third_party"], row["stands"], row["first_period"]) for row in newest]
    assert len(found) == len(set(found))
    hotjar = next(row for row in newest if row["third_party"] == "hotjar.com")
    assert set(hotjar["sites"].split()) <= {"anytown", "sciencedirect"}
