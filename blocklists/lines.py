"""One line of a filter list, taken apart: exception mark, pattern, options. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from blocklists import options as opt
from blocklists.options import NO_OPTIONS, Options, RuleError
from blocklists.patterns import keys_of, normal_pattern

__all__ = ["Line", "read_line"]

_BARE_HOST: Final = re.compile(r"[a-z0-9][a-z0-9_-]*(?:\.[a-z0-9][a-z0-9_-]*)+", re.IGNORECASE)
_OPTIONS: Final = re.compile(r"\$(?=~?[A-Za-z0-9_-]+(?:[=,]|$))")
_REAL: Final = re.compile(r"(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-fA-F]{0,4}:[0-9a-fA-F:.]{2,})\s")


@dataclass(frozen=True, slots=True)
class Line:
    """A line that holds a network rule, taken apart."""

    exception: bool
    body: str
    options: Options
    option_text: str

    @property
    def key(self) -> str:
        """The same for two ways of writing one rule: what `badfilter` goes by."""
        keys = keys_of(self.body, match_case=self.options.match_case)
        body = f"||{keys.whole}^" if keys.whole else self.body if self.options.match_case else self.body.lower()
        mark = "@@" if self.exception else ""
        return f"{mark}{body}${known}" if (known := opt.canonical(self.option_text)) else mark + body


def read_line(text: str, options: Callable[[str, bool], Options] | None = None) -> Line:
    """Take one line apart. Raises RuleError with the reason."""
    exception = text.startswith("@@")
    body = text[2:] if exception else text
    found = _OPTIONS.search(body) if "$" in body else None
    option_text = ""
    known = NO_OPTIONS
    if found:
        option_text = body[found.end() :]
        body = body[: found.start()]
        known = options(option_text, exception) if options else opt.read(option_text, exception=exception)
    if " " in body or "\t" in body or (not body.isprintable() and body.isascii()):
        raise RuleError("entry of a real address" if _REAL.match(body) else "not a rule")
    if not found and not exception:
        if body.isalnum():
            raise RuleError("a bare word")
        if _BARE_HOST.fullmatch(body):  # a list of names
            body = f"||{body}^"
    return Line(exception, normal_pattern(body), known, option_text)
