"""A format as it lies in a sealed report beside the same format made anew. Pure.

Where the computers draw alike, bytes decide. Where not, what can be read decides, drawings apart.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Mapping
from typing import Any

from deploy.check import Check
from deploy.sealed_files import LARGEST, shown

_DRAWING = re.compile(rb"<svg\b.*?</svg>", re.DOTALL)
_TAG = re.compile(rb"<[^>]*>")
_READ = re.compile(r"word/document\.xml|xl/sharedStrings\.xml|xl/worksheets/sheet\d+\.xml")
Files = Mapping[str, bytes]


def compare(name: str, given: Files, made: Files, *, alike: bool, made_by: str) -> Check:
    """`alike`: this computer draws the specimen as the other did. `made_by`: the other version, or ''."""
    if given == made:
        return Check(name, True, "made again from the rows: the same bytes")
    differing = sorted(path for path in given.keys() | made.keys() if given.get(path) != made.get(path))
    where = f"{shown(differing[0])}{f' and {len(differing) - 1} more' if len(differing) > 1 else ''}"
    if made_by:
        found = _data(given, made) if name == "json" else ""
        return Check(name, None, f"made by Carrel {shown(made_by)}, not this version: bytes differ{found}",
                     f"to make sure, verify with Carrel {shown(made_by)}")  # fmt: skip
    if alike:
        return Check(name, False, f"{where}: not what the rows give", "ask who signed it")
    if name == "pdf":
        return Check(name, None, "drawn otherwise on this computer (fonts, parts), so not compared")
    if all(_readable(name, given.get(path)) == _readable(name, made.get(path)) for path in differing):
        return Check(name, None, "made again from the rows: the same words, drawn otherwise on this computer")
    return Check(name, False, f"{where}: its words are not what the rows give", "ask who signed it")


def _readable(name: str, content: bytes | None) -> object:
    if content is None or name in ("csv", "json"):
        return content
    return _DRAWING.sub(b"", content) if name == "html" else _office(content)


def _office(content: bytes) -> dict[str, bytes] | None:
    """Text of the parts that hold words; None for a file that is none, or unpacks to too much."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > LARGEST:
                return None
            names = [name for name in archive.namelist() if _READ.fullmatch(name)]
            return {name: _TAG.sub(b" ", archive.read(name)) for name in names}
    except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError, RuntimeError, ValueError):
        return None


def _data(given: Files, made: Files) -> str:
    """What both versions have in common: tables of the same name, columns of the same name."""
    try:
        (one,), (other,) = ([_tables(json.loads(content)) for content in files.values()] for files in (given, made))
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""
    common = sorted(one.keys() & other.keys())
    apart = [name for name in common if not _agree(one[name], other[name])]
    if apart:
        return f"; of {len(common)} tables in both, {len(apart)} hold other figures: {shown(', '.join(apart))}"
    return f"; the figures of all {len(common)} tables in both are the same"


def _tables(document: Any) -> dict[str, list[dict[str, Any]]]:
    blocks = [block for part in document["parts"] for block in part["blocks"]]
    tables = [block["table"] if block["kind"] == "figure" else block for block in blocks]
    return {table["id"]: table["rows"] for table in tables if table["kind"] == "table"}


def _agree(one: list[dict[str, Any]], other: list[dict[str, Any]]) -> bool:
    if len(one) != len(other):
        return False
    return all(a[name] == b[name] for a, b in zip(one, other, strict=True) for name in a.keys() & b.keys())
