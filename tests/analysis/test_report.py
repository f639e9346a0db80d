"""The report says what was seen and no more, to the byte the same each time."""

from __future__ import annotations

import csv
import io
import re
import sqlite3
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from addons.database import open_database
from analysis import report, wording
from analysis.documents import formats, sections
from tests.analysis import library


@pytest.fixture
def connection(made: Path) -> Iterator[sqlite3.Connection]:
    found = sqlite3.connect(f"file:{made}?mode=ro", uri=True)
    yield found
    found.close()


def make(connection: sqlite3.Connection, site: str = "sciencedirect", **window: str) -> report.Report:
    since, until = window.get("since"), window.get("until")
    return report.build(connection, site, since, until, date(2026, 11, 24), "0.1.0", library="Anytown Public Library")


def html(made: report.Report) -> str:
    return formats.render(sections.build(made), "r", ["html"])["r.html"].decode()


def csv_files(made: report.Report) -> dict[str, str]:
    files = formats.render(sections.build(made), "r", ["csv"])
    return {name.removeprefix("r-csv/"): content.decode() for name, content in files.items()}


def lines(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def words(html: str) -> str:
    """The text that a reader sees, without tags and with single spaces."""
    text = re.sub(r"<style.*?</style>|<svg.*?</svg>", " ", html, flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text)).replace("\u00a0", " ").replace("&#39;", "'")


def test_the_title_names_product_library_and_time(connection: sqlite3.Connection) -> None:
    text = words(html(make(connection)))
    assert "Third-party services observed on ScienceDirect from the public computers of Anytown Public Library" in text
    assert "Time September 2026 to November 2026" in text
    assert "Prepared on 24 November 2026" in text
    assert "Carrel 0.1.0" in text
    assert "DRAFT" in text


def test_findings_carry_share_list_relation_and_how_they_are_known(connection: sqlite3.Connection) -> None:
    made = make(connection)
    found = {finding.party.domain: finding for finding in made.findings}
    assert made.recipients == 8
    assert found["demdex.net"].share.full == "693 of 839 page loads (83\u00a0%)"
    assert found["demdex.net"].methods == ("report+tunnel",)
    assert found["demdex.net"].party.origin == "trackers 2026-11-24: demdex.net"
    assert found["doubleclick.net"].first == "some day in November 2026, on 2 November 2026 at the latest"
    assert found["hotjar.com"].first == "5 November 2026"
    assert found["seldom-measured.example"].party.category == wording.NO_CATEGORY
    text = words(html(made))
    assert "693 of 839 page loads" in text
    assert "home item search" in text
    assert "as connect, frame; by report+tunnel" in text


def test_the_vendors_group_stands_apart(connection: sqlite3.Connection) -> None:
    made = make(connection)
    assert {finding.party.domain for finding in made.apart} == {"els-cdn.com", "elsevier.com"}
    assert {finding.party.domain for finding in made.behind} == {"omtrdc.net", "threatmetrix.com"}
    apart = {"els-cdn.com", "elsevier.com", "threatmetrix.com", "omtrdc.net"}
    assert not apart & {finding.party.domain for finding in made.findings}
    third, _, rest = words(html(made)).partition(
        "5. The vendor's own metrics hosts, and trackers behind the vendor's own names"
    )
    behind, _, own = rest.partition("The vendor's own hosts, its group's, and the library's")
    assert "threatmetrix.com" not in third
    assert "omtrdc.net" not in third
    assert "omtrdc.net" in behind
    assert "same group of companies as the vendor" in own


def test_unlisted_names_are_explained_and_get_no_share(connection: sqlite3.Connection) -> None:
    made = make(connection)
    assert made.meetings == 5
    assert all(finding.party.domain != wording.UNLISTED for finding in (*made.findings, *made.apart))
    text = words(html(made))
    assert "(unlisted): 5 meetings." in text
    assert "no share is given" in text


def test_all_limits_are_printed_in_every_format(connection: sqlite3.Connection) -> None:
    made = make(connection)
    for text in (words(html(made)), csv_files(made)["README.txt"].replace("\n", " ")):
        for line in (*wording.NOT_CLAIMED, *wording.BLIND_SPOTS):
            assert line in text


