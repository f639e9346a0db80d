"""Limits, and what is not claimed: the same words in every format, and in full. Pure."""

from __future__ import annotations

from analysis import wording
from analysis.documents.model import Heading, Items, Paragraph, Part


def limits() -> Part:
    return Part(
        "12",
        "Limits, and what is not claimed",
        (
            Paragraph(
                "What this report says is: from our public computers, between these dates, pages of the product caused "
                "the browser to contact a recipient on so many of the page loads watched."
            ),
            Heading("Not claimed"),
            Items(tuple(wording.NOT_CLAIMED)),
            Heading("Not seen"),
            Items(tuple(wording.BLIND_SPOTS)),
        ),
    )


def lines() -> tuple[str, ...]:
    """The same, line by line, for formats that have no paragraphs."""
    found: list[str] = []
    for block in limits().blocks:
        if isinstance(block, Items):
            found += [f"- {line}" for line in block.lines]
        elif isinstance(block, Paragraph | Heading):
            found.append(block.text)
    return tuple(found)
