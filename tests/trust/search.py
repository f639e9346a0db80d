"""Find canaries in bytes, in every form and inside what is packed. Reads what it is given; starts and plants nothing.

Not a list of 2,000 needles in 20 spellings: each layer of spelling is undone, and one expression finds the common
form of all canaries, even if cut short.
"""

from __future__ import annotations

import base64
import binascii
import io
import re
import sqlite3
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

import brotli  # type: ignore[import-untyped]

from tests.trust.canary import PREFIX, Register

CUT = 6
"""Letters behind the prefix that are enough: what a page boundary or a limit left of a canary is one, too."""
DEPTH = 4
"""Layers that are undone one inside the other."""
UNPACKED = 32 << 20

_LETTER = "[a-z2-7]"
_PLAIN = re.compile(f"{PREFIX}{_LETTER}{{{CUT},16}}".encode())
_WIDE = re.compile("\0{1,3}".join([*PREFIX, *[_LETTER] * CUT]).encode() + f"(?:\0{{1,3}}{_LETTER})*".encode())
_BACKWARDS = re.compile(f"{_LETTER}{{{CUT},16}}{PREFIX[::-1]}".encode())
_ADDRESS = re.compile(rb"(?<![\d.])127\.(?:3[2-9]|[45]\d|6[0-3])\.[12]\d\d\.[12]\d\d(?!\d)")
_ESCAPE = re.compile(rb"(?:%(?:25)*|\\+u00|\\+x|&#x|=)([0-9a-fA-F]{2});?")
_DECIMAL = re.compile(rb"&#(\d{2,3});")
_HEX = re.compile(rb"[0-9a-fA-F]{20,}")
_HEX_APART = re.compile(rb"(?:[0-9a-fA-F]{2}[ :\n]+){10,}[0-9a-fA-F]{2}")
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{14,}(?:\r?\n[A-Za-z0-9+/_-]+)*")
_URLSAFE = bytes.maketrans(b"-_", b"+/")
_GZIP = b"\x1f\x8b\x08"
_ZLIB = re.compile(rb"\x78[\x01\x5e\x9c\xda]")
_SQLITE = b"SQLite format 3\0"