def test_lists_are_named_with_version_and_hash(connection: sqlite3.Connection) -> None:
    made = make(connection)
    files = csv_files(made)
    for text in (html(made), files["lists.csv"]):
        for letter in "abcd":
            assert letter * 64 in text
    assert "23 November 2026" in words(html(made)).partition("Owner, service and category")[2].partition("1. ")[0]
    assert "lists.csv" in files["README.txt"]


def test_blocked_recipients_are_counted(connection: sqlite3.Connection) -> None:
    made = make(connection, "anytown")
    assert made.blocked == 2
    facebook = next(finding for finding in made.findings if finding.party.domain == "facebook.net")
    assert (facebook.share.part, facebook.blocked, facebook.stopped_upstream) == (0, 263, 0)
    google = next(finding for finding in made.findings if finding.party.domain == "doubleclick.net")
    assert (google.share.part, google.blocked, google.stopped_upstream) == (0, 0, 7)
    text = words(html(made))
    assert "by Carrel, on 263 page loads" in text
    assert "by the content filter, on 7 page loads" in text
    assert "of the recipients blocked by the library 2 on at least one page load" in text
    stopped = [row["recipient"] for row in lines(csv_files(made)["findings.csv"]) if row["page_loads"] == "0"]
    assert len(made.findings) - len(stopped) == 7
    assert {"facebook.net", "doubleclick.net"} <= set(stopped)


def test_a_month_counts_only_when_all_of_it_lies_in_the_window(connection: sqlite3.Connection) -> None:
    whole, part = make(connection, since="2026-10"), make(connection, since="2026-10-15", until="2026-11-20")
    assert whole.window.months == ("October 2026", "November 2026")
    assert whole.window.left_out_loads == 0
    assert part.window.months == ()
    assert part.window.left_out_months == ("October 2026", "November 2026")
    assert part.window.left_out_loads == 240 + 18
    assert part.share.whole < whole.share.whole
    assert "258 page loads known only by a month that lies partly outside" in words(html(part))


def test_the_same_rows_give_the_same_bytes(connection: sqlite3.Connection) -> None:
    one, other = make(connection), make(connection)
    assert one == other
    assert html(one) == html(other)
    assert csv_files(one) == csv_files(other)


def test_one_html_file_needs_nothing_else(connection: sqlite3.Connection) -> None:
    page = html(make(connection))
    assert "<script" not in page
    within = re.sub(r"xmlns:xlink|(xlink:)?href=\"#", "", page)
    assert not re.search(r"(src|href|action)\s*=|@import|url\((?!#)", within)
    assert re.search(r'role="img" aria-label="[^"]*advertising 2', page, re.IGNORECASE)


def test_csv_has_one_line_for_each_recipient_and_all_page_loads(connection: sqlite3.Connection) -> None:
    made = make(connection)
    files = csv_files(made)
    assert {"README.txt", "findings.csv", "behind_own_names.csv", "own_hosts.csv", "page_loads.csv", "lists.csv",
            "dictionary.csv"} <= set(files)  # fmt: skip
    rows, behind, own = (lines(files[f"{name}.csv"]) for name in ("findings", "behind_own_names", "own_hosts"))
    assert (len(rows), len(behind), len(own)) == (8, 2, 2)
    by_name = {row["recipient"]: row for row in (*rows, *behind, *own)}
    assert by_name["demdex.net"]["percent"] == "82.60"
    assert by_name["demdex.net"]["page_loads_watched"] == "839"
    assert by_name["demdex.net"]["first_period"] == "2026-09"
    assert by_name["seldom-measured.example"]["category"] == wording.NO_CATEGORY.capitalize()
    assert by_name["demdex.net"]["received"] == "identifier"
    assert by_name["demdex.net"]["received_all"] == "identifier (url); e-mail (url); cookie (cookie)"
    assert by_name["demdex.net"]["after_refusal"] == "0"
    assert int(by_name["demdex.net"]["before_choice"]) > 0
    assert by_name["newrelic.com"]["relayed"] == "838"
    assert {row["relayed"] for name, row in by_name.items() if name != "newrelic.com"} == {"0"}
    assert {row["recipient"] for row in behind} == {"omtrdc.net", "threatmetrix.com"}
    assert {row["recipient"] for row in own} == {"els-cdn.com", "elsevier.com"}
    loads = lines(files["page_loads.csv"])
    assert sum(int(row["page_loads"]) for row in loads) == 839


