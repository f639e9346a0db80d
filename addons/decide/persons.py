"""What tells one patron from another: e-mail addresses, library card numbers, and identifiers that last.

Pure. The hashes that a page's own e-mail address would have are computed, compared and forgotten.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from addons.decide.parameters import CARD, EMAIL, HASHED_EMAIL, IDENTIFIER, POLITE, ROLES
from addons.decide.parties import covers
from addons.decide.unwrapping import Address, Piece, pairs, plain
from addons.settings import Site

_EMAIL = re.compile(
    r"(?<![\w.+-])[\w.+-]{1,64}@(?:[a-z0-9-]{1,63}\.){1,6}[a-z]{2,24}(?![\w-])", re.IGNORECASE | re.ASCII
)
_CARD = re.compile(r"(?<![0-9A-Za-z])2\d{13}(?![0-9A-Za-z])", re.ASCII)
_TIME = re.compile(r"20\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:[01]\d|2[0-3])[0-5]\d[0-5]\d", re.ASCII)
_HASH = re.compile(r"(?<![0-9a-z])(?:[0-9a-f]{64}|[0-9a-f]{40}|[0-9a-f]{32})(?![0-9a-z])", re.IGNORECASE)
_BASE64_HASH = re.compile(r"(?:tv\.1~.{0,100}?em\.)?[A-Za-z0-9+/_-]{43}=?")
_GOOGLE_HASH = re.compile(r"(?:^|[~.])em\.([A-Za-z0-9_-]{43})(?![A-Za-z0-9_-])")
_MAX = 8


@dataclass(frozen=True, slots=True)
class Persons:
    """What a page's address says about its reader."""

    emails: frozenset[str]
    cards: frozenset[str]

    def hashes(self) -> tuple[frozenset[str], frozenset[str]]:
        """The e-mail addresses' and the card numbers' usual digests."""
        return _digests(form for email in self.emails for form in _forms(email)), _digests(self.cards)


def persons_of(page: Address) -> Persons:
    """The e-mail addresses and card numbers in a page's address."""
    values = [plain(page.path), *(plain(value) for _, value in pairs(page.query))]
    emails = {match for text in values if "@" in text for match in _EMAIL.findall(text)[:_MAX]}
    cards = {card for text in values for card in _cards(text)}
    return Persons(frozenset(sorted(emails)[:_MAX]), frozenset(sorted(cards)[:_MAX]))


def is_card(text: str) -> bool:
    """A library card: 14 digits that start with 2 (a patron's, not a book's), the last one a check; no date and time.

    >>> is_card("21234000123455"), is_card("21234000123456"), is_card("20241123143005"), is_card("31234000123454")
    (True, False, False, False)
    """
    if not _CARD.fullmatch(text) or _TIME.fullmatch(text) or len(set(text[1:])) < 3:
        return False
    total = 0
    for place, digit in enumerate(reversed(text)):
        doubled = int(digit) * (2 if place % 2 else 1)
        total += doubled - 9 if doubled > 9 else doubled
    return total % 10 == 0


def _cards(text: str) -> Iterator[str]:
    return (match for match in _CARD.findall(text)[:_MAX] if is_card(match))


def _forms(email: str) -> Iterator[str]:
    """The ways in which an address is written before it is hashed."""
    low = email.strip().lower()
    yield email
    yield low
    name, _, domain = low.partition("@")
    bare = name.partition("+")[0]
    yield f"{bare}@{domain}"
    if domain in ("gmail.com", "googlemail.com"):
        yield f"{bare.replace('.', '')}@{domain}"


def _digests(texts: Iterable[str]) -> frozenset[str]:
    found = set()
    for text in set(texts):
        for algorithm in ("md5", "sha1", "sha256"):
            digest = hashlib.new(algorithm, text.encode(), usedforsecurity=False).digest()
            found.add(digest.hex())
            found.add(base64.urlsafe_b64encode(digest).decode().rstrip("="))
    return frozenset(found)


def has_email(piece: Piece, page: Persons, hashes: frozenset[str], site: Site, party: str) -> bool:
    """Whether a value holds a person's e-mail address, plain or hashed."""
    text = piece.text
    names = piece.names
    if "@" in text:
        for match in _EMAIL.findall(text)[:_MAX]:
            if match.lower() in {email.lower() for email in page.emails}:
                return True
            if any(name in EMAIL for name in names) and _a_persons(match.lower(), site, party):
                return True
    if len(text) < 27:
        return False
    if hashes and not hashes.isdisjoint(_hash_like(text)):
        return True
    if any(name in HASHED_EMAIL for name in names):
        return bool(_HASH.fullmatch(text) or _random_43(text))
    return len(text) < 2000 and bool((google := _GOOGLE_HASH.search(text)) and _random_43(google[1]))


