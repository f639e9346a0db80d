"""Say what a third party received, from the page's address and the third party's, held together in memory.

Pure, and precise before complete: what could also be something else is not counted. Nothing of the addresses leaves:
an exposure holds words from fixed tables only (`what`, `carried_in`, and a parameter's name from `parameters`).
What a third party gets in bodies, headers and its own cookies is not seen here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from addons.decide import items, persons, search_terms
from addons.decide.parameters import ADDRESS, KNOWN, LOCATION, PATHS
from addons.decide.parties import covers
from addons.decide.sites import section_of
from addons.decide.unwrapping import Address, Piece, address, pieces, plain
from addons.settings import Site

WHAT = ("cookie", "identifier", "page address", "search terms", "item", "e-mail", "card number")
"""The ladder, lowest rung first. `cookie` is found in `cookies`, not here."""
CARRIED_IN = ("url", "referrer", "cookie")

_ABSOLUTE = re.compile(r"(?:https?:)?//[A-Za-z0-9.-]{1,253}(?::\d{1,5})?(?=[/?#]|$)[^\s\"'<>\\]*")
_ASSET = re.compile(
    r"\.(?:m?js|css|map|png|jpe?g|gif|svg|webp|avif|ico|woff2?|ttf|json|xml|rss|mp[34]|webm|txt|webmanifest)$"
)
_END = frozenset(" \t\n\"'<>|,;)]}")
_MAX_ADDRESSES = 8


@dataclass(frozen=True, slots=True)
class Exposure:
    what: str
    carried_in: str
    parameter: str = ""
    """A name from `parameters.KNOWN`, never one that a page made up."""


@dataclass(frozen=True, slots=True)
class _Revealed:
    """What an address of the site tells whoever receives it."""

    terms: tuple[search_terms.Terms, ...]
    items: items.Items
    persons: persons.Persons

    def kinds(self) -> Iterator[str]:
        yield "page address"
        if self.terms:
            yield "search terms"
        if self.items:
            yield "item"
        if self.persons.emails:
            yield "e-mail"
        if self.persons.cards:
            yield "card number"


def exposures(page_url: str, third_party_url: str, referrer_kept: bool | None, site: Site) -> frozenset[Exposure]:
    """What the third party receives with this request.

    `referrer_kept`: whether the browser sends it the page's whole address as Referer; None if that is not known.

    >>> found = exposures(
    ...     "https://catalog.test/search?q=black+holes",
    ...     "https://stats.test/g/collect?tid=G-1&dl=https%3A%2F%2Fcatalog.test%2Fsearch%3Fq%3Dblack%2Bholes",
    ...     None,
    ...     Site("catalog", "Catalog", domains=("catalog.test",)),
    ... )
    >>> sorted((e.what, e.carried_in, e.parameter) for e in found)
    [('page address', 'url', 'dl'), ('search terms', 'url', 'dl')]
    """
    page, party = address(page_url), address(third_party_url)
    if page is None or party is None:
        return frozenset()
    shown = _revealed(page, site)
    found: set[Exposure] = set()
    if referrer_kept and (_path(page) != "" or page.query):
        found.update(Exposure(what, "referrer") for what in shown.kinds())
    email_hashes, card_hashes = shown.persons.hashes()
    signing_in = persons.asks_for_sign_in(party)

    def own(host: str) -> bool:
        return host == page.host or any(covers(domain, host) for domain in site.domains)

    for piece in pieces(party, own):
        whats: set[str] = set()
        for given in _addresses(piece, page, site):
            whats.update(_revealed(given, site).kinds())
        words = search_terms.fold(piece.text)
        if shown.terms and search_terms.received(piece, words, shown.terms):
            whats.add("search terms")
        if items.received(piece, words, shown.items):
            whats.add("item")
        if persons.has_email(piece, shown.persons, email_hashes, site, party.host):
            whats.add("e-mail")
        if persons.has_card(piece, shown.persons, card_hashes):
            whats.add("card number")
        elif "e-mail" not in whats and not signing_in and persons.is_identifier(piece):
            whats.add("identifier")
        if whats:
            name = next((name for name in piece.names if name in KNOWN), "")
            found.update(Exposure(what, "url", name) for what in whats)
    return frozenset(found)


def referrer_kept(policy: str) -> bool | None:
    """What a page's Referrer-Policy header means for other hosts: the whole address, no more than its host, or unknown.

    Without a header browsers send the host only, but a page may say otherwise in its text: unknown.

    >>> referrer_kept("no-referrer, unsafe-url"), referrer_kept("same-origin"), referrer_kept("")
    (True, False, None)
    """
    known = [word for part in policy[:1000].lower().split(",") if (word := part.strip()) in _POLICIES]
    return _POLICIES[known[-1]] if known else None


_POLICIES = {
    "unsafe-url": True,
    "no-referrer-when-downgrade": True,
    "no-referrer": False,
    "origin": False,
    "origin-when-cross-origin": False,
    "same-origin": False,
    "strict-origin": False,
    "strict-origin-when-cross-origin": False,
}


def _revealed(page: Address, site: Site) -> _Revealed:
    section = section_of(site, plain(page.path))
    return _Revealed(
        search_terms.terms_of(page, section, site), items.items_of(page, section), persons.persons_of(page)
    )


def _addresses(piece: Piece, page: Address, site: Site) -> Iterator[Address]:
    """Addresses of this page, and in a parameter for pages of any page of the site, that a value holds."""
    text, names = piece.text, piece.names
    here = _path(page)
    located = any(name in LOCATION for name in names)
    for given in _candidates(text, page.host):
        path = _path(given)
        if _bare(given.host) == _bare(page.host) and path == here:
            if here or (page.query and given.query) or (any(name in ADDRESS for name in names) and not page.query):
                yield given
        elif (
            located
            and (path or given.query)
            and (given.host == page.host or any(covers(domain, given.host) for domain in site.domains))
            and not _ASSET.search(path)
        ):
            yield given
    if (here or page.query) and names and text[0] == "/" and not text.startswith("//"):
        path, _, query = text.partition("?")
        if _folded(path) == here and (here or query) and (any(name in PATHS for name in names) or _telling(here)):
            yield Address(page.host, path, query)


def _candidates(text: str, host: str) -> Iterator[Address]:
    """Addresses in a value, with their scheme or, for the page's own host, without."""
    found = 0
    if "//" in text:
        if text.startswith(("http://", "https://", "//")) and (given := address(text)):
            yield given  # to its end: decoded, it may hold spaces
        for match in _ABSOLUTE.finditer(text):
            if given := address(match[0]):
                yield given
            found += 1
            if found >= _MAX_ADDRESSES:
                return
        return
    start = text.lower().find(host)
    if start >= 0 and (start == 0 or not (text[start - 1].isalnum() or text[start - 1] in ".-@")):
        rest = text[start + len(host) :]
        if rest[:1] in ("/", "?"):
            end = next((i for i, letter in enumerate(rest) if letter in _END), len(rest))
            if given := address(f"//{host}{rest[:end]}"):
                yield given


def _bare(host: str) -> str:
    return host.removeprefix("www.")


def _path(page: Address) -> str:
    return _folded(page.path)


def _folded(path: str) -> str:
    """A path as it is compared; "" for a site's front page."""
    return plain(path[:4000]).lower().rstrip("/.,;)")


def _telling(path: str) -> bool:
    """Long enough that no other site's path is likely to be the same."""
    return len(path) >= 12 and path.count("/") >= 2 and not _ASSET.search(path)
