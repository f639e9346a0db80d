"""Where a curated entry was looked up: a table from `evidence.toml`, checked. Says where, never whether it is right."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from importlib.resources.abc import Traversable

from blocklists.curated_file import Entry, read

ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
ADDRESS = re.compile(r"https://[a-z0-9.-]+\.[a-z]{2,}/[!-~]*")
PART = re.compile(r"(?!.*\.\.)[A-Za-z0-9][A-Za-z0-9._()/&-]*")


@dataclass(frozen=True, slots=True)
class Evidence:
    title: str
    address: str
    read: str
    """The date of the copy of a list, or the day on which a page was looked at."""
    parts: bool = False
    """A collection, such as a folder: an entry that cites it adds the part that it used."""


def load(folder: Traversable) -> Mapping[str, Evidence]:
    """Return the sources of a folder by id. Raises CuratedError."""
    file = read(folder, "evidence", {"evidence"})
    found: dict[str, Evidence] = {}
    for entry in file.entries("evidence", "id"):
        entry.only({"id", "title", "address", "read", "parts"})
        name = entry.text("id")
        if not ID.fullmatch(name):
            raise entry.error("the id takes lower-case letters, digits and hyphens only")
        if name in found:
            raise entry.error("the id is used twice")
        found[name] = Evidence(entry.text("title"), _address(entry), _day(entry, file.version), entry.flag("parts"))
    return found


def cited(entry: Entry, known: Mapping[str, Evidence]) -> tuple[Evidence, ...]:
    """Return what an entry cites: ids, or of a collection the id and a part of it."""
    names = entry.values.get("evidence")
    if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
        raise entry.error('evidence must be a list of ids in evidence.toml, such as ["easyprivacy"]')
    if len(set(names)) < len(names):
        raise entry.error("evidence names a source twice")
    return tuple(_cited(entry, name, known) for name in names)


def _cited(entry: Entry, name: str, known: Mapping[str, Evidence]) -> Evidence:
    collection, slash, part = name.partition("/")
    source = known.get(collection)
    if source is None:
        raise entry.error(f"evidence {collection!r} is not the id of an [[evidence]] in evidence.toml")
    if not source.parts:
        if slash:
            raise entry.error(f"evidence {collection!r} is one document; cite it without a part of it")
        return source
    if not PART.fullmatch(part):
        raise entry.error(f'evidence {collection!r} is a collection; add what was read of it: "{collection}/..."')
    return replace(source, address=source.address + part, parts=False)


def _address(entry: Entry) -> str:
    address = entry.text("address")
    if not ADDRESS.fullmatch(address):
        raise entry.error("address must start with https:// and name a public page")
    return address


def _day(entry: Entry, version: str) -> str:
    text = entry.text("read")
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    # Compared with the file, not with the clock: a server whose clock is wrong must start all the same.
    if day is None or day.isoformat() != text or day > date.fromisoformat(version):
        raise entry.error(f"read must be a day such as {version!r}, and not after the version of the file")
    return text
