"""Canaries: strings that nothing else in the world contains, the forms they are planted in, and a register of them.

Pure. All have one recognisable form, so that a search finds any of them without a list of all.
"""

from __future__ import annotations

import base64
import gzip
import json
import random
import secrets
import zlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import brotli  # type: ignore[import-untyped]

PREFIX = "cnry"
LETTERS = "abcdefghijklmnopqrstuvwxyz234567"
LENGTH = 16
"""Letters behind the prefix: 80 random bits."""


def new() -> str:
    """A canary that fits into a host label, a header's name and a method."""
    return PREFIX + "".join(secrets.choice(LETTERS) for _ in range(LENGTH))


def percent(data: bytes) -> str:
    return "".join(f"%{byte:02X}" for byte in data)


def _base64(shift: int) -> Callable[[str], str]:
    return lambda text: base64.b64encode(b"!" * shift + text.encode() + b"~~~").decode()


TEXT: dict[str, Callable[[str], str]] = {
    "plain": lambda text: text,
    "other case": str.upper,
    "percent": lambda text: percent(text.encode()),
    "percent, twice": lambda text: percent(text.encode()).replace("%", "%25"),
    "base64": _base64(0),
    "base64, shifted by 1": _base64(1),
    "base64, shifted by 2": _base64(2),
    "base64url": lambda text: base64.urlsafe_b64encode(b"\xfb\xff" + text.encode()).decode().rstrip("="),
    "hex": lambda text: text.encode().hex(),
    "HEX": lambda text: text.encode().hex().upper(),
    "UTF-16LE, percent": lambda text: percent(text.encode("utf-16-le")),
    "UTF-16BE, percent": lambda text: percent(text.encode("utf-16-be")),
    "JSON escapes": lambda text: "".join(f"\\u{ord(letter):04x}" for letter in text),
}
"""Forms that fit into a line of a request: no space, no control character, nothing beyond ASCII."""


def _deflate(bits: int) -> Callable[[bytes], bytes]:
    def packed(data: bytes) -> bytes:
        one = zlib.compressobj(wbits=bits)
        return one.compress(data) + one.flush()

    return packed


def _json(text: str) -> bytes:
    return json.dumps({"a": text, text: "b"}).encode()


BODIES: dict[str, tuple[str, Callable[[str], bytes]]] = {
    **{name: ("", lambda text, form=form: form(text).encode()) for name, form in TEXT.items()},  # type: ignore[misc]
    "UTF-16LE": ("", lambda text: text.encode("utf-16-le")),
    "UTF-16BE": ("", lambda text: text.encode("utf-16-be")),
    "gzip": ("gzip", lambda text: gzip.compress(_json(text))),
    "deflate": ("deflate", lambda text: _deflate(15)(_json(text))),
    "deflate, raw": ("deflate", lambda text: _deflate(-15)(_json(text))),
    "brotli": ("br", lambda text: brotli.compress(_json(text))),
    "gzip in base64": ("", lambda text: base64.b64encode(gzip.compress(_json(text)))),
}
"""What fits into a body: Content-Encoding and form. zstd comes with Python 3.14; until then nobody here can make it."""

PACKED = ("deflate, raw", "brotli")
"""Forms that nothing marks as packed: they are searched for by their bytes."""

Scope = Literal["site", "elsewhere", "own pages"]


@dataclass(frozen=True, slots=True)
class Planted:
    channel: str
    form: str
    scope: Scope
    mode: str


@dataclass(slots=True)
class Register:
    """What was planted where, and what of it demonstrably reached Carrel."""

    planted: dict[str, Planted] = field(default_factory=dict)
    delivered: set[str] = field(default_factory=set)
    addresses: dict[str, Planted] = field(default_factory=dict)
    """Client addresses: recognisable by what they are, all in 127.32.0.0/11."""
    packed: dict[bytes, str] = field(default_factory=dict)
    """Bytes of packed forms that no search unpacks."""
    spent: Counter[str] = field(default_factory=Counter)

    def plant(self, channel: str, form: str, scope: Scope, mode: str) -> str:
        canary = new()
        self.planted[canary] = Planted(channel, form, scope, mode)
        return canary

    def body(self, channel: str, form: str, scope: Scope, mode: str) -> tuple[str, bytes, str]:
        """Content-Encoding, body and canary."""
        canary = self.plant(channel, form, scope, mode)
        encoding, make = BODIES[form]
        data = make(canary)
        if form in PACKED:
            self.packed[data[8:28]] = canary
        return encoding, data, canary

    def address(self, mode: str) -> str:
        while True:
            found = f"127.{random.randint(32, 63)}.{random.randint(100, 255)}.{random.randint(100, 254)}"
            if found not in self.addresses:
                self.addresses[found] = Planted("client address", "plain", "own pages", mode)
                return found

    def arrived(self, *canaries: str) -> None:
        """They were in something that Carrel answered, passed on, or closed the connection over."""
        self.delivered.update(canaries)
