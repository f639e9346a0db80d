"""From the comparison with the vendor's documents to the lines of section 6. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from analysis import disclosed, wording
from analysis.disclosed import Comparison, Line, Unobserved, Verdict
from analysis.documents.inputs import Disclosed, Disclosure, DisclosureStatus, SourceDocument

KINDS = {"policy": "privacy policy", "cookies": "cookie list", "subprocessors": "subprocessor list"}
_PERMITTED = {None: "", True: "yes", False: "not listed"}


STAFF = "library staff"
"""In the place of a name: the report goes to people outside the library."""


def of(
    comparison: Comparison, *, with_names: bool = False, clause_of: Callable[[str], str] = lambda domain: ""
) -> Disclosed:
    """`clause_of`: the clause of the contract that speaks of a third party, or ''."""
    documents = tuple(
        SourceDocument(KINDS.get(one.sort, one.sort), one.title, one.version, one.address, one.read_on, one.sha256)
        for one in comparison.documents
    )
    lines = (
        *(_line(one, clause_of(one.party.domain), with_names=with_names) for one in comparison.lines),
        *(_unobserved(one, with_names=with_names) for one in comparison.unobserved),
    )
    return Disclosed(documents, lines)


def decided_by(verdict: Verdict | None, *, with_names: bool) -> str:
    if not verdict:
        return "found by the program"
    who = verdict.decided_by if with_names or verdict.decided_by == disclosed.CONFIGURATION else STAFF
    day = f", {wording.day(verdict.declared)}" if verdict.declared else ""
    return f"decided by the library ({who}{day}): {verdict.because}"


def _line(line: Line, clause: str, *, with_names: bool) -> Disclosure:
    cells = {cell.sort: cell.words for cell in line.cells}
    status = "not compared" if line.status == disclosed.NO_DOCUMENT else line.status
    return Disclosure(
        recipient=line.party.domain,
        policy=cells.get("policy", ""),
        cookie_list=cells.get("cookies", ""),
        subprocessors=cells.get("subprocessors", ""),
        permitted=_permitted(line.permitted, clause),
        status=cast("DisclosureStatus", status),
        decided_by=decided_by(line.verdict, with_names=with_names),
        note="only the company is named" if line.company_only else "",
    )


def _permitted(permitted: bool | None, clause: str) -> str:
    """
    >>> _permitted(True, "Licence 7.2"), _permitted(False, ""), _permitted(None, "Licence 7.2")
    ('yes; Licence 7.2', 'not listed', 'see Licence 7.2')
    """
    said = _PERMITTED[permitted]
    return f"{said}; {clause}" if said and clause else said or (clause and f"see {clause}")


def _unobserved(one: Unobserved, *, with_names: bool) -> Disclosure:
    return Disclosure(
        recipient=one.name,
        policy="",
        cookie_list="",
        subprocessors="",
        permitted="",
        status="disclosed, not observed",
        decided_by=decided_by(one.verdict, with_names=with_names),
        note="; ".join(dict.fromkeys(f"{found.words} in {found.document}" for found in one.found)),
    )
