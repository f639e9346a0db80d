"""Requests: what is asked of the vendor, what was answered, and what came of it. Pure."""

from __future__ import annotations

from analysis import wording
from analysis.documents.inputs import Extras
from analysis.documents.model import Block, Column, Facts, Items, Note, Paragraph, Part, table
from analysis.evidence import Report

KINDS = (
    "remove it;",
    "load it only after consent;",
    "serve it first-party, under the vendor's own responsibility;",
    "switch on a setting that the service offers;",
    "add it to the policy;",
    "explain what it is for.",
)
_COLUMNS = (
    Column("id", "Id", "number of the request", weight=0.5),
    Column("finding", "Finding", "recipient or section", weight=1.3),
    Column("asked", "What is asked", "what the vendor is asked to do", weight=1.8),
    Column("clause", "Clause", "clause of the contract on which the request rests"),
    Column("wanted_by", "Wanted by", "day by which an answer is wanted", "day"),
    Column("answer", "Vendor's answer", "in the vendor's words", weight=1.8),
    Column("answered_on", "Answered on", "day of the answer", "day"),
    Column("outcome", "Outcome", "what came of it", weight=1.3),
)


def requests(report: Report, extras: Extras) -> Part:
    rows = [
        {
            "id": one.id,
            "finding": one.finding,
            "asked": one.asked,
            "clause": one.clause,
            "wanted_by": one.wanted_by,
            "answer": one.answer,
            "answered_on": one.answered_on,
            "outcome": one.outcome,
        }
        for one in extras.requests or ()
    ]
    blocks: list[Block] = [Facts((("An answer is wanted by", wording.day(extras.answer_by) or "not stated yet"),))]
    if not rows:
        blocks += [
            Note("No request is recorded yet. The library fills this in; for each finding it may ask to:"),
            Items(KINDS),
        ]
    else:
        blocks.append(
            Paragraph(f"What {report.library or 'the library'} asks {report.site.vendor or 'the vendor'} for.")
        )
    blocks.append(
        table("requests", "Requests to the vendor", _COLUMNS, rows, empty="No request is recorded.", to_fill_in=True)
    )
    return Part("11", "Requests", tuple(blocks))
