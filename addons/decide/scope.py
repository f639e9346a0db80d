"""From a configuration and our knowledge to what is in scope: sites, and the names under which the library's own
rewriting proxy shows them. Pure.
"""

from __future__ import annotations

from collections.abc import Callable

from addons.decide.rewritten import Rewriting, names
from addons.decide.sites import Catalogue, in_scope, upwards
from addons.settings import Settings, Site
from blocklists.owners import Knowledge, Product


def scope(settings: Settings, knowledge: Knowledge, is_listed: Callable[[str], bool] = lambda host: False) -> Catalogue:
    """The library's own sites, unless switched off the shipped directory's, and all of them behind its proxy.

    `is_listed`: hosts that fetched lists name. They help to say which tracker is relayed, and open nothing.
    """
    plain = in_scope(settings.sites, knowledge.products if settings.directory.use else ())
    if not settings.rewriting.suffixes:
        return plain

    holders: list[Site | Product] = [*plain.sites, *knowledge.products]
    domains = [domain for one in holders for domain in (*one.domains, *one.own)]
    domains += [domain for service in knowledge.services for domain in service.domains]
    held = frozenset((*domains, *settings.rewriting.names.values()))

    def known(host: str) -> bool:
        return not held.isdisjoint(upwards(host)) or bool(knowledge.owner_of(host)) or is_listed(host)

    dictionary = names(domains) | dict(settings.rewriting.names)
    return Catalogue(plain.sites, Rewriting(settings.rewriting.suffixes, known, dictionary))
