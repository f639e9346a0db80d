"""The address part of a rule, and addresses as rules see them. Pure.

Wildcards are matched piece by piece, each at its first possible place: that is exact for them, and no address can make
it slow. What a rule can be found by (host, rare word, fixed text) is worked out here too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from blocklists.expressions import Expression, ExpressionError
from blocklists.names import normal_name, suffixes
from blocklists.options import RuleError

__all__ = ["Address", "Keys", "Pattern", "address_of", "keys_of", "normal_pattern"]

LONGEST_ADDRESS: Final = 4096
"""Characters of an address that are looked at. What identifies a tracker stands at its beginning."""

_HOST_KEY: Final = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*")
_WORDS: Final = re.compile(r"[a-z0-9]{2,}")
_SEPARATOR: Final = r"(?:[^\w.%-]|\Z)"
_AUTHORITY_END: Final = re.compile(r"[/?\\]")
_COMMON: Final = frozenset({"http://", "https://", "http:", "https:", "://", "//", "www.", "/", "http", "https"})


@dataclass(frozen=True, slots=True)
class Address:
    exact: str
    """As sent, without fragment; printable ASCII."""
    text: str
    """The same in lower case."""
    starts: tuple[int, ...]
    """Where each label of the host begins."""
    above: tuple[str, ...]
    """The host and its suffixes."""

    def words(self) -> tuple[str, ...]:
        """Each word once, in order: the same address always meets the same rule first."""
        return tuple(dict.fromkeys(_WORDS.findall(self.text)))


def address_of(url: str, host: str) -> Address:
    """`host` may be empty (taken from the URL) and the URL may be (the host's first page)."""
    url = url[:LONGEST_ADDRESS].partition("#")[0]
    if "://" not in url:
        url = f"https://{host}/" if not url else f"https:{url}" if url.startswith("//") else f"https://{url}"
    begin = url.find("://") + 3
    found = _AUTHORITY_END.search(url, begin)
    end = found.start() if found else len(url)
    begin = max(begin, url.rfind("@", begin, end) + 1)
    name = url[begin:end]
    at = name.rfind(":")
    port = name[at:] if at >= 0 and name[at + 1 :].isdecimal() else ""
    name = name.removesuffix(port)
    name = normal_name(name) or name.lower()
    url = f"{url[:begin]}{name}{port}{'' if url[end : end + 1] == '/' else '/'}{url[end:]}"
    if not (url.isascii() and url.isprintable() and " " not in url):
        url = quote(url.encode("utf-8", "surrogatepass"), safe="!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")
    host = (normal_name(host) or host.strip("[]").lower()) if host else name.strip("[]")
    starts = [begin]
    at = url.find(".", begin, begin + len(name))
    while at >= 0:
        starts.append(at + 1)
        at = url.find(".", at + 1, begin + len(name))
    return Address(url, url.lower(), tuple(starts), suffixes(host))


@dataclass(frozen=True, slots=True)
class Keys:
    """What an index can find a pattern by."""

    whole: str = ""
    """The host, if the pattern is nothing but a host."""
    host: str = ""
    """The host at its beginning."""
    words: tuple[str, ...] = ()
    """Words that stand, unbroken, in every address that it fits."""
    literal: str = ""
    """The longest text that stands in every address that it fits, in lower case."""


def normal_pattern(body: str) -> str:
    """ASCII, and no needless asterisks. Raises RuleError for a host name that is none."""
    if is_expression(body):
        return body
    if not body.isascii():
        if body.startswith("||"):
            end = next((at for at, char in enumerate(body) if at > 1 and char in "/^:?*|"), len(body))
            host = normal_name(body[2:end])
            if not host:
                raise RuleError("not a host name")
            body = f"||{host}{body[end:]}"
        body = quote(body.encode("utf-8", "surrogatepass"), safe="!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")
    # An asterisk at an end says nothing, unless it keeps a bar from being an anchor, or slashes from an expression.
    bare = body.strip("*")
    return body if bare.startswith("|") != body.startswith("|") or bare[-1:] in "|/" else bare


def is_expression(body: str) -> bool:
    return len(body) > 2 and body[0] == "/" and body[-1] == "/"


def keys_of(body: str, *, match_case: bool = False) -> Keys:
    """`body` comes from `normal_pattern`. Raises RuleError."""
    if is_expression(body):
        try:
            literals = Expression(body[1:-1], match_case=match_case).literals
        except ExpressionError as error:
            raise RuleError(f"expression: {error}") from None
        words = tuple(word for literal in literals for word in _bounded(literal))
        return Keys(words=words, literal=max(literals, key=len, default=""))
    low = body.lower()
    if low.startswith("||") and (found := _HOST_KEY.match(low, 2)):
        host, rest = found[0], low[found.end() :]
        if rest in {"", "^"} or (rest == ".^" and "." in host):
            if len(host) > 253:
                raise RuleError("not a host name")
            return Keys(whole=host)
        if rest[0] in "/^:?":
            return Keys(host=host)
    start, end = _anchors(low)
    inner = low[start : len(low) - end]
    pieces = re.split(r"[*^]", inner)
    literal = max(pieces, key=len)
    if not any(char.isalnum() for char in literal) and len(literal) < 3:
        literal = ""
    if literal in _COMMON:
        literal = ""
    return Keys(words=_bounded(inner, start > 0, end > 0), literal=literal)


def _anchors(body: str) -> tuple[int, int]:
    start = 2 if body.startswith("||") else 1 if body.startswith("|") else 0
    return start, 1 if body.endswith("|") and len(body) > start else 0


def _bounded(text: str, left: bool = False, right: bool = False) -> tuple[str, ...]:
    """Words with no letter, digit or wildcard next to them; `left`, `right`: the text's ends are ends of words."""
    size = len(text)
    return tuple(
        found[0]
        for found in _WORDS.finditer(text)
        if (text[found.start() - 1] != "*" if found.start() else left)
        and (text[found.end()] != "*" if found.end() < size else right)
    )


class Pattern:
    """One pattern, ready to be tried on addresses."""

    __slots__ = ("_by_host", "_expression", "_from_start", "_match_case", "_pieces", "_to_end")

    def __init__(self, body: str, *, match_case: bool = False) -> None:
        """`body` has gone through `normal_pattern` and `keys_of`."""
        self._match_case = match_case
        self._expression = Expression(body[1:-1], match_case=match_case) if is_expression(body) else None
        start, end = _anchors(body)
        self._by_host, self._from_start, self._to_end = start == 2, start == 1, end == 1
        inner = body[start : len(body) - end]
        if not match_case:
            inner = inner.lower()
        if inner.startswith("*"):
            self._by_host = self._from_start = False
        if inner.endswith("*"):
            self._to_end = False
        pieces = [piece for piece in inner.split("*") if piece] if self._expression is None else []
        self._pieces = tuple(
            _piece(piece, last=self._to_end and index == len(pieces)) for index, piece in enumerate(pieces, 1)
        )

    def fits(self, address: Address) -> bool:
        text = address.exact if self._match_case else address.text
        if self._expression is not None:
            return self._expression.found_in(text)
        if not self._pieces:
            return True
        if self._by_host:
            return any(self._fits_at(text, start) for start in address.starts)
        if self._from_start:
            return self._fits_at(text, 0)
        return self._rest(text, 0, 0)

    def _fits_at(self, text: str, start: int) -> bool:
        piece = self._pieces[0]
        if isinstance(piece, str):
            if not text.startswith(piece, start):
                return False
            end = start + len(piece)
        else:
            found = piece.match(text, start)
            if found is None:
                return False
            end = found.end()
        if len(self._pieces) == 1 and self._to_end:
            return end == len(text)
        return self._rest(text, end, 1)

    def _rest(self, text: str, at: int, first: int) -> bool:
        """The first place of each piece is the best: it leaves most of the text to the others."""
        last = len(self._pieces) - 1
        for index in range(first, last + 1):
            piece = self._pieces[index]
            if isinstance(piece, str):
                if index == last and self._to_end:
                    return len(text) - len(piece) >= at and text.endswith(piece)
                at = text.find(piece, at)
                if at < 0:
                    return False
                at += len(piece)
            else:
                found = piece.search(text, at)
                if found is None:
                    return False
                at = found.end()
        return True


def _piece(text: str, *, last: bool) -> str | re.Pattern[str]:
    """Plain text, or with separators an expression without repeats: those cannot run away."""
    if "^" not in text:
        return text
    return re.compile(_SEPARATOR.join(re.escape(part) for part in text.split("^")) + (r"\Z" if last else ""), re.ASCII)
