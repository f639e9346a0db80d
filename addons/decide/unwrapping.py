"""Takes an address apart and undoes how its values are wrapped: percent signs, base64, hex, JSON, queries in queries.

Says nothing about what a value means. Takes any text, never raises, and does a bounded amount of work: everything
is read in one pass, at most DEPTH wrappings deep, at most MAX_PIECES values and MAX_TEXT characters in all.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, unquote_to_bytes

LIMIT = 64 * 1024
"""Characters of an address that are read."""
DEPTH = 4
MAX_PIECES = 600
MAX_TEXT = 4 * LIMIT
_MAX_PAIRS = 400
_MAX_PERCENT = 3
"""Times that percent encoding is undone: twice is common (a tag encodes an address that was encoded), thrice is not."""

_LABELLED = re.compile(r"[^a-z0-9_$-]+")
_QUERY = re.compile(r"[\w.$\[\]-]{1,40}=")
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{8,}={0,2}")
_HEX = re.compile(r"(?:[0-9A-Fa-f]{2}){8,}")
_OPAQUE = re.compile(r"[A-Za-z0-9+/_=-]{16,}")


@dataclass(frozen=True, slots=True)
class Address:
    """An absolute address without scheme and fragment (neither is sent)."""

    host: str
    path: str
    query: str


@dataclass(frozen=True, slots=True)
class Piece:
    """One value of an address, as plain as it gets."""

    names: tuple[str, ...]
    """What it is called, the closest name first; empty for the path."""
    text: str


def address(url: str) -> Address | None:
    """Not urllib's urlsplit: that one raises, and keeps what it read.

    >>> address("https://user@Catalog.test:443/a?b=c#d")
    Address(host='catalog.test', path='/a', query='b=c')
    >>> address("about:blank") is None
    True
    """
    text = url[:LIMIT].partition("#")[0]
    _, slashes, rest = text.partition("//")
    if not slashes:
        return None
    ahead, _, query = rest.partition("?")
    host, slash, path = ahead.partition("/")
    host = host.rpartition("@")[2].lower()
    name, colon, port = host.rpartition(":")
    if colon and port.isdigit():
        host = name
    return Address(host.removesuffix("."), slash + path or "/", query) if host else None


def pairs(query: str) -> Iterator[tuple[str, str]]:
    """Names (plain, lower case) and values (as they stand)."""
    for pair in query.split("&", _MAX_PAIRS)[:_MAX_PAIRS]:
        name, _, value = pair.partition("=")
        if name:
            yield plain(name[:100]).lower(), value


def plain(raw: str) -> str:
    """Percent encoding undone until nothing changes, plus signs read as spaces.

    >>> plain("caf%25C3%25A9+cats"), plain("caf%E9")
    ('café cats', 'café')
    """
    return _unquoted(raw.replace("+", " ")) if "%" in raw or "+" in raw else raw


def _unquoted(text: str) -> str:
    for _ in range(_MAX_PERCENT):
        if "%" not in text:
            break
        before, text = text, unquote(text, errors="replace")
        if "\ufffd" in text and "\ufffd" not in before:
            text = unquote_to_bytes(before).decode("latin-1")  # older pages encode in Latin-1
        if text == before:
            break
    return text


def pieces(party: Address, own: Callable[[str], bool]) -> list[Piece]:
    """Every value of an address, and every value within a value.

    `own` says whether a host is the site's: addresses of the site are not taken apart here.
    """
    todo: deque[tuple[tuple[str, ...], str, int]] = deque([((), party.path, 0)])
    todo.extend(((), segment, 1) for segment in party.path.split("/", 50)[:50] if _OPAQUE.fullmatch(segment))
    if ";" in party.path:
        todo.extend((_names(name), value, 1) for name, value in pairs(party.path.replace(";", "&")) if value)
    todo.extend((_names(name), value, 1) for name, value in pairs(party.query))
    found: list[Piece] = []
    spent = 0
    while todo and len(found) < MAX_PIECES and spent < MAX_TEXT:
        names, raw, depth = todo.popleft()
        text = plain(raw)
        spent += len(text)
        if not text:
            continue
        found.append(Piece(names, text))
        if 0 < depth < DEPTH and len(text) > 7:
            todo.extend((inner + names, value, depth + 1) for inner, value in _inside(raw, text, own))
    return found


def _names(name: str) -> tuple[str, ...]:
    """A name, and its last part where it has several.

    >>> _names("ud[em]"), _names("ep.search_term"), _names("q")
    (('ud[em]', 'em'), ('ep.search_term', 'search_term'), ('q',))
    """
    if name.isalnum():
        return (name,)
    parts = [part for part in _LABELLED.split(name) if part]
    return (name, parts[-1]) if parts and parts[-1] != name else (name,)


def _inside(raw: str, text: str, own: Callable[[str], bool]) -> Iterator[tuple[tuple[str, ...], str]]:
    if text[0] in '{["' and text[-1] in '}]"':
        try:
            yield from _leaves(json.loads(text))
        except (ValueError, RecursionError):
            return
    elif text.startswith(("http://", "https://", "//")):
        inner = address(text)
        if inner and inner.query and not own(inner.host):
            yield from ((_names(name), value) for name, value in pairs(inner.query))
    elif _QUERY.match(text) and not _BASE64.fullmatch(text):
        yield from ((_names(name), value) for name, value in pairs(text.replace(";", "&")))
    else:
        value = _unquoted(raw) if "%" in raw else raw
        for part in value.split(".", 4)[:4] if "." in value else (value,):
            if decoded := _decoded(part):
                yield (), decoded


def _decoded(text: str) -> str:
    """What base64 or hex hides; "" if it hides no readable text.

    >>> _decoded("aHR0cHM6Ly9jYXRhbG9nLnRlc3Q"), _decoded("68747470733a2f2f61"), _decoded("pageview")
    ('https://catalog.test', 'https://a', '')
    """
    try:
        if _HEX.fullmatch(text):
            return _readable(bytes.fromhex(text))
        if _BASE64.fullmatch(text):
            body = text.rstrip("=").replace("-", "+").replace("_", "/")
            return _readable(base64.b64decode(body + "=" * (-len(body) % 4)))
    except (ValueError, binascii.Error):
        return ""
    return ""


def _readable(content: bytes) -> str:
    try:
        text = content.decode("utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8")
    except UnicodeDecodeError:
        return ""
    return text if text.replace("\n", " ").replace("\t", " ").replace("\r", " ").isprintable() else ""


def _leaves(value: Any) -> Iterator[tuple[tuple[str, ...], str]]:
    """Texts and numbers of a JSON value, each under its key. A list of texts is also given as one text."""
    todo: deque[tuple[tuple[str, ...], Any]] = deque([((), value)])
    for _ in range(MAX_PIECES):
        if not todo:
            return
        names, node = todo.popleft()
        if isinstance(node, dict):
            todo.extend((_names(str(key)[:100].lower()), child) for key, child in list(node.items())[:MAX_PIECES])
        elif isinstance(node, list):
            children = node[:MAX_PIECES]
            if len(children) > 1 and all(isinstance(child, str) for child in children):
                yield names, " ".join(children)
            todo.extend((names, child) for child in children)
        elif isinstance(node, str):
            yield names, node
        elif isinstance(node, int) and not isinstance(node, bool) and node < 10**40:
            yield names, str(node)
