"""Requests: what is asked of the vendor, what was answered, and what came of it. Pure."""

from __future__ import annotations

from analysis import wording
from analysis.documents.inputs import Answer, Extras
from analysis.documents.model import Block, Column, Facts, Items, Note, Paragraph, Part, Value, table
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
    Column("asked_on", "Asked on", "day of the request", "day", "data"),
    Column("answer", "Vendor's answer", "the latest, in the vendor's words", shown="data"),
    Column("answered_on", "Answered on", "day of the latest answer", "day", "data"),
    Column("answers", "Vendor's answers", "", shown="paper", weight=2.4),
    Column("outcome", "Outcome", "how it stands after the latest answer", weight=0.9),
)
_ANSWERS = (
    Column("request", "Request", "number of the request"),
    Column("answered_on", "Answered on", "day of the answer", "day"),
    Column("answer", "Vendor's answer", "in the vendor's words", weight=2),
    Column("outcome", "Outcome", "how the request stood after it"),
)
OPEN = "open"


def requests(report: Report, extras: Extras) -> Part:
    rows = [
        {
            "id": one.id,
            "finding": one.finding,
            "asked": one.asked,
            "clause": one.clause,
            "wanted_by": one.wanted_by,
            "asked_on": one.asked_on,
            "answer": one.answers[-1].answer if one.answers else "",
            "answered_on": one.answers[-1].answered_on if one.answers else "",
            "answers": "\n".join(f"{wording.day(said.answered_on)}: {_said(said)}" for said in one.answers),
            "outcome": one.answers[-1].outcome if one.answers else OPEN,
        }
        for one in extras.requests or ()
    ]
    blocks: list[Block] = [Facts((("An answer is wanted by", wording.day(extras.wanted_by) or "not stated yet"),))]
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
    if answers := _answers(extras):
        blocks.append(table("answers", "Answers to the requests", _ANSWERS, answers, shown="data"))
    return Part("11", "Requests", tuple(blocks))


def _answers(extras: Extras) -> list[dict[str, Value]]:
    """Only where a request has earlier ones: else the table of requests has them all."""
    asked = extras.requests or ()
    if all(len(one.answers) < 2 for one in asked):
        return []
    return [
        {"request": one.id, "answered_on": said.answered_on, "answer": said.answer, "outcome": said.outcome}
        for one in asked
        for said in one.answers
    ]


def _said(one: Answer) -> str:
    return f"{one.answer} ({one.outcome})" if one.outcome else one.answer
