"""What hides behind a site's own names, what the library's own proxy relayed, and what is nobody: never mixed up.

In the library's database hotjar.com is met on the catalog in both ways (reports on one page load in ten since the last
month, DNS on four in ten), and omtrdc.net by its own name on the catalog but behind ScienceDirect's names there.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from datasette.app import Datasette

from analysis import questions, report, wording
from tests.analysis.test_report import csv_files, html, lines, words

RELAYED = "relayed on all"
BUCKET = "(unresolved behind proxy)"
PAGES = ("/", "/-/matrix", "/-/third-parties", "/-/sites/sciencedirect")


@pytest.fixture
def connection(made: Path) -> Iterator[sqlite3.Connection]:
    found = sqlite3.connect(f"file:{made}?mode=ro", uri=True)
    found.row_factory = sqlite3.Row
    yield found
    found.close()


def ask(connection: sqlite3.Connection, name: str, **values: str) -> list[dict[str, Any]]:
    question = questions.question(name)
    return [dict(row) for row in connection.execute(question.sql, question.given(**values))]


def loads_of(connection: sqlite3.Connection, site: str, domain: str, condition: str) -> int:
    """By the contacts alone, of one kind: what the pages must say."""
    sql = f"select sum(loads) from contacts where site = ? and third_party = ? and {condition}"
    return int(connection.execute(sql, [site, domain]).fetchone()[0])


def test_one_met_in_both_ways_is_counted_in_each_for_itself(connection: sqlite3.Connection) -> None:
    rows = {row["stands"]: row for row in ask(connection, "matrix") if row["third_party"] == "hotjar.com"
            and row["site"] == "anytown"}  # fmt: skip
    assert set(rows) == {"third", "behind"}
    assert rows["third"]["loads"] == loads_of(connection, "anytown", "hotjar.com", "kind = 'script'")
    assert rows["behind"]["loads"] == loads_of(connection, "anytown", "hotjar.com", "kind = 'image'")
    assert all(row["at_least"] for row in rows.values())


def test_shares_over_all_sites_leave_out_the_sites_where_it_hides(connection: sqlite3.Connection) -> None:
    seen = {row["stands"]: row["loads"] for row in ask(connection, "third_parties_seen")
            if row["third_party"] == "omtrdc.net"}  # fmt: skip
    assert seen == {
        "third": loads_of(connection, "anytown", "omtrdc.net", "kind = 'connect'"),
        "behind": loads_of(connection, "sciencedirect", "omtrdc.net", "kind = 'connect'"),
    }
    by_month = ask(connection, "third_party_by_month", third_party="omtrdc.net")
    assert {behind: sum(row["loads"] for row in by_month if row["behind"] == behind) for behind in (0, 1)} == {
        0: seen["third"],
        1: seen["behind"],
    }


def test_no_count_of_third_parties_holds_one_behind_an_own_name(connection: sqlite3.Connection) -> None:
    for name in ("most_seen", "third_parties_by_consent"):
        assert not {"omtrdc.net", "threatmetrix.com", BUCKET} & {
            row["third_party"] for row in ask(connection, name, site="sciencedirect")
        }
    counted = ask(connection, "recipients_by_category", site="sciencedirect")
    assert "omtrdc.net" not in " ".join(row["names"] for row in counted)
    everywhere = next(row for row in ask(connection, "most_seen") if row["third_party"] == "omtrdc.net")
    assert everywhere["loads"] == loads_of(connection, "anytown", "omtrdc.net", "1")


def test_what_is_new_is_told_apart(connection: sqlite3.Connection) -> None:
    newest = ask(connection, "newest_third_parties")
    assert {row["third_party"] for row in newest if row["stands"] == "behind"} == {"threatmetrix.com"}
    assert "threatmetrix.com" not in {row["third_party"] for row in newest if row["stands"] == "third"}
    assert BUCKET not in {row["third_party"] for row in newest}


def test_every_question_that_counts_presences_tells_them_apart() -> None:
    """Only counts of one bucket may go to the presences themselves."""
    plain = {name for name, one in questions.load().items() if re.search(r"\bfrom presences\b", one.sql)}
    told = {name for name in plain if "as stands" in questions.question(name).sql}
    assert plain - told == set()


async def test_the_matrix_has_a_part_for_each_standing(filled: Datasette) -> None:
    html = (await filled.client.get("/-/matrix")).text
    third, _, rest = html.partition('id="behind"')
    behind, _, own = rest.partition('id="own"')
    assert "threatmetrix.com" not in third
    assert "elsevier.com" not in third + behind
    assert "els-cdn.com" in own
    assert "hotjar.com on Anytown catalog: 420 of 1,045" in behind
    assert "hotjar.com on Anytown catalog: 44 of 1,045" in third
    assert wording.BEHIND_NOTE.partition("'")[0] in own


async def test_the_front_page_lists_what_is_new_behind_own_names_apart(filled: Datasette) -> None:
    html = (await filled.client.get("/")).text
    third, _, behind = html.partition('id="newest"')[2].partition("Newest behind the sites' own names")
    assert "threatmetrix.com" not in third
    assert "threatmetrix.com" in behind


async def test_a_third_party_page_keeps_both_ways_apart(filled: Datasette) -> None:
    text = words((await filled.client.get("/-/third-parties/hotjar.com")).text)
    assert "Contacted on 48 of 1,884 page loads" in text
    assert "Also found behind own names of one site, on 420 of 1,045 page loads" in text
    text = words((await filled.client.get("/-/third-parties/threatmetrix.com")).text)
    assert "Found only behind own names of one site" in text
    assert "On which sites" not in text


@pytest.mark.parametrize("path", [*PAGES, "/-/third-parties/newrelic.com"])
async def test_what_the_librarys_own_proxy_relayed_is_marked_and_explained(filled: Datasette, path: str) -> None:
    text = words((await filled.client.get(path)).text)
    assert (RELAYED if path != "/" else "relayed by the library's own proxy") in text
    assert "do not let it rewrite these names" in text


async def test_what_nobody_relayed_is_not_explained(filled: Datasette) -> None:
    assert "rewriting proxy" not in words((await filled.client.get("/-/sites/anytown")).text)


@pytest.mark.parametrize("path", PAGES)
async def test_a_bucket_is_explained_and_never_a_link_or_a_line(filled: Datasette, path: str) -> None:
    html = (await filled.client.get(path)).text
    assert "34 of 839 page loads (4" in words(html)
    assert "It is no company" in words(html)
    assert f"{quote(BUCKET)}" not in html
    assert not re.search(rf'<th scope="row"[^>]*>[^/]*{re.escape(BUCKET)}', html)


@pytest.mark.parametrize("bucket", [BUCKET, "(unlisted)"])
async def test_a_bucket_has_no_page_but_an_answer(filled: Datasette, bucket: str) -> None:
    response = await filled.client.get(f"/-/third-parties/{quote(bucket)}", follow_redirects=True)
    assert response.status_code == 404
    assert "stands for names that are not known" in response.text


async def test_before_a_choice_and_after_refusal_stand_on_top(filled: Datasette) -> None:
    site = words((await filled.client.get("/-/sites/sciencedirect")).text).partition("On this page")[0]
    assert "Any third party, pages opened before a choice 91 % 176 of 193 page loads; 6 by name" in site
    assert "Any third party, pages opened after refusal 83 % 50 of 60 page loads; 4 by name" in site
    front = words((await filled.client.get("/")).text.partition('id="choice"')[2]).partition("By site")[0]
    assert "ScienceDirect 91 % 176 of 193 page loads; 6 by name 83 % 50 of 60 page loads; 4 by name" in front
    assert "Anytown catalog" not in front, "its consent tool was never understood"


def made_report(connection: sqlite3.Connection, site: str) -> report.Report:
    return report.build(connection, site, None, None, date(2026, 11, 24), "0.1.0", library="Anytown")


def test_a_report_tells_both_ways_apart(made: Path) -> None:
    with sqlite3.connect(f"file:{made}?mode=ro", uri=True) as plain:
        found = made_report(plain, "anytown")
    third = next(one for one in found.findings if one.party.domain == "hotjar.com")
    (behind,) = (one for one in found.behind if one.party.domain == "hotjar.com")
    assert (third.share.part, third.methods) == (44, ("report",))
    assert (behind.share.part, behind.methods) == (420, ("dns",))
    files = csv_files(found)
    rows, hidden = lines(files["findings.csv"]), lines(files["behind_own_names.csv"])
    assert [row["counts"] for row in rows if row["recipient"] == "hotjar.com"] == ["at least"]
    assert [row["counts"] for row in hidden if row["recipient"] == "hotjar.com"] == ["at least"]
    assert {row["counts"] for row in (*rows, *hidden) if row["recipient"] != "hotjar.com"} == {"exact"}
    own = lines(files["own_hosts.csv"])
    assert {row["counts"] for row in own} <= {"exact"}
    plain.close()


def test_a_report_explains_what_was_relayed_and_what_is_nobody(made: Path) -> None:
    with sqlite3.connect(f"file:{made}?mode=ro", uri=True) as plain:
        found = made_report(plain, "sciencedirect")
    files = csv_files(found)
    assert not [name for name, text in files.items() if name.endswith(".csv") and BUCKET in text]
    assert BUCKET not in {one.party.domain for one in (*found.findings, *found.behind, *found.apart)}
    for text in (words(html(found)), files["README.txt"]):
        assert "do not let it rewrite these names" in text
        assert f"{BUCKET}: on 34 of 839 page loads" in text.replace("\u00a0", " ")
    plain.close()
