"""Observed against disclosed, and what contract and standards say. Pure. Nothing here is guessed."""

from __future__ import annotations

from collections.abc import Iterable

from analysis.documents.inputs import Cited, Disclosed, Disclosure, Extras
from analysis.documents.model import Block, Column, Figure, Note, Paragraph, Part, Table, Value, table
from analysis.evidence import Report

NOT_COMPARED = "not compared: no document was given"
STATUSES = (
    "disclosed by name",
    "disclosed by category only",
    "not found",
    "disclosed, not observed",
    "not compared",
)
_COLUMNS = (
    Column(
        "recipient",
        "Recipient",
        "recipient of section 4 or 5, the vendor's own hosts apart; or a name that only the vendor's documents have",
        weight=1.4,
    ),
    Column("service", "Service", "what the list calls it", shown="data"),
    Column("policy", "In the privacy policy", "literal name or domain found in the privacy policy"),
    Column("cookie_list", "In the cookie list or consent tool", "literal name or domain found there"),
    Column("subprocessors", "In the subprocessor list", "literal name or domain found there"),
    Column(
        "permitted",
        "Permitted by contract",
        "listed as permitted by the library, and the clause of it",
    ),
    Column(
        "status", "Status", "disclosed by name, by category only, not found, or disclosed and not observed", weight=1.3
    ),
    Column("decided_by", "Decided by", "the program's search for literal names, or whose verdict overrides it"),
    Column("note", "Note", "where a name stands that was not observed; the library's own words"),
)
_DOCUMENTS = (
    Column("kind", "Document", "privacy policy, cookie list or subprocessor list"),
    Column("title", "Title", "title of the document", weight=1.5),
    Column("version", "Version", "version that the document states"),
    Column("address", "Address", "where the library read it", weight=1.5),
    Column("read_on", "Read on", "day on which the library saved it", "day"),
    Column("sha256", "SHA-256", "hash of the file that the library saved", "code", weight=2),
)
_SOURCES = (
    Column("title", "Title", "title of the source", weight=2),
    Column("publisher", "Publisher", "who published it", weight=1.3),
    Column("address", "Address", "where it can be read", weight=2),
)
_STANDARDS = (
    Column("finding", "Finding", "what was observed, by section", weight=1.4),
    Column("clause", "Clause", "clause of the contract that the library sees touched", weight=0.6),
    Column("red_flag", "Red flag", "sign to look out for in licences, in our own words", weight=1.5),
    Column("niso", "NISO principle", "principle of the NISO consensus on patrons' privacy"),
    Column("ala", "ALA checklist item", "item of the ALA checklists", weight=1.5),
    Column("tier", "Tier", "exceeds, meets or does not meet minimum viable privacy (Licensing Privacy)"),
    Column("decided_by", "Decided by", "proposed by the program, or decided by the library", weight=0.8),
    Column("note", "Note", "the library's own words", weight=1.5),
)


def against_disclosed(report: Report, extras: Extras) -> Part:
    given = extras.disclosed if extras.disclosed and extras.disclosed.documents else None
    compared = _compared(report, given or extras.disclosed)
    blocks: list[Block] = [
        Paragraph(
            "What the vendor's documents say, against sections 4 and 5. The program looks for literal names and "
            "domains in texts that the library saved, and does not guess from prose. A verdict of the library "
            "overrides it."
        )
    ]
    if given:
        blocks.append(_documents(given))
    else:
        blocks.append(Note(f"Status of every recipient: {NOT_COMPARED}. The library names the vendor's documents."))
    lines = table(
        "disclosed", "Observed against disclosed", _COLUMNS, compared, empty="No recipient was observed by name."
    )
    if given and compared:
        blocks.append(_figure(compared))
    return Part("6", "Observed against disclosed", (*blocks, lines))


