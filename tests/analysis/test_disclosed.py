"""Recipients beside the names in the vendor's documents: the four statuses, and who has the last word."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from analysis import disclosed, questions
from analysis.disclosed import BY_CATEGORY, BY_NAME, NO_DOCUMENT, NOT_FOUND, NOT_OBSERVED
from analysis.parties import Party

GA = Party("google-analytics.com", "Google Analytics", "Google", "Alphabet", "analytics", "trackers", "", "")
DOUBLECLICK = Party("doubleclick.net", "DoubleClick", "Google", "Alphabet", "advertising", "trackers", "", "")
HOTJAR = Party("hotjar.com", "Hotjar", "Contentsquare", "Contentsquare", "session replay", "trackers", "", "")
UNKNOWN = Party("seldom.example", "", "", "", "", "", "", "")
POLICY = {
    "sort": "policy", "title": "Privacy policy", "version": "", "address": "", "read_on": "2026-11-01",
    "sha256": "a" * 64, "format": "html", "lists": "",
}  # fmt: skip


def mention(what: str, name: str, written: str = "", *, sort: str = "policy", sha256: str = "a" * 64) -> dict[str, str]:
    return {"sort": sort, "sha256": sha256, "what": what, "name": name, "written": written or name}


def verdict(domain: str, status: str) -> dict[str, str]:
    return {
        "third_party": domain, "status": status, "document": "", "declared": "2026-11-12", "because": "section 4",
        "decided_by": "Ada",
    }  # fmt: skip


def status(party: Party, *mentions: dict[str, str], **more: Any) -> str:
    found = disclosed.build([party], [POLICY], mentions, more.pop("verdicts", ()), **more)
    return found.lines[0].words


@pytest.mark.parametrize(
    ("party", "mentions", "said"),
    [
        pytest.param(GA, [mention("service", "Google Analytics")], BY_NAME, id="service"),
        pytest.param(GA, [mention("domain", "google-analytics.com")], BY_NAME, id="domain"),
        pytest.param(GA, [mention("owner", "Google")], f"{BY_NAME} (the company only)", id="owner"),
        pytest.param(GA, [mention("owner", "Alphabet")], f"{BY_NAME} (the company only)", id="group"),
        pytest.param(GA, [mention("category", "analytics")], BY_CATEGORY, id="category"),
        pytest.param(GA, [mention("category", "advertising")], NOT_FOUND, id="another category"),
        pytest.param(GA, [mention("service", "Hotjar")], NOT_FOUND, id="another service"),
        pytest.param(GA, [], NOT_FOUND, id="nothing"),
        pytest.param(UNKNOWN, [mention("domain", "seldom.example")], BY_NAME, id="domain that no list knows"),
        pytest.param(UNKNOWN, [mention("owner", ""), mention("category", "")], NOT_FOUND, id="nothing known of it"),
    ],
)
def test_names_give_the_status(party: Party, mentions: list[dict[str, str]], said: str) -> None:
    assert status(party, *mentions) == said


def test_a_name_in_any_document_is_enough_and_each_document_has_its_cell() -> None:
    cookies = POLICY | {"sort": "cookies", "title": "Cookie notice", "sha256": "b" * 64}
    named = [
        mention("category", "analytics", "web analytics"),
        mention("domain", GA.domain, sort="cookies", sha256="b" * 64),
    ]
    line = disclosed.build([GA], [POLICY, cookies], named, []).lines[0]
    assert line.status == BY_NAME
    assert [cell.status for cell in line.cells] == [BY_CATEGORY, BY_NAME, NO_DOCUMENT]
    assert [cell.words for cell in line.cells] == [
        "“web analytics”, the kind of service", "“google-analytics.com”", NO_DOCUMENT,
    ]  # fmt: skip


def test_without_a_document_nothing_is_said_to_be_missing() -> None:
    found = disclosed.build([GA], [], [], [])
    assert found.lines[0].status == NO_DOCUMENT
    assert found.not_found_of({GA.domain}) == 0
    assert found.counts == ((NO_DOCUMENT, 1),)


def test_of_two_versions_of_a_document_the_newer_counts() -> None:
    older = POLICY | {"read_on": "2026-03-01", "sha256": "b" * 64}
    found = disclosed.build([HOTJAR], [older, POLICY], [mention("service", "Hotjar", sha256="b" * 64)], [])
    assert found.lines[0].status == NOT_FOUND
    assert (found.not_found_of({HOTJAR.domain}), found.not_found_of({GA.domain})) == (1, 0)
    assert [one.sha256[0] for one in (*found.documents, *found.earlier)] == ["a", "b"]
    other = older | {"title": "Privacy policy of the group"}
    found = disclosed.build([HOTJAR], [other, POLICY], [mention("service", "Hotjar", sha256="b" * 64)], [])
    assert found.lines[0].status == BY_NAME, "another title is another document"


def test_a_verdict_of_the_librarys_stands_above_what_was_found_and_is_shown_as_such() -> None:
    said = status(GA, mention("service", "Google Analytics"), verdicts=[verdict(GA.domain, "not found")])
    assert said == "not found; decided by the library (Ada, 2026-11-12): section 4"
    found = disclosed.build([GA], [POLICY], [], [verdict(GA.domain, "by category")])
    assert (found.lines[0].status, found.lines[0].found_status) == (BY_CATEGORY, NOT_FOUND)
    assert found.not_found_of({GA.domain}) == 0


def test_the_configuration_is_a_verdict_too_and_a_persons_is_above_it() -> None:
    said = status(GA, disclosed=["www.google-analytics.com"])
    assert said == ("disclosed by name; decided by the library (carrel.toml): listed as disclosed in the configuration")
    assert status(GA, disclosed=[GA.domain], verdicts=[verdict(GA.domain, "not found")]).startswith("not found; ")


def test_what_is_named_and_was_not_seen_is_listed() -> None:
    named = [
        mention("service", "Google Analytics"), mention("service", "Hotjar"), mention("owner", "Adobe"),
        mention("category", "advertising"), mention("domain", "iab.example"),
    ]  # fmt: skip
    found = disclosed.build([GA], [POLICY], named, [verdict("late.example", "by name")])
    assert [one.name for one in found.unobserved] == ["Hotjar", "late.example"]
    assert found.counts == ((BY_NAME, 1), (NOT_OBSERVED, 2))


def test_a_service_whose_domain_was_seen_under_another_name_is_not_missing() -> None:
    named = [mention("domain", "doubleclick.net"), mention("service", "Google Ads", "doubleclick.net")]
    assert disclosed.build([DOUBLECLICK], [POLICY], named, []).unobserved == ()


@pytest.mark.parametrize(
    ("permitted", "said"),
    [([], None), (["hotjar.com"], False), (["google-analytics.com"], True), (["www.google-analytics.com"], True)],
)
def test_what_the_contract_permits_is_told_where_it_lists_anything(permitted: list[str], said: bool | None) -> None:
    assert disclosed.build([GA], [POLICY], [], [], permitted=permitted).lines[0].permitted is said


def test_the_rows_of_the_database_fit(made: Path) -> None:
    with sqlite3.connect(f"file:{made}?mode=ro", uri=True) as connection:
        connection.row_factory = sqlite3.Row
        rows = [
            [dict(row) for row in connection.execute(one.sql, one.given(site="sciencedirect"))]
            for one in map(questions.question, ("evidence_documents", "evidence_mentions", "evidence_verdicts"))
        ]
    found = disclosed.build([GA, DOUBLECLICK, HOTJAR], *rows)
    assert {line.party.domain: line.status for line in found.lines} == {
        "google-analytics.com": BY_NAME, "doubleclick.net": BY_CATEGORY, "hotjar.com": NOT_FOUND,
    }  # fmt: skip
    assert [one.name for one in found.unobserved] == ["altmetric.com", "Crazy Egg"]
    assert [one.version for one in found.documents] == ["1 September 2026", ""]
