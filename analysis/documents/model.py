"""What a document is made of. Pure data: no format, and nothing of how a page looks.

A table has more columns than fit on paper: `shown` tells which are for spreadsheets and programs ("data"), which are
their digest for readers ("paper"), and which are for both.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from analysis import periods

Value = str | int | float | None
Shown = Literal["both", "data", "paper"]
Status = Literal["draft", "sent", "final"]
Kind = Literal["report", "comparison"]
STATUSES: dict[Status, str] = {"draft": "DRAFT", "sent": "SENT TO VENDOR", "final": "FINAL WITH REPLY"}


class DocumentError(ValueError):
    """The document cannot be made. One line: what is wrong, and what to do."""


@dataclass(frozen=True, slots=True)
class Paragraph:
    text: str
    small: bool = False


@dataclass(frozen=True, slots=True)
class Note:
    """Something the library fills in or decides: set apart, so that it is not overlooked."""

    text: str


@dataclass(frozen=True, slots=True)
class Heading:
    """Within a section; sections themselves carry their own title."""

    text: str


@dataclass(frozen=True, slots=True)
class Items:
    lines: tuple[str, ...]
    numbered: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Number:
    value: str
    label: str
    of: str


@dataclass(frozen=True, slots=True)
class Numbers:
    numbers: tuple[Number, ...]


@dataclass(frozen=True, slots=True)
class Column:
    id: str
    title: str
    means: str
    """For the data dictionary."""
    kind: Literal["text", "number", "percent", "day", "code"] = "text"
    shown: Shown = "both"
    weight: float = 1.0
    """Width on paper, against the other columns."""

    @property
    def right(self) -> bool:
        return self.kind in ("number", "percent")


@dataclass(frozen=True, slots=True)
class Table:
    id: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Value, ...], ...]
    grouped_by: str = ""
    """Id of a column: on paper its values become lines between the rows. Equal values stand together."""
    empty: str = "Nothing was seen."
    """Said in the place of a table without rows."""
    shown: Shown = "both"
    """As of columns: some tables are too long for paper, and some are made for it."""
    to_fill_in: bool = False
    """The library writes into it by hand: where it has no rows, a word processor's table gets empty ones."""

    def _indexes(self, shown: str) -> list[int]:
        return [number for number, column in enumerate(self.columns) if column.shown in ("both", shown)]

    @property
    def paper(self) -> tuple[Column, ...]:
        return tuple(self.columns[number] for number in self._indexes("paper") if not self._groups(number))

    @property
    def data(self) -> tuple[Column, ...]:
        return tuple(self.columns[number] for number in self._indexes("data"))

    @property
    def data_rows(self) -> tuple[tuple[Value, ...], ...]:
        numbers = self._indexes("data")
        return tuple(tuple(row[number] for number in numbers) for row in self.rows)

    @property
    def paper_rows(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """A group's name where a new group begins, else "", and the cells in words. A cell may have several lines."""
        numbers = [number for number in self._indexes("paper") if not self._groups(number)]
        group = next((number for number in range(len(self.columns)) if self._groups(number)), None)
        found: list[tuple[str, tuple[str, ...]]] = []
        last: Value = None
        for row in self.rows:
            name = "" if group is None or row[group] == last else str(row[group])
            last = None if group is None else row[group]
            found.append((name, tuple(words(row[number], self.columns[number]) for number in numbers)))
        return tuple(found)

    @property
    def wide(self) -> bool:
        return len(self.paper) > 6

    def _groups(self, number: int) -> bool:
        return bool(self.grouped_by) and self.columns[number].id == self.grouped_by


@dataclass(frozen=True, slots=True)
class Figure:
    """A chart with the words that stand for it; the table under it has the same numbers."""

    id: str
    caption: str
    spec: str
    """Name of a Vega-Lite spec without its data; drawing.py knows where it lies."""
    data: tuple[Mapping[str, Any], ...]
    alternative: str
    table: Table


Block = Paragraph | Note | Heading | Items | Facts | Numbers | Table | Figure


@dataclass(frozen=True, slots=True)
class Part:
    """A section or an annex."""

    number: str
    """"0" to "12", "A" to "E"."""
    title: str
    blocks: tuple[Block, ...]

    @property
    def anchor(self) -> str:
        return f"section-{self.number}" if self.number.isdigit() else f"annex-{self.number.lower()}"

    @property
    def heading(self) -> str:
        return f"{self.number}. {self.title}" if self.number.isdigit() else f"Annex {self.number}. {self.title}"

    @property
    def wide(self) -> bool:
        return any(table.wide for table in self.tables if table.shown != "data")

    @property
    def tables(self) -> tuple[Table, ...]:
        found = (block.table if isinstance(block, Figure) else block for block in self.blocks)
        return tuple(block for block in found if isinstance(block, Table))


@dataclass(frozen=True, slots=True)
class Document:
    title: str
    status: Status
    library: str
    subject: str
    """Id of the site, or what else the document is about."""
    made_on: str
    """ISO date: the only date that is not read from the database."""
    program_version: str
    parts: tuple[Part, ...]
    """Part 0 is the title page."""
    language: str = field(default="en")
    kind: Kind = "report"

    @property
    def one_page(self) -> bool:
        """Set to fit on one turned page: without status, list of contents and numbers of sections."""
        return self.kind != "report"

    @property
    def status_words(self) -> str:
        """A document that nobody sends to a vendor has none."""
        return "" if self.one_page else STATUSES[self.status]

    def heading(self, part: Part) -> str:
        return part.title if self.one_page else part.heading

    @property
    def about(self) -> tuple[Part, ...]:
        """The parts that say what the document is about, and of what time."""
        return tuple(self.part(number) for number in (("0",) if self.one_page else ("0", "1", "2")))

    @property
    def counted(self) -> tuple[Part, ...]:
        """The parts whose paragraphs say what is counted, and how."""
        return self.parts[1:] if self.one_page else (self.part("4"), self.part("5"))

    @property
    def tables(self) -> tuple[Table, ...]:
        """Those that hold data."""
        return tuple(table for part in self.parts for table in part.tables if table.shown != "paper")

    def part(self, number: str) -> Part:
        return next(part for part in self.parts if part.number == number)


def table(
    id: str,  # noqa: A002  # as in the data class
    caption: str,
    columns: Iterable[Column],
    rows: Iterable[Mapping[str, Value]],
    *,
    grouped_by: str = "",
    empty: str = "Nothing was seen.",
    shown: Shown = "both",
    to_fill_in: bool = False,
) -> Table:
    """Rows by the ids of their columns. A column that a row lacks is a mistake of ours, and raises KeyError."""
    heads = tuple(columns)
    cells = tuple(tuple(row[column.id] for column in heads) for row in rows)
    return Table(id, caption, heads, cells, grouped_by, empty, shown, to_fill_in)


def words(value: Value, column: Column) -> str:
    r"""A cell for readers.

    >>> words(1234, Column("a", "A", "", "number")), words(82.64, Column("a", "A", "", "percent"))
    ('1,234', '82.6\xa0%')
    """
    if value is None or isinstance(value, str):
        return periods.words(value or "") if column.kind == "day" else value or ""
    if column.kind == "percent":
        return f"{value:.1f}\u00a0%"
    return f"{value:,}"