def test_hostile_names_are_escaped_in_html_and_cannot_become_formulas(database: Path) -> None:
    writer = open_database(database)
    library.add_presence(writer, "sciencedirect", "2026-11", library.HOSTILE, 4)
    library.add_presence(writer, "sciencedirect", "2026-11", "=HYPERLINK(1)", 4)
    for column in ("service", "owner", "category"):
        writer.conn.execute(f"update third_party set {column} = ? where domain = 'hotjar.com'", [library.HOSTILE])
    writer.conn.execute("update site set name = ?, product = ? where id = 'sciencedirect'", [library.HOSTILE] * 2)
    writer.conn.commit()
    made = make(writer.conn)
    assert "<script" not in html(made)
    names = {row["recipient"] for row in lines(csv_files(made)["findings.csv"])}
    assert {library.HOSTILE, "'=HYPERLINK(1)"} <= names
    writer.conn.close()


@pytest.mark.parametrize(
    ("site", "window", "said"),
    [
        pytest.param("nothing", {}, "anytown, sciencedirect, smallpress", id="unknown site"),
        pytest.param("unopened", {}, "nothing to report", id="site that nobody opened"),
        pytest.param("anytown", {"since": "2027-01"}, "nothing to report", id="nothing in the window"),
        pytest.param("anytown", {"since": "last week"}, "write 2026-11-23 or 2026-11", id="no date"),
        pytest.param("anytown", {"since": "2026-11-02", "until": "2026-11-01"}, "swap the two", id="ends first"),
    ],
)
def test_what_cannot_be_reported_is_said_in_one_line(
    connection: sqlite3.Connection, site: str, window: dict[str, str], said: str
) -> None:
    with pytest.raises(report.ReportError) as failure:
        make(connection, site, **window)
    assert said in str(failure.value)
    assert "\n" not in str(failure.value)


def test_a_database_that_is_not_carrels_is_said_in_one_line() -> None:
    with pytest.raises(report.ReportError, match="cannot be read"):
        make(sqlite3.connect(":memory:"))


def test_what_a_recipient_received_stands_beside_it_with_its_share(connection: sqlite3.Connection) -> None:
    made = make(connection, "anytown")
    google = next(finding for finding in made.findings if finding.party.domain == "google-analytics.com")
    assert google.received
    assert google.received.rung == "search terms or item"
    text = words(html(made))
    assert f"search terms or item on at least {google.received.share.counts}" in text
    assert "what was searched for in the address of the request" in text
    assert "contacted; nothing more was seen" in text
    assert "nothing: it was stopped" in text
    assert "The state of the product's consent tool was not known" in text
    assert not re.search(r"\bbefore: \d", text), "the state of its consent tool was never known"


def test_what_was_received_outside_the_window_is_not_in_the_report(connection: sqlite3.Connection) -> None:
    whole, part = make(connection), make(connection, since="2026-11")
    shares = []
    for made in (whole, part):
        (omtrdc,) = (finding for finding in made.behind if finding.party.domain == "omtrdc.net")
        assert omtrdc.received
        shares.append(omtrdc.received.share)
    assert shares[1].part < shares[0].part
    assert shares[1].whole == part.share.whole


def test_contacts_before_a_choice_and_after_refusal_are_shares_of_that_state(connection: sqlite3.Connection) -> None:
    made = make(connection)
    by_name = {finding.party.domain: finding for finding in made.findings}
    watched = {state.name: state.watched.part for state in made.consents}
    demdex, adobe = by_name["demdex.net"], by_name["adobedtm.com"]
    assert demdex.before_choice
    assert demdex.after_refusal
    assert demdex.before_choice.whole == watched["undecided"]
    assert (demdex.after_refusal.part, demdex.after_refusal.whole) == (0, watched["refused"])
    assert adobe.after_refusal
    assert adobe.after_refusal.part > 0
    text = words(html(made))
    assert f"before: {demdex.before_choice.counts}" in text
    assert f"after refusal: 0 of {watched['refused']} page loads" in text


def test_a_recipient_relayed_by_the_library_is_marked(connection: sqlite3.Connection) -> None:
    assert "New Relic relayed on all" in words(html(make(connection)))
