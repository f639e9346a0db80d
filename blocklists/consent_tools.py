"""The consent tools and how their cookies are read: a table from `consent-tools.toml`, checked. Decides nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from blocklists.curated_file import Entry, read

READERS = frozenset({"words", "grants", "onetrust", "tcf", "didomi"})
KEEPS = frozenset({"cookie", "storage"})


@dataclass(frozen=True, slots=True)
class Rule:
    """How one cookie of a tool is read; the first of the patterns that fits decides."""

    tool: str
    cookie: str
    """Name, or with `*` a pattern."""
    reader: str
    only_with: str
    """Another cookie that appears with the choice; without it nothing has been chosen. "" for none."""
    undecided: re.Pattern[str] | None
    accepted: re.Pattern[str] | None
    refused: re.Pattern[str] | None
    others_count: bool
    """Whether a purpose of an unknown name is taken for analytics or advertising (sites choose the names)."""


@dataclass(frozen=True, slots=True)
class Tool:
    name: str
    hosts: tuple[str, ...]
    """Where its program comes from: a page that asks for it has the tool."""
    keeps: str
    """`cookie`, or `storage` where the choice is kept out of sight of a proxy."""


class ConsentTools:
    """All tools, found by host or by cookie."""

    def __init__(self, tools: Sequence[Tool], rules: Sequence[Rule]) -> None:
        self.tools = tuple(tools)
        self.rules = tuple(rules)
        self._hosts = {host: tool for tool in tools for host in tool.hosts}
        self._exact: dict[str, list[Rule]] = {}
        self._patterns: list[tuple[str, str, Rule]] = []
        for rule in rules:
            before, star, after = rule.cookie.partition("*")
            if star:
                self._patterns.append((before, after, rule))
            else:
                self._exact.setdefault(rule.cookie, []).append(rule)

    def tool_of(self, host: str) -> Tool | None:
        """The tool whose program a host serves (or a host above it)."""
        name = host[:254].lower().removesuffix(".")
        while name:
            if tool := self._hosts.get(name):
                return tool
            name = name.partition(".")[2]
        return None

    def rules_for(self, cookie: str) -> list[Rule]:
        found = list(self._exact.get(cookie, ()))
        for before, after, rule in self._patterns:
            if cookie.startswith(before) and cookie.endswith(after) and len(cookie) > len(before) + len(after):
                found.append(rule)
        return found


def load(folder: Path | None = None) -> ConsentTools:
    """Read the shipped table, or that of a folder. Raises CuratedError."""
    source: Traversable = files("blocklists") / "curated" if folder is None else folder
    file = read(source, "consent-tools", {"tool", "rule"})
    tools: dict[str, Tool] = {}
    for entry in file.entries("tool", "name"):
        entry.only({"name", "hosts", "keeps"})
        tool = Tool(entry.text("name"), entry.domains("hosts", optional=True), entry.one_of("keeps", KEEPS))
        if tool.name in tools:
            raise entry.error("the name is used twice")
        tools[tool.name] = tool
    return ConsentTools(list(tools.values()), [_rule(entry, tools.keys()) for entry in file.entries("rule", "cookie")])


def _rule(entry: Entry, tools: AbstractSet[str]) -> Rule:
    entry.only({"tool", "cookie", "reader", "only_with", "undecided", "accepted", "refused", "others_count"})
    name = entry.text("tool")
    if name not in tools:
        raise entry.error(f"tool {name!r} is not the name of a [[tool]]")
    cookie = entry.text("cookie")
    if cookie.count("*") > 1 or cookie.strip("*") == "":
        raise entry.error("cookie may hold one * beside other characters")
    return Rule(
        tool=name,
        cookie=cookie,
        reader=entry.one_of("reader", READERS),
        only_with=entry.text("only_with", optional=True),
        undecided=_pattern(entry, "undecided"),
        accepted=_pattern(entry, "accepted"),
        refused=_pattern(entry, "refused"),
        others_count=entry.flag("others_count"),
    )


def _pattern(entry: Entry, key: str) -> re.Pattern[str] | None:
    text = entry.text(key, optional=True)
    if not text:
        return None
    try:
        return re.compile(text)
    except re.error as error:
        raise entry.error(f"{key} is no regular expression: {error}") from error
