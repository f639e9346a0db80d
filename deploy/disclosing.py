"""Which names of services, companies, domains and kinds of service stand literally in a text. It understands nothing.

"We never use Hotjar" names Hotjar. Whoever reads the comparison is told so, and may overrule it with a verdict.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

from addons import declarations
from addons.decide.parties import covers, is_public_suffix, registrable_domain
from addons.declarations import Document, Mention
from addons.settings import Settings, Site
from blocklists import aliases
from blocklists.aliases import Name
from blocklists.owners import Knowledge
from deploy import documents

_TOKEN = re.compile(r"[^\W_]+")
_MAIL = re.compile(r"[\w.+-]+@[\w.-]+")
_HOST = re.compile(
    r"(?<![\w-])((?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?\.){1,8}[a-z]{2,24})(?![\w-]|\.\w)", re.IGNORECASE
)
_FIRM = re.compile(
    r",?\s{0,2}(Inc|LLC|Ltd|Limited|GmbH|Corp|Corporation|Technologies|Software|B\.?V|S\.?A|AG|Oy|AB|Pty)\b"
)
_BLOCK: Final = "\n\n"
_BULLETS: Final = frozenset("•·‣▪*–—-:;,()[]\"“”'‘’/|")
LISTS: Final = ("aliases", "library-services", "trackers", "vendors")


@dataclass(frozen=True, slots=True)
class _Candidate:
    tokens: tuple[str, ...]
    gaps: tuple[str, ...]
    """What stands between the tokens in the name itself."""
    names: tuple[Name, ...]


class Finder:
    """Looks for names. A longer name beats a shorter one in the same place: "Google Analytics" does not name Google."""

    def __init__(self, names: Sequence[Name], knowledge: Knowledge) -> None:
        self._knowledge = knowledge
        spelled: dict[str, list[Name]] = {}
        for name in names:
            spelled.setdefault(_plain(name.written).casefold(), []).append(name)
        self._starts: dict[str, list[_Candidate]] = {}
        for written, these in spelled.items():
            places = list(_TOKEN.finditer(written))
            tokens = tuple(place[0] for place in places)
            gaps = tuple(written[a.end() : b.start()] for a, b in pairwise(places))
            self._starts.setdefault(tokens[0], []).append(_Candidate(tokens, gaps, tuple(these)))
        for candidates in self._starts.values():
            candidates.sort(key=lambda one: -len(one.tokens))

    def mentions(self, text: str, *, own: Collection[str] = (), owners: Collection[str] = ()) -> frozenset[Mention]:
        """`own`: the site's domains, and `owners`: its vendor's group, which a document names in any case."""
        plain = _MAIL.sub(" ", _plain(text))
        found = {*self._named(plain), *self._domains(plain, own)}
        return frozenset(one for one in found if one.what != "owner" or one.name not in owners)

    def _named(self, text: str) -> Iterator[Mention]:
        places = list(_TOKEN.finditer(text))
        at = 0
        while at < len(places):
            length = 1
            for candidate in self._starts.get(places[at][0].casefold(), ()):
                these = places[at : at + len(candidate.tokens)]
                meant = [
                    name for name in candidate.names if _stands(candidate, these, text) and _means(name, these, text)
                ]
                if meant:
                    yield from (Mention(name.what, name.name, name.written) for name in meant)
                    length = len(these)
                    break
            at += length

    def _domains(self, text: str, own: Collection[str]) -> Iterator[Mention]:
        for place in _HOST.finditer(text):
            host = place[1].lower()
            if is_public_suffix(host) or not is_public_suffix(host.rpartition(".")[2]):
                continue
            domain = registrable_domain(host)
            if any(covers(name, host) or covers(host, name) for name in own):
                continue
            service = self._knowledge.service_of(host)
            # A full stop without a space after it ("cookies.To") looks like a host; hosts are written small.
            if service or place[1].islower():
                yield Mention("domain", domain, host)
            if service:
                yield Mention("service", service[0].name, host)


def read(
    settings: Settings, site: Site, sort: str, path: Path, *, title: str, version: str, address: str, read_on: str
) -> tuple[Document, frozenset[Mention], documents.Text]:
    """Look through a document and keep what was found."""
    from blocklists import owners as known

    knowledge = known.load()
    text = documents.read(path)
    finder = Finder(aliases.load(knowledge), knowledge)
    mentions = finder.mentions(text.text, own=(*site.domains, *site.own), owners=_group(site, knowledge))
    kept = Document(site.id, sort, title, version, address, read_on, text.sha256, text.format, _lists(knowledge))
    declarations.keep(settings.data.database, kept, mentions)
    return kept, mentions, text


def _group(site: Site, knowledge: Knowledge) -> frozenset[str]:
    """Every name under which the site's own vendor is known as an owner."""
    group = knowledge.group_of(site.owner or site.vendor)
    brands = {product.vendor for product in knowledge.products if knowledge.group_of(product.vendor) == group}
    return frozenset({site.owner, site.vendor, group, *brands} - {""})


