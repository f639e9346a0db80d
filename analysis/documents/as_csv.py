"""A document as CSV files: one for each table, the meaning of each column, a README with the limits in full. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from analysis.documents import prose
from analysis.documents.model import Document, Items, Paragraph, Part, Table, Value
from analysis.documents.sections import limits

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def render(document: Document) -> dict[str, str]:
    """File name -> text."""
    files = {f"{table.id}.csv": _table(table) for table in document.tables}
    return {"README.txt": _readme(document), **files}


def _readme(document: Document) -> str:
    lines = [document.title, *([f"Status: {document.status_words}"] if document.status_words else [])]
    for part in document.about:
        lines += [f"{name}: {text}" for name, text in prose.facts(part) if name != "Status"]
    lines += ["", "FILES", "UTF-8, comma, CR LF. A number is a number; a percentage goes from 0 to 100."]
    lines += [
        "A text that begins with = + - @ has an apostrophe before it, so that a spreadsheet does not run it.",
        "What each column means stands in dictionary.csv.",
        *(f"{table.id}.csv: {table.caption}, {len(table.rows):,} lines" for table in document.tables),
        "",
        "WHAT IS COUNTED, AND HOW",
        *(text for part in document.counted for text in _sentences(part)),
        "",
        "LIMITS, AND WHAT IS NOT CLAIMED",
        *limits.lines(),
    ]
    return "\n".join(lines) + "\n"


def _sentences(part: Part) -> list[str]:
    found: list[str] = []
    for block in part.blocks:
        if isinstance(block, Paragraph):
            found.append(block.text)
        elif isinstance(block, Items):
            found += [f"- {line}" for line in block.lines]
    return found


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
