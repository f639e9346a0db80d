"""Observed against disclosed: each recipient beside the names that were found in the vendor's documents. Pure.

It compares names with names. What a document means by them it does not know; a person's verdict stands above it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from analysis.parties import Party

Row = Mapping[str, Any]

SORTS: Final = {
    "policy": "in the privacy policy",
    "cookies": "in the cookie list or consent tool",
    "subprocessors": "in the subprocessor list",
}
BY_NAME: Final = "disclosed by name"
BY_CATEGORY: Final = "disclosed by category only"
NOT_FOUND: Final = "not found"
NOT_OBSERVED: Final = "disclosed, not observed"
NO_DOCUMENT: Final = "no document was read"
STATUSES: Final = (BY_NAME, BY_CATEGORY, NOT_FOUND, NOT_OBSERVED)
"""In the order in which they are printed; NO_DOCUMENT stands where there was nothing to compare with."""
_DECIDED: Final = {"by name": BY_NAME, "by category": BY_CATEGORY, "not found": NOT_FOUND}
CONFIGURATION: Final = "carrel.toml"

NOTE: Final = (
    "The library saved these documents; Carrel looked in their text for the literal names of services, companies and "
    "domains that its lists know, and for phrases that name a kind of service. It reads names, not sense: “we never "
    "use X” names X. “Not found” means that no such name stands in a document that was read, and says nothing about "
    "documents that were not. A verdict of the library's own stands above what was found, and is marked."
)


@dataclass(frozen=True, slots=True)
class Document:
    sort: str
    title: str
    version: str
    address: str
    read_on: str
    sha256: str
    format: str
    lists: str

    @property
    def words(self) -> str:
        return f"{self.title}, {self.version}" if self.version else self.title


@dataclass(frozen=True, slots=True)
class Found:
    """A name of ours that stands in a document."""

    what: str
    written: str
    document: str

    @property
    def words(self) -> str:
        named = {"owner": ", the company", "category": ", the kind of service"}.get(self.what, "")
        return f"“{self.written}”{named}"


@dataclass(frozen=True, slots=True)
class Cell:
    """One recipient in the documents of one sort."""

    sort: str
    status: str
    found: tuple[Found, ...]

    @property
    def words(self) -> str:
        """What to print: the names that were found, or that none was."""
        return ", ".join(dict.fromkeys(one.words for one in self.found)) if self.found else self.status


@dataclass(frozen=True, slots=True)
class Verdict:
    status: str
    because: str
    decided_by: str
    declared: str
    """The day; '' for what stands in the configuration."""
    document: str

    @property
    def words(self) -> str:
        day = f", {self.declared}" if self.declared else ""
        return f"decided by the library ({self.decided_by}{day}): {self.because}"


@dataclass(frozen=True, slots=True)
class Line:
    party: Party
    cells: tuple[Cell, ...]
    """In the order of SORTS."""
    permitted: bool | None
    """By the contract, as the configuration says; None where it lists nothing."""
    found_status: str
    """What the names alone say."""
    verdict: Verdict | None

    @property
    def status(self) -> str:
        return self.verdict.status if self.verdict else self.found_status

    @property
    def company_only(self) -> bool:
        """Only the company behind it is named, nowhere the service or the domain."""
        if self.verdict or self.found_status != BY_NAME:
            return False
        return not any(found.what in ("service", "domain") for cell in self.cells for found in cell.found)

    @property
    def words(self) -> str:
        if self.verdict:
            return f"{self.status}; {self.verdict.words}"
        return f"{self.status} (the company only)" if self.company_only else self.status


@dataclass(frozen=True, slots=True)
class Unobserved:
    """A service that the documents name, and that was not seen."""

    name: str
    found: tuple[Found, ...]
    verdict: Verdict | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    documents: tuple[Document, ...]
    """Those that count: of each title the newest."""
    earlier: tuple[Document, ...]
    lines: tuple[Line, ...]
    unobserved: tuple[Unobserved, ...]
    note: str = field(default=NOTE, repr=False)

    @property
    def counts(self) -> tuple[tuple[str, int], ...]:
        """How many recipients have each status, for the stacked bar; the last counts what was not observed."""
        statuses = [line.status for line in self.lines]
        counted = [(status, statuses.count(status)) for status in (*STATUSES[:3], NO_DOCUMENT) if status in statuses]
        return (*counted, (NOT_OBSERVED, len(self.unobserved))) if self.documents else tuple(counted)

    def not_found_of(self, domains: Collection[str]) -> int:
        """How many of them stand in none of the documents: the second number of the report's first page."""
        return sum(line.status == NOT_FOUND and line.party.domain in domains for line in self.lines)

    def line(self, domain: str) -> Line | None:
        return next((line for line in self.lines if line.party.domain == domain), None)


