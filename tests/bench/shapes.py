"""A library as it could be: which sites, who appears on them, how, and since when. Random, but the same for one seed.

Nothing here is a statement about a real product: names are taken from the shipped lists so that pages and reports look
as they would, and who appears where is drawn by lot.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from addons.decide.parties import registrable_domain
from blocklists.owners import Knowledge, Product

TODAY = date(2026, 11, 24)
DAYS_KEPT = 90
MONTHS = tuple(f"{2024 + n // 12}-{n % 12 + 1:02}" for n in range(11, 35))
FIRST_DAY = TODAY - timedelta(days=DAYS_KEPT)
DAYS = tuple(FIRST_DAY + timedelta(days=n) for n in range(DAYS_KEPT))
SITES = 40
SECTIONS = (("search", 0.45), ("item", 0.33), ("home", 0.14), ("account", 0.05), ("other", 0.03))
UNRESOLVED = "(unresolved behind proxy)"

# How often a service is met: those that are everywhere, by the beginning of their domain.
COMMON = (
    "google-analytics", "googletagmanager", "doubleclick", "googleapis", "gstatic", "cookielaw", "cloudflare",
    "newrelic", "nr-data", "adobedtm", "demdex", "omtrdc", "hotjar", "facebook", "cloudfront", "jsdelivr",
    "altmetric", "syndetics", "bing.com", "linkedin", "twitter", "youtube",
)  # fmt: skip
KINDS = ("script", "connect", "image", "frame", "style", "font")
KIND_OF = {"fonts": "font", "CDN": "script", "video": "frame", "covers and enrichment": "image", "altmetrics": "image"}
MODES = ("observe",) * 6 + ("block",) * 3 + ("contract",)


@dataclass(frozen=True, slots=True)
class Scale:
    """How much there is of everything."""

    loads: float = 1.0
    """Page loads, as a multiple of a library with some thirty public computers."""
    parties: tuple[int, int] = (4, 30)
    """Third parties of one site, at least and at most."""
    kinds: tuple[int, int] = (1, 3)
    """Kinds of request of one third party."""
    consents: float = 0.5
    """Part of the sites whose consent tool is understood."""


@dataclass(frozen=True, slots=True)
class Party:
    domain: str
    service: str
    owner: str
    group: str
    category: str
    list: str
    version: str
    rule: str


@dataclass(frozen=True, slots=True)
class Place:
    """One third party on one site."""

    party: Party
    relation: str
    share: float
    """Of the page loads."""
    kinds: tuple[str, ...]
    methods: tuple[str, ...]
    """More than one: met both by its own name and behind the site's."""
    since: str
    until: str
    """Months; it was seen from the one to the other."""
    sections: tuple[str, ...]
    waits: bool
    """Not contacted before a choice or after refusal."""
    receives: tuple[tuple[str, str], ...]
    """What, and carried in what."""
    upstream: bool
    """The library's content filter stops it, on some page loads."""


@dataclass(frozen=True, slots=True)
class Site:
    key: int
    id: str
    name: str
    kind: str
    vendor: str
    product: str
    domains: str
    contract: tuple[str, str]
    loads: float
    """Page loads on a working day."""
    since: str
    """The month in which somebody first opened it."""
    consent: bool
    """Its consent tool is understood."""
    relayed: bool
    """Reached through the library's own rewriting proxy."""
    mode: str
    protected: str
    """The day since which it is protected, "" if it is not."""
    state: str
    places: tuple[Place, ...]


def library(knowledge: Knowledge, seed: int, scale: Scale) -> tuple[Site, ...]:
    rng = random.Random(seed)
    listed = _listed(knowledge)
    rare = [
        Party(f"{word}-{n}.example", *[""] * 7) for word in ("cdn", "stat", "pix", "edge", "api") for n in range(12)
    ]
    catalogs = [one for one in knowledge.products if one.kind == "catalog"]
    vendors = [one for one in knowledge.products if one.kind == "vendor"]
    chosen = [*rng.sample(catalogs, 3), *rng.sample(vendors, SITES - 7)]
    sites = [_product(rng, n, one) for n, one in enumerate(chosen, 1)]
    for n, (name, words) in enumerate(
        (("home", "Library home page"), ("events", "Events"), ("ask", "Ask a librarian"), ("local", "Local history")),
        len(sites) + 1,
    ):
        sites.append(_site(rng, n, f"library-{name}", words, "library", "Anytown", words, f"{name}.anytown.example"))
    return tuple(_filled(rng, site, knowledge, listed, rare, scale) for site in sites)


def _product(rng: random.Random, key: int, one: Product) -> Site:
    return _site(rng, key, one.id, one.name, one.kind, one.vendor, one.name, " ".join(one.domains))


