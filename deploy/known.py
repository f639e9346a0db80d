"""`carrel lists show DOMAIN`: all that is known about a name, and from where. Reads, decides nothing.

The rules that it shows are those that name the host, one above it or one below it. Whether a rule stops a given request
depends on the request, and is the matcher's business.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from addons.decide.parties import covers, is_public_suffix, normal_domain, registrable_domain
from addons.decide.sites import in_scope
from addons.settings import Settings, Site
from blocklists.lines import read_line
from blocklists.options import RuleError
from blocklists.owners import Evidence, Knowledge
from blocklists.owners import load as load_knowledge
from blocklists.rules import Parsed, Rule, parse
from deploy.lists import shelf_of

_NAME = re.compile(r"(?:(?:@@)?\|\|)?([a-z0-9_-](?:[a-z0-9_.-]*[a-z0-9])?\.?)(?![a-z0-9_.*-])")
_COSMETIC = re.compile(r"#[@?$%]{0,2}#")
_ADDRESS = re.compile(r"[0-9a-f.:%]*[.:][0-9a-f.:%]*(?=\s|$)")
MOST = 20
"""Rules shown of one list; a large company's name stands in hundreds."""


@dataclass(frozen=True, slots=True)
class Fact:
    label: str
    text: str
    source: str = ""
    """Which list or file says so."""


def about(settings: Settings, name: str) -> str:
    """Everything as text. Raises a ValueError with one line for what is no host name, or lists that cannot be read."""
    host = normal_domain(name)
    knowledge = load_knowledge()
    sites = in_scope(settings.sites, knowledge.products if settings.directory.use else ()).sites
    facts = [
        *_name(host),
        *_service(host, knowledge),
        *_owner(host, knowledge),
        *_sites(host, sites, settings, knowledge),
        *_rules(host, settings),
    ]
    return _laid_out(facts)


def _name(host: str) -> Iterator[Fact]:
    yield Fact("name", host)
    if is_public_suffix(host):
        yield Fact("domain", "a public suffix: names below it belong to different owners", "public suffix list")
    else:
        yield Fact("domain", registrable_domain(host), "public suffix list")


def _service(host: str, knowledge: Knowledge) -> Iterator[Fact]:
    found = knowledge.service_of(host)
    if found is None:
        yield Fact(
            "service", "none of the curated lists names it", _versions(knowledge, "trackers", "library-services")
        )
        return
    service, entry = found
    source = f"{_versions(knowledge, service.list)}: {entry}"
    yield Fact("service", service.name, source)
    yield Fact("owner", service.owner, source)
    yield Fact("category", service.category, source)
    if service.never_block:
        yield Fact("blocking", "never: it carries a patron's access", source)
    if service.note:
        yield Fact("note", service.note, source)
    yield from _evidence(service.evidence)


def _owner(host: str, knowledge: Knowledge) -> Iterator[Fact]:
    owner = knowledge.owner_of(host)
    if not owner:
        return
    if knowledge.service_of(host) is None:
        yield Fact("owner", owner, _versions(knowledge, "vendors"))
    group = knowledge.group_of(owner)
    if group != owner:
        yield Fact("group", group, _versions(knowledge, "vendors"))
    yield from _evidence(knowledge.evidence_of_group(group))
    others = sorted({service.name for service in knowledge.services if service.owner == owner})
    if len(others) > 1:
        yield Fact("its services", _short(others), _versions(knowledge, "trackers", "library-services"))
    products = sorted({one.name for one in knowledge.products if knowledge.group_of(one.owner) == group})
    if products:
        yield Fact("its products", _short(products), _versions(knowledge, "vendors"))


def _sites(host: str, sites: Iterable[Site], settings: Settings, knowledge: Knowledge) -> Iterator[Fact]:
    configured = {site.id for site in settings.sites}
    listed = {product.id: product for product in knowledge.products}
    for site in sites:
        facts = list(_site(host, site, settings, configured=site.id in configured))
        yield from facts
        if facts and site.id not in configured and site.id in listed:
            yield from _evidence(listed[site.id].evidence)