def _random_43(text: str) -> bool:
    """A SHA-256 in base64."""
    return bool(_BASE64_HASH.fullmatch(text)) and any(c.isdigit() for c in text) and text.lower() != text


def _hash_like(text: str) -> set[str]:
    found = {match.lower() for match in _HASH.findall(text)[:_MAX]}
    if len(text) <= 64:
        found.add(text.rstrip("=").replace("+", "-").replace("/", "_"))
    return found


def _a_persons(email: str, site: Site, party: str) -> bool:
    """Neither an office's nor the publisher's own, nor given to a service that asks for its caller's address."""
    name, _, domain = email.partition("@")
    if name in ROLES or name.partition("+")[0] in ROLES or any(covers(host, party) for host in POLITE):
        return False
    return not any(covers(own, domain) or covers(domain, own) for own in (*site.domains, *site.own))


def has_card(piece: Piece, page: Persons, hashes: frozenset[str]) -> bool:
    """Whether a value holds a library card's number: the page's, or any in a parameter for such numbers."""
    text = piece.text
    if len(text) < 14:
        return False
    for card in _cards(text):
        if card in page.cards or (card == text.strip() and any(name in CARD for name in piece.names)):
            return True
    return bool(hashes) and not hashes.isdisjoint(_hash_like(text))


_GOOGLE = re.compile(r"(?:GA1\.\d\.)?\d{5,10}\.\d{9,10}", re.ASCII)
_LINKED = re.compile(r"\d\.\d{5,10}\.\d{5,10}\.\d{9,10}-\d{5,10}\.\d{9,10}", re.ASCII)
"""Google's identifiers, handed from one site to the next in `_ga`."""
_FACEBOOK = re.compile(r"fb\.\d\.\d{10,13}\.[\w-]{5,}", re.ASCII)
_UUID = re.compile(r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}", re.IGNORECASE)
_ADOBE = re.compile(r"[0-9A-F]{16}-[0-9A-F]{16}")
_MOMENT = re.compile(r"1[4-9]\d{8}(?:\d{3}){0,2}", re.ASCII)
_TOKEN = re.compile(r"[A-Za-z0-9_.~|!:*-]{12,400}")
_SHORT = frozenset({"_id"})
"""Matomo's visitor number is 16 hex digits, and its name is what other programs call anything."""
_NUMERIC = frozenset({"mid", "d_mid", "mcmid"})
"""Adobe's: 38 digits. Other companies' `mid` is a merchant."""


def is_identifier(piece: Piece) -> bool:
    """Whether a value is a long random one in a parameter for identifiers.

    >>> [is_identifier(Piece((name,), text)) for name, text in (("cid", "1284759302.1732451180"), ("cid", "12345"))]
    [True, False]
    >>> [is_identifier(Piece(("uid",), t)) for t in ("a8Zk29QmT4xB7w", "https://x.test/9a8b7c6d5e", "1732451180123")]
    [True, False, False]
    """
    text = piece.text.strip()
    for name in piece.names:
        if name not in IDENTIFIER:
            continue
        if name in _SHORT:
            return len(text) == 16 and _random(text)
        if name in _NUMERIC:
            return len(text) == 38 and text.isascii() and text.isdecimal()
        return _random(text)
    return False


def _random(text: str) -> bool:
    if _GOOGLE.fullmatch(text) or _FACEBOOK.fullmatch(text) or _ADOBE.fullmatch(text) or _LINKED.fullmatch(text):
        return True
    plainest = text.replace("-", "").replace("0", "")
    if len(set(plainest.lower())) < 5 or _MOMENT.fullmatch(text) or not _TOKEN.fullmatch(text):
        return False
    if _UUID.fullmatch(text):
        return True
    digits = sum(letter.isdigit() for letter in text)
    if digits == len(text):
        return digits >= 15 and not _TIME.match(text)
    classes = [_class(letter) for letter in text]
    changes = sum(a != b for a, b in pairwise(classes))
    return digits >= 2 and changes >= 0.25 * len(text)


def _class(letter: str) -> int:
    return 0 if letter.isdigit() else 1 if letter.islower() else 2 if letter.isupper() else 3


def asks_for_sign_in(party: Address) -> bool:
    """Whether an address starts a sign-in: its `client_id` is a program's, not a person's."""
    names = {name for name, _ in pairs(party.query)}
    return "redirect_uri" in names or "response_type" in names
