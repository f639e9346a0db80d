"""A document as JSON, for programs. report.schema.json and comparison.schema.json say what stands where. Pure."""

from __future__ import annotations

import json
from importlib import resources
from typing import Any

from analysis.documents.model import (
    Block,
    Document,
    Facts,
    Figure,
    Heading,
    Items,
    Kind,
    Note,
    Numbers,
    Paragraph,
    Part,
    Table,
)

FORMAT = 1
"""Grows when a reader of the former would misread the new."""


def render(document: Document) -> str:
    return json.dumps(_document(document), ensure_ascii=False, indent=1) + "\n"


def schema(kind: Kind = "report") -> dict[str, Any]:
    """A comparison's names parts of the report's, by its address."""
    text = (resources.files("analysis.documents") / f"{kind}.schema.json").read_text("utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


def _document(document: Document) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "schema": f"{document.kind}.schema.json",
        "title": document.title,
        **({} if document.one_page else {"status": document.status}),
        "library": document.library,
        "subject": document.subject,
        "made_on": document.made_on,
        "program": {"name": "Carrel", "version": document.program_version},
        "language": document.language,
        "parts": [_part(part) for part in document.parts],
    }


def _part(part: Part) -> dict[str, Any]:
    return {"number": part.number, "title": part.title, "blocks": [_block(block) for block in part.blocks]}


def _block(block: Block) -> dict[str, Any]:
    match block:
        case Paragraph():
            return {"kind": "paragraph", "text": block.text}
        case Note():
            return {"kind": "note", "text": block.text}
        case Heading():
            return {"kind": "heading", "text": block.text}
        case Items():
            return {"kind": "list", "numbered": block.numbered, "lines": list(block.lines)}
        case Facts():
            return {"kind": "facts", "facts": [{"name": name, "text": text} for name, text in block.pairs]}
        case Numbers():
            numbers = [{"value": one.value, "label": one.label, "of": one.of} for one in block.numbers]
            return {"kind": "numbers", "numbers": numbers}
        case Table():
            return _table(block)
        case Figure():
            figure = {"id": block.id, "caption": block.caption, "alternative": block.alternative, "spec": block.spec}
            data = [dict(row) for row in block.data]
            return {"kind": "figure", **figure, "data": data, "table": _table(block.table)}


def _table(table: Table) -> dict[str, Any]:
    """A table made for paper keeps its cells in words; every other has them as they are."""
    columns = table.paper if table.shown == "paper" else table.data
    rows = [cells for _, cells in table.paper_rows] if table.shown == "paper" else table.data_rows
    return {
        "kind": "table",
        "id": table.id,
        "caption": table.caption,
        "columns": [
            {
                "id": one.id,
                "title": one.title,
                "kind": "text" if table.shown == "paper" else one.kind,
                "means": one.means,
            }
            for one in columns
        ],
        "rows": [{one.id: value for one, value in zip(columns, row, strict=True)} for row in rows],
    }
