"""A document as CSV files: one for each table, the meaning of each column, a README with the limits in full. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from analysis.documents import prose
from analysis.documents.model import Document, Paragraph, Part, Table, Value
from analysis.documents.sections import limits

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def render(document: Document) -> dict[str, str]:
    """File name -> text."""
    files = {f"{table.id}.csv": _table(table) for table in document.tables}
    return {"README.txt": _readme(document), **files}


def _readme(document: Document) -> str:
    lines = [document.title, f"Status: {document.status_words}"]
    for number in ("0", "1", "2"):
        lines += [f"{name}: {text}" for name, text in prose.facts(document.part(number)) if name != "Status"]
    lines += ["", "FILES", "UTF-8, comma, CR LF. A number is a number; a percentage goes from 0 to 100."]
    lines += [
        "A text that begins with = + - @ has an apostrophe before it, so that a spreadsheet does not run it.",
        "What each column means stands in dictionary.csv.",
        *(f"{table.id}.csv: {table.caption}, {len(table.rows):,} lines" for table in document.tables),
        "",
        "WHAT IS COUNTED, AND HOW",
        *(text for number in ("4", "5") for text in _paragraphs(document.part(number))),
        "",
        "LIMITS, AND WHAT IS NOT CLAIMED",
        *limits.lines(),
    ]
    return "\n".join(lines) + "\n"


def _paragraphs(part: Part) -> list[str]:
    return [block.text for block in part.blocks if isinstance(block, Paragraph)]


def _table(table: Table) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(column.id for column in table.data)
    writer.writerows(_cells(row) for row in table.data_rows)
    return text.getvalue()


def _cells(row: Iterable[Value]) -> list[Value]:
    return [_cell(value) for value in row]


def _cell(value: Value) -> Value:
    """
    >>> _cell("=1+1"), _cell(-1), _cell(82.6102), _cell(None)
    ("'=1+1", -1, '82.61', '')
    """
    if isinstance(value, float):
        return f"{value:.2f}"
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return "" if value is None else value
