"""A sealed report's archive as names and contents, read in memory within bounds. Nothing is ever unpacked to disk."""

from __future__ import annotations

import re
import zipfile
import zlib
from pathlib import Path

LARGEST = 256 * 2**20
"""Of the archive, and of all that is in it."""
MOST = 400
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}(/[A-Za-z0-9_][A-Za-z0-9._-]{0,99})?")
_STORED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 0x1


class SealError(ValueError):
    """The archive cannot be read, or not safely. One line: why."""


def read(path: Path) -> dict[str, bytes]:
    try:
        with path.open("rb") as file, zipfile.ZipFile(file) as archive:
            if path.stat().st_size > LARGEST:
                raise SealError(f"is larger than {LARGEST // 2**20} MiB")
            entries = archive.infolist()
            _sound(archive, entries)
            return {entry.filename: _content(archive, entry) for entry in entries}
    except OSError as error:
        raise SealError(f"cannot be read ({error.strerror or error})") from None
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        if isinstance(error, SealError):
            raise
        raise SealError(f"is no zip archive, or a damaged one ({shown(str(error))})") from None


def shown(text: str) -> str:
    """A text of a stranger's for a terminal: no control characters, and not long.

    >>> shown("a\\x1b[2Jb")
    'a?[2Jb'
    """
    plain = "".join(c if c.isprintable() else "?" for c in text)
    return plain if len(plain) <= 80 else f"{plain[:80]}…"


def _sound(archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo]) -> None:
    """What is written about the entries, before one of them is read."""
    if len(entries) > MOST:
        raise SealError(f"has {len(entries):,} entries; a report has at most {MOST}")
    seen: set[str] = set()
    for entry in entries:
        name = entry.orig_filename
        if name != entry.filename or not _NAME.fullmatch(name):
            raise SealError(f'has an entry with a name that no report has: "{shown(name)}"')
        if name.lower() in seen:
            raise SealError(f'has two entries of the name "{name}"')
        seen.add(name.lower())
        if entry.compress_type not in _STORED or entry.flag_bits & _ENCRYPTED:
            raise SealError(f"{name}: is encrypted, or packed in a way that no report is")
    if sum(entry.file_size for entry in entries) > LARGEST:
        raise SealError(f"unpacks to more than {LARGEST // 2**20} MiB")
    if archive.comment or (entries and min(entry.header_offset for entry in entries) != 0):
        raise SealError("holds something beside its entries")


def _content(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """An entry may be longer than it says."""
    with archive.open(entry) as file:
        content = file.read(entry.file_size + 1)
    if len(content) != entry.file_size:
        raise SealError(f"{entry.filename}: is not as long as the archive says")
    return content
