"""What the library asked of a vendor, and what came of it: requests, answers, outcomes. Rows only; sends nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from addons.beside import StaffError, reading, site_key, writing
from addons.declarations import third_party

ASKED: Final = {
    "remove": "remove it",
    "after consent": "load it only after the patron agreed",
    "first party": "bring it from your own servers",
    "setting": "switch on the setting that stops it",
    "name it": "add it to the privacy policy",
    "explain": "explain what it is for and what it receives",
}
OUTCOMES: Final = ("promised", "done", "partly done", "refused", "explained", "withdrawn")
OPEN: Final = "open"
"""No answer yet."""
LONGEST: Final = 2000


@dataclass(frozen=True, slots=True)
class Request:
    id: int
    site: str
    third_party: str
    finding: str
    """The kind of finding, as in analysis/standards.toml; may be empty."""
    asked: str
    clause: str
    """Of the contract; may be empty."""
    asked_on: str
    wanted_by: str
    """The day by which an answer is wanted; may be empty."""
    answer: str = ""
    """The latest; `answers` has all."""
    answered_on: str = ""
    outcome: str = OPEN


@dataclass(frozen=True, slots=True)
class Answer:
    request: int
    answered_on: str
    answer: str
    outcome: str


def ask(
    database: Path,
    site: str,
    domain: str,
    asked: str,
    *,
    asked_on: date,
    wanted_by: date | None = None,
    clause: str = "",
    finding: str = "",
) -> int:
    """Take a request down; its number, which stays the same for good."""
    if asked not in ASKED:
        raise StaffError(f'"{asked}": ask one of {", ".join(ASKED)}')
    if wanted_by and wanted_by < asked_on:
        raise StaffError("the answer is wanted before the request is made; swap the two days")
    name, text = third_party(domain), _text(clause, "clause")
    with writing(database) as connection:
        row = connection.execute(
            "insert into request (site, third_party, finding, asked, clause, asked_on, wanted_by) "
            "values (?, ?, ?, ?, ?, ?, ?)",
            [
                site_key(connection, site),
                name,
                finding,
                asked,
                text,
                asked_on.isoformat(),
                wanted_by.isoformat() if wanted_by else "",
            ],
        )
        return int(row.lastrowid or 0)


def answer(database: Path, request: int, text: str, outcome: str, *, answered_on: date) -> Request:
    """Take an answer down; earlier ones stay. The request as it stands then."""
    if outcome not in OUTCOMES:
        raise StaffError(f'"{outcome}": an outcome is one of {", ".join(OUTCOMES)}')
    said = _text(text, "answer")
    if not said:
        raise StaffError('say what was answered, such as "will be removed in the spring release"')
    with writing(database) as connection:
        if (row := connection.execute("select asked_on from request where key = ?", [request]).fetchone()) is None:
            raise StaffError(f"there is no request {request}; `carrel request list` shows them")
        if answered_on.isoformat() < row[0]:
            raise StaffError(f"request {request} was made on {row[0]}; an answer cannot be older")
        connection.execute(
            "insert into answer (request, answered_on, answer, outcome) values (?, ?, ?, ?)",
            [request, answered_on.isoformat(), said, outcome],
        )
    return next(one for one in requests(database) if one.id == request)


def requests(database: Path, site: str = "") -> tuple[Request, ...]:
    """By number; of all sites where none is given."""
    with reading(database) as connection:
        if site:
            site_key(connection, site)
        rows = connection.execute(
            "select id, site, third_party, finding, asked, clause, asked_on, wanted_by, answer, answered_on, outcome "
            "from requests where (? = '' or site = ?) order by id",
            [site, site],
        )
        return tuple(Request(*row) for row in rows)


def answers(database: Path, request: int) -> Sequence[Answer]:
    """Of one request, oldest first."""
    with reading(database) as connection:
        rows = connection.execute(
            "select request, answered_on, answer, outcome from answers where request = ? order by answered_on, id",
            [request],
        )
        return tuple(Answer(*row) for row in rows)


def _text(text: str, name: str) -> str:
    line = " ".join(text.split())
    if len(line) > LONGEST:
        raise StaffError(f"the {name} is too long; at most {LONGEST} characters")
    return line
