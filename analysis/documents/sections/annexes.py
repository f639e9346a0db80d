"""Annexes: data dictionary, thresholds, glossary, decisions. Pure."""

from __future__ import annotations

from dataclasses import replace

from analysis import wording
from analysis.documents import dictionary
from analysis.documents.inputs import Extras, Kept
from analysis.documents.model import Column, Document, Facts, Items, Note, Paragraph, Part, Table, Value, table
from analysis.documents.sections import reproduction
from analysis.evidence import Report

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
    return (
        reproduction.annex(report, extras),
        _dictionary(dictionary.EMPTY),
        _thresholds(extras),
        _glossary(),
        _decisions(extras),
    )


def with_dictionary(document: Document) -> Document:
    """The dictionary is of all tables, its own included; so it comes last."""
    parts = tuple(
        _dictionary(dictionary.of(document.tables)) if part.number == "B" else part for part in document.parts
    )
    return replace(document, parts=parts)


def _dictionary(lines: Table) -> Part:
    text = Paragraph(
        "Every table of this report is also in the CSV files, the workbook and the JSON file, with the columns that "
        "follow. Tables on paper put several of them into one. An empty cell means: not known, or not given."
    )
    return Part("B", "Data dictionary", (text, lines))


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
    text = Paragraph(
        "Who declared which domain the vendor's own, who let a recipient pass or judged what is disclosed, when, and "
        "why. What stands in the library's configuration has no day here; the configuration's digest is in annex A."
    )
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