def build(
    observed: Iterable[Party],
    documents: Sequence[Row],
    mentions: Sequence[Row],
    verdicts: Sequence[Row],
    *,
    permitted: Collection[str] = (),
    disclosed: Collection[str] = (),
) -> Comparison:
    """`documents`, `mentions`, `verdicts`: rows of evidence_*.sql. `permitted`, `disclosed`: from the configuration."""
    read = [Document(**{name: row[name] for name in Document.__dataclass_fields__}) for row in documents]
    current = _newest(read)
    titles = {(one.sort, one.sha256): one.words for one in current}
    named = [row for row in mentions if (row["sort"], row["sha256"]) in titles]
    decided = {domain: _configured() for domain in disclosed}
    decided |= {row["third_party"]: _verdict(row) for row in verdicts}
    parties = {party.domain: party for party in observed}
    lines = []
    for party in parties.values():
        cells = tuple(_cell(sort, party, current, named, titles) for sort in SORTS)
        allowed = any(_covers(one, party.domain) for one in permitted) if permitted else None
        lines.append(Line(party, cells, allowed, _best(cells), _decided_for(party.domain, decided)))
    lines.sort(key=lambda line: (line.party.category, line.party.domain))
    unobserved = _unobserved(list(parties.values()), named, titles, decided)
    return Comparison(tuple(current), tuple(one for one in read if one not in current), tuple(lines), unobserved)


def _newest(read: Sequence[Document]) -> list[Document]:
    newest: dict[tuple[str, str], Document] = {}
    for one in read:
        former = newest.get((one.sort, one.title))
        if former is None or (one.read_on, one.sha256) > (former.read_on, former.sha256):
            newest[one.sort, one.title] = one
    return sorted(newest.values(), key=lambda one: (list(SORTS).index(one.sort), one.title))


def _cell(
    sort: str, party: Party, documents: Sequence[Document], named: Sequence[Row], titles: Mapping[tuple[str, str], str]
) -> Cell:
    if not any(one.sort == sort for one in documents):
        return Cell(sort, NO_DOCUMENT, ())
    found = [
        Found(row["what"], row["written"], titles[sort, row["sha256"]])
        for row in named
        if row["sort"] == sort and _names(row, party)
    ]
    by_name = [one for one in found if one.what != "category"]
    status = BY_NAME if by_name else BY_CATEGORY if found else NOT_FOUND
    order = ("service", "domain", "owner", "category")
    return Cell(sort, status, tuple(sorted(by_name or found, key=lambda one: (order.index(one.what), one.written))))


def _names(row: Row, party: Party) -> bool:
    name = row["name"]
    match row["what"]:
        case "service":
            return bool(party.service) and name == party.service
        case "domain":
            return bool(name == party.domain)
        case "owner":
            return name in {party.owner, party.owner_group} - {""}
        case _:
            return bool(party.category) and name == party.category


def _best(cells: Iterable[Cell]) -> str:
    statuses = {cell.status for cell in cells}
    return next((status for status in (BY_NAME, BY_CATEGORY, NOT_FOUND) if status in statuses), NO_DOCUMENT)


def _unobserved(
    parties: Sequence[Party],
    named: Iterable[Row],
    titles: Mapping[tuple[str, str], str],
    decided: Mapping[str, Verdict],
) -> tuple[Unobserved, ...]:
    seen = {party.service for party in parties} | {party.domain for party in parties}
    hosts = {row["written"] for row in named if row["what"] == "domain" and row["name"] in seen}
    found: dict[str, list[Found]] = {}
    for row in named:
        # A service of whose domains one was seen is not missing, whatever name the list gave to what was seen.
        if row["what"] == "service" and row["name"] not in seen and row["written"] not in hosts:
            one = Found("service", row["written"], titles[row["sort"], row["sha256"]])
            found.setdefault(row["name"], []).append(one)
    lines = [Unobserved(name, tuple(these)) for name, these in found.items()]
    lines += [
        Unobserved(domain, (), verdict)
        for domain, verdict in decided.items()
        if verdict.status == BY_NAME and not any(_covers(domain, party.domain) for party in parties)
    ]
    return tuple(sorted(lines, key=lambda one: one.name.casefold()))


def _verdict(row: Row) -> Verdict:
    status = str(row["status"])
    return Verdict(_DECIDED.get(status, status), row["because"], row["decided_by"], row["declared"], row["document"])


def _configured() -> Verdict:
    return Verdict(BY_NAME, "listed as disclosed in the configuration", CONFIGURATION, "", "")


def _decided_for(domain: str, decided: Mapping[str, Verdict]) -> Verdict | None:
    return decided.get(domain) or next((one for name, one in decided.items() if _covers(name, domain)), None)


def _covers(declared: str, domain: str) -> bool:
    """What is declared may be a host of the third party; third parties stand by their registrable domain."""
    return declared == domain or declared.endswith("." + domain) or domain.endswith("." + declared)
