"""Look at what came in before it becomes a list: is it text, is it a list, is it as much as before? Pure.

Where it came from (a server, a file) is no concern of this module, and neither is where it goes.
"""

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Protocol

LEAST_SHARE = 0.8
"""Of the rules of the copy before. A list that lost more is more likely broken than better."""
MOST_PROSE = 0.5
"""Share of lines that look like no rule at all, in what is still a list."""
PROSE = frozenset({"not a rule", "a bare word", "names no address", "line too long"})
"""What `rules` says of them. Rules that it has no use for, such as those that hide parts of pages, are no sign."""

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f]")
_VERSION = re.compile(r"(?=[^\n]*\d)[\w.:,+/ -]{1,60}")


class RefusedError(ValueError):
    """Why the text is not taken, in words that go on a sentence that begins with the list's name."""


class ShrunkError(RefusedError):
    """It is a list, but much less of one than before."""


class Parsed(Protocol):
    """What is asked of a parsed list here; `rules.parse` gives more."""

    @property
    def read(self) -> int: ...
    @property
    def skipped(self) -> Mapping[str, int]: ...
    @property
    def version(self) -> str: ...


type Parse = Callable[[str, str], Parsed]
"""Text and name of a list -> what was understood of it."""


@dataclass(frozen=True, slots=True)
class Examined:
    """Bytes that are a list, and what is said about them."""

    content: bytes
    sha256: str
    version: str
    rules: int
    skipped: Mapping[str, int]
    """Rules that were not understood or not wanted, by reason."""


def examine(content: bytes, name: str, parse: Parse, today: date) -> Examined:
    """Raises RefusedError if this is no list."""
    text = decoded(content)
    _refuse_other_kinds(text)
    try:
        parsed = parse(text, name)
    except ValueError as error:
        raise RefusedError(f"it does not parse ({_one_line(error)})") from error
    prose = sum(number for reason, number in parsed.skipped.items() if reason in PROSE)
    if not parsed.read:
        raise RefusedError("there is no rule in it")
    if prose > MOST_PROSE * (parsed.read + sum(parsed.skipped.values())):
        raise RefusedError(f"it does not parse: {prose:,} of its lines are no rules")
    version = parsed.version.strip()
    return Examined(
        content=content,
        sha256=hashlib.sha256(content).hexdigest(),
        # Some makers' templates reach the public unfilled: "! Last modified: %timestamp%".
        version=version if _VERSION.fullmatch(version) else today.isoformat(),
        rules=parsed.read,
        skipped=dict(sorted(parsed.skipped.items())),
    )


def refuse_shrunk(rules: int, before: int) -> None:
    """Raises ShrunkError if the list lost more than a fifth of its rules."""
    if rules < before * LEAST_SHARE:
        raise ShrunkError(f"it shrank from {before:,} to {rules:,} rules")


def decoded(content: bytes) -> str:
    """The text of a list; RefusedError says what else it is. Lists are UTF-8, whatever a server's headers call them."""
    if not content.strip():
        raise RefusedError("it is empty")
    if content.startswith(b"\x1f\x8b"):
        raise RefusedError("it is a packed file (gzip); unpack it first")
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise RefusedError("it is UTF-16, not UTF-8 text")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise RefusedError("it is not UTF-8 text") from None
    if _CONTROL.search(text):
        raise RefusedError("it is not text")
    return text


def _refuse_other_kinds(text: str) -> None:
    beginning = text[:2000].lstrip()
    if beginning.startswith("<"):
        raise RefusedError("it is a web page, not a list; a filter or a sign-in page may stand in the way")
    if beginning.startswith("{") or (beginning.startswith("[") and not re.match(r"\[\s*[A-Za-z]", beginning)):
        raise RefusedError("it is data of another kind (JSON), not a list")


def _one_line(error: ValueError) -> str:
    return " ".join(str(error).split())[:200]
