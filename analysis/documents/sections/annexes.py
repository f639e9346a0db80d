"""Annexes: reproduction without this program, data dictionary, thresholds, glossary, decisions. Pure."""

from __future__ import annotations

from dataclasses import replace

from analysis import wording
from analysis.documents.inputs import Extras, Kept
from analysis.documents.model import Block, Column, Document, Facts, Heading, Items, Note, Paragraph, Part, Value, table
from analysis.evidence import Finding, Report

STEPS = (
    "Open a browser with a new, empty profile, without extensions. The library's proxy is not needed.",
    (
        "Open the developer tools (F12) and in them the network panel. Tick “preserve log” (Firefox: “persist logs”) "
        "and “disable cache”."
    ),
    (
        "Open a page of the product of the kind that the table names for the recipient: search results for search, one "
        "title or article for item, the first page for home."
    ),
    "Do not touch the consent tool yet. Wait until nothing more is loaded.",
    (
        "Type the filter word of the table into the panel's filter box. Each line that is left is a request to "
        "the recipient."
    ),
    (
        "Click one line: its address and headers show what was sent. The column “initiator” names the script that "
        "asked for it."
    ),
    "Refuse everything in the consent tool, reload the page, and look at the lines again.",
    (
        "Where the table says “behind”: list the product's own host names in the panel, and ask for each with "
        "`nslookup -type=CNAME HOST` whose name it leads to."
    ),
)
_REPRODUCTION = (
    Column("recipient", "Recipient", "registrable domain", weight=1.4),
    Column("open", "Pages to open", "kinds of pages on which it was seen"),
    Column("kinds", "Look for", "what was asked for: script, style, image, font, connect, frame …"),
    Column("filter", "Filter word", "word for the network panel's filter", "code", weight=1.4),
    Column("expect", "Seen by us", "page loads on which we saw it", weight=1.6),
    Column("where", "Where", "under its own name, or behind the vendor's own names", weight=1.3),
)
_DICTIONARY = (
    Column("table", "Table", "id of the table, as its CSV file is named; several if they are alike", weight=1.2),
    Column("column", "Column", "id of the column", weight=1.2),
    Column("title", "Title", "heading of the column", weight=1.2),
    Column("kind", "Kind", "text, number, percent (0 to 100), day (2026-11-24, or a month 2026-11) or code"),
    Column("means", "Meaning", "what stands in the column", weight=3),
)
_DECISIONS = (
    Column("about", "About", "domain or recipient", weight=1.4),
    Column("decision", "Decision", "what was decided", weight=1.6),
    Column("decided_by", "By", "who decided"),
    Column("since", "Since", "day of the decision", "day"),
    Column("until", "Until", "day on which it ends", "day"),
    Column("reason", "Reason", "in the library's words", weight=1.6),
)
_GLOSSARY = (
    ("page load", "a top-level document of the product that a browser opened through the proxy"),
    ("recipient", "the registrable domain that a page made the browser contact"),
    ("relation", "; ".join(f"{word}: {text}" for word, text in wording.RELATIONS.items())),
    ("ladder", f"what a recipient received, lowest first: {', '.join(wording.RUNGS)}"),
    ("before consent, after refusal", wording.CONSENT_NOTE),
    (wording.UNLISTED, wording.UNLISTED_NOTE),
    (wording.UNRESOLVED, wording.UNRESOLVED_NOTE),
    (
        "95 % interval",
        ("the range in which the share lies, were 95 of 100 such samples to be right; wide if few were watched"),
    ),
    (
        "public suffix list",
        ("a list of the names under which anybody may register, by which the registrable domain is told"),
    ),
    ("CNAME", "an entry in the name system by which one host name stands for another, which may be somebody else's"),
    ("minimum viable privacy", "tier of the Licensing Privacy rubric that a licence should at least meet"),
    ("SHA-256", "a short number made from a file: another file has another, so that it can be checked to be the same"),
)


def all_of(report: Report, extras: Extras) -> tuple[Part, ...]:
    return (_reproduction(report, extras), _dictionary(()), _thresholds(extras), _glossary(), _decisions(extras))


