"""Regular expressions of filter lists, matched in time that grows with the address only.

A small automaton of our own instead of `re`: a list comes from outside, and one careless expression would hold up every
patron. Not a general engine: it says whether an expression occurs in a printable ASCII text, not where.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from operator import or_
from typing import Final

from blocklists.expression_syntax import (
    END,
    START,
    Choice,
    ExpressionError,
    Node,
    Repeat,
    Sequence,
    Set,
    literals_of,
    places,
    read,
    size_of,
)

__all__ = ["Expression", "ExpressionError"]

LONGEST: Final = 2000
"""Characters of an expression."""
MOST_POSITIONS: Final = 300
"""Character positions after counted repeats are written out; each costs time per character of an address."""
MOST_STATES: Final = 500
"""States remembered per expression; then they are forgotten and found again."""


class Expression:
    """One expression, ready to be looked for."""

    def __init__(self, text: str, *, match_case: bool = False) -> None:
        if len(text) > LONGEST:
            raise ExpressionError("too long")
        self._tree = read(text, fold=not match_case)
        size, nullable = size_of(self._tree)
        if size > MOST_POSITIONS:
            raise ExpressionError("too large")
        if nullable:
            raise ExpressionError("fits anything")
        self.literals = tuple(literals_of(self._tree))
        """Lower-case pieces that stand in every text in which the expression occurs."""
        self._accepts: list[int] = []
        self._follow: list[int] = []
        self._first = self._last = 0
        self._by_char: dict[str, int] = {}
        self._moves: dict[int, dict[str, int]] = {}

    def found_in(self, text: str) -> bool:
        """`text` is printable ASCII."""
        if not self._accepts:  # not before it is needed: most expressions of a list never are
            _nullable, self._first, self._last = self._build(self._tree)
        state, last, moves = 0, self._last, self._moves
        for char in (START, *text, END):
            known = moves.get(state)
            following = known.get(char) if known is not None else None
            if following is None:
                following = self._move(state, char)
            state = following
            if state & last:
                return True
        return False

    def _move(self, state: int, char: str) -> int:
        accepting = self._by_char.get(char)
        if accepting is None:
            bit = 1 << ord(char)
            accepting = sum(1 << place for place, mask in enumerate(self._accepts) if mask & bit)
            self._by_char[char] = accepting
        reach = self._first  # an expression may begin at any character
        for place in places(state):
            reach |= self._follow[place]
        if len(self._moves) >= MOST_STATES and state not in self._moves:
            self._moves.clear()
        following = reach & accepting
        self._moves.setdefault(state, {})[char] = following
        return following

    def _build(self, node: Node) -> tuple[bool, int, int]:
        """Number the positions (Glushkov): can it be empty, where can it begin, where can it end."""
        match node:
            case Set(mask):
                self._accepts.append(mask)
                self._follow.append(0)
                place = 1 << len(self._accepts) - 1
                return False, place, place
            case Sequence(parts):
                built = self._chain(parts)
            case Choice(parts):
                found = [self._build(part) for part in parts]
                return any(f[0] for f in found), _union(f[1] for f in found), _union(f[2] for f in found)
            case Repeat(part, least, most):
                built = self._repeat(part, least, most)
        return built

    def _chain(self, parts: tuple[Node, ...]) -> tuple[bool, int, int]:
        whole: tuple[bool, int, int] = (True, 0, 0)
        for part in parts:
            whole = self._joined(whole, self._build(part))
        return whole

    def _repeat(self, part: Node, least: int, most: int | None) -> tuple[bool, int, int]:
        whole: tuple[bool, int, int] = (True, 0, 0)
        for count in range(least if most is None else most):
            nullable, first, last = self._build(part)
            whole = self._joined(whole, (nullable or count >= least, first, last))
        if most is None:
            _nullable, first, last = self._build(part)
            self._connect(last, first)
            whole = self._joined(whole, (True, first, last))
        return whole

    def _joined(self, left: tuple[bool, int, int], right: tuple[bool, int, int]) -> tuple[bool, int, int]:
        self._connect(left[2], right[1])
        return (
            left[0] and right[0],
            left[1] | (right[1] if left[0] else 0),
            right[2] | (left[2] if right[0] else 0),
        )

    def _connect(self, last: int, first: int) -> None:
        for place in places(last):
            self._follow[place] |= first


def _union(bits: Iterable[int]) -> int:
    return reduce(or_, bits, 0)
