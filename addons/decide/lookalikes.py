"""Names that imitate a site's: `overdrive.com.example.net`, `overdrvie.com`, `overdrive-login.com`. Pure.

Computed once from the sites' own domains (dnstwist makes the variants; nothing is looked up anywhere) and compared by
dictionary. A wrong accusation is worse than a missed imitation: names that are short or ordinary words are watched for
the unmistakable forms only, and whatever somebody known owns is nobody's imitation. It does not say that a host means
harm, only that its name is built from a site's.
"""

from __future__ import annotations

import unicodedata
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from addons.decide.imitable import (
    CHEAP_ENDINGS,
    DOORS,
    GATEWAYS,
    INNOCENT,
    INSTITUTIONS,
    PLAIN_WORDS,
    RELAYS,
    TENANT_HOLDERS,
    WORDS,
)
from addons.decide.parties import is_public_suffix, registrable_domain

LIMIT = 600_000
"""Variants kept, at 12 bytes each. Beyond it further names are watched for what needs none: whole domains in front of
another's, letters of other scripts."""
SHORT, LONG = 6, 8
"""Names below SHORT letters are half the world's abbreviations; below LONG one changed letter often makes another word
(mintel: intel), so only swapped and doubled letters count there."""

LABEL, TYPO, HOMOGRAPH, ADDED, ENDING = "label", "typo", "homograph", "added word", "other ending"
_TRICKS = (TYPO, HOMOGRAPH, ADDED)
_SLIPS = ("transposition", "repetition")
_ERRORS = (
    *_SLIPS,
    "addition",
    "bitsquatting",
    "hyphenation",
    "insertion",
    "omission",
    "plural",
    "replacement",
    "vowel-swap",
)
_ALIKE = {
    "0": ("o",),
    "o": ("0",),
    "l": ("1",),
    "i": ("1",),
    "m": ("rn",),
    "w": ("vv",),
    "d": ("cl",),
    "rn": ("m",),
    "cl": ("d",),
    "vv": ("w",),
}
"""What is taken for each other in every typeface. dnstwist's own table (u and v, c and e) is for long names only."""
_FURTHER_ALIKE = dict(zip("оαεικνορτυпгѡ", "oaeikvoptunrw", strict=True))  # Greek and Cyrillic that dnstwist leaves out


@dataclass(frozen=True, slots=True)
class Lookalike:
    """What may be counted of an imitation: not the imitating name."""

    imitated_site: str
    trick: str
    """label, typo, homograph, added word or other ending."""


@dataclass(frozen=True, slots=True)
class _Name:
    """A site's registrable label, and the endings under which it is really theirs."""

    label: str
    sites: Mapping[str, str]
    """Public suffix -> site."""

    @property
    def telling(self) -> bool:
        """Whether it can only mean this site: neither short nor an ordinary word."""
        return len(self.label) >= SHORT and self.label not in PLAIN_WORDS

    def site_for(self, suffix: str) -> str:
        return self.sites.get(suffix) or next(iter(self.sites.values()))


