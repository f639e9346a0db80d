"""`carrel lists show`: the lists that came with the program, that are here, that may be fetched. Changes nothing."""

from __future__ import annotations

import io
import shutil
import sys
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from addons.settings import Settings
from blocklists.owners import load as load_knowledge
from blocklists.shelf import Copy, Place, Shelf
from blocklists.sources import Source, Sources
from deploy.lists import shelf_of, terms

COLUMNS = ("name", "version", "date", "rules", "skipped", "licence", "choice", "address")
_WIDE = 400
"""Columns for files and pipes: a list stays on one line."""


def table(settings: Settings, sources: Sources) -> str:
    """All lists, one row each: those that come with the program, those that are here, those that may be fetched."""
    places = shelf_of(settings).places()
    rows: list[tuple[str, ...]] = [
        (one.name, one.version, "", f"{one.rules:,}", str(one.skipped), one.licence, "shipped", "")
        for one in load_knowledge().rulesets
    ]
    rows += [_row(source, places.get(source.name)) for source in sources]
    unknown = [place.current for name, place in places.items() if sources.get(name) is None]
    rows += [(*_facts(copy), copy.licence, "unknown to this version", copy.address) for copy in unknown]
    return _drawn(COLUMNS, rows)


def details(settings: Settings, source: Source) -> str:
    """One list: its terms, the copy in use, what was skipped and why, and the copy before."""
    shelf = shelf_of(settings)
    place = shelf.places().get(source.name)
    lines = [terms(source), f"address   {source.address}"]
    if place is None:
        return "\n".join([*lines, f"not on this machine; fetch it with: carrel lists update {source.name}"])
    lines += _copy("in use", shelf, place.current)
    if place.previous:
        lines += _copy("rolled back" if place.rolled_back else "before", shelf, place.previous)
    return "\n".join([*lines, f"checked   {place.checked}"])


def _copy(word: str, shelf: Shelf, copy: Copy) -> list[str]:
    state = "" if shelf.holds(copy) else f"; its file is missing or damaged: carrel lists update {copy.name}"
    lines = [
        f"{word:<9} version {copy.version}, fetched {copy.fetched} from {copy.address}{state}",
        f"          sha256 {copy.sha256}",
        f"          {copy.rules:,} rules read",
    ]
    return lines + [f"          {number:,} skipped: {reason}" for reason, number in sorted(copy.skipped.items())]


def _row(source: Source, place: Place | None) -> tuple[str, ...]:
    choice = "default" if source.default else "opt-in"
    if place is None:
        return (source.name, "not here", "", "", "", source.licence, choice, source.address)
    if place.rolled_back:
        choice += ", rolled back"
    return (*_facts(place.current), place.current.licence, choice, place.current.address)


def _facts(copy: Copy) -> tuple[str, ...]:
    return (copy.name, copy.version, copy.fetched, f"{copy.rules:,}", f"{sum(copy.skipped.values()):,}")


def _drawn(columns: Sequence[str], rows: Sequence[tuple[str, ...]]) -> str:
    """Fitted to a terminal, with long cells wrapped; one line for each row everywhere else."""
    width = max(60, shutil.get_terminal_size().columns) if sys.stdout.isatty() else _WIDE
    drawing = Table(box=None, pad_edge=False, show_edge=False)
    for column in columns:
        drawing.add_column(column, justify="right" if column in ("rules", "skipped") else "left", overflow="fold")
    for row in rows:
        drawing.add_row(*row)
    out = io.StringIO()
    Console(file=out, width=width, markup=False, emoji=False, highlight=False, color_system=None).print(drawing)
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines())
