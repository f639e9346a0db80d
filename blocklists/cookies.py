"""Which service a cookie's name belongs to: a table from `cookies.toml`, checked. Never looks at values."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from blocklists.curated_file import read

LIFETIMES = ("session", "day", "month", "year", "years")
PURPOSES = frozenset(
    {"analytics", "advertising", "session replay", "patron CRM", "chat and survey", "testing", "security", "delivery"}
)
LONGEST_NAME = 256


@dataclass(frozen=True, slots=True)
class Cookie:
    pattern: str
    """A name, or with `*` a pattern: the only thing about a cookie that is ever written down."""
    service: str
    purpose: str
    lifetime: str
    """How long the service usually lets it live: session, day, month, year, years."""


class Cookies:
    """The table, found by name; an exact name before a pattern, a longer pattern before a shorter."""

    def __init__(self, cookies: tuple[Cookie, ...]) -> None:
        self.cookies = cookies
        self._exact = {cookie.pattern: cookie for cookie in cookies if "*" not in cookie.pattern}
        patterns = sorted((c for c in cookies if "*" in c.pattern), key=lambda c: (-len(c.pattern), c.pattern))
        self._patterns = [(*cookie.pattern.partition("*")[::2], cookie) for cookie in patterns]

    def cookie_of(self, name: str) -> Cookie | None:
        if len(name) > LONGEST_NAME:
            return None
        if exact := self._exact.get(name):
            return exact
        for before, after, cookie in self._patterns:
            if name.startswith(before) and name.endswith(after) and len(name) > len(before) + len(after):
                return cookie
        return None


def load(folder: Path | None = None) -> Cookies:
    """Read the shipped table, or that of a folder. Raises CuratedError."""
    source: Traversable = files("blocklists") / "curated" if folder is None else folder
    found: dict[str, Cookie] = {}
    for entry in read(source, "cookies", {"cookie"}).entries("cookie", "pattern"):
        entry.only({"pattern", "service", "purpose", "lifetime"})
        pattern = entry.text("pattern")
        if pattern in found:
            raise entry.error("the pattern is used twice")
        if pattern.count("*") > 1 or len(pattern.replace("*", "")) < 2:
            raise entry.error("a pattern takes one * at most, and two other characters at least")
        found[pattern] = Cookie(
            pattern,
            entry.text("service"),
            entry.one_of("purpose", PURPOSES),
            entry.one_of("lifetime", frozenset(LIFETIMES)),
        )
    return Cookies(tuple(found.values()))
