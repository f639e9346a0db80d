"""Which standards a finding touches: `standards.toml`, chosen by what was seen. Pure, after one file was read.

A proposal, in the words of the people who write to vendors. It judges no vendor; the librarian decides what to quote.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any, Final

TIERS: Final = {
    "does not meet": "Does not meet Minimum Viable Privacy",
    "meets": "Meets Minimum Viable Privacy",
    "exceeds": "Exceeds Minimum Viable Privacy",
}
"""Of the Licensing Privacy project, the lowest first."""
NISO_TOPICS: Final = (
    "Shared Privacy Responsibilities", "Transparency and Facilitating Privacy Awareness", "Security",
    "Data Collection and Use", "Anonymization", "Options and Informed Consent", "Sharing Data with Others",
    "Notification of Privacy Policies and Practices", "Supporting Anonymous Use", "Access to One’s Own User Data",
    "Continuous Improvement", "Accountability",
)  # fmt: skip
SUPPLY: Final = frozenset({"covers and enrichment", "CDN", "fonts", "maps", "video", "hosting", "altmetrics"})
SELDOM_ASKED: Final = frozenset({"consent", "sign-in", "captcha"})
"""What a page may need before anybody chose anything, and on pages of accounts."""
READING: Final = frozenset({"search", "item", "account"})

PROPOSAL: Final = (
    "Proposed by Carrel from the kind of finding, for the person who writes to the vendor. A tier is what this finding "
    "alone would place the product in, if nothing in the contract says otherwise; it is no score. Read the source "
    "before quoting it."
)


@dataclass(frozen=True, slots=True)
class Source:
    id: str
    title: str
    publisher: str
    address: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where a source speaks of it, and what it says in our words."""

    source: Source
    place: str
    words: str


@dataclass(frozen=True, slots=True)
class Standard:
    """One kind of finding, and what it touches."""

    id: str
    name: str
    niso: tuple[str, ...]
    red_flag: Place | None
    checklist: Place
    tier: str
    """A key of TIERS."""
    note: str
    ask: tuple[str, ...]

    @property
    def tier_words(self) -> str:
        return TIERS[self.tier]


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen of one recipient, as far as a standard can ask about it."""

    category: str = ""
    stands: str = "third"
    """third, behind or own, as in analysis/queries/_seen.sql."""
    relation: str = "third"
    sections: frozenset[str] = field(default_factory=frozenset)
    rung: str = "contacted"
    before_choice: bool = False
    after_refusal: bool = False
    disclosure: str = ""
    """A status of analysis.disclosed; "" where nothing was compared."""
    permitted: bool | None = None


@dataclass(frozen=True, slots=True)
class Standards:
    version: str
    sources: tuple[Source, ...]
    findings: Mapping[str, Standard]

    def choose(self, seen: Seen) -> tuple[Standard, ...]:
        """What the recipient gives rise to, in the order of the file: the weightiest first."""
        chosen = set(_kinds(seen))
        return tuple(standard for name, standard in self.findings.items() if name in chosen)

    def cited(self, chosen: Iterable[Standard]) -> tuple[Source, ...]:
        """The sources behind these, for a list of references."""
        places = [place for one in chosen for place in (one.red_flag, one.checklist) if place]
        named = {"niso", "rubric", "rubric-examples", *(place.source.id for place in places)}
        return tuple(source for source in self.sources if source.id in named)


def lowest(chosen: Iterable[Standard]) -> Standard | None:
    """The finding that would place the product lowest; None where there is none."""
    order = tuple(TIERS)
    return min(chosen, key=lambda one: order.index(one.tier), default=None)


@cache
def load() -> Standards:
    """The shipped file; it is checked by the tests, so a mistake in it is a bug and shows itself."""
    table = tomllib.loads((resources.files("analysis") / "standards.toml").read_text("utf-8"))
    sources = {entry["id"]: Source(**entry) for entry in table["source"]}
    findings = {entry["id"]: _standard(entry, sources) for entry in table["finding"]}
    return Standards(table["version"], tuple(sources.values()), MappingProxyType(findings))


def _standard(entry: Mapping[str, Any], sources: Mapping[str, Source]) -> Standard:
    def place(key: str) -> Place | None:
        given = entry.get(key)
        return Place(sources[given["source"]], given["place"], given["words"]) if given else None

    checklist = place("checklist")
    assert checklist is not None
    return Standard(
        id=entry["id"],
        name=entry["name"],
        niso=tuple(entry["niso"]),
        red_flag=place("red_flag"),
        checklist=checklist,
        tier=entry["tier"],
        note=entry["note"],
        ask=tuple(entry["ask"]),
    )


def _kinds(seen: Seen) -> Iterator[str]:
    if seen.stands == "own":
        # What is the vendor's own is no finding; a company of its group is one, and never more than that.
        if seen.relation == "group":
            yield "group-metrics"
        return
    if seen.rung == "search terms or item":
        yield "search-terms"
    if seen.rung in ("cookie", "identifier"):
        yield "identifier"
    if seen.rung == "page address":
        yield "page-address"
    if seen.category not in SELDOM_ASKED:
        if seen.before_choice:
            yield "before-choice"
        if seen.after_refusal:
            yield "after-refusal"
        if "account" in seen.sections and seen.category not in SUPPLY:
            yield "account"
    if seen.category == "advertising":
        yield "advertising-reading" if READING & seen.sections else "advertising"
    if seen.category in ("session replay", "analytics"):
        yield seen.category.replace(" ", "-")
    if seen.category == "social widget":
        yield "social-widget"
    if seen.category in SUPPLY:
        yield "supply"
    if seen.disclosure == "not found":
        yield "not-disclosed"
    if seen.disclosure == "disclosed by category only":
        yield "category-only"
    if seen.permitted is False:
        yield "not-permitted"
    if seen.stands == "behind" and seen.relation not in ("host", "cloud"):
        yield "behind-own-name"
