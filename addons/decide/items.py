"""Which book, article or record an address is about: standard numbers with their check digits, record numbers, titles.

Pure. What is found lives only as long as the comparison of two addresses.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from addons.decide.parameters import DOI, ISBN, ISSN, NUMBERED, RECORD, RECORD_ANYWHERE, SEARCHED, UPC
from addons.decide.unwrapping import Address, Piece, pairs, plain

_ISBN = re.compile(r"(?<![0-9A-Za-z-])(?:97[89][ -]?)?(?:\d[ -]?){9}[\dXx](?![0-9A-Za-z-])", re.ASCII)
_ISBN13 = re.compile(r"(?<![0-9A-Za-z])97[89]-?(?:\d-?){9}\d(?![0-9A-Za-z])", re.ASCII)
_ISBN_PATH = re.compile(
    r"(?:/p/|/dp/|isbn[/:=-]|asin[/:=])([\d-]{9,16}[\dXx])(?![0-9A-Za-z])", re.ASCII | re.IGNORECASE
)
_ISSN = re.compile(r"(?<![\w-])\d{4}-\d{3}[\dXx](?![\w-])", re.ASCII)
_YEARS = re.compile(r"(?:1[5-9]|20)\d\d-(?:1[5-9]|20)\d\d")
_DOI = re.compile(r"(?<![\w.])10\.\d{4,9}(?:\.\d+)*/[^\s\"'<>|&?#]{2,200}", re.ASCII)
_OCLC = re.compile(r"(?<![\w])(?:oc[mn]\d{8,12}|on\d{10,12})(?![\w])", re.IGNORECASE)
_RECORD = re.compile(r"[0-9a-z][0-9a-z._:~-]{2,63}")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_WORK = re.compile(r"/(?:[^/]{1,40}/)?(?:groupedwork|record|bib|work)/", re.IGNORECASE)
"""Item pages whose name the sections do not know."""
_WORD = re.compile(r"[^\W_]+")
_ASSET = re.compile(r"\.(?:m?js|css|map|png|jpe?g|gif|svg|webp|avif|ico|woff2?|ttf|json|xml|mp[34])$", re.IGNORECASE)
_LISTS = frozenset(
    "arrivals best bestseller bestsellers browse classics collection collections genre lists picks popular".split()
)
"""A title-like path with one of these is a list of books."""
_MAX = 64


@dataclass(slots=True)
class Items:
    """What an address says about an item. Several fields, because a short number is a sign only in a fitting place."""

    numbers: set[str] = field(default_factory=set)
    """ISBN (always 13 digits), ISSN, DOI (lower case), OCLC."""
    records: set[str] = field(default_factory=set)
    titles: set[str] = field(default_factory=set)
    """Words of the title in the address, in order."""

    def __bool__(self) -> bool:
        return bool(self.numbers or self.records or self.titles)


def isbn13(text: str) -> str:
    """The ISBN in its 13 digits, or "" if the check digit is wrong.

    >>> isbn13("0-306-40615-2"), isbn13("978-0-306-40615-7"), isbn13("978-0-306-40615-8"), isbn13("080442957X")
    ('9780306406157', '9780306406157', '', '9780804429573')
    """
    digits = text.replace("-", "").replace(" ", "").upper()
    if len(digits) == 10 and digits[:9].isdecimal() and digits.isascii():
        total = sum((10 - place) * int(digit) for place, digit in enumerate(digits[:9]))
        if not (digits[9].isdigit() or digits[9] == "X") or (total + "0123456789X".index(digits[9])) % 11:
            return ""
        digits = "978" + digits[:9]
        return digits + str(-_weighted(digits) % 10)
    if len(digits) == 13 and digits.isdecimal() and digits.isascii() and digits.startswith(("978", "979")):
        return "" if (_weighted(digits[:12]) + int(digits[12])) % 10 or len(set(digits[3:])) < 3 else digits
    return ""


def _weighted(digits: str) -> int:
    return sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits))


def is_issn(text: str) -> bool:
    """
    >>> is_issn("0378-5955"), is_issn("2434-561X"), is_issn("0378-5956"), is_issn("03785955")
    (True, True, False, True)
    """
    digits = text.replace("-", "").upper()
    if len(digits) != 8 or not digits.isascii() or not digits[:7].isdecimal() or digits[7] not in "0123456789X":
        return False
    total = sum((8 - place) * int(digit) for place, digit in enumerate(digits[:7]))
    return (total + "0123456789X".index(digits[7])) % 11 == 0 and digits != "00000000"


def is_upc(text: str) -> bool:
    """A product number (DVDs and CDs have no ISBN): 12 digits, the last one a check.

    >>> is_upc("036000291452"), is_upc("036000291453")
    (True, False)
    """
    if len(text) != 12 or not text.isascii() or not text.isdecimal() or len(set(text)) < 3:
        return False
    return (3 * sum(map(int, text[0:11:2])) + sum(map(int, text[1:11:2])) + int(text[11])) % 10 == 0


def doi(text: str) -> str:
    """The DOI in a text, or "". A file that happens to lie under `10.2024/` is none.

    >>> doi("https://doi.org/10.1038/S41586-020-2649-2"), doi("/lib/10.2024/all.js"), doi("10.0.0.1/index")
    ('10.1038/s41586-020-2649-2', '', '')
    """
    found = _DOI.search(text)
    if not found or _ASSET.search(found[0]):
        return ""
    value = found[0].rstrip(".,;/)").lower()
    return value if any(letter.isdigit() for letter in value.partition("/")[2]) else ""


def items_of(page: Address, section: str) -> Items:
    """What a page's address says about the item on it."""
    items = Items()
    path = plain(page.path)
    named = [(name, plain(value)) for name, value in list(pairs(page.query))[:_MAX]]
    here = section in ("item", "search")
    _numbers(path, items.numbers, bare=here)
    for name, value in named:
        _numbers(value, items.numbers, bare=here or name in SEARCHED)
    for name, value in named:
        last = name.rpartition(".")[2]
        if last in ISBN and (number := isbn13(value)):
            items.numbers.add(number)
        if (last in ISSN and is_issn(value)) or (last in NUMBERED and _RECORD.fullmatch(value.lower())):
            items.numbers.add(value.lower())
        if last in (RECORD if section == "item" else RECORD_ANYWHERE) and _number_like(value):
            items.records.update(_written(value))
    if section == "item" or _WORK.match(path):
        for segment in path.split("/")[2:_MAX]:
            if _number_like(segment):
                items.records.update(_written(segment))
        items.titles.update(_titles(path))
    return items


