"""A document that is always the same, for one question: does this computer make the same files as the one before?

Letters are drawn with the fonts of the computer, and files are packed by the parts that are installed. Only where the
specimen comes out alike does a file that came out otherwise tell that somebody changed it.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from hashlib import sha256

from analysis.documents import formats
from analysis.documents.model import Column, Document, Figure, Heading, Items, Note, Numbers, Paragraph, Part, Table

_LETTERS = "Sphinx of black quartz, judge my vow. ÄÖÜß Łódź Ελλάδα Привет שלום مرحبا 你好 日本語 한국어 ไทย ✓ ☎ 😀"


def marks(chosen: Collection[str]) -> dict[str, str]:
    """Format -> hash of the specimen."""
    return {one: _mark(one) for one in formats.FORMATS if one in chosen}


@cache
def _mark(one: str) -> str:
    whole = sha256()
    for name, content in sorted(formats.render(_document(), "specimen", {one}).items()):
        whole.update(f"{name} {sha256(content).hexdigest()}\n".encode())
    return whole.hexdigest()


def _document() -> Document:
    columns = (
        Column("recipient", "Recipient", "Letters", weight=2.0),
        Column("loads", "Page loads", "A number", "number"),
        Column("share", "Share", "A percentage", "percent"),
    )
    rows = ((_LETTERS, 1234, 82.64), ("tracker.example", 56, 0.5))
    table = Table("specimen", "Specimen", columns, rows)
    data = tuple(
        {"recipient": name, "outcome": outcome, "loads": loads, "order": order}
        for name, loads, _ in rows
        for order, outcome in enumerate(("contacted", "stopped"))
    )
    figure = Figure("specimen-figure", "Specimen", "controls", data, "A chart", table)
    blocks = (Heading("Heading"), Paragraph(_LETTERS), Note(_LETTERS), Items((_LETTERS, "two"), numbered=True), figure)
    parts = tuple(Part(str(number), "Specimen", blocks if number == 4 else (Numbers(()),)) for number in range(6))
    return Document("Specimen", "draft", "Library", "specimen", "2026-01-01", "0", parts)
