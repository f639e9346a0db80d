"""What the library asked of a vendor, and what came of it: section 11 of the report, on the site's page. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from analysis import periods, standards

Row = Mapping[str, Any]

ASKED: Final = {
    "remove": "remove it",
    "after consent": "load it only after the patron agreed",
    "first party": "bring it from your own servers",
    "setting": "switch on the setting that stops it",
    "name it": "add it to the privacy policy",
    "explain": "explain what it is for and what it receives",
}
OPEN: Final = ("open", "promised")


@dataclass(frozen=True, slots=True)
class Answer:
    on: str
    words: str
    outcome: str


@dataclass(frozen=True, slots=True)
class Request:
    id: int
    third_party: str
    finding: str
    asked: str
    clause: str
    asked_on: str
    wanted_by: str
    late: bool
    """Wanted by a day that is over, and still open."""
    answers: tuple[Answer, ...]
    outcome: str


def build(requests: Iterable[Row], answers: Iterable[Row], today: date) -> tuple[Request, ...]:
    """Rows of the queries evidence_requests and evidence_answers."""
    given: dict[int, list[Answer]] = {}
    for row in answers:
        given.setdefault(row["request"], []).append(
            Answer(periods.words(row["answered_on"]), row["answer"], row["outcome"])
        )
    known = standards.load().findings
    return tuple(
        Request(
            row["id"],
            row["third_party"],
            known[row["finding"]].name if row["finding"] in known else row["finding"],
            str(ASKED.get(row["asked"], row["asked"])),
            row["clause"],
            periods.words(row["asked_on"]),
            periods.words(row["wanted_by"]),
            bool(row["wanted_by"]) and row["wanted_by"] < today.isoformat() and row["outcome"] in OPEN,
            tuple(given.get(row["id"], ())),
            row["outcome"],
        )
        for row in requests
    )