def standards(report: Report, extras: Extras) -> Part:
    text = Paragraph(
        "Which clause, which sign to look out for in licences, which principle and which item of a checklist a finding "
        "may touch. The program proposes; the library decides. None of it says that a contract or a law was breached."
    )
    if extras.standards is None:
        note = Note("Not mapped yet: the library fills this in.")
        return Part("7", "Contract and standards", (text, note, _mapped([])))
    rows: list[dict[str, Value]] = [
        {
            "finding": one.finding,
            "clause": one.clause,
            "red_flag": one.red_flag,
            "niso": one.niso,
            "ala": one.ala,
            "tier": one.tier,
            "decided_by": one.decided_by,
            "note": one.note,
        }
        for one in extras.standards
    ]
    sources = (_sources(extras.cited),) if extras.cited else ()
    return Part("7", "Contract and standards", (text, _mapped(rows), *sources))


def _mapped(rows: list[dict[str, Value]]) -> Table:
    return table(
        "standards", "Contract and standards", _STANDARDS, rows, empty="No finding was mapped.", to_fill_in=True
    )


def _sources(cited: Iterable[Cited]) -> Table:
    rows: list[dict[str, Value]] = [
        {"title": one.title, "publisher": one.publisher, "address": one.address} for one in cited
    ]
    return table("sources", "Sources; read them before quoting", _SOURCES, rows)


def _names(report: Report) -> list[str]:
    """The vendor's own hosts need no disclosing; those of its group of companies do."""
    group = (one for one in report.apart if one.relation == "group")
    return list(dict.fromkeys(one.party.domain for one in (*report.findings, *report.behind, *group)))


def _compared(report: Report, disclosed: Disclosed | None) -> list[dict[str, Value]]:
    services = {one.party.domain: one.party.service for one in (*report.findings, *report.behind, *report.apart)}
    lines = {line.recipient: line for line in disclosed.lines} if disclosed else {}
    observed = _names(report)
    given = bool(disclosed and disclosed.documents)
    rows = [_line(name, services[name], lines.get(name), given=given) for name in observed]
    return rows + [_line(name, "", line, given=given) for name, line in lines.items() if name not in services]


def _line(name: str, service: str, line: Disclosure | None, *, given: bool) -> dict[str, Value]:
    if not line:
        empty: dict[str, Value] = dict.fromkeys((column.id for column in _COLUMNS), "")
        return empty | {"recipient": name, "service": service, "status": "not compared" if given else NOT_COMPARED}
    return {
        "recipient": name,
        "service": service,
        "policy": line.policy,
        "cookie_list": line.cookie_list,
        "subprocessors": line.subprocessors,
        "permitted": line.permitted,
        "status": line.status,
        "decided_by": line.decided_by,
        "note": line.note,
    }


def _documents(given: Disclosed) -> Table:
    rows: list[dict[str, Value]] = [
        {
            "kind": one.kind,
            "title": one.title,
            "version": one.version,
            "address": one.address,
            "read_on": one.read_on,
            "sha256": one.sha256,
        }
        for one in given.documents
    ]
    return table("documents", "The vendor's documents that were looked through", _DOCUMENTS, rows)


def _figure(compared: Iterable[dict[str, Value]]) -> Figure:
    found = [str(row["status"]).partition(":")[0] for row in compared]
    counts: list[dict[str, Value]] = [
        {"status": name, "recipients": found.count(name)} for name in STATUSES if name in found
    ]
    columns = (
        Column("status", "Status", "as in the table of section 6", weight=3),
        Column("recipients", "Recipients", "how many have that status", "number"),
    )
    said = ", ".join(f"{row['status']} {row['recipients']}" for row in counts)
    return Figure(
        id="disclosed-figure",
        caption="Recipients by what the vendor's documents say",
        spec="disclosed",
        data=tuple({**row, "order": number} for number, row in enumerate(counts)),
        alternative=f"Stacked bar of recipients: {said}.",
        table=table("disclosed_counts", "Recipients by what the vendor's documents say", columns, counts),
    )
