"""A document for a word processor: real headings, captions, lists and tables that a librarian can edit.

A library's own .docx gives the styles, page size and letterhead; what is written in it is kept, before the report.
"""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from analysis.documents import archives, drawing
from analysis.documents import word_parts as parts
from analysis.documents.model import (
    Block,
    Document,
    DocumentError,
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

if TYPE_CHECKING:
    from docx.document import Document as Word

EMPTY_ROWS = 3
NEEDED = ("Title", "Subtitle", "Heading 1", "Heading 2", "Caption", "List Bullet", "List Number", "Table Grid")


def render(document: Document, template: bytes | None = None) -> bytes:
    word = _opened(template)
    if template is None:
        parts.dress(word)
    _properties(word, document)
    if document.one_page:
        parts.turned(word)
    writer = _Writer(word, small=document.one_page)
    for number, part in enumerate(document.parts):
        if number == 0:
            writer.title(document, part)
        else:
            writer.part(document, part)
    parts.footer(word, document.status_words)
    packed = io.BytesIO()
    word.save(packed)
    return archives.timeless(packed.getvalue(), document.made_on)


def _opened(template: bytes | None) -> Word:
    import docx

    try:
        word = docx.Document(io.BytesIO(template) if template is not None else None)
    except Exception:  # noqa: BLE001  # python-docx lets through whatever zipfile, lxml and itself raise
        raise DocumentError("the DOCX template cannot be read; give a .docx file saved by a word processor") from None
    known = {style.name for style in word.styles}
    if missing := [name for name in NEEDED if name not in known]:
        raise DocumentError(
            f"the DOCX template lacks the styles {', '.join(missing)}; apply each once in the template, and save it"
        )
    return word


def _properties(word: Word, document: Document) -> None:
    made = datetime.fromisoformat(document.made_on)
    core = word.core_properties
    core.title = document.title[:255]
    core.subject = document.subject[:255]
    core.author = (document.library or "the library")[:255]
    core.last_modified_by = core.author
    status = f" Status: {document.status_words}." if document.status_words else ""
    core.comments = f"Prepared with Carrel {document.program_version}.{status}"
    core.keywords = ""
    core.category = document.kind.capitalize()
    core.language = document.language
    core.created = core.modified = made
    core.revision = 1


class _Writer:
    def __init__(self, word: Word, *, small: bool) -> None:
        self._word = word
        self._small = small
        self._wide = small
        self._first = not any(paragraph.text for paragraph in word.paragraphs)
        self._captions = {"Table": 0, "Figure": 0}
        self._lists = 0

    def title(self, document: Document, part: Part) -> None:
        if document.one_page:
            parts.lines(self._word.add_paragraph(style="Title"), document.title, size=14)
        else:
            self._word.add_paragraph(document.status_words, "Subtitle")
            self._word.add_paragraph(document.title, "Title")
        for block in part.blocks:
            self._block(block)
        if document.one_page:
            return
        self._word.add_paragraph("Contents", "Subtitle")
        parts.contents(self._word, [(one.heading, one.anchor) for one in document.parts[1:]])
        parts.new_page(self._word)

    def part(self, document: Document, part: Part) -> None:
        if document.one_page:
            if part.number == "2":
                parts.columns(self._word, 2)
        elif part.wide != self._wide:
            parts.turn_page(self._word, wide=part.wide)
            self._wide = part.wide
        heading = self._word.add_heading(document.heading(part), 2 if document.one_page else 1)
        if not document.one_page:
            heading.paragraph_format.page_break_before = True if part.number == "2" else None  # section 1 is one page
        parts.bookmark(heading, part.anchor)
        for block in part.blocks:
            self._block(block)

    def _block(self, block: Block) -> None:
        match block:
            case Paragraph():
                self._text(block.text, size=8 if self._small else 9 if block.small else None)
            case Note():
                parts.shade(self._text(block.text), "EEF2F4")
            case Heading():
                self._word.add_heading(block.text, 2)
            case Items():
                self._items(block)
            case Facts() if self._small:
                self._text("; ".join(f"{name}: {text}" for name, text in block.pairs), size=8)
            case Facts():
                parts.pairs(self._word, block.pairs)
            case Numbers():
                parts.tiles(self._word, [(one.value, one.label, one.of) for one in block.numbers])
            case Table():
                self._table(block)
            case Figure():
                self._figure(block)

    def _text(self, text: str, *, size: float | None = None) -> Any:
        paragraph = self._word.add_paragraph()
        parts.lines(paragraph, text, size=size)
        return paragraph

    def _items(self, block: Items) -> None:
        for number, line in enumerate(block.lines):
            paragraph = self._word.add_paragraph(line, "List Number" if block.numbered else "List Bullet")
            if self._small:
                parts.shrink(paragraph, 8)
            if block.numbered and number == 0:
                self._lists += 1
            if block.numbered:
                parts.number_from_one(self._word, paragraph, self._lists)

    def _table(self, table: Table) -> None:
        if table.shown == "data" and self._small:
            return
        if table.shown == "data":
            self._text(f"{table.caption}: {len(table.rows):,} lines, in the data files ({table.id}).", size=9)
        elif not table.rows and table.to_fill_in:
            self._caption("Table", table.caption)
            parts.grid(self._word, replace(table, rows=EMPTY_ROWS * (("",) * len(table.columns),)), self._wide)
        elif not table.rows:
            self._text(f"{table.caption}: {table.empty}")
        else:
            self._caption("Table", table.caption)
            parts.grid(self._word, table, self._wide)

    def _figure(self, figure: Figure) -> None:
        width = parts.HALF_PICTURE if self._small else parts.PICTURE
        picture = self._word.add_picture(io.BytesIO(drawing.png(figure)), width=width)
        parts.describe(picture, figure.caption, figure.alternative)
        self._word.paragraphs[-1].paragraph_format.keep_with_next = True
        self._caption("Figure", figure.caption)
        self._table(figure.table)

    def _caption(self, kind: str, text: str) -> None:
        self._captions[kind] += 1
        paragraph = self._word.add_paragraph(style="Caption")
        paragraph.paragraph_format.keep_with_next = kind == "Table"
        parts.numbered(paragraph, kind, self._captions[kind], text)
