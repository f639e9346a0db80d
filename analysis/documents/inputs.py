"""What a report may say beyond its counts: who wrote it, what the vendor discloses, what was asked. Pure data.

All of it is optional. A section without its input is still there, and says what is to be filled in.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from analysis.documents.model import Status
from analysis.documents.trend import BeforeAfter, Trend
from analysis.shares import Share

DisclosureStatus = Literal[
    "disclosed by name", "disclosed by category only", "not found", "disclosed, not observed", "not compared"
]


@dataclass(frozen=True, slots=True)
class SourceDocument:
    """A document of the vendor's that the library saved and had looked through."""

    kind: str
    """privacy policy, cookie list, subprocessor list."""
    title: str
    version: str
    address: str
    read_on: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Disclosure:
    recipient: str
    """Registrable domain; for what is disclosed and was not observed, the name as the document has it."""
    policy: str
    cookie_list: str
    subprocessors: str
    """The literal name or domain that was found there; '' where none was."""
    permitted: str
    """Clause by which the contract permits it."""
    status: DisclosureStatus
    decided_by: str = "found by the program"
    """Or whose verdict it is."""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Disclosed:
    documents: tuple[SourceDocument, ...]
    lines: tuple[Disclosure, ...]

    def of(self, recipient: str) -> Disclosure | None:
        return next((line for line in self.lines if line.recipient == recipient), None)


@dataclass(frozen=True, slots=True)
class Standard:
    finding: str
    clause: str
    red_flag: str
    niso: str
    ala: str
    tier: str
    note: str = ""
    decided_by: str = "proposed by the program"


@dataclass(frozen=True, slots=True)
class Cited:
    """A source that the column of standards names."""

    title: str
    publisher: str
    address: str


@dataclass(frozen=True, slots=True)
class Control:
    recipient: str
    state: str
    """allowed, blocked or both."""
    since: str
    breakage: str = ""


@dataclass(frozen=True, slots=True)
class Product:
    """One line of the comparison: the same measures for each product."""

    name: str
    highest_rung: str
    reached: Share | None
    """Page loads on which that rung was surely reached."""
    recipients: int
    with_third_party: Share
    after_refusal: Share | None
    blocked: int
    reported: bool = False
    """It is the product that the report is about."""


@dataclass(frozen=True, slots=True)
class Answer:
    answered_on: str
    answer: str
    outcome: str


@dataclass(frozen=True, slots=True)
class Request:
    id: str
    finding: str
    asked: str
    clause: str
    wanted_by: str
    answers: tuple[Answer, ...] = ()
    """Oldest first: the last is how it stands."""
    asked_on: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    about: str
    decision: str
    decided_by: str
    since: str
    until: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Kept:
    """The thresholds in force: what is truncated, and when counts are deleted. None: not told."""

    days_with_fewer: int | None = None
    rarer_than: int | None = None
    days: int | None = None
    months: int | None = None


@dataclass(frozen=True, slots=True)
class Extras:
    status: Status = "draft"
    prepared_by: str = ""
    prepared_for: str = ""
    answer_by: str = ""
    """ISO date by which an answer is wanted."""
    declared_by: str = ""
    """Who declared the domains counted as the product's own."""
    page_kinds: tuple[tuple[str, str], ...] = ()
    """Kind of page, and by which addresses the library's configuration tells it."""
    browsers: tuple[str, ...] = ()
    """Families only."""
    mode: str = ""
    """observe or block."""
    suffix_list: str = ""
    """Date or version of the public suffix list."""
    config_digest: str = ""
    kept: Kept = Kept()
    trend: Trend | None = None
    before_after: BeforeAfter | None = None
    disclosed: Disclosed | None = None
    standards: tuple[Standard, ...] | None = None
    cited: tuple[Cited, ...] = ()
    controls: tuple[Control, ...] | None = None
    signs: tuple[str, ...] = ()
    """That pages do not work, with protection and without: sentences."""
    comparison: tuple[Product, ...] | None = None
    unwatched: tuple[str, ...] = ()
    """Products of the same kind of which no page load was watched in this time."""
    cautions: tuple[str, ...] = ()
    """What makes the comparison unsafe."""
    requests: tuple[Request, ...] | None = None
    decisions: tuple[Decision, ...] | None = None

    @property
    def wanted_by(self) -> str:
        """The day that was stated, or the first by which a request without an answer wants one."""
        days = (one.wanted_by for one in self.requests or () if one.wanted_by and not one.answers)
        return self.answer_by or min(days, default="")
