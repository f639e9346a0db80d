"""Decide what a sighting is. Pure: the same sighting always gets the same finding.

Everything a patron could be known by ends here: a finding holds a registrable domain and words from our own lists.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol

from addons.decide.parties import covers, registrable_domain
from addons.settings import Site
from addons.sighting import Sighting
from blocklists.matcher import Request
from blocklists.owners import Knowledge
from blocklists.rules import Rule

UNRESOLVED_PARTY = "(unresolved behind proxy)"
"""Stands for all hosts behind the library's rewriting proxy whose names cannot be undone. The names themselves, which
may hold a patron's session, go no further."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What is left of a sighting; the only thing that reaches the ledger."""

    third_party: str
    """Registrable domain (public suffix list, private suffixes included)."""
    listed: bool
    service: str
    owner: str
    owner_group: str
    category: str
    list: str
    list_version: str
    rule: str
    """The entry of the list that matched."""
    relation: str
    """own, group, host, cloud, library or third."""
    kind: str
    method: str
    outcome: str
    relayed: bool = False
    """Reached under the name of the library's own rewriting proxy."""


class FetchedLists(Protocol):
    """What the judge asks of the lists that a library fetched (addons.lists.Lists)."""

    def rule_for(self, request: Request) -> Rule | None: ...
    def rule_for_host(self, host: str) -> Rule | None: ...
    def version(self, name: str) -> str: ...


class Judge:
    """Verdicts from one state of our knowledge."""

    def __init__(
        self,
        knowledge: Knowledge,
        library_domains: frozenset[str] = frozenset(),
        lists: FetchedLists | None = None,
        suffixes: Collection[str] = (),
    ) -> None:
        """`library_domains`: registrable domains of the library's own sites. `suffixes`: of its rewriting proxy, whose
        own pages (to log in) are the library's, too.
        """
        self._knowledge = knowledge
        self._library = library_domains
        self._lists = lists
        self._suffixes = suffixes

    def weigh(self, site: Site, sighting: Sighting) -> Finding | None:
        """None for the site's own hosts, unless a rule names the request: those are nobody's business."""
        host = sighting.host
        if not host and sighting.relayed:
            return _unresolved(sighting)
        if not host or (sighting.rule is None and any(covers(domain, host) for domain in site.domains)):
            return None
        domain = registrable_domain(host)
        service, entry = self._knowledge.service_of(host) or (None, "")
        owner = (service.owner if service else "") or self._knowledge.owner_of(host)
        group = self._knowledge.group_of(owner) if owner else ""
        category = service.category if service else ""
        # Our own lists say who somebody is and what for; a fetched one, at least, that it is a tracker.
        rule = None if service else sighting.rule or self._fetched(site, sighting)
        if service:
            list_name, version, named_by = service.list, self._knowledge.ruleset(service.list).version, entry
        elif rule and self._lists:
            list_name, version, named_by = rule.list, self._lists.version(rule.list), str(rule)
        else:
            list_name, version, named_by = "", "", ""
        return Finding(
            third_party=domain,
            listed=service is not None or rule is not None or bool(owner),
            service=service.name if service else "",
            owner=owner,
            owner_group=group,
            category=category or ("other" if rule else ""),
            list=list_name,
            list_version=version,
            rule=named_by,
            relation=self._relation(site, host, domain, group, category),
            kind=sighting.kind,
            method=sighting.method,
            outcome=sighting.outcome,
            relayed=sighting.relayed,
        )

    def _fetched(self, site: Site, sighting: Sighting) -> Rule | None:
        """The rule of a fetched list that names this contact."""
        if self._lists is None:
            return None
        if not sighting.url:
            return self._lists.rule_for_host(sighting.host)
        page = sighting.page or site.domains[0]
        return self._lists.rule_for(Request(sighting.url, sighting.host, page, sighting.kind, third_party=True))

    def _relation(self, site: Site, host: str, domain: str, group: str, category: str) -> str:
        if any(covers(own, host) for own in site.own) or any(domain == registrable_domain(d) for d in site.domains):
            return "own"
        if group and site.owner and group == self._knowledge.group_of(site.owner):
            return "group"
        if domain in self._library or any(covers(suffix, host) for suffix in self._suffixes):
            return "library"
        return _BY_CATEGORY.get(category, "third")


def _unresolved(sighting: Sighting) -> Finding:
    how = (sighting.kind, sighting.method, sighting.outcome)
    return Finding(UNRESOLVED_PARTY, False, "", "", "", "", "", "", "", "third", *how, relayed=True)


_BY_CATEGORY = {"hosting": "host", "CDN": "cloud"}
