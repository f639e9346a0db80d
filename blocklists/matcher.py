"""The rule that names a request, and the exception that beats it. Pure: no clock, no disk, nothing kept of a request.

Ranks, the strongest first: an important exception, an important rule, an exception, a rule.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from blocklists import options as opt
from blocklists.lines import read_line
from blocklists.names import normal_name, suffixes
from blocklists.options import FIRST, THIRD, Options
from blocklists.patterns import Address, Pattern, address_of, keys_of
from blocklists.rules import RANKS, Index, Parsed, Rank, Rule

__all__ = ["Matcher", "Request", "Verdict"]


@dataclass(frozen=True, slots=True)
class Request:
    url: str
    host: str
    page: str
    """Host of the page; empty if unknown."""
    kind: str
    third_party: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    blocked: bool
    rule: Rule | None
    exception: Rule | None
    """What beat `rule`."""


UNNAMED: Final = Verdict(False, None, None)


@dataclass(frozen=True, slots=True)
class _Asked:
    """A request as rules see it."""

    address: Address
    words: tuple[str, ...]
    page: tuple[str, ...]
    kinds: int
    party: int


@dataclass(frozen=True, slots=True)
class _Filter:
    """A rule that some request came near, read in full."""

    rule: Rule
    pattern: Pattern
    options: Options
    whole: bool
    """It names a host and all that the host may be asked for."""

    def applies(self, asked: _Asked) -> bool:
        options = self.options
        return (
            bool(options.kinds & asked.kinds)
            and (not options.party or options.party == asked.party)
            and (options.pages is opt.ANYWHERE or options.pages.cover(asked.page))
            and (options.hosts is opt.ANYWHERE or options.hosts.cover(asked.address.above))
            and self.pattern.fits(asked.address)
        )


class Matcher:
    """Several lists as one. Earlier lists come first where two name the same."""

    def __init__(self, lists: Sequence[Parsed]) -> None:
        self._lists = tuple(lists)
        self._bases = [0]
        for one in self._lists:
            self._bases.append(self._bases[-1] + len(one.starts))
        self._cancelled = frozenset().union(*(one.cancelled for one in self._lists))
        self._indexes = {rank: self._merged(rank) for rank in RANKS}
        self._filters: dict[int, _Filter | None] = {}
        self._rules: dict[int, Rule] = {}

    def check(self, request: Request) -> Verdict:
        address = address_of(request.url, request.host)
        asked = _Asked(
            address,
            address.words(),
            suffixes(normal_name(request.page) or request.page),
            opt.kind_bits(request.kind, socket=address.text.startswith(("ws:", "wss:"))),
            THIRD if request.third_party else FIRST,
        )
        return self._weighed(lambda index: self._find(index, asked))

    def host_rule(self, host: str) -> Rule | None:
        """The rule that names the whole host: for names without an address (sealed connections, CNAME targets).

        The host is taken to be a third party. Rules for some kinds of request or some pages only are no such rule.
        """
        above = suffixes(normal_name(host) or host.strip("[]").lower())
        verdict = self._weighed(lambda index: self._find_whole(index, above))
        return verdict.rule if verdict.blocked else None

    def _weighed(self, find: Callable[[Index], Rule | None]) -> Verdict:
        important = find(self._indexes[False, True])
        rule = important or find(self._indexes[False, False])
        if rule is None:
            return UNNAMED
        exception = find(self._indexes[True, True])
        if exception is None and important is None:
            exception = find(self._indexes[True, False])
        return Verdict(exception is None, rule, exception)

    def _find(self, index: Index, asked: _Asked) -> Rule | None:
        for name in asked.address.above:
            number = index.plain.get(name)
            # A rule without options says nothing of whole documents: those are not the page's doing.
            if number is not None and asked.kinds & opt.ORDINARY:
                return self._rule(number)
            if (numbers := index.hosts.get(name)) and (rule := self._first(numbers, asked)):
                return rule
        if index.words:
            words = index.words
            for word in asked.words:
                if (numbers := words.get(word)) and (rule := self._first(numbers, asked)):
                    return rule
        if index.pages:
            for name in asked.page:
                if (numbers := index.pages.get(name)) and (rule := self._first(numbers, asked)):
                    return rule
        if index.rest:
            text = asked.address.text
            return self._first((number for literal, number in index.rest if literal in text), asked)
        return None

    def _find_whole(self, index: Index, above: tuple[str, ...]) -> Rule | None:
        for name in above:
            if (number := index.plain.get(name)) is not None:
                return self._rule(number)
            for number in index.hosts.get(name, ()):
                if (known := self._filter(number)) and known.whole:
                    return known.rule
        return None

    def _first(self, numbers: Iterable[int], asked: _Asked) -> Rule | None:
        filters = self._filters
        for number in numbers:
            known = filters[number] if number in filters else self._filter(number)
            if known is not None and known.applies(asked):
                return known.rule
        return None

    def _filter(self, number: int) -> _Filter | None:
        """None: a badfilter took it back."""
        if number not in self._filters:
            rule = self._rule(number)
            line = read_line(rule.text)
            options = line.options
            keys = keys_of(line.body, match_case=options.match_case)
            self._filters[number] = (
                None
                if self._cancelled and line.key in self._cancelled
                else _Filter(
                    rule,
                    Pattern(f"||{keys.whole}^" if keys.whole else line.body, match_case=options.match_case),
                    options,
                    bool(keys.whole)
                    and options.kinds & opt.ORDINARY == opt.ORDINARY
                    and options.party != FIRST
                    and not options.pages.only
                    and not options.hosts.only
                    and not options.hosts.never,
                )
            )
        return self._filters[number]

    def _rule(self, number: int) -> Rule:
        rule = self._rules.get(number)
        if rule is None:
            at = bisect_right(self._bases, number) - 1
            rule = self._rules[number] = self._lists[at].rule(number - self._bases[at])
        return rule

    def _merged(self, rank: Rank) -> Index:
        merged = Index()
        for base, one in zip(self._bases, self._lists, strict=False):
            index = one.indexes[rank]
            if not merged.plain and not base:
                merged.plain = index.plain  # the usual case is one list: no copy of forty thousand names
            elif index.plain:
                merged.plain = {**{name: base + at for name, at in index.plain.items()}, **merged.plain}
            for into, found in (
                (merged.hosts, index.hosts),
                (merged.words, index.words),
                (merged.pages, index.pages),
            ):
                for key, numbers in found.items():
                    into.setdefault(key, []).extend(base + at for at in numbers)
            merged.rest.extend((literal, base + at) for literal, at in index.rest)
        mark = "@@" if rank[0] else ""
        gone = {name for name in merged.plain if f"{mark}||{name}^" in self._cancelled} if self._cancelled else set()
        if gone:
            merged.plain = {name: at for name, at in merged.plain.items() if name not in gone}
        return merged
