"""Under which names a text may name a service or a company. Knowledge only: nothing here reads a text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from blocklists.curated_file import CuratedError, Entry, File, read
from blocklists.owners import CATEGORIES, Knowledge

_TABLES = frozenset({"alias", "category", "ordinary", "silent"})
_BRACKETS = re.compile(r"(.+?) \((.+)\)")


@dataclass(frozen=True, slots=True)
class Name:
    """A literal name, and what it names."""

    written: str
    what: str
    """service, owner or category."""
    name: str
    ordinary: bool = False
    """Also a word of the language: counts only where the writing shows a name."""


def load(knowledge: Knowledge, folder: Path | None = None) -> tuple[Name, ...]:
    """All names that are worth looking for, each once for each thing that it names. Raises CuratedError."""
    file = _file(folder)
    ordinary, silent = (frozenset(_words(file, key)) for key in ("ordinary", "silent"))
    services = {service.name for service in knowledge.services}
    owners = {service.owner for service in knowledge.services} | {product.owner for product in knowledge.products}
    owners |= {product.vendor for product in knowledge.products} | {knowledge.group_of(owner) for owner in owners}
    things = [*(("service", name) for name in services), *(("owner", name) for name in owners)]
    found = {(written, *thing) for thing in things for written in _spellings(thing[1])}
    for entry in file.entries("alias", "of"):
        entry.only({"of", "names"})
        named = [thing for thing in things if thing[1] == entry.text("of")]
        if not named:
            raise entry.error("no service or owner of the lists has this name")
        found |= {(written, *thing) for thing in named for written in _texts(entry, "names")}
    found = {one for one in found if one[0] not in silent}
    names = [Name(written, what, name, written in ordinary) for written, what, name in found]
    return tuple(sorted((*names, *_phrases(file)), key=lambda one: (one.written, one.what, one.name)))


def version(folder: Path | None = None) -> str:
    """Of the file of further names."""
    return _file(folder).version


def _file(folder: Path | None) -> File:
    source: Traversable = files("blocklists") / "curated" if folder is None else folder
    return read(source, "aliases", _TABLES)


def _spellings(name: str) -> Iterator[str]:
    """A listed name, and what stands in its brackets."""
    if found := _BRACKETS.fullmatch(name):
        yield from found.groups()
    else:
        yield name


def _phrases(file: File) -> Iterator[Name]:
    for entry in file.entries("category", "name"):
        entry.only({"name", "phrases"})
        category = entry.one_of("name", CATEGORIES)
        yield from (Name(phrase, "category", category) for phrase in _texts(entry, "phrases"))


def _texts(entry: Entry, key: str) -> list[str]:
    values = entry.values.get(key)
    if not isinstance(values, list) or not values or not all(isinstance(one, str) and one.strip() for one in values):
        raise entry.error(f'{key} must be a list of texts, such as ["Omniture"]')
    return values


def _words(file: File, key: str) -> list[str]:
    values = file.tables.get(key, [])
    if not isinstance(values, list) or not all(isinstance(one, str) for one in values):
        raise CuratedError(f'{file.name}: {key} must be a list of texts, such as ["Segment"]')
    return values
