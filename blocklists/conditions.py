"""`!#if` and its kin in a filter list: which lines are meant for a program such as ours. Pure.

Lists ask for the blocker and the browser that reads them. We are none of those, so every such word is false.
"""

from __future__ import annotations

__all__ = ["Conditions"]

DEEPEST = 50


class Conditions:
    """Fed with directives in order; `hold` says whether the lines that follow count."""

    __slots__ = ("_outer", "hold")

    def __init__(self) -> None:
        self.hold = True
        self._outer: list[tuple[bool, bool]] = []

    def take(self, line: str) -> bool:
        """False if the directive is none of ours."""
        word, _, rest = line.partition(" ")
        if word == "!#if":
            if len(self._outer) < DEEPEST:
                met = true(rest)
                self._outer.append((self.hold, met))
                self.hold = self.hold and met
        elif word == "!#else":
            if self._outer:
                outer, met = self._outer[-1]
                self.hold = outer and not met
        elif word == "!#endif":
            if self._outer:
                self.hold = self._outer.pop()[0]
        else:
            return False
        return True


def true(condition: str) -> bool:
    """`!`, `&&` and `||` are understood; with brackets it holds for nobody.

    >>> true("!ext_ublock && !adguard"), true("env_firefox || false")
    (True, False)
    """
    if "(" in condition:
        return False
    return any(all(_word(word) for word in every.split("&&")) for every in condition.split("||"))


def _word(text: str) -> bool:
    name = text.strip()
    inverted = False
    while name.startswith("!"):
        inverted, name = not inverted, name[1:].strip()
    return (name == "true") != inverted
