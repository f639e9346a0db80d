"""A document as a workbook: what it is, one sheet for each table, and the limits in full.

Every text is stored as text. A name that begins like a formula is no formula, also after somebody edits its cell.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from analysis.documents import archives, prose
from analysis.documents.model import Column, Document, Table, Value
from analysis.documents.sections import limits

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

LONGEST = 32_767
"""Characters in a cell, by the format."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_FORBIDDEN = re.compile(r"[\[\]:*?/\\']")
_NARROW, _BROAD, _READING = 9, 66, 72
"""Widths of columns, in characters."""
_FITS = 14
"""Columns that can be read on one printed page."""
_LINE = 14
"""Points."""
_TALLEST = 20
"""Lines."""


def render(document: Document) -> bytes:
    import openpyxl

    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    _about(book, document)
    for table in document.tables:
        _table(book, table)
    _lines(book, "Limits", limits.lines())
    made = datetime.fromisoformat(document.made_on)
    properties = book.properties
    properties.title, properties.subject = document.title, document.subject
    properties.creator = properties.lastModifiedBy = document.library or "the library"
    status = f" Status: {document.status_words}." if document.status_words else ""
    properties.description = f"Prepared with Carrel {document.program_version}.{status}"
    properties.created = properties.modified = made
    packed = io.BytesIO()
    book.save(packed)
    return archives.timeless(packed.getvalue(), document.made_on)


def _about(book: Workbook, document: Document) -> None:
    lines = [document.title, *([f"Status: {document.status_words}"] if document.status_words else []), ""]
    for part in document.about:
        lines += [f"{name}: {text}" for name, text in prose.facts(part) if name != "Status"]
    lines += ["", "Sheets"]
    lines += [f"{_name(table.id)}: {table.caption}, {len(table.rows):,} lines" for table in document.tables]
    lines += ["Limits: limits, and what is not claimed, in full", "", *limits.lines()]
    _lines(book, document.kind.capitalize(), lines)


def _lines(book: Workbook, name: str, lines: Iterable[str]) -> None:
    sheet = _sheet(book, name)
    sheet.column_dimensions["A"].width = _READING
    _page(sheet, "portrait", fits=True)
    for number, line in enumerate(lines, start=1):
        _put(sheet, number, 1, line, bold=number == 1, wrap=True)
        _raise(sheet, number, line, 90)  # letters are narrower than the digits that widths are told in


def _table(book: Workbook, table: Table) -> None:
    from openpyxl.utils import get_column_letter

    sheet = _sheet(book, _name(table.id))
    columns, rows = table.data, table.data_rows
    for number, column in enumerate(columns, start=1):
        _put(sheet, 1, number, column.title, bold=True, wrap=True)
        width = max([len(column.title), *(_length(row[number - 1]) for row in rows)])
        sheet.column_dimensions[get_column_letter(number)].width = min(_BROAD, max(_NARROW, width + 2))
    for line, row in enumerate(rows, start=2):
        for number, (value, column) in enumerate(zip(row, columns, strict=True), start=1):
            _put(sheet, line, number, value, column=column, wrap=_length(value) > _BROAD or "\n" in f"{value}")
            if isinstance(value, str):
                _raise(sheet, line, value, _BROAD)
    sheet.freeze_panes = "B2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(columns))}{len(rows) + 1}"
    sheet.print_title_rows = "1:1"
    _page(sheet, "landscape", fits=len(columns) <= _FITS)


def _sheet(book: Workbook, name: str) -> Worksheet:
    from openpyxl.worksheet.properties import PageSetupProperties

    sheet: Any = book.create_sheet(name)
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties()
    return sheet


def _page(sheet: Worksheet, orientation: str, *, fits: bool) -> None:
    sheet.page_setup.orientation = orientation
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
    sheet.page_setup.fitToWidth = 1
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = fits


def _put(
    sheet: Worksheet,
    row: int,
    number: int,
    value: Value,
    *,
    column: Column | None = None,
    bold: bool = False,
    wrap: bool,
) -> None:
    from openpyxl.styles import Alignment, Font

    cell: Any = sheet.cell(row, number)
    if isinstance(value, str):
        cell.value = value[:LONGEST]
        cell.data_type = "s"  # whatever openpyxl took it for: "=…" for a formula, "#N/A" for an error
        cell.quotePrefix = value.startswith(_FORMULA)
    else:
        cell.value = value
    if column and column.kind == "number":
        cell.number_format = "#,##0"
    elif column and column.kind == "percent":
        cell.number_format = "0.0"
    cell.font = Font(name="Arial", size=10, bold=bold)
    cell.alignment = Alignment(wrap_text=wrap, vertical="top")


def _raise(sheet: Worksheet, row: int, text: str, width: int) -> None:
    """Not every program makes room for a wrapped text by itself."""
    lines = sum(1 + len(line) // width for line in text.split("\n"))
    if lines > 1:
        height = max(sheet.row_dimensions[row].height or 0, min(lines, _TALLEST) * _LINE)
        sheet.row_dimensions[row].height = height


def _name(table_id: str) -> str:
    """
    >>> _name("own_hosts"), _name("a/b:c" + 40 * "d")
    ('own_hosts', 'a_b_cdddddddddddddddddddddddddd')
    """
    return _FORBIDDEN.sub("_", table_id)[:31]


def _length(value: Value) -> int:
    return (
        max((len(line) for line in value.split("\n")), default=0) if isinstance(value, str) else len(f"{value or ''}")
    )
