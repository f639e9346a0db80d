"""Which site a host belongs to, also under the names of the library's own rewriting proxy, and which section a path
is. Pure, and without a memory: the names of some proxies hold a patron's session.

A site is one catalog, vendor product or library page from carrel.toml or from the shipped directory.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from addons.decide.parties import covers
from addons.decide.rewritten import UNRESOLVED, Rewriting
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


@dataclass(frozen=True, slots=True)
class Place:
    """Where a host name leads."""

    host: str
    """The host itself, or the one behind a rewritten name; "" if that cannot be told."""
    site: Site | None
    """None: out of scope."""
    relayed: bool = False
    """By the library's own rewriting proxy."""

    def address(self, url: str, host: str) -> str:
        """An address at `host`, the name that led here, as it would be without the rewriting proxy."""
        return url.replace(host, self.host, 1) if self.relayed and self.host else url


class Catalogue:
    """All sites in scope, found by host. The longest domain wins, so a library's own tenant beats its vendor's, and a
    name below a suffix of the rewriting proxy is the vendor's and not the library's.
    """

    def __init__(self, sites: Sequence[Site], rewriting: Rewriting | None = None) -> None:
        self.sites = tuple(sites)
        self._by_domain = {domain: site for site in sites for domain in site.domains}
        self._rewriting = rewriting or Rewriting((), lambda host: False)

    @property
    def domains(self) -> tuple[str, ...]:
        """Everything that may be opened, sorted: the name constraints of the certificate authority."""
        return tuple(sorted({*self._by_domain, *self._rewriting.suffixes}))

    def site_of(self, host: str) -> Site | None:
        """The site to which a host (in the form of `normal_host`) belongs, or None: out of scope."""
        return self.place(host).site

    def place(self, host: str) -> Place:
        """Where a host (in the form of `normal_host`) leads."""
        for name in upwards(host):
            if name in self._rewriting.suffixes and (found := self._rewriting.original(host)):
                if found is UNRESOLVED:
                    return Place("", None, relayed=True)
                site = next((self._by_domain[up] for up in upwards(found.host) if up in self._by_domain), None)
                return Place(found.host, site, relayed=True)
            if site := self._by_domain.get(name):
                return Place(host, site)
        return Place(host, None)

    def is_proxys(self, host: str) -> bool:
        """Whether a host is the rewriting proxy's, be it a page of its own or a site behind it."""
        return any(name in self._rewriting.suffixes for name in upwards(host))


def upwards(host: str) -> Iterator[str]:
    """A host and all names above it, the longest first."""
    while host:
        yield host
        _, _, host = host.partition(".")


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