def _numbers(text: str, found: set[str], *, bare: bool) -> None:
    """`bare`: whether ten digits without hyphens may be an ISBN; one in eleven of all numbers would pass."""
    if not any(letter.isdigit() for letter in text):
        return
    for match in _ISBN.findall(text)[:_MAX]:
        if (bare or len(match) > 10) and (number := isbn13(match)):
            found.add(number)
    found.update(
        match.lower() for match in _ISSN.findall(text)[:_MAX] if is_issn(match) and not _YEARS.fullmatch(match)
    )
    found.update(match.lower() for match in _OCLC.findall(text)[:_MAX])
    if number := doi(text):
        found.add(number)


def _number_like(text: str) -> bool:
    """A record's number: at least three digits, no words.

    >>> [_number_like(text) for text in ("S30C1234567", "b1234567~S1", "1984", "history", "chapter-12")]
    [True, True, True, False, False]
    """
    low = text.lower()
    digits = sum(letter.isdigit() for letter in low)
    if _UUID.fullmatch(low):
        return True
    return digits >= 3 and digits * 2 >= len(low) and _RECORD.fullmatch(low) is not None


def _written(number: str) -> Iterator[str]:
    """A record's number with and without the letters before it; short numbers need them."""
    low = number.lower()
    yield low
    bare = low.lstrip("abcdefghijklmnopqrstuvwxyz")
    if len(bare) >= 9 and bare.isdecimal():
        yield bare


def _titles(path: str) -> Iterable[str]:
    for segment in path.split("/")[2:_MAX]:
        words = [word.lower() for word in _WORD.findall(segment)]
        while words and any(letter.isdigit() for letter in words[-1]):
            words.pop()
        while words and any(letter.isdigit() for letter in words[0]):
            words.pop(0)
        if len(words) >= 3 and sum(map(len, words)) >= 10 and not _LISTS.intersection(words):
            yield " ".join(words[:6])


def received(piece: Piece, words: str, page: Items) -> bool:
    """Whether a value names an item: by a standard number, or by what the page's address holds too.

    `words`: the value's words in lower case, one space between and around them.
    """
    if any(f" {title} " in words for title in page.titles):
        return True
    text = piece.text
    if not any(letter.isdigit() for letter in text):
        return False
    names = piece.names
    if any(isbn13(match) for match in _ISBN13.findall(text)[:_MAX]) or (_OCLC.fullmatch(text)):
        return True
    if any(isbn13(match) for match in _ISBN_PATH.findall(text)[:_MAX]):
        return True
    if any(_fits(name, text) for name in names):
        return True
    if (number := doi(text)) and (number in page.numbers or not names or number == text.lower()):
        return True
    if not page.numbers and not page.records:
        return False
    found: set[str] = set()
    _numbers(text, found, bare=True)
    if found & page.numbers:
        return True
    low = text.lower()
    if any(name in RECORD or name in NUMBERED for name in names) and (low in page.records or low in page.numbers):
        return True
    return any(f" {' '.join(_WORD.findall(record))} " in words for record in page.records if _telling(record))


def _fits(name: str, text: str) -> bool:
    """Whether a parameter for standard numbers holds one, whatever the page."""
    if name in ISBN:
        return any(isbn13(part) for part in re.split(r"[,;| /]|ISBN:?", text)[:_MAX])
    if name in ISSN:
        return any(is_issn(part) for part in re.split(r"[,;| ]", text)[:_MAX])
    if name in DOI:
        return bool(doi(text))
    if name in NUMBERED:
        return text.isascii() and text.isalnum() and 4 <= len(text) <= 14
    return name in UPC and is_upc(text)


def _telling(record: str) -> bool:
    """Long enough to be no coincidence."""
    return len(record) >= 7 and sum(letter.isdigit() for letter in record) >= 5