def _site(host: str, site: Site, settings: Settings, *, configured: bool) -> Iterator[Fact]:
    source = settings.path.name if settings.path and configured else "vendors"
    named = f"{site.id} ({site.name})"
    for domain in site.domains:
        if covers(domain, host):
            yield Fact("site", f"{named}: its pages are opened and watched", f"{source}: {domain}")
        elif covers(host, domain):
            yield Fact("site", f"{named}: below this name, opened and watched", f"{source}: {domain}")
    for own in site.own:
        if covers(own, host):
            yield Fact("site", f"{named}: its own content, passed sealed", f"{source}: {own}")
    for key, domains in (("permitted", site.permitted), ("disclosed", site.disclosed)):
        if any(covers(domain, host) for domain in domains):
            yield Fact("site", f"{named}: {key} as a third party", source)


def _rules(host: str, settings: Settings) -> Iterator[Fact]:
    shelf = shelf_of(settings)
    copies = shelf.copies()
    for copy in copies:
        found = list(_naming(host, parse(shelf.text(copy), copy.name)))
        yield Fact("rules", f"{len(found):,} name it", f"{copy.name} {copy.version}, fetched {copy.fetched}")
        for rule in found[:MOST]:
            section = f", {rule.section}" if rule.section else ""
            yield Fact("rules", rule.text, f"{copy.name}:{rule.line}{section}")
        if len(found) > MOST:
            yield Fact("rules", f"and {len(found) - MOST:,} more")
    if not copies:
        yield Fact("rules", "no list is on this machine; fetch one with: carrel lists update")


def _naming(host: str, parsed: Parsed) -> Iterator[Rule]:
    """The rules in use that name this host, a name above it, or one below it, in the list's order.

    >>> from blocklists.rules import parse
    >>> list_ = ["||a.test^", "@@||x.a.test/y", "||ba.test^", "0.0.0.0 b.test a.test", "a.test#@#.ad", "! a.test"]
    >>> [str(rule) for rule in _naming("a.test", parse("\\n".join(list_), "mine"))]
    ['mine:1 ||a.test^', 'mine:2 @@||x.a.test/y', 'mine:4 0.0.0.0 b.test a.test']
    """
    for number, line in enumerate(parsed.text.split("\n")):
        words = line.partition("#")[0].lower().split()
        if len(words) == 1:
            named = _NAME.match(words[0])
            words = [named[1].removesuffix(".")] if named else []
        elif words:
            words = words[1:] if _ADDRESS.fullmatch(words[0]) else []
        if any(_about(word, host) for word in words) and (len(words) > 1 or _in_use(line.strip())):
            yield parsed.rule(number)


def _about(word: str, host: str) -> bool:
    # A rule for all of `.com` is about everybody, and so about nobody.
    return covers(host, word) or ("." in word and covers(word, host))


def _in_use(line: str) -> bool:
    if _ADDRESS.match(line):
        return True
    try:
        read_line(line)
    except RuleError:
        return False
    return not _COSMETIC.search(line)


def _evidence(evidence: Iterable[Evidence]) -> Iterator[Fact]:
    """Where the entry just shown was looked up."""
    for one in evidence:
        yield Fact("evidence", f"{one.title}: {one.address}", f"read {one.read}")


def _versions(knowledge: Knowledge, *names: str) -> str:
    return ", ".join(f"{name} {knowledge.ruleset(name).version}" for name in names)


def _short(names: list[str], most: int = 8) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def _laid_out(facts: Iterable[Fact]) -> str:
    lines, last = [], ""
    for fact in facts:
        label = "" if fact.label == last else fact.label
        last = fact.label
        source = f"  [{fact.source}]" if fact.source else ""
        lines.append(f"{label:<13} {fact.text}{source}".rstrip())
    return "\n".join(lines)
