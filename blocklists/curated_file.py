"""Read one curated TOML file and complain with its name and the entry.

Knows how an entry must be written, not what it means: that is in `owners`.
"""

import hashlib
import re
import tomllib
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cache
from importlib.resources.abc import Traversable
from typing import Any

from tldextract import TLDExtract

LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
VERSION = re.compile(r"\d{4}-\d{2}-\d{2}")


class CuratedError(ValueError):
    """A curated file cannot be used. One line: file, entry, what is wrong."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One `[[table]]` of a file, and how to read its keys."""

    place: str
    values: dict[str, Any]

    def error(self, what: str) -> CuratedError:
        return CuratedError(f"{self.place}: {what}")

    def only(self, known: AbstractSet[str]) -> None:
        if unknown := sorted(self.values.keys() - known):
            raise self.error(f"unknown key {unknown[0]!r}; known are {', '.join(sorted(known))}")

    def text(self, key: str, *, optional: bool = False) -> str:
        value = self._value(key, "" if optional else None)
        if not isinstance(value, str) or not (value.strip() or optional):
            raise self.error(f"{key} must be text in quotes")
        return value

    def flag(self, key: str) -> bool:
        value = self._value(key, False)
        if not isinstance(value, bool):
            raise self.error(f"{key} must be true or false")
        return value

    def one_of(self, key: str, known: AbstractSet[str]) -> str:
        value = self.text(key)
        if value not in known:
            raise self.error(f"unknown {key} {value!r}; known are {', '.join(sorted(known, key=str.lower))}")
        return value

    def domains(self, key: str, *, optional: bool = False) -> tuple[str, ...]:
        value = self._value(key, [] if optional else None)
        if not isinstance(value, list) or not (value or optional):
            raise self.error(f'{key} must be a list such as ["tracker.example"]')
        for domain in value:
            if complaint := complaint_about(domain):
                raise self.error(f"{key}: {domain!r} {complaint}")
        if len(set(value)) < len(value):
            raise self.error(f"{key} names a domain twice")
        return tuple(value)

    def _value(self, key: str, default: object) -> object:
        value = self.values.get(key, default)
        if value is None:
            raise self.error(f"{key} is missing")
        return value


@dataclass(frozen=True, slots=True)
class File:
    stem: str
    version: str
    sha256: str
    tables: dict[str, Any]

    @property
    def name(self) -> str:
        return f"{self.stem}.toml"

    def entries(self, table: str, naming: str) -> Iterator[Entry]:
        """Yield the entries of a table; `naming` is the key that names an entry in complaints."""
        entries = self.tables.get(table, [])
        if not isinstance(entries, list) or not all(isinstance(values, dict) for values in entries):
            raise CuratedError(f"{self.name}: write {table} as [[{table}]]")
        for number, values in enumerate(entries, 1):
            name = values.get(naming, f"number {number}")
            yield Entry(f"{self.name}: {table} {name!r}", values)


def read(folder: Traversable, stem: str, tables: AbstractSet[str]) -> File:
    """Read `<stem>.toml`, which may hold a version and the given tables."""
    name = f"{stem}.toml"
    try:
        content = (folder / name).read_bytes()
        values = tomllib.loads(content.decode())
    except OSError as error:
        raise CuratedError(f"{name}: cannot be read: {error.strerror}") from error
    except ValueError as error:  # TOML that does not parse, or text that is not UTF-8
        raise CuratedError(f"{name}: {error}") from error
    if unknown := sorted(values.keys() - tables - {"version"}):
        raise CuratedError(f"{name}: unknown key {unknown[0]!r}")
    version = values.pop("version", None)
    if not isinstance(version, str) or not VERSION.fullmatch(version):
        raise CuratedError(f'{name}: version must be a date in quotes, such as "2026-11-24"')
    return File(stem, version, hashlib.sha256(content).hexdigest(), values)


def complaint_about(domain: object) -> str:
    """Say what is wrong with a domain; empty if nothing is."""
    if not isinstance(domain, str):
        return "is not text"
    if not domain.isascii():
        return "must be written in punycode (xn--...)"
    if domain != domain.lower():
        return "must be lower case"
    labels = domain.split(".")
    if len(domain) > 253 or not all(LABEL.fullmatch(label) for label in labels) or labels[-1].isdigit():
        return "is not a host name; write it without scheme, port, path, wildcard or outer dots"
    if len(labels) < 2 or not _suffixes()(domain).domain:
        return "is a public suffix: names below it belong to different owners"
    return ""


@cache
def _suffixes() -> TLDExtract:
    """The public suffix list that comes with tldextract, private suffixes included. Never online."""
    return TLDExtract(suffix_list_urls=(), cache_dir=None, include_psl_private_domains=True)
