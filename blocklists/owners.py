"""Say what a host is: which service, which company, which group of companies.

Reads the curated files once, at start, and answers from memory. It decides nothing: whether a service is a third party
on a page is the judge's business.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from blocklists.curated_file import CuratedError, Entry, File, read
from blocklists.evidence import Evidence, cited
from blocklists.evidence import load as load_evidence

__all__ = ["CATEGORIES", "CuratedError", "Evidence", "Knowledge", "Product", "Ruleset", "Service", "load"]

CATEGORIES = frozenset(
    {
        "accessibility",
        "advertising",
        "altmetrics",
        "analytics",
        "captcha",
        "CDN",
        "chat and survey",
        "consent",
        "covers and enrichment",
        "error monitoring",
        "fonts",
        "hosting",
        "maps",
        "other",
        "patron CRM",
        "session replay",
        "sign-in",
        "social widget",
        "tag manager",
        "video",
    }
)
KINDS = frozenset({"catalog", "vendor"})
BASES = frozenset({"read", "proxy stanza"})
SERVICE_LISTS = ("trackers", "library-services")
LICENCE = "Apache-2.0"
LONGEST_NAME = 253
"""Longest host name that DNS allows. Longer text is no host, and walking its labels would cost time for nothing."""
type Sources = Mapping[str, Evidence]


@dataclass(frozen=True, slots=True)
class Service:
    name: str
    owner: str
    category: str
    domains: tuple[str, ...]
    list: str
    """Curated file that names it: `trackers` or `library-services`."""
    never_block: bool = False
    """It carries a patron's access (sign-in, captcha, entitlement): stopping it locks people out."""
    note: str = ""
    evidence: tuple[Evidence, ...] = ()
    """Where it was looked up; at least one for each shipped entry."""


@dataclass(frozen=True, slots=True)
class Product:
    id: str
    name: str
    kind: str
    vendor: str
    owner: str
    domains: tuple[str, ...]
    """Opened by the proxy and written into its certificate's name constraints."""
    own: tuple[str, ...]
    """Further hosts of the product's own content. Never opened."""
    basis: str
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Ruleset:
    name: str
    version: str
    sha256: str
    licence: str
    rules: int
    """Domains in the file."""
    skipped: int
    """Always 0 for a curated file: it is refused as a whole if one entry is wrong."""


class Knowledge:
    """The curated files, one answer per question. Names below a listed domain belong to it; the longest match wins."""

    def __init__(
        self,
        products: Sequence[Product],
        services: Sequence[Service],
        groups: Mapping[str, Sequence[str]],
        rulesets: Sequence[Ruleset],
        group_evidence: Mapping[str, tuple[Evidence, ...]] | None = None,
    ) -> None:
        """`groups` gives each company with several brands the registrable domains of all of them."""
        self.products = tuple(products)
        self.services = tuple(services)
        self.rulesets = tuple(rulesets)
        self._services = {domain: service for service in services for domain in service.domains}
        # Later lines win: a service says more about a domain than a group does.
        self._owners = {domain: name for name, domains in groups.items() for domain in domains}
        self._owners |= {domain: product.owner for product in products for domain in (*product.own, *product.domains)}
        self._owners |= {domain: service.owner for domain, service in self._services.items()}
        self._groups = {product.vendor: product.owner for product in products}
        self._group_evidence = group_evidence or {}
        self._rulesets = {ruleset.name: ruleset for ruleset in rulesets}

    def service_of(self, host: str) -> tuple[Service, str] | None:
        """Return the service and the entry that matched, or None. Takes any text."""
        for name in _parents(host):
            if service := self._services.get(name):
                return service, name
        return None

    def owner_of(self, host: str) -> str:
        """Return the company behind a host, or an empty string."""
        return next((self._owners[name] for name in _parents(host) if name in self._owners), "")

    def group_of(self, owner: str) -> str:
        """Return the group of a brand (Elsevier: RELX); a company without one is its own group."""
        return self._groups.get(owner, owner)

    def domains_of(self, owner: str) -> tuple[str, ...]:
        """Return every listed domain of the owner's group."""
        group = self.group_of(owner)
        return tuple(domain for domain, name in self._owners.items() if self.group_of(name) == group)

    def evidence_of_group(self, group: str) -> tuple[Evidence, ...]:
        """Return where it was looked up that the brands of a group belong together; empty for a single company."""
        return self._group_evidence.get(group, ())

    def ruleset(self, name: str) -> Ruleset:
        return self._rulesets[name]


