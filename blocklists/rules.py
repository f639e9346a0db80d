"""Filter lists -> rules that can be looked up: Adblock network rules and hosts files. Pure text work.

Reading a list makes no object per rule: it notes in which line a rule stands and what it can be found by. The line is
read again when a request comes near it. What is not understood is counted by reason, never guessed at.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Final

from blocklists import options as opt
from blocklists.conditions import Conditions
from blocklists.lines import read_line
from blocklists.names import normal_name
from blocklists.options import NO_OPTIONS, Options, RuleError
from blocklists.patterns import Keys, is_expression, keys_of

__all__ = ["Index", "Parsed", "Rule", "parse", "read_line"]

LONGEST_LINE: Final = 20_000
MOST_EXPRESSIONS: Final = 1000
SHORTEST_LITERAL: Final = 3

_PLAIN: Final = re.compile(r"\|\|([a-z0-9_-]+(?:\.[a-z0-9_-]+)*)\^")
_COSMETIC: Final = re.compile(r"#[@?$%]{0,2}#|\$@?\$")
_HOSTS_COMMENT: Final = re.compile(r"#+(?:\s|$)|#{4}")
_SINK: Final = re.compile(r"(?:0\.0\.0\.0|127(?:\.\d{1,3}){3}|255\.255\.255\.255|::1?|f[ef]\w\w::\w*(?:%\w+)?)\s")
_MARKS: Final = "-=#*~"
_HEADER: Final = re.compile(r"[!#]\s*(Version|Title|Expires|Last modified)\s*:\s*(.{0,200})", re.IGNORECASE)
_HERE: Final = frozenset(
    "localhost localhost.localdomain local broadcasthost ip6-localhost ip6-loopback ip6-localnet ip6-mcastprefix "
    "ip6-allnodes ip6-allrouters ip6-allhosts 0.0.0.0".split()
)


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of one list, as evidence.

    >>> str(Rule("||tracker.test^", "easyprivacy.txt", 4711, ""))
    'easyprivacy.txt:4711 ||tracker.test^'
    """

    text: str
    list: str
    line: int
    """Counted from 1."""
    section: str
    """The list's own heading above it; empty if there is none."""

    def __str__(self) -> str:
        return f"{self.list}:{self.line} {self.text}"


@dataclass(slots=True)
class Index:
    """Where rules of one rank (block or exception, important or not) can be found: line numbers by what they need."""

    plain: dict[str, int] = field(default_factory=dict)
    """Rules that are a host and nothing else: no further look needed."""
    hosts: dict[str, list[int]] = field(default_factory=dict)
    words: dict[str, list[int]] = field(default_factory=dict)
    pages: dict[str, list[int]] = field(default_factory=dict)
    rest: list[tuple[str, int]] = field(default_factory=list)
    """With a text that the address must hold."""


type Rank = tuple[bool, bool]
"""Exception, important."""
RANKS: Final[tuple[Rank, ...]] = ((False, False), (False, True), (True, False), (True, True))


@dataclass(frozen=True, slots=True)
class Parsed:
    name: str
    text: str
    starts: array[int]
    """Offset of each line."""
    headings: tuple[tuple[int, str], ...]
    """Line number (from 0) and text."""
    indexes: dict[Rank, Index]
    cancelled: frozenset[str]
    """Keys of the rules that a `badfilter` takes back."""
    skipped: Counter[str]
    """Reason -> rules left out."""
    read: int
    """Rules in use."""
    version: str = ""
    title: str = ""
    expires: str = ""

    def line(self, number: int) -> str:
        """`number` counts from 0."""
        end = self.starts[number + 1] if number + 1 < len(self.starts) else len(self.text) + 1
        return self.text[self.starts[number] : end - 1].strip()

    def rule(self, number: int) -> Rule:
        at = bisect_right(self.headings, number, key=_line_of) - 1
        return Rule(self.line(number), self.name, number + 1, self.headings[at][1] if at >= 0 else "")


def _line_of(heading: tuple[int, str]) -> int:
    return heading[0]


def parse(text: str, name: str) -> Parsed:
    """Read a list. Never raises, whatever the text is."""
    return _Reading(text, name).parsed()


def _heading(text: str) -> str:
    """`*** easyprivacy_general.txt ***`, `---- Third-party ----!` -> what stands between the marks; else ""."""
    text = text.removesuffix("!")
    if len(text) < 7 or text[0] not in _MARKS or text[:3] != text[0] * 3 or text[-3:] != text[-1] * 3:
        return ""
    return text.strip(_MARKS + " ")[:200] if text[-1] in _MARKS else ""


