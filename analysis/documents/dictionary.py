"""The data dictionary: what stands in each column of each table of a document. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from analysis.documents.model import Column, Shown, Table, Value, table

COLUMNS = (
    Column("table", "Table", "id of the table, as its CSV file is named; several if they are alike", weight=1.2),
    Column("column", "Column", "id of the column", weight=1.2),
    Column("title", "Title", "heading of the column", weight=1.2),
    Column("kind", "Kind", "text, number, percent (0 to 100), day (2026-11-24, or a month 2026-11) or code"),
    Column("means", "Meaning", "what stands in the column", weight=3),
)


def of(tables: Iterable[Table], shown: Shown = "both") -> Table:
    """`tables`: those that hold data, the dictionary itself among them."""
    alike: dict[tuple[Column, ...], list[str]] = {}
    for one in tables:
        alike.setdefault(one.data, []).append(one.id)
    rows: list[dict[str, Value]] = [
        {"table": " ".join(ids), "column": column.id, "title": column.title, "kind": column.kind, "means": column.means}
        for columns, ids in alike.items()
        for column in columns
    ]
    return table("dictionary", "Data dictionary", COLUMNS, rows, grouped_by="table", shown=shown)


EMPTY = of(())
"""Stands in the document until all tables are known."""
