"""From the comparison with the vendor's documents to the lines of section 6. Pure."""

from __future__ import annotations

from typing import cast

from analysis import disclosed
from analysis.disclosed import Comparison, Line, Unobserved
from analysis.documents.inputs import Disclosed, Disclosure, DisclosureStatus, SourceDocument

KINDS = {"policy": "privacy policy", "cookies": "cookie list", "subprocessors": "subprocessor list"}
_PERMITTED = {None: "", True: "yes", False: "not listed"}


def of(comparison: Comparison) -> Disclosed:
    documents = tuple(
        SourceDocument(KINDS.get(one.sort, one.sort), one.title, one.version, one.address, one.read_on, one.sha256)
        for one in comparison.documents
    )
    lines = (*map(_line, comparison.lines), *map(_unobserved, comparison.unobserved))
    return Disclosed(documents, lines)


def _line(line: Line) -> Disclosure:
    cells = {cell.sort: cell.words for cell in line.cells}
    status = "not compared" if line.status == disclosed.NO_DOCUMENT else line.status
    return Disclosure(
        recipient=line.party.domain,
        policy=cells.get("policy", ""),
        cookie_list=cells.get("cookies", ""),
        subprocessors=cells.get("subprocessors", ""),
        permitted=_PERMITTED[line.permitted],
        status=cast("DisclosureStatus", status),
        decided_by=line.verdict.words if line.verdict else "found by the program",
        note="only the company is named" if line.company_only else "",
    )


def _unobserved(one: Unobserved) -> Disclosure:
    return Disclosure(
        recipient=one.name,
        policy="",
        cookie_list="",
        subprocessors="",
        permitted="",
        status="disclosed, not observed",
        decided_by=one.verdict.words if one.verdict else "found by the program",
        note="; ".join(dict.fromkeys(f"{found.words} in {found.document}" for found in one.found)),
    )