def load(folder: Path | None = None) -> Knowledge:
    """Read the curated files of a folder, the shipped ones if none is given. Raises CuratedError."""
    source: Traversable = files("blocklists") / "curated" if folder is None else folder
    sources = load_evidence(source)
    vendors = read(source, "vendors", {"owner", "product"})
    lists = [read(source, name, {"service"}) for name in SERVICE_LISTS]
    groups, group_evidence = _groups(vendors, sources)
    products = _products(vendors, groups, sources)
    services = [_service(entry, file.stem, sources) for file in lists for entry in file.entries("service", "name")]
    _refuse_doubles("service", ((f"{s.list}.toml", s.name, s.domains) for s in services))
    rulesets = [_ruleset(vendors, [*groups.values(), *(p.domains + p.own for p in products)])]
    rulesets += [_ruleset(file, [s.domains for s in services if s.list == file.stem]) for file in lists]
    return Knowledge(products, services, groups, rulesets, group_evidence)


def _parents(host: str) -> Iterator[str]:
    """Yield a host and every name above it, longest first."""
    name = host.lower().removesuffix(".") if len(host) <= LONGEST_NAME + 1 else ""
    while name:
        yield name
        name = name.partition(".")[2]


def _groups(file: File, sources: Sources) -> tuple[dict[str, tuple[str, ...]], dict[str, tuple[Evidence, ...]]]:
    found: dict[str, tuple[str, ...]] = {}
    evidence: dict[str, tuple[Evidence, ...]] = {}
    for entry in file.entries("owner", "name"):
        entry.only({"name", "domains", "evidence"})
        if entry.text("name") in found:
            raise entry.error("the name is used twice")
        found[entry.text("name")] = entry.domains("domains")
        evidence[entry.text("name")] = cited(entry, sources)
    _refuse_doubles("owner", ((file.name, name, domains) for name, domains in found.items()))
    return found, evidence


def _products(file: File, groups: Mapping[str, Sequence[str]], sources: Sources) -> list[Product]:
    found: dict[str, Product] = {}
    owners: dict[str, str] = {}
    for entry in file.entries("product", "id"):
        product = _product(entry, sources)
        if product.id in found:
            raise entry.error("the id is used twice")
        if product.owner not in groups and product.owner != product.vendor:
            raise entry.error(f"owner {product.owner!r} is neither the vendor nor the name of an [[owner]]")
        if owners.setdefault(product.vendor, product.owner) != product.owner:
            raise entry.error(f"vendor {product.vendor!r} belongs to {owners[product.vendor]!r} elsewhere in the file")
        found[product.id] = product
    _refuse_doubles("product", ((file.name, product.id, product.domains) for product in found.values()))
    return list(found.values())


def _product(entry: Entry, sources: Sources) -> Product:
    entry.only({"id", "name", "kind", "vendor", "owner", "domains", "own", "basis", "evidence"})
    slug = entry.text("id")
    if not slug.replace("-", "").isalnum() or slug != slug.lower() or not slug.isascii():
        raise entry.error("the id takes lower-case letters, digits and hyphens only")
    return Product(
        id=slug,
        name=entry.text("name"),
        kind=entry.one_of("kind", KINDS),
        vendor=entry.text("vendor"),
        owner=entry.text("owner"),
        domains=entry.domains("domains"),
        own=entry.domains("own", optional=True),
        basis=entry.one_of("basis", BASES),
        evidence=cited(entry, sources),
    )


def _service(entry: Entry, list_: str, sources: Sources) -> Service:
    entry.only({"name", "owner", "category", "domains", "never_block", "note", "evidence"})
    return Service(
        name=entry.text("name"),
        owner=entry.text("owner"),
        category=entry.one_of("category", CATEGORIES),
        domains=entry.domains("domains"),
        list=list_,
        never_block=entry.flag("never_block"),
        note=entry.text("note", optional=True),
        evidence=cited(entry, sources),
    )


def _refuse_doubles(table: str, entries: Iterable[tuple[str, str, Sequence[str]]]) -> None:
    """Takes file, name and domains of each entry."""
    seen: dict[str, str] = {}
    for file, name, domains in entries:
        for domain in domains:
            if domain in seen:
                raise CuratedError(f"{file}: {table} {name!r}: {domain!r} is already in {seen[domain]}")
            seen[domain] = f"{table} {name!r} of {file}"


def _ruleset(file: File, domains: Iterable[Sequence[str]]) -> Ruleset:
    return Ruleset(file.stem, file.version, file.sha256, LICENCE, sum(map(len, domains)), skipped=0)
