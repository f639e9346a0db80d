"""Rows for a spreadsheet, as CSV or as a workbook of one sheet. Pure.

A text that begins like a formula runs in neither.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

from analysis.documents import archives

Value = str | int | float | None

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_BROADEST, _LONGEST = 60, 32_767
"""Characters: of a column, and of a cell by the format."""


def csv_text(header: Sequence[str], rows: Iterable[Sequence[Value]]) -> str:
    r"""
    >>> csv_text(["=name", "loads"], [["@x", -1], ["a", None]])
    "'=name,loads\r\n'@x,-1\r\na,\r\n"
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    for row in (header, *rows):
        writer.writerow([f"'{one}" if isinstance(one, str) and one.startswith(_FORMULA) else one for one in row])
    return text.getvalue()


def workbook(title: str, header: Sequence[str], rows: Sequence[Sequence[Value]], made_on: str) -> bytes:
    """`made_on`: the only time that the file knows."""
    import openpyxl
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter

    book: Any = openpyxl.Workbook()
    sheet = book.active
    sheet.title = title
    for number, row in enumerate((header, *rows), 1):
        for column, value in enumerate(row, 1):
            cell = sheet.cell(number, column)
            if isinstance(value, str):
                cell.value = value[:_LONGEST]
                cell.data_type = "s"  # whatever openpyxl took it for
                cell.quotePrefix = value.startswith(_FORMULA)
            else:
                cell.value = value
            cell.font = Font(name="Arial", size=10, bold=number == 1)
            cell.alignment = Alignment(wrap_text=True, vertical="top")
    for column, name in enumerate(header, 1):
        longest = max(len(line) for row in (header, *rows) for line in f"{row[column - 1] or ''}".split("\n") or [""])
        sheet.column_dimensions[get_column_letter(column)].width = min(_BROADEST, max(10, len(name) + 2, longest + 2))
    sheet.freeze_panes = "B2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(header))}{len(rows) + 1}"
    packed = io.BytesIO()
    book.save(packed)
    return archives.timeless(packed.getvalue(), made_on)
