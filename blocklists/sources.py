"""Which lists may be fetched, from where and under which licence: the reader of sources.toml.

It fetches nothing. Whether a list is on this machine is the shelf's knowledge.
"""

import difflib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from urllib.parse import urlsplit

from blocklists.curated_file import CuratedError, Entry, read

NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
"""A list's name is also the name of a file and a word in reports; it has no dot, so it is never taken for a domain."""


@dataclass(frozen=True, slots=True)
class Source:
    name: str
    title: str
    address: str
    licence: str
    terms: str
    """Where the licence can be read."""
    purpose: str
    default: bool = False
    """Fetched when no name is given; all others have to be asked for by name."""


class Sources:
    """All lists of one sources.toml, in its order."""

    def __init__(self, sources: Sequence[Source]) -> None:
        self._sources = {source.name: source for source in sources}

    def __iter__(self) -> Iterator[Source]:
        return iter(self._sources.values())

    def get(self, name: str) -> Source | None:
        return self._sources.get(name.lower())

    def named(self, name: str) -> Source:
        """The list of that name; ValueError says which there are."""
        if source := self.get(name):
            return source
        close = difflib.get_close_matches(name.lower(), self._sources, n=1)
        meant = f'; did you mean "{close[0]}"?' if close else ""
        raise ValueError(f'"{name}" is not a list that can be fetched{meant}; known are {", ".join(self._sources)}')


def load(folder: Path | None = None) -> Sources:
    """Read sources.toml of a folder, the shipped one if none is given. Raises CuratedError."""
    place: Traversable = files("blocklists") if folder is None else folder
    found: dict[str, Source] = {}
    addresses: set[str] = set()
    for entry in read(place, "sources", {"list"}).entries("list", "name"):
        source = _source(entry)
        if source.name in found:
            raise entry.error("the name is used twice")
        if source.address in addresses:
            raise entry.error("the address is used twice")
        found[source.name] = source
        addresses.add(source.address)
    return Sources(list(found.values()))


def _source(entry: Entry) -> Source:
    entry.only({"name", "title", "address", "licence", "terms", "purpose", "default"})
    name = entry.text("name")
    if not NAME.fullmatch(name):
        raise entry.error("the name takes up to 40 lower-case letters, digits and inner hyphens")
    return Source(
        name=name,
        title=entry.text("title"),
        address=_address(entry, "address"),
        licence=entry.text("licence"),
        terms=_address(entry, "terms"),
        purpose=entry.text("purpose"),
        default=entry.flag("default"),
    )


def _address(entry: Entry, key: str) -> str:
    address = entry.text(key)
    try:
        parts = urlsplit(address)
        good = parts.scheme == "https" and parts.hostname and not parts.username and parts.port != 0
    except ValueError:
        good = False
    if not good or not address.isascii() or not address.isprintable() or " " in address:
        raise entry.error(f'{key} must be a web address that begins with "https://"')
    return address


__all__ = ["CuratedError", "Source", "Sources", "load"]
