"""Regular expressions of filter lists, read into a tree. What needs backtracking is refused, with the reason.

The syntax is JavaScript's, as far as lists use it: characters, classes, choices, groups, repeats, `^` and `$`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

__all__ = [
    "END",
    "START",
    "Choice",
    "ExpressionError",
    "Node",
    "Repeat",
    "Sequence",
    "Set",
    "literals_of",
    "places",
    "read",
    "size_of",
]

DEEPEST: Final = 20

START, END = "\x02", "\x03"
"""Stand for `^` and `$`: printable text cannot hold them."""
_PRINTABLE: Final = sum(1 << code for code in range(0x20, 0x7F))
_DIGIT: Final = sum(1 << ord(c) for c in "0123456789")
_WORD: Final = _DIGIT | sum(1 << ord(c) for c in "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_")
_SPACE: Final = 1 << 0x20
_CLASSES: Final = {
    "d": _DIGIT,
    "w": _WORD,
    "s": _SPACE,
    "D": _PRINTABLE & ~_DIGIT,
    "W": _PRINTABLE & ~_WORD,
    "S": _PRINTABLE & ~_SPACE,
}
_COUNTS: Final = re.compile(r"\{([0-9]{1,4})(?:(,)([0-9]{0,4}))?\}")


class ExpressionError(ValueError):
    """The expression is not one that we match; the text says what it uses."""


@dataclass(frozen=True, slots=True)
class Set:
    mask: int
    """Bit n: the character with code n fits."""


@dataclass(frozen=True, slots=True)
class Sequence:
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    part: Node
    least: int
    most: int | None


type Node = Set | Sequence | Choice | Repeat


class _Reader:
    """Text of an expression -> tree."""

    def __init__(self, text: str, *, fold: bool) -> None:
        self._text = text
        self._at = 0
        self._fold = fold

    def read(self) -> Node:
        node = self._choice(0)
        if self._at < len(self._text):
            raise ExpressionError("a bracket that opens nothing")
        return node

    def _choice(self, depth: int) -> Node:
        if depth > DEEPEST:
            raise ExpressionError("brackets nested too deeply")
        parts = [self._sequence(depth)]
        while self._peek() == "|":
            self._at += 1
            parts.append(self._sequence(depth))
        return parts[0] if len(parts) == 1 else Choice(tuple(parts))

    def _sequence(self, depth: int) -> Node:
        parts = []
        while (char := self._peek()) and char not in "|)":
            node = self._atom(depth)
            if char not in "^$":
                node = self._repeated(node)
            parts.append(node)
        return Sequence(tuple(parts))

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _take(self) -> str:
        char = self._peek()
        if not char:
            raise ExpressionError("ends too early")
        self._at += 1
        return char

    def _atom(self, depth: int) -> Node:
        match char := self._take():
            case "(":
                if self._peek() == "?":
                    if not self._text.startswith("?:", self._at):
                        raise ExpressionError("look-around or named group")
                    self._at += 2
                node = self._choice(depth + 1)
                if self._take() != ")":
                    raise ExpressionError("a bracket is not closed")
                return node
            case "[":
                return Set(self._class())
            case ".":
                return Set(_PRINTABLE)
            case "^":
                return Set(1 << ord(START))
            case "$":
                return Set(1 << ord(END))
            case "\\":
                return Set(self._folded(self._escape()))
            case "*" | "+" | "?":
                raise ExpressionError("a repeat of nothing")
        return Set(self._folded(_code(char)))

    def _repeated(self, node: Node) -> Node:
        least, most = 1, 1  # type: int, int | None
        match self._peek():
            case "*":
                least, most = 0, None
            case "+":
                least, most = 1, None
            case "?":
                least, most = 0, 1
            case "{" if found := _COUNTS.match(self._text, self._at):
                least = int(found[1])
                most = least if found[2] is None else int(found[3]) if found[3] else None
                if most is not None and most < least:
                    raise ExpressionError("a repeat that counts down")
                self._at += len(found[0]) - 1
            case _:
                return node
        self._at += 1
        if self._peek() == "?":  # "as few as possible": the same for whether it occurs at all
            self._at += 1
        if self._peek() in ("*", "+") or _COUNTS.match(self._text, self._at):
            raise ExpressionError("a repeat of a repeat")
        return Repeat(node, least, most)

    def _class(self) -> int:
        inverted = self._peek() == "^"
        self._at += inverted
        mask, last = 0, ""
        while (char := self._take()) != "]":
            if char == "\\":
                last = self._peek()
                single = self._escape()
                mask |= single
                last = chr(single.bit_length() - 1) if single.bit_count() == 1 else ""
            elif char == "-" and last and self._peek() not in ("]", ""):
                end = self._take()
                if end == "\\":
                    escaped = self._escape()
                    if escaped.bit_count() != 1:
                        raise ExpressionError("a range without an end")
                    end = chr(escaped.bit_length() - 1)
                if ord(end) < ord(last):
                    raise ExpressionError("a range that counts down")
                mask |= sum(_code(chr(code)) for code in range(ord(last), min(ord(end), 0x7F) + 1))
                last = ""
            else:
                mask |= _code(char)
                last = char
        mask = self._folded(mask)
        return _PRINTABLE & ~mask if inverted else mask

    def _escape(self) -> int:
        char = self._take()
        if char in _CLASSES:
            return _CLASSES[char]
        if char == "x" and (found := re.compile(r"[0-9A-Fa-f]{2}").match(self._text, self._at)):
            self._at += 2
            return _code(chr(int(found[0], 16)))
        if char.isalnum():
            raise ExpressionError("back-reference, word boundary or unknown escape")
        return _code(char)

    def _folded(self, mask: int) -> int:
        if not self._fold:
            return mask
        upper, lower = mask >> 0x41 & 0x3FFFFFF, mask >> 0x61 & 0x3FFFFFF
        return mask | upper << 0x61 | lower << 0x41


def _code(char: str) -> int:
    """Non-ASCII characters never stand in an address (they are percent-encoded there), so they fit nothing."""
    return 1 << ord(char) & _PRINTABLE if char.isascii() else 0


def read(text: str, *, fold: bool) -> Node:
    """`fold`: capitals and small letters are the same. Raises ExpressionError."""
    return _Reader(text, fold=fold).read()


def size_of(node: Node) -> tuple[int, bool]:
    """Positions when repeats are written out (at least one for anything), and whether it can be empty."""
    match node:
        case Set():
            return 1, False
        case Sequence(parts):
            sizes = [size_of(part) for part in parts]
            return sum(s[0] for s in sizes) or 1, all(s[1] for s in sizes)
        case Choice(parts):
            sizes = [size_of(part) for part in parts]
            return sum(s[0] for s in sizes), any(s[1] for s in sizes)
        case Repeat(part, least, most):
            size, nullable = size_of(part)
            return size * max(1, least + 1 if most is None else most), nullable or least == 0


def places(bits: int) -> list[int]:
    found = []
    while bits:
        low = bits & -bits
        found.append(low.bit_length() - 1)
        bits ^= low
    return found


def literals_of(tree: Node) -> list[str]:
    """Runs of single characters at the top level; what is optional or a choice ends a run."""
    runs, run = [], ""
    for node in (*(tree.parts if isinstance(tree, Sequence) else (tree,)), Choice(())):
        char = _letter(node)
        if char:
            run += char
        elif run:
            runs.append(run)
            run = ""
    return runs


def _letter(node: Node) -> str:
    if not isinstance(node, Set):
        return ""
    chars = {chr(place).lower() for place in places(node.mask & _PRINTABLE)} if node.mask.bit_count() <= 2 else set()
    return chars.pop() if len(chars) == 1 else ""