class Lookalikes:
    """All variants of all names, and the question whether a host is one of them."""

    def __init__(
        self,
        names: Sequence[_Name],
        domains: Mapping[str, str],
        variants: Mapping[int, int],
        confusable: Mapping[int, str],
        known: Callable[[str], bool],
    ) -> None:
        self._names = tuple(names)
        self._by_label = {name.label: name for name in names}
        self._domains = dict(domains)
        self._hyphened = {domain.replace(".", "-"): site for domain, site in domains.items()}
        # Hashes in a sorted array take a twelfth of what a dictionary of these strings would.
        self._hashes = array("Q", sorted(variants))
        self._meanings = array("I", (variants[key] for key in self._hashes))
        self._confusable = confusable
        self._known = known

    @classmethod
    def build(
        cls, domains: Iterable[tuple[str, str]], known: Callable[[str], bool], *, limit: int = LIMIT
    ) -> Lookalikes:
        """Takes a few seconds, so run it in a thread.

        domains: site and domain, the sites whose imitation matters most first.
        known: whether a host is a site's own or belongs to a listed owner; asked only about hosts that look imitated.
        """
        import dnstwist  # type: ignore[import-untyped]  # here: it brings half of the standard library with it

        sites: dict[str, str] = {}
        endings: dict[str, dict[str, str]] = {}
        for site, domain in domains:
            registrable = registrable_domain(domain)
            label, _, suffix = registrable.partition(".")
            if suffix and not is_public_suffix(domain):
                sites.setdefault(domain, site)
                sites.setdefault(registrable, site)
                endings.setdefault(label, {}).setdefault(suffix, site)
        names = [_Name(label, theirs) for label, theirs in endings.items()]
        variants: dict[int, int] = {}
        for number, name in enumerate(names):
            if len(variants) > limit:
                break
            for label, trick, anywhere in _variants(dnstwist.Fuzzer, name):
                if label not in endings and label not in INNOCENT:
                    variants.setdefault(_key(label), number << 3 | _TRICKS.index(trick) << 1 | anywhere)
        return cls(names, sites, variants, _confusable(dnstwist.Fuzzer), known)

    def __len__(self) -> int:
        return len(self._hashes)

    def check(self, host: str) -> Lookalike | None:
        """What this host (in the form of `normal_host`) imitates, if anything."""
        registrable = registrable_domain(host)
        label, _, suffix = registrable.partition(".")
        if not suffix or registrable in self._domains or not INSTITUTIONS.isdisjoint(suffix.split(".")):
            return None
        found = self._variant(label, suffix)
        if found is None and TENANT_HOLDERS.isdisjoint(_parents(registrable)):
            left = host[: -len(registrable)].rstrip(".").split(".") if host != registrable else []
            found = self._embedded(left, label) or self._bare(left, label)
        if found is None or self._known(host) or self._known(registrable):
            return None
        return found

    def _variant(self, label: str, suffix: str) -> Lookalike | None:
        """The registrable label is a site's under another ending, or a variant of a site's."""
        if name := self._by_label.get(label):
            cheap = name.telling and suffix in CHEAP_ENDINGS
            return Lookalike(name.site_for(suffix), ENDING) if cheap else None
        if label.startswith("xn--"):
            return self._homograph(label, suffix)
        found = self._meaning(label)
        if found and (found[2] or _plausible(found[0], suffix)):
            return Lookalike(found[0].site_for(suffix), found[1])
        return None

    def _homograph(self, label: str, suffix: str) -> Lookalike | None:
        plain = self._plain(label)
        name = self._by_label.get(plain)
        if name is None and (found := self._meaning(plain)) and found[1] == HOMOGRAPH:
            name = found[0]
        if name and (name.telling or suffix in name.sites):
            return Lookalike(name.site_for(suffix), HOMOGRAPH)
        return None

    def _plain(self, label: str) -> str:
        """What an internationalised label looks like to somebody who expects ASCII; "" if like nothing."""
        try:
            text = label.removeprefix("xn--").encode("ascii").decode("punycode")
        except UnicodeError:
            return ""
        text = text.translate(self._confusable)
        text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
        return text if text.isascii() else ""

    def _meaning(self, label: str) -> tuple[_Name, str, bool] | None:
        key = _key(label)
        at = bisect_left(self._hashes, key)
        if at == len(self._hashes) or self._hashes[at] != key:
            return None
        meaning = self._meanings[at]
        return self._names[meaning >> 3], _TRICKS[meaning >> 1 & 3], bool(meaning & 1)

    def _embedded(self, left: Sequence[str], label: str) -> Lookalike | None:
        """A whole domain of a site in front of another's: dotted, hyphened, or as `overdrive.com-login.example`."""
        whole = ".".join((*left, label))
        if whole.startswith("0-") or any(word in whole for word in RELAYS):
            return None  # another library's access proxy
        for part in (*left, label):
            if site := self._hyphened.get(part.removeprefix("www-")):
                return Lookalike(site, LABEL)
        ends = {label, label.partition("-")[0]}
        for start in range(len(left)):
            for stop in range(start + 2, min(start + 5, len(left)) + 1):
                if site := self._domains.get(".".join(left[start:stop])):
                    return Lookalike(site, LABEL)
            for end in ends if len(left) - start < 5 else ():
                if site := self._domains.get(".".join((*left[start:], end))):
                    return Lookalike(site, LABEL)
        return None

    def _bare(self, left: Sequence[str], label: str) -> Lookalike | None:
        """A site's name alone as the first label: `overdrive.example.net`."""
        if not left or any(word in label for word in GATEWAYS):
            return None
        if left[0] in DOORS:
            left = left[1:]
        name = self._by_label.get(left[0]) if len(left) == 1 else None
        if name is None or not name.telling or label.startswith(name.label):
            return None
        return Lookalike(next(iter(name.sites.values())), LABEL)


def _parents(name: str) -> list[str]:
    labels = name.split(".")
    return [".".join(labels[at:]) for at in range(len(labels))]


def _key(label: str) -> int:
    """64 bits, keyed anew in every process: nobody can choose a host that meets a variant by its hash alone."""
    return hash(label) & 0xFFFF_FFFF_FFFF_FFFF


def _plausible(name: _Name, suffix: str) -> bool:
    """Whether somebody who types carelessly, or reads so, could take this ending for the site's."""
    return suffix in name.sites or suffix == "com" or suffix in CHEAP_ENDINGS


def _variants(fuzzer: Any, name: _Name) -> Iterable[tuple[str, str, bool]]:
    """Label, trick, and whether it is one under any ending."""
    for label in _twisted(fuzzer, name.label, ("homoglyph",), _ALIKE):
        yield label, HOMOGRAPH, name.telling
    if not name.telling:
        return
    for label in _twisted(fuzzer, name.label, ("dictionary",)):
        yield label, ADDED, True
    yield f"www{name.label}", TYPO, False
    yield f"www-{name.label}", TYPO, False
    for label in _twisted(fuzzer, name.label, _ERRORS if len(name.label) >= LONG else _SLIPS):
        yield label, TYPO, False
    if len(name.label) >= LONG:
        for label in _twisted(fuzzer, name.label, ("homoglyph",)):
            yield label, HOMOGRAPH, False


def _twisted(
    fuzzer: Any, label: str, methods: Sequence[str], alike: Mapping[str, Sequence[str]] | None = None
) -> set[str]:
    try:
        twist = fuzzer(f"{label}.com", dictionary=WORDS)
    except UnicodeError:
        return set()  # an underscore, say: no such name can be registered
    # Letters of other scripts are folded when a host is checked: to list them would take millions of entries.
    twist.glyphs_unicode = twist.glyphs_idn_by_tld = {}
    if alike is not None:
        twist.glyphs_ascii = alike
    twist.generate(fuzzers=methods)
    return {found["domain"].removesuffix(".com") for found in twist.domains}


def _confusable(fuzzer: Any) -> dict[int, str]:
    table = {ord(glyph): base for base, glyphs in fuzzer.glyphs_unicode.items() for glyph in glyphs}
    table |= {ord(glyph): base for base, glyph in fuzzer.latin_to_cyrillic.items()}
    return {ord(glyph): base for glyph, base in _FURTHER_ALIKE.items()} | table