class _Reading:
    """One list on its way to a `Parsed`."""

    def __init__(self, text: str, name: str) -> None:
        self._text = text.removeprefix("\ufeff")
        if "\r" in self._text:
            self._text = self._text.replace("\r\n", "\n").replace("\r", "\n")
        self._name = name
        self._indexes = {rank: Index() for rank in RANKS}
        self._skipped: Counter[str] = Counter()
        self._read = 0
        self._expressions = 0
        self._cancelled: set[str] = set()
        self._headings: list[tuple[int, str]] = []
        self._header: dict[str, str] = {}
        self._known_options: dict[tuple[str, bool], Options | str] = {}
        self._by_word: list[tuple[int, Index, tuple[str, ...]]] = []
        self._conditions = Conditions()

    def parsed(self) -> Parsed:
        lines = self._text.split("\n")
        plain, match, conditions = self._indexes[False, False].plain, _PLAIN.fullmatch, self._conditions
        for number, line in enumerate(lines):
            # Five lines of six are of this form. A line longer than any host name goes the other way.
            if line[:2] == "||" and conditions.hold and (found := match(line)) and len(line) < 256:
                plain.setdefault(found[1], number)
                self._read += 1
            elif line and (line := line.strip()):
                self._line(number, line)
        self._place_words()
        return Parsed(
            self._name,
            self._text,
            array("I", accumulate((len(line) + 1 for line in lines[:-1]), initial=0)),
            tuple(self._headings),
            self._indexes,
            frozenset(self._cancelled),
            self._skipped,
            self._read,
            self._header.get("version") or self._header.get("last modified", ""),
            self._header.get("title", ""),
            self._header.get("expires", ""),
        )

    def _line(self, number: int, line: str) -> None:
        if line[0] == "!":
            if line.startswith(("!#", "!+")):
                self._directive(line)
            else:
                self._comment(number, line)
            return
        if line[0] == "#" and (not _COSMETIC.match(line) or _HOSTS_COMMENT.match(line)):
            self._comment(number, line)
            return
        if line[0] == "[" and line[-1] == "]" and number < 10:
            return
        try:
            if not self._conditions.hold:
                raise RuleError("!#if")
            if len(line) > LONGEST_LINE:
                raise RuleError("line too long")
            if _SINK.match(line):
                self._hosts_line(number, line)
            elif ("#" in line or "$$" in line or "$@$" in line) and _COSMETIC.search(line):
                raise RuleError("cosmetic")
            else:
                self._rule(number, line)
        except RuleError as reason:
            self._skipped[str(reason)] += 1

    def _directive(self, line: str) -> None:
        if not self._conditions.take(line) and self._conditions.hold:
            self._skipped["directive"] += 1

    def _comment(self, number: int, line: str) -> None:
        if title := _heading(line[1:].strip()):
            self._headings.append((number, title))
        elif number < 100 and (found := _HEADER.fullmatch(line)):
            self._header.setdefault(found[1].lower(), found[2].strip())

    def _hosts_line(self, number: int, line: str) -> None:
        plain = self._indexes[False, False].plain
        for text in line.partition("#")[0].split()[1:]:
            name = normal_name(text)
            if name in _HERE:
                self._skipped["name of the computer itself"] += 1
            elif "." not in name:
                self._skipped["not a host name"] += 1
            else:
                plain.setdefault(name, number)
                self._read += 1

    def _rule(self, number: int, text: str) -> None:
        line = read_line(text, self._options)
        options = line.options
        if options.badfilter:
            self._cancelled.add(line.key)
            self._read += 1
            return
        if is_expression(line.body):
            self._expressions += 1
            if self._expressions > MOST_EXPRESSIONS:
                raise RuleError("expression: too many in one list")
        keys = keys_of(line.body, match_case=options.match_case)
        index = self._indexes[line.exception, options.important]
        if keys.whole:
            if options == NO_OPTIONS:
                index.plain.setdefault(keys.whole, number)
            else:
                index.hosts.setdefault(keys.whole, []).append(number)
        elif keys.host:
            index.hosts.setdefault(keys.host, []).append(number)
        else:
            self._file(number, index, keys, options, expression=is_expression(line.body))
        self._read += 1

    def _file(self, number: int, index: Index, keys: Keys, options: Options, *, expression: bool) -> None:
        named = options.pages.only or options.hosts.only
        if not named and expression and len(keys.literal) < SHORTEST_LITERAL:
            raise RuleError("expression: no fixed text in it")
        if not named and not keys.literal:
            raise RuleError("names no address")
        if keys.words:
            self._by_word.append((number, index, keys.words))
        elif options.pages.only and not options.pages.entities:
            for page in options.pages.only:
                index.pages.setdefault(page, []).append(number)
        else:
            index.rest.append((keys.literal, number))

    def _place_words(self) -> None:
        """Each rule goes under its rarest word, the longer of two: most addresses then meet few rules."""
        count = Counter(word for _, _, words in self._by_word for word in set(words))
        for number, index, words in self._by_word:
            word = min(words, key=lambda word: (count[word] + _USUAL.get(word, 0), -len(word), word))
            index.words.setdefault(word, []).append(number)

    def _options(self, text: str, exception: bool) -> Options:
        known = self._known_options.get((text, exception))
        if known is None:
            try:
                known = opt.read(text, exception=exception)
            except RuleError as reason:
                known = str(reason)
            self._known_options[text, exception] = known
        if isinstance(known, str):
            raise RuleError(known)
        return known


_USUAL: Final = dict.fromkeys(
    "https http www com org net js php html htm gif png jpg css json api cdn static min index assets images img id "
    "script scripts content wp plugins files js2 en us src lib libs dist public url ref ver version".split(),
    10_000,
)
"""Words of nearly every address: the last choice."""
