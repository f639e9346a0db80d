"""What a document says: every section and annex, also where there is nothing to say yet."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis import standards, statistics, wording
from analysis.documents import proposals, prose
from analysis.documents.inputs import Extras
from analysis.documents.model import Document, Figure, Note
from analysis.report import build
from tests.analysis.documents import golden, making

NUMBERS = [*map(str, range(13)), *"ABCDE"]


@pytest.mark.parametrize("which", ["bare", "full", "hostile"])
def test_every_section_and_annex_is_there_in_order(request: pytest.FixtureRequest, which: str) -> None:
    document: Document = request.getfixturevalue(which)
    assert [part.number for part in document.parts] == NUMBERS
    assert all(part.blocks for part in document.parts)


@pytest.mark.parametrize("name", ["bare.txt", "full.txt"])
def test_the_words_are_those_that_a_person_read(made: Path, name: str) -> None:
    expected = (golden.FOLDER / name).read_text("utf-8")
    assert golden.both(made)[name] == expected, "read what changed, then: python -m tests.analysis.documents.golden"


def test_without_documents_every_recipient_is_not_compared(bare: Document) -> None:
    part = bare.part("6")
    (table,) = part.tables
    assert {row[table_index(table.columns, "status")] for row in table.rows} == {"not compared: no document was given"}
    assert "not compared" in text_of(bare, "1")


@pytest.mark.parametrize("number", ["6", "7", "8", "9", "10", "11", "E"])
def test_a_section_without_input_says_what_the_library_fills_in(bare: Document, number: str) -> None:
    assert any(isinstance(block, Note) for block in bare.part(number).blocks)


def test_status_stands_on_the_title_page(made: Path) -> None:
    sent = making.document(made, "smallpress", Extras(status="sent"))
    assert "Status: SENT TO VENDOR" in list(prose.lines(sent))


def test_limits_are_there_in_full(bare: Document) -> None:
    said = text_of(bare, "12")
    assert all(line in said for line in (*wording.NOT_CLAIMED, *wording.BLIND_SPOTS))


def test_every_figure_has_words_and_a_table(full: Document) -> None:
    figures = [block for part in full.parts for block in part.blocks if isinstance(block, Figure)]
    assert {figure.spec for figure in figures} == {"recipients_by_category", "disclosed", "heat", "slope", "controls"}
    assert all(len(figure.alternative) > 20 and figure.table.rows for figure in figures)


def test_the_dictionary_knows_every_column_of_every_table(full: Document) -> None:
    dictionary = full.part("B").tables[0]
    known = {(name, row[1]) for row in dictionary.data_rows for name in str(row[0]).split()}
    assert {(table.id, column.id) for table in full.tables for column in table.data} <= known
    assert all(column.means for table in full.tables for column in table.data)


def test_shares_carry_their_interval_only_where_they_mean_something(full: Document, bare: Document) -> None:
    findings = full.part("4").tables[0]
    index = {column.id: number for number, column in enumerate(findings.columns)}
    row = next(row for row in findings.rows if row[index["recipient"]] == "demdex.net")
    part, whole = row[index["page_loads"]], row[index["page_loads_watched"]]
    assert isinstance(part, int)
    assert isinstance(whole, int)
    interval = statistics.estimate(part, whole).interval
    assert interval
    assert interval.words in str(row[index["seen"]])
    assert "16 of 16 days" in str(row[index["seen"]])
    assert "too few for a percentage" in text_of(bare, "4")
    assert all(row[index["percent"]] is None for row in bare.part("4").tables[0].rows)


def test_the_vendors_own_is_not_among_the_findings(full: Document) -> None:
    behind, apart = full.part("5").tables
    names = {row[1] for row in (*behind.rows, *apart.rows)}
    assert names == {"omtrdc.net", "threatmetrix.com", "els-cdn.com", "elsevier.com"}
    assert not names & {row[1] for row in full.part("4").tables[0].rows}


def test_a_recipient_behind_an_own_name_is_looked_for_among_the_products_own_names(full: Document) -> None:
    table = next(table for table in full.part("A").tables if table.id == "reproduction")
    filter_word, shows = (table_index(table.columns, name) for name in ("filter", "shows"))
    lines = {row[0]: (row[filter_word], row[shows]) for row in table.rows}
    assert lines["demdex.net"] == ("domain:*demdex.net", "request")
    assert lines["omtrdc.net"] == ("domain:*sciencedirect.com", "alias")


def test_all_answers_to_a_request_are_printed_and_the_last_says_how_it_stands(full: Document) -> None:
    said = text_of(full, "11")
    assert "1 December 2026: We will (promised) / 20 December 2026: Gone since today (done) | done" in said
    answers = next(table for table in full.part("11").tables if table.id == "answers")
    assert [row[1] for row in answers.data_rows] == ["2026-12-01", "2026-12-20"]


def test_standards_are_proposed_by_kind_of_finding(made: Path) -> None:
    report = build(making.rows(made), "sciencedirect", None, None, making.MADE_ON, making.VERSION)
    lines, cited = proposals.of(report, standards.load())
    assert lines
    assert all(line.decided_by == "proposed by the program" and not line.clause for line in lines)
    assert all(one.address.startswith("https://") for one in cited)


def test_a_report_names_nothing_that_was_not_in_it(bare: Document) -> None:
    assert "demdex" not in "\n".join(prose.lines(bare))


def text_of(document: Document, number: str) -> str:
    lines = list(prose.lines(document))
    headings = [part.heading for part in document.parts]
    here = headings.index(document.part(number).heading)
    end = lines.index(headings[here + 1]) if here + 1 < len(headings) else len(lines)
    return "\n".join(lines[lines.index(headings[here]) : end])


def table_index(columns: tuple[object, ...], name: str) -> int:
    return [getattr(column, "id", "") for column in columns].index(name)
