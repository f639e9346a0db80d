"""Which site a host belongs to, and which section a path is. Pure.

A site is one catalog, vendor product or library page from carrel.toml or from the shipped directory.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from addons.decide.parties import covers
from addons.settings import Site

if TYPE_CHECKING:
    from blocklists.owners import Product

# Used where a site's own `sections` do not decide. First the account: a list of loans is more telling than a search.
_COMMON = (
    (
        "account",
        ("account", "login", "signin", "sign-in", "myaccount", "patron", "user", "profile", "checkouts", "holds"),
    ),
    ("search", ("search", "results", "advanced", "browse", "find", "discover", "explore")),
    (
        "item",
        ("item", "record", "title", "book", "books", "article", "articles", "doi", "media", "work", "document", "show"),
    ),
)
_HOME = frozenset({"", "home", "index", "index.html", "index.php", "default.aspx", "welcome"})


class Catalogue:
    """All sites in scope, found by host. The longest domain wins, so a library's own tenant beats its vendor's."""

    def __init__(self, sites: Sequence[Site]) -> None:
        self.sites = tuple(sites)
        self._by_domain = {domain: site for site in sites for domain in site.domains}

    @property
    def domains(self) -> tuple[str, ...]:
        """Everything that may be opened, sorted: the name constraints of the certificate authority."""
        return tuple(sorted(self._by_domain))

    def site_of(self, host: str) -> Site | None:
        """The site to which a host (in the form of `normal_host`) belongs, or None: out of scope."""
        name = host
        while name:
            if site := self._by_domain.get(name):
                return site
            _, _, name = name.partition(".")
        return None


def in_scope(configured: Sequence[Site], products: Iterable[Product]) -> Catalogue:
    """The configured sites, completed from the directory, and the directory's other products.

    A configured site under a product's domain (`anytown.bibliocommons.com`) learns vendor, owner and own content
    hosts from it; the product itself stays in scope for its other hosts.
    """
    products = tuple(products)
    sites = [_completed(site, products) for site in configured]
    taken = {domain for site in configured for domain in site.domains}
    ids = {site.id for site in configured}
    for product in products:
        domains = tuple(domain for domain in product.domains if domain not in taken)
        if domains and product.id not in ids:
            sites.append(
                Site(
                    id=product.id,
                    name=product.name,
                    kind=product.kind,
                    vendor=product.vendor,
                    product=product.name,
                    domains=domains,
                    own=product.own,
                    owner=product.owner,
                )
            )
    return Catalogue(sites)


def _completed(site: Site, products: Sequence[Product]) -> Site:
    for product in products:
        if any(covers(theirs, ours) for theirs in product.domains for ours in site.domains):
            return replace(
                site,
                vendor=site.vendor or product.vendor,
                product=site.product or product.name,
                owner=site.owner or product.owner,
                own=tuple(dict.fromkeys((*site.own, *product.own))),
            )
    return replace(site, owner=site.owner or site.vendor)


def section_of(site: Site, path: str) -> str:
    """The coarse kind of page behind a path (no query): search, item, account, home or other.

    >>> section_of(Site("a", "A", sections=(("search", ("/find*",)),)), "/findit")
    'search'
    >>> section_of(Site("a", "A"), "/user/login"), section_of(Site("a", "A"), "/"), section_of(Site("a", "A"), "/about")
    ('account', 'home', 'other')
    """
    path = path.partition("?")[0].partition("#")[0].lower()
    for section, patterns in site.sections:
        if any(fnmatchcase(path, pattern.lower()) for pattern in patterns):
            return section
    words = [word for word in path.split("/") if word]
    for section, known in _COMMON:
        if any(word.partition(".")[0] in known for word in words):
            return section
    return "home" if len(words) <= 1 and (words[0] if words else "") in _HOME else "other"
