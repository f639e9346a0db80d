"""A document's words without its looks: for plain text, and to see in a test what every format must hold. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from analysis.documents.model import (
    Block,
    Document,
    Facts,
    Figure,
    Heading,
    Items,
    Note,
    Numbers,
    Paragraph,
    Part,
    Table,
)


def facts(part: Part) -> list[tuple[str, str]]:
    """What a part states as name and value."""
    found: list[tuple[str, str]] = []
    for block in part.blocks:
        if isinstance(block, Facts):
            found += block.pairs
        elif isinstance(block, Numbers):
            found += [(number.label, f"{number.value} ({number.of})") for number in block.numbers]
    return found


def lines(document: Document) -> Iterator[str]:
    yield document.title
    if document.status_words:
        yield f"Status: {document.status_words}"
    for part in document.parts:
        yield ""
        yield document.heading(part)
        for block in part.blocks:
            yield from _block(block)


def _block(block: Block) -> Iterator[str]:
    match block:
        case Paragraph() | Note():
            yield block.text
        case Heading():
            yield f"-- {block.text}"
        case Items():
            for number, line in enumerate(block.lines, start=1):
                yield f"{number}. {line}" if block.numbered else f"- {line}"
        case Facts():
            yield from (f"{name}: {text}" for name, text in block.pairs)
        case Numbers():
            yield from (f"{number.value} {number.label} ({number.of})" for number in block.numbers)
        case Table():
            yield from _table(block)
        case Figure():
            yield f"[{block.caption}] {block.alternative}"
            yield from _table(block.table)


def _table(table: Table) -> Iterator[str]:
    if table.shown == "data":
        return
    if not table.rows:
        yield f"{table.caption}: {table.empty}"
        return
    yield table.caption
    yield " | ".join(column.title for column in table.paper)
    for group, cells in table.paper_rows:
        if group:
            yield f"** {group}"
        yield " | ".join(cell.replace("\n", " / ") for cell in cells)
