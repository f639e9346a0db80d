"""From names found in a vendor's documents to the lines of section 6."""

from __future__ import annotations

from pathlib import Path

from analysis import disclosed
from analysis.documents import vendor_documents
from analysis.documents.inputs import Extras
from analysis.report import build
from tests.analysis.documents import making
from tests.analysis.documents.test_sections import text_of

DOCUMENT = {
    "sort": "policy", "title": "Privacy policy", "version": "3", "address": "https://vendor.example/privacy",
    "read_on": "2026-11-20", "sha256": "e" * 64, "format": "html", "lists": "trackers 2026-11-24",
}  # fmt: skip
MENTION = {"sort": "policy", "sha256": "e" * 64}
MENTIONS = [
    MENTION | {"what": "service", "name": "Hotjar", "written": "Hotjar"},
    MENTION | {"what": "category", "name": "advertising", "written": "advertising partners"},
    MENTION | {"what": "service", "name": "Crazy Egg", "written": "Crazy Egg"},
]
VERDICT = {
    "third_party": "altmetric.com", "status": "by name", "because": "named in the contract's annex",
    "decided_by": "the director", "declared": "2026-11-21", "document": "",
}  # fmt: skip


def test_each_recipient_stands_beside_what_was_found_and_who_decided(made: Path) -> None:
    report = build(making.rows(made), "sciencedirect", None, None, making.MADE_ON, making.VERSION)
    observed = [finding.party for finding in (*report.findings, *report.behind)]
    found = vendor_documents.of(disclosed.build(observed, [DOCUMENT], MENTIONS, [VERDICT], permitted=["hotjar.com"]))
    lines = {line.recipient: line for line in found.lines}
    assert lines["hotjar.com"].status == "disclosed by name"
    assert (lines["hotjar.com"].permitted, lines["demdex.net"].permitted) == ("yes", "not listed")
    assert lines["demdex.net"].status == "disclosed by category only"
    assert lines["adobedtm.com"].status == "not found"
    assert lines["altmetric.com"].decided_by == (
        "decided by the library (library staff, 21 November 2026): named in the contract's annex"
    )
    assert lines["Crazy Egg"].status == "disclosed, not observed"
    document = making.document(made, extras=Extras(disclosed=found))
    said = text_of(document, "6")
    assert "Privacy policy | 3 | https://vendor.example/privacy | 20 November 2026" in said
    missing = sum(
        line.status == "not found" and line.recipient in {f.party.domain for f in report.findings}
        for line in found.lines
    )
    assert f"{missing} of these, not found in the vendor's documents" in text_of(document, "1")


def test_names_of_staff_are_printed_only_where_they_are_asked_for(made: Path) -> None:
    report = build(making.rows(made), "sciencedirect", None, None, making.MADE_ON, making.VERSION)
    compared = disclosed.build([one.party for one in report.findings], [DOCUMENT], MENTIONS, [VERDICT])
    for with_names in (False, True):
        found = vendor_documents.of(compared, with_names=with_names, clause_of=lambda domain: "Licence 7.2")
        line = found.of("altmetric.com")
        assert line
        assert ("the director" in line.decided_by) is with_names
        assert line.permitted == "see Licence 7.2"


def test_without_documents_nothing_is_compared(made: Path) -> None:
    report = build(making.rows(made), "sciencedirect", None, None, making.MADE_ON, making.VERSION)
    found = vendor_documents.of(disclosed.build([one.party for one in report.findings], [], [], []))
    assert {line.status for line in found.lines} == {"not compared"}
    assert "not compared" in text_of(making.document(made, extras=Extras(disclosed=found)), "1")