@dataclass(slots=True)
class Search:
    """What was searched, and what was found in it."""

    planted: Iterable[str]
    packed: Mapping[bytes, str] = field(default_factory=dict)
    addresses: frozenset[str] = frozenset()
    searched: dict[str, int] = field(default_factory=dict)
    """Name of what was searched, and its bytes."""
    found: dict[str, set[str]] = field(default_factory=dict)
    """Canary or address, and where it was, or what was left of it."""
    _known: dict[str, str] = field(init=False)
    _kept: dict[str, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        # Letters at random, as in any base64, look like a canary now and then. The first of them tell.
        self._known = {canary[: len(PREFIX) + CUT]: canary for canary in self.planted}

    def known(self, register: Register) -> None:
        """What is to be found, once all is planted."""
        self.packed, self.addresses = register.packed, frozenset(register.addresses)
        self._known = {canary[: len(PREFIX) + CUT]: canary for canary in register.planted}

    def keep(self, name: str, data: bytes) -> None:
        """Search it later, when it is known for what."""
        self._kept[name] = data

    def kept(self) -> None:
        for name, data in self._kept.items():
            self.bytes(name, data)

    def bytes(self, name: str, data: bytes) -> None:
        self.searched[name] = max(len(data), self.searched.get(name, 0))
        hits = set(find(name.encode("utf-8", "surrogateescape"))) | set(find(data))
        hits |= {canary for part, canary in self.packed.items() if part in data}
        for hit in hits:
            known = hit if hit in self.addresses else self._known.get(hit[: len(PREFIX) + CUT])
            if known:
                self.found.setdefault(known, set()).add(name)

    def folder(self, folder: Path, name: str = "") -> None:
        """Every file, folder name and link target below a folder; databases as they lie there and as text."""
        for path in sorted(folder.rglob("*")):
            shown = f"{name or folder.name}/{path.relative_to(folder)}"
            with suppress(FileNotFoundError):  # SQLite's journals and Python's temporary files come and go
                if path.is_symlink():
                    self.bytes(shown, str(path.readlink()).encode())
                elif path.is_file():
                    self.file(path, shown)
                else:
                    self.bytes(shown, b"")

    def file(self, path: Path, name: str) -> None:
        data = path.read_bytes()
        self.bytes(name, data)
        if data.startswith(_SQLITE):
            self.bytes(f"{name} (as text)", dump(path))


def find(data: bytes, depth: int = DEPTH) -> Iterator[str]:
    """Canaries and addresses in any form."""
    lowered = data.lower()
    for expression in (_PLAIN, _ADDRESS):
        yield from (hit[0].decode() for hit in expression.finditer(lowered))
    yield from (hit[0].replace(b"\0", b"").decode() for hit in _WIDE.finditer(lowered))
    yield from (hit[0][::-1].decode() for hit in _BACKWARDS.finditer(lowered))
    if depth:
        for layer in layers(data):
            yield from find(layer, depth - 1)


def layers(data: bytes) -> Iterator[bytes]:
    """The data with one layer of spelling or packing undone, wherever there may be one."""
    unescaped = _DECIMAL.sub(lambda hit: bytes([int(hit[1]) & 255]), _ESCAPE.sub(_character, data))
    if unescaped != data:
        yield unescaped
    for hit in _HEX.finditer(data):
        for shift in (0, 1):
            digits = hit[0][shift:]
            yield binascii.unhexlify(digits[: len(digits) & ~1])
    for hit in _HEX_APART.finditer(data):
        yield binascii.unhexlify(re.sub(rb"[ :\n]", b"", hit[0]))
    for hit in _BASE64.finditer(data):
        run = re.sub(rb"\r?\n", b"", hit[0]).translate(_URLSAFE)
        for shift in range(4):  # the run may begin with a letter of what stands before
            letters = run[shift:]
            yield base64.b64decode(letters[: len(letters) & ~3])
            if len(letters) % 4 > 1:
                yield base64.b64decode(letters[-(len(letters) % 4) - 16 :] + b"=" * (-len(letters) % 4))
    yield from _unpacked(data)


def _character(hit: re.Match[bytes]) -> bytes:
    return binascii.unhexlify(hit[1])


def _unpacked(data: bytes) -> Iterator[bytes]:
    place = data.find(_GZIP)
    while place >= 0:
        yield from _inflated(data[place:], 31)
        place = data.find(_GZIP, place + 1)
    for hit in _ZLIB.finditer(data):
        if int.from_bytes(data[hit.start() : hit.start() + 2]) % 31 == 0:
            yield from _inflated(data[hit.start() :], 15)
    if data.startswith(b"PK"):
        with suppress(zipfile.BadZipFile, NotImplementedError, ValueError), zipfile.ZipFile(io.BytesIO(data)) as packed:
            yield "\n".join(packed.namelist()).encode()
            yield from (packed.read(name) for name in packed.namelist())
    elif 16 < len(data) < 100_000:
        yield from _inflated(data, -15)
        with suppress(brotli.error):
            yield brotli.decompress(data)


def _inflated(data: bytes, bits: int) -> Iterator[bytes]:
    one = zlib.decompressobj(bits)
    found = bytearray()
    with suppress(zlib.error):  # what came before the error was packed all the same
        for start in range(0, min(len(data), UNPACKED), 4096):
            found += one.decompress(data[start : start + 4096], UNPACKED)
            if one.eof or len(found) > UNPACKED:
                break
    if len(found) > 8:
        yield bytes(found)


def dump(path: Path) -> bytes:
    """All that a database says, as text: values that lie on several pages in one piece."""
    lines: list[bytes] = []
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=20)) as database:
        database.text_factory = bytes
        tables = database.execute("select name, sql from sqlite_schema where type in ('table', 'view', 'index')")
        for name, sql in tables.fetchall():
            lines += [name, sql or b""]
            with suppress(sqlite3.OperationalError):  # an index, or a view of a table that is not there
                lines += (_line(row) for row in database.execute(f'select * from "{name.decode()}"'))
    return b"\n".join(lines)


def _line(row: Iterable[object]) -> bytes:
    return b"|".join(value if isinstance(value, bytes) else str(value).encode() for value in row)