def _lists(knowledge: Knowledge) -> str:
    versions = {ruleset.name: ruleset.version for ruleset in knowledge.rulesets}
    versions["aliases"] = aliases.version()
    return ", ".join(f"{name} {versions[name]}" for name in LISTS)


def _plain(text: str) -> str:
    """Ligatures, wide letters and soft hyphens out; spaces of all kinds to one kind, line ends as they are."""
    text = unicodedata.normalize("NFKC", text.replace("\u00ad", "").replace("\r\n", "\n"))
    text = re.sub(r"[^\S\n]+", " ", re.sub("[\u200b-\u200d\u2060\ufeff]", "", text))
    return re.sub(r" ?\n[ \n]*\n ?", _BLOCK, text)


def _stands(candidate: _Candidate, places: Sequence[re.Match[str]], text: str) -> bool:
    """Whether the whole name stands here, its parts together."""
    if tuple(place[0].casefold() for place in places) != candidate.tokens:
        return False
    for gap, (before, after) in zip(candidate.gaps, pairwise(places), strict=True):
        between = text[before.end() : after.start()]
        loose = gap.strip() in ("", "-") and between in (" ", "\n", "-", " - ", "_", "")
        if not loose and between.replace("\n", " ") != gap:
            return False
    end, following = places[-1].end(), text[places[-1].end() : places[-1].end() + 2]
    # "Parse" is not "Parse.ly", and "Meta" is not "meta-data" nor "Meta_Title"; "Optimizely." ends a sentence.
    glued = len(following) == 2 and following[0] in "._" and following[1].isalnum()
    start = places[0].start()
    before_it = text[max(0, start - 2) : start]
    hosted = len(before_it) == 2 and before_it[1] in "._@" and before_it[0].isalnum()
    return end > start and not glued and not hosted


def _means(name: Name, places: Sequence[re.Match[str]], text: str) -> bool:
    """Whether the writing shows a name, where it could be a word."""
    if name.what == "category":
        return True
    start, end = places[0].start(), places[-1].end()
    written = text[start:end]
    if not name.ordinary:
        # A single short name is meant only as it is spelled; a longer or composed one is nobody's word.
        return len(places) > 1 or len(written) > 4 or written in (name.written, name.written.upper())
    if written != name.written or text[end : end + 1] == "-":
        return False
    before, after = text[max(0, start - 40) : start].rstrip(" "), text[end : end + 40].lstrip(" ")
    begins = (
        not before or before.endswith((_BLOCK, ".", "!", "?")) or (before.endswith("\n") and before[-2:-1] in ".!?")
    )
    if not begins:
        return True
    return not after or after.startswith(_BLOCK) or after[0] in _BULLETS or bool(_FIRM.match(text, end))