def _site(
    rng: random.Random, key: int, name: str, words: str, kind: str, vendor: str, product: str, domains: str
) -> Site:
    mode = rng.choice(MODES)
    protected = (FIRST_DAY + timedelta(days=rng.randrange(15, 60))).isoformat() if mode != "observe" else ""
    begin = f"{rng.choice((2023, 2024, 2025))}-{rng.choice((1, 7)):02}-01"
    contract = (begin, f"{int(begin[:4]) + rng.choice((3, 4))}-12-31") if kind != "library" else ("", "")
    return Site(
        key=key,
        id=name,
        name=words,
        kind=kind,
        vendor=vendor,
        product=product,
        domains=domains,
        contract=contract,
        loads=0,
        since=MONTHS[0] if rng.random() < 0.75 else rng.choice(MONTHS[1:22]),
        consent=False,
        relayed=kind == "vendor" and rng.random() < 0.25,
        mode=mode,
        protected=protected,
        state={"observe": "observing"}.get(mode, "returned" if rng.random() < 0.2 else "protected"),
        places=(),
    )


def _filled(
    rng: random.Random,
    site: Site,
    knowledge: Knowledge,
    listed: Sequence[Party],
    rare: Sequence[Party],
    scale: Scale,
) -> Site:
    weights = [60.0 if any(word in one.domain for word in COMMON) else 1.0 for one in listed]
    wanted = rng.randint(*scale.parties)
    found: dict[str, Party] = {}
    while len(found) < wanted:
        pool, by = (rare, None) if rng.random() < 0.12 else (listed, weights)
        party = rng.choices(pool, by)[0]
        found[party.domain] = party
    product = next((one for one in knowledge.products if one.id == site.id), None)
    places = [_place(rng, site, one, "cloud" if one.category in ("CDN", "hosting") else "third", scale)
              for _, one in sorted(found.items())]  # fmt: skip
    if product:
        own = {registrable_domain(name) for name in product.own} - found.keys()
        group = {registrable_domain(name) for name in knowledge.domains_of(product.owner)} - found.keys() - own
        group -= {registrable_domain(name) for name in product.domains}
        for domain, relation in [
            *((one, "own") for one in sorted(own)[:3]),
            *((one, "group") for one in sorted(group)[:3]),
        ]:
            owner = knowledge.owner_of(domain) or product.owner
            party = Party(domain, "", owner, knowledge.group_of(owner), "", "", "", "")
            places.append(replace(_place(rng, site, party, relation, scale), receives=()))
    if site.relayed:
        unknown = Party(UNRESOLVED, *[""] * 7)
        places.append(replace(_place(rng, site, unknown, "third", scale), methods=("report",), receives=(), share=0.04))
    return replace(
        site,
        loads=scale.loads * min(400.0, 6 * rng.paretovariate(0.8)) * (3 if site.kind != "vendor" else 1),
        consent=rng.random() < scale.consents,
        places=tuple(places),
    )


def _place(rng: random.Random, site: Site, party: Party, relation: str, scale: Scale) -> Place:
    draw = rng.random()
    since, until = site.since, MONTHS[-1]
    if draw < 0.25:
        since = max(site.since, rng.choice(MONTHS))
    elif draw < 0.35:
        until = max(site.since, rng.choice(MONTHS))
    methods: tuple[str, ...] = (rng.choices(("report", "report+tunnel", "tunnel"), (6, 3, 1))[0],)
    if (hidden := rng.random()) < 0.08 and relation != "cloud":
        methods = ("dns",) if hidden < 0.05 else ("report", "dns")
    first = KIND_OF.get(party.category, rng.choice(KINDS[:4]))
    others = rng.sample([one for one in KINDS if one != first], min(5, rng.randint(*scale.kinds) - 1))
    gets: list[tuple[str, str]] = []
    if party.category in ("advertising", "analytics", "session replay", "tag manager", "social widget") or draw < 0.2:
        gets = [("page address", "referrer")] * (rng.random() < 0.6) + [("page address", "url")] * (rng.random() < 0.5)
        gets += [("cookie", "cookie")] * (rng.random() < 0.3) + [("identifier", "url")] * (rng.random() < 0.35)
        gets += [("search terms", rng.choice(("url", "referrer")))] * (rng.random() < 0.2)
        gets += [("item", "url")] * (rng.random() < 0.15) + [("e-mail", "url")] * (rng.random() < 0.02)
    everywhere = rng.random() < 0.7
    names = [name for name, _ in SECTIONS]
    return Place(
        party=party,
        relation=relation,
        share=min(1.0, max(0.01, rng.betavariate(0.7, 0.9))),
        kinds=(first, *others),
        methods=methods,
        since=since,
        until=until,
        sections=tuple(names if everywhere else sorted(rng.sample(names, rng.randint(1, 3)))),
        waits=site.kind == "vendor" and rng.random() < 0.35,
        receives=tuple(sorted(set(gets))),
        upstream=party.category == "advertising" and rng.random() < 0.1,
    )


def _listed(knowledge: Knowledge) -> list[Party]:
    found: dict[str, Party] = {}
    for service in knowledge.services:
        for name in service.domains:
            domain = registrable_domain(name)
            version = knowledge.ruleset(service.list).version
            group = knowledge.group_of(service.owner)
            one = Party(domain, service.name, service.owner, group, service.category, service.list, version, name)
            found.setdefault(domain, one)
    return [found[domain] for domain in sorted(found)]
