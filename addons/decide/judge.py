"""Decide what a sighting is. Pure: the same sighting always gets the same finding.

Everything a patron could be known by ends here: a finding holds a registrable domain and words from our own lists.
"""

from __future__ import annotations

from dataclasses import dataclass

from addons.decide.parties import covers, registrable_domain
from addons.settings import Site
from addons.sighting import Sighting
from blocklists.owners import Knowledge


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


class Judge:
    """Verdicts from one state of our knowledge."""

    def __init__(self, knowledge: Knowledge, library_domains: frozenset[str] = frozenset()) -> None:
        """`library_domains`: registrable domains of the library's own sites."""
        self._knowledge = knowledge
        self._library = library_domains

    def weigh(self, site: Site, sighting: Sighting) -> Finding | None:
        """None for the site's own hosts: those are nobody's business."""
        host = sighting.host
        if not host or any(covers(domain, host) for domain in site.domains):
            return None
        domain = registrable_domain(host)
        service, rule, version, name, owner, category = None, "", "", "", "", ""
        if match := self._knowledge.service_of(host):
            service, rule = match
            name, owner, category = service.name, service.owner, service.category
            version = self._knowledge.ruleset(service.list).version
        owner = owner or self._knowledge.owner_of(host)
        group = self._knowledge.group_of(owner) if owner else ""
        return Finding(
            third_party=domain,
            listed=service is not None or bool(owner),
            service=name,
            owner=owner,
            owner_group=group,
            category=category,
            list=service.list if service else "",
            list_version=version,
            rule=rule,
            relation=self._relation(site, host, domain, group, category),
            kind=sighting.kind,
            method=sighting.method,
            outcome=sighting.outcome,
        )

    def _relation(self, site: Site, host: str, domain: str, group: str, category: str) -> str:
        if any(covers(own, host) for own in site.own) or any(domain == registrable_domain(d) for d in site.domains):
            return "own"
        if group and site.owner and group == self._knowledge.group_of(site.owner):
            return "group"
        if domain in self._library:
            return "library"
        return _BY_CATEGORY.get(category, "third")


_BY_CATEGORY = {"hosting": "host", "CDN": "cloud"}
