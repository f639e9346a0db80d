"""The words that a patron searched for: found in a site's address, and recognised in what a third party gets.

Pure. A search word that is also an ordinary word (`history`) counts only where search words go.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from itertools import pairwise

from addons.decide.parameters import COMMON, SEARCH, SEARCHED, SEARCHED_HERE, STOP, TITLES
from addons.decide.unwrapping import Address, Piece, pairs, plain
from addons.settings import Site

_WORD = re.compile(r"[^\W_]+")
_PRIMO = re.compile(r"(?:[a-z_0-9]+,(?:contains|exact|begins_with|equals),)(.*?)(?:,(?:AND|OR|NOT))?", re.DOTALL)
_FIELD = re.compile(r"(?:[a-zA-Z]{2,12}(?:,[a-z]{2,8}){0,2}\s?[:=]\s*)(.*)", re.DOTALL)
_NODE = re.compile(r"(?:node|user|taxonomy|admin)/[\w/]*")
_ENCORE = re.compile(r"C__S(.*?)(?:__|$)", re.DOTALL)
_ZONE = re.compile(r"[A-Z][A-Za-z]+/[A-Za-z_]+(?:/[A-Za-z_]+)?")
_SEARCHES = frozenset("search suggest suggestions autocomplete complete typeahead query find q results".split())
_MAX_TERMS = 16
_MAX_WORDS = 40


@dataclass(frozen=True, slots=True)
class Terms:
    """One search, folded: lower case, no accents, no punctuation."""

    words: tuple[str, ...]
    phrase: str
    """The words, one space between and around them."""
    telling: bool
    """Not only words that stand in ordinary addresses anyway."""


def fold(text: str) -> str:
    """The words of a text in lower case, without accents, with one space between and around them.

    >>> fold("The_Brontë sisters, 1847")
    ' the bronte sisters 1847 '
    """
    if not text.isascii():
        text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return f" {' '.join(_WORD.findall(text.casefold()))} "


def terms_of(page: Address, section: str, site: Site) -> tuple[Terms, ...]:
    """What was searched for, as the page's address says.

    >>> page = Address("c.test", "/search", "q=any,contains,Black+Holes")
    >>> [term.phrase for term in terms_of(page, "search", Site("c", "Catalog"))]
    [' black holes ']
    """
    found: dict[str, Terms] = {}
    ordinary = COMMON | set(fold(f"{site.id} {site.name} {site.vendor} {site.product} {page.host}").split())
    for text in _searched(page, section):
        phrase = fold(text)
        words = tuple(phrase.split()[:_MAX_WORDS])
        if words and words != ("*",) and len(phrase) > 3:
            telling = any(word not in ordinary and word not in STOP for word in words)
            found.setdefault(phrase, Terms(words, f" {' '.join(words)} ", telling))
        if len(found) >= _MAX_TERMS:
            break
    return tuple(found.values())


def _searched(page: Address, section: str) -> list[str]:
    names = SEARCHED | SEARCHED_HERE if section == "search" else SEARCHED
    values = [plain(value) for name, value in pairs(page.query) if value and name in names]
    path = plain(page.path)
    if path == "/":  # WordPress searches on the front page
        values += [text for name, value in pairs(page.query) if name == "s" and _spelt(text := plain(value))]
    if section == "search":
        for segment in path.split("/")[2:20]:
            if segment.startswith("query-"):
                values.append(segment.removeprefix("query-"))
            elif encore := _ENCORE.match(segment):
                values.append(encore[1])
            elif " " in segment.strip():
                values.append(segment)
    return [_bare(value) for value in values[:_MAX_TERMS] if not _NODE.fullmatch(value)]


def _spelt(text: str) -> bool:
    return all(word.isalpha() for word in _WORD.findall(text))


def _bare(value: str) -> str:
    """A search without the catalog's own language around it.

    >>> _bare("kw,wrdl: cats"), _bare("any,contains,cats,AND"), _bare("title:(cats)"), _bare("cats: a history")
    ('cats', 'cats', '(cats)', 'cats: a history')
    """
    value = value[:2000]
    if primo := _PRIMO.fullmatch(value):
        return primo[1]
    field = _FIELD.fullmatch(value)
    return (
        field[1]
        if field and value[: value.find(field[1])].strip(" :=").partition(",")[0].lower() in _INDEXES
        else value
    )


_INDEXES = frozenset(
    "kw ti au su any title author subject keyword text isbn all anywhere series tag phr wrdl freetext smart".split()
)


def received(piece: Piece, words: str, terms: tuple[Terms, ...]) -> bool:
    """Whether a value holds one of the searches. `words` is the folded value."""
    names = piece.names
    searching = any(name in SEARCH or name in SEARCHED for name in names)
    for term in terms:
        if words == term.phrase:
            if searching or _odd(term):
                return True
        elif term.phrase in words:
            if searching or (names and _titled(names, term)) or _long(term, piece.text):
                return True
            if not names and term.telling and _asked_in_path(term, piece.text):
                return True
        if searching and len(term.words) > 1 and _same_words(term, words):
            return True
    return False


def _odd(term: Terms) -> bool:
    """Whether a value that is exactly this can hardly be anything else, whatever its parameter is called."""
    return term.telling and len(term.phrase) >= 8 and not term.phrase.replace(" ", "").isdecimal()


def _titled(names: tuple[str, ...], term: Terms) -> bool:
    return term.telling and len(term.phrase) >= 6 and any(name in TITLES for name in names)


def _long(term: Terms, text: str) -> bool:
    return term.telling and len(term.words) > 1 and len(term.phrase) >= 12 and not _ZONE.fullmatch(text.strip())


def _asked_in_path(term: Terms, path: str) -> bool:
    segments = path.split("/")[:50]
    return any(fold(segment) == term.phrase and before.lower() in _SEARCHES for before, segment in pairwise(segments))


def _same_words(term: Terms, words: str) -> bool:
    """The words in another order, or without `the` and `of`; nothing else among them."""
    given = set(words.split())
    wanted = {word for word in term.words if word not in STOP}
    return bool(wanted) and wanted <= given and len(given) <= len(term.words) + 2