def with_dictionary(document: Document) -> Document:
    """The dictionary is of all tables, its own included; so it comes last."""
    alike: dict[tuple[Column, ...], list[str]] = {}
    for one in document.tables:
        alike.setdefault(one.data, []).append(one.id)
    rows: list[dict[str, Value]] = [
        {"table": " ".join(ids), "column": column.id, "title": column.title, "kind": column.kind, "means": column.means}
        for columns, ids in alike.items()
        for column in columns
    ]
    parts = tuple(_dictionary(rows) if part.number == "B" else part for part in document.parts)
    return replace(document, parts=parts)


def _reproduction(report: Report, extras: Extras) -> Part:
    lists = "; ".join(f"{one.name} {one.version}" for one in report.lists) or "none"
    facts = Facts(
        (
            ("Program", f"Carrel {report.program_version}"),
            ("Lists", lists),
            ("Digest of the configuration", extras.config_digest or "not given"),
            ("Public suffix list", extras.suffix_list or "not given"),
        )
    )
    rows = [_look_for(one) for one in (*report.findings, *report.behind) if one.share.part]
    blocks: tuple[Block, ...] = (
        facts,
        Heading("To see a recipient without this program, in ten minutes"),
        Items(STEPS, numbered=True),
        table("reproduction", "What to look for", _REPRODUCTION, rows, empty="No recipient was contacted."),
        Paragraph(
            "A recipient that was seen on a small share of page loads may need several tries, and may have gone since. "
            "Pages may differ by country, browser, and whether somebody is signed in."
        ),
    )
    return Part("A", "Reproduction", blocks)


def _look_for(finding: Finding) -> dict[str, Value]:
    return {
        "recipient": finding.party.domain,
        "open": ", ".join(finding.sections),
        "kinds": ", ".join(finding.kinds) or "unknown",
        "filter": "" if finding.behind else finding.party.domain,
        "expect": finding.share.full,
        "where": "behind the vendor's own names" if finding.behind else "under its own name",
    }


def _dictionary(rows: list[dict[str, Value]] | tuple[()]) -> Part:
    text = Paragraph(
        "Every table of this report is also in the CSV files, the workbook and the JSON file, with the columns that "
        "follow. Tables on paper put several of them into one. An empty cell means: not known, or not given."
    )
    return Part(
        "B", "Data dictionary", (text, table("dictionary", "Data dictionary", _DICTIONARY, rows, grouped_by="table"))
    )


def _thresholds(extras: Extras) -> Part:
    lines = (
        wording.COARSE_NOTE,
        wording.UNLISTED_NOTE,
        "Counts of a day and counts of a month never overlap: each page load stands in exactly one of them.",
    )
    return Part("C", "Thresholds, truncation, retention", (Items(lines), Facts(_kept(extras.kept))))


def _kept(kept: Kept) -> tuple[tuple[str, str], ...]:
    def said(number: int | None, unit: str) -> str:
        return "as configured by the library; not given here" if number is None else f"{number:,} {unit}"

    return (
        ("Days are kept by month only below", said(kept.days_with_fewer, "page loads of the site")),
        ("Names that no list knows are not written down below", said(kept.rarer_than, "page loads")),
        ("Counts by day are kept for", said(kept.days, "days")),
        ("Counts by month are kept for", said(kept.months, "months")),
    )


def _glossary() -> Part:
    return Part("D", "Glossary", (Facts(_GLOSSARY),))


def _decisions(extras: Extras) -> Part:
    text = Paragraph("Who declared which domain the vendor's own, or let a recipient pass, when, and why.")
    if extras.decisions is None:
        note = Note("No decision is recorded here. The domains of section 2 are those of the library's configuration.")
        return Part(
            "E",
            "Decisions",
            (text, note, table("decisions", "Decisions", _DECISIONS, [], empty="None.", to_fill_in=True)),
        )
    rows: list[dict[str, Value]] = [
        {
            "about": one.about,
            "decision": one.decision,
            "decided_by": one.decided_by,
            "since": one.since,
            "until": one.until,
            "reason": one.reason,
        }
        for one in extras.decisions
    ]
    return Part("E", "Decisions", (text, table("decisions", "Decisions", _DECISIONS, rows, empty="None is recorded.")))
