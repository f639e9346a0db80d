"""From an EZproxy configuration to Carrel's: sites, a dictionary of rewritten names, and the trackers that are relayed.

Pure. A site opens only what begins at a stanza's own address: a stanza also names clouds, trackers and log-ins of
others, and what Carrel opens must be the vendor's beyond doubt. The rest is handed back for a person to weigh.
"""

from __future__ import annotations

import ipaddress
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from addons.decide.parties import covers, is_public_suffix, registrable_domain
from addons.decide.rewritten import hyphenated
from addons.settings import DESK
from blocklists.owners import Knowledge, Product
from deploy.ezproxy import Config, Stanza

_RELAYED_LIST = "trackers"
_LONGEST_ID = 40


@dataclass(frozen=True, slots=True)
class ImportedSite:
    """One `[[site]]` to be; stanzas of one vendor that overlap are one site."""

    id: str
    name: str
    vendor: str
    domains: tuple[str, ...]
    titles: tuple[str, ...]
    others: tuple[str, ...]
    """Further hosts of the stanzas, not opened: whose they are, the file does not say."""


@dataclass(frozen=True, slots=True)
class Import:
    sites: tuple[ImportedSite, ...]
    shipped: tuple[tuple[str, str], ...]
    """Title of a stanza, and the id of the directory's product that stands for it."""
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Relayed:
    """A tracker that the library's own proxy passes on, in its own name."""

    title: str
    host: str
    service: str
    owner: str
    category: str


@dataclass(slots=True)
class _Group:
    vendor: str
    domains: set[str]
    titles: dict[int, str]
    """By their place in the file."""
    others: set[str]
    homes: set[str] = field(init=False)
    """Registrable domains."""

    def __post_init__(self) -> None:
        self.homes = set(map(registrable_domain, self.domains))


def sites_from(config: Config, knowledge: Knowledge, ids: Iterable[str] = ()) -> Import:
    """The sites that a configuration names and the shipped directory lacks; `ids` are already used in carrel.toml."""
    groups: list[_Group] = []
    shipped: dict[tuple[str, str], None] = {}
    problems: list[str] = []
    for number, stanza in enumerate(config.stanzas):
        first = stanza.starts or (*stanza.domains, *stanza.hosts)[:1]  # some stanzas name no URL
        product = next(filter(None, (_product(host, knowledge.products) for host in first)), None)
        if product:
            shipped[stanza.title, product.id] = None
            continue
        hosts = list(_usable(config, stanza, knowledge, problems))
        starts = [host for host in stanza.starts if host in hosts] if stanza.urls else hosts[:1]
        mine, others = _parted(hosts, starts, knowledge)
        if mine:
            groups.append(_Group(knowledge.owner_of(starts[0]), mine, {number: stanza.title}, others))
        else:
            problems.append(f'"{stanza.title}": begins at no host that Carrel could watch; left out')
    taken = {*ids, *(product.id for product in knowledge.products)}
    sites = tuple(_site(group, taken) for group in _merged(groups))
    return Import(sites, tuple(shipped), tuple(dict.fromkeys(problems)))


def dictionary(config: Config) -> dict[str, str]:
    """Names as the proxy writes them before its suffix -> host, for `Rewriting`; "" where two hosts share a name."""
    found: dict[str, set[str]] = {}
    for stanza in config.stanzas:
        for host in filter(config.relays, (*stanza.hosts, *stanza.domains)):
            edited = _edited(host, config.edits)
            for name in {hyphenated(host), hyphenated(edited), edited} - {host}:
                found.setdefault(name, set()).add(host)
    for find, write in config.edits:
        # The edit itself says what a name stands for, also for hosts that no stanza spells out.
        host, name = find.strip("^$").lstrip("."), write.lstrip(".-")
        if host and name and host != name and is_name(host):
            found.setdefault(name, set()).add(host)
    return {name: min(hosts) if len(hosts) == 1 else "" for name, hosts in sorted(found.items())}


def relayed_trackers(config: Config, knowledge: Knowledge) -> tuple[Relayed, ...]:
    """What the proxy relays to trackers: hosts that a stanza names, and listed names below its domains."""
    rows: dict[Relayed, None] = {}
    listed = [(d, s) for s in knowledge.services if s.list == _RELAYED_LIST for d in s.domains]
    for stanza in config.stanzas:
        named = dict.fromkeys((*stanza.hosts, *stanza.domains))
        found = [(host, match[0]) for host in named if (match := knowledge.service_of(host))]
        found += [(below, s) for domain in stanza.domains for below, s in listed if below.endswith("." + domain)]
        for host, service in found:
            if service.list == _RELAYED_LIST and config.relays(host):
                rows[Relayed(stanza.title, host, service.name, service.owner, service.category)] = None
    return tuple(sorted(rows, key=lambda row: (row.category, row.service.lower(), row.host, row.title)))


def relayed_table(rows: Sequence[Relayed]) -> str:
    """The rows for a terminal."""
    if not rows:
        return "Your EZproxy relays no tracker that Carrel's lists name."
    heads = ("category", "service", "owner", "host", "resource")
    lines = [heads, *((r.category, r.service, r.owner, r.host, r.title) for r in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(heads) - 1)]
    count = len({row.service for row in rows})
    what = "1 tracker service" if count == 1 else f"{count} tracker services"
    head = f"Your EZproxy relays {what}; to browsers they look like the library's own pages:"
    printed = ("  ".join(f"{cell:<{width}}" for cell, width in zip(line, [*widths, 0], strict=True)) for line in lines)
    return "\n".join([head, *(f"  {row}".rstrip() for row in printed)])


def toml(config: Config, imported: Import, *, names: Mapping[str, str] | None = None) -> str:
    """[rewriting] and [[site]] tables for carrel.toml, valid as they stand or behind other tables.

    With `names`, those of them that plain hyphenation does not explain are written as `[rewriting] names`.
    """
    lines = ["# Imported from EZproxy's config.txt by `carrel init --ezproxy`."]
    if not config.name:
        lines.append("# It has no Name line: write the proxy's host name into suffixes.")
    elif not config.by_host_name:
        lines.append(
            "# It lacks `Option ProxyByHostname`: sites are then told apart by port, which Carrel cannot undo."
        )
    suffixes = [config.name] if config.name and is_name(config.name) else []
    lines += ["[rewriting]", f"suffixes = {_list(suffixes)}"]
    odd = {name: host for name, host in (names or {}).items() if host and hyphenated(host) != name}
    if odd:
        pairs = ", ".join(f"{_text(name)} = {_text(host)}" for name, host in odd.items())
        lines.append(f"names = {{ {pairs} }}  # ProxyHostnameEdit")
    lines.append("")
    if imported.shipped:
        products = sorted({product for _, product in imported.shipped})
        lines.append("# In the shipped directory already, so not repeated here:")
        lines += [f"#   {product}" for product in products]
        lines.append("")
    for site in imported.sites:
        if len(site.titles) > 1:
            lines.append("# One site, because their hosts overlap: " + _comment("; ".join(site.titles)))
        lines += ["[[site]]", f"id = {_text(site.id)}", f"name = {_text(site.name)}", 'kind = "vendor"']
        lines += [f"vendor = {_text(site.vendor)}"] if site.vendor else []
        lines.append(f"domains = {_list(site.domains)}")
        if site.others:
            lines.append(f"# own = {_list(site.others)}")
            lines.append("# ^ also named in the stanza; keep under own only what is the vendor's own content")
        lines.append("")
    lines += [f"# Not imported: {_comment(problem)}" for problem in imported.problems]
    return "\n".join(lines).rstrip() + "\n"


def is_name(host: str) -> bool:
    """Whether a host can be a site's: a name below a public suffix or another dot, no address, not the proxy's own."""
    if "." not in host or is_public_suffix(host) or covers(DESK, host):
        return False
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return True
    return False


def _usable(config: Config, stanza: Stanza, knowledge: Knowledge, problems: list[str]) -> Iterator[str]:
    """The stanza's hosts that may belong to its vendor, domains first; complaints about the others."""
    for host in dict.fromkeys((*stanza.domains, *stanza.hosts)):
        if not is_name(host):
            what = (
                "is a public suffix, shared by many owners" if is_public_suffix(host) else "is no name on the internet"
            )
            problems.append(f'"{stanza.title}": "{host}" {what}; left out')
        elif config.relays(host) and not knowledge.service_of(host) and not (config.name and covers(config.name, host)):
            yield host


def _product(host: str, products: Sequence[Product]) -> Product | None:
    """The directory's product to which a host belongs; the one with the longest domain."""
    found = [(len(d), product) for product in products for d in product.domains if covers(d, host)]
    return max(found, key=lambda pair: pair[0])[1] if found else None


def _parted(hosts: Sequence[str], starts: Sequence[str], knowledge: Knowledge) -> tuple[set[str], set[str]]:
    """Hosts that share a registrable domain with a start, and the others.

    The same owner is not enough: companies own measuring services too.
    """
    homes = set(map(registrable_domain, starts))
    mine = {h for h in hosts if registrable_domain(h) in homes and not _product(h, knowledge.products)}
    return mine, set(hosts) - mine


def _merged(groups: Sequence[_Group]) -> list[_Group]:
    """Groups without overlap between them: every host belongs to one site."""
    merged: list[_Group] = []
    for group in groups:
        while True:
            other = next((g for g in merged if _overlap(g, group)), None)
            if other is None:
                break
            merged.remove(other)
            vendor = other.vendor or group.vendor
            group = _Group(
                vendor, other.domains | group.domains, other.titles | group.titles, other.others | group.others
            )
        merged.append(group)
    all_domains = {domain for group in merged for domain in group.domains}
    for group in merged:
        group.domains = {domain for domain in group.domains if not group.domains & set(_above(domain))}
        group.others = {host for host in group.others if not all_domains & {host, *_above(host)}}
    return sorted(merged, key=lambda group: min(group.titles))


def _overlap(one: _Group, two: _Group) -> bool:
    if one.homes.isdisjoint(two.homes):  # cheap, and a host can only cover one of the same registrable domain
        return False
    return any(covers(a, b) or covers(b, a) for a in one.domains for b in two.domains)


def _above(host: str) -> Iterator[str]:
    while host := host.partition(".")[2]:
        yield host


def _site(group: _Group, taken: set[str]) -> ImportedSite:
    titles = tuple(dict.fromkeys(title for _, title in sorted(group.titles.items())))
    plain = unicodedata.normalize("NFKD", titles[0]).encode("ascii", "ignore").decode().lower()
    # A title without Latin letters still has a host.
    slug = re.sub(r"[^a-z0-9]+", "-", plain)[:_LONGEST_ID].strip("-") or hyphenated(min(group.domains))
    unique, number = slug, 2
    while unique in taken:
        unique, number = f"{slug}-{number}", number + 1
    taken.add(unique)
    return ImportedSite(
        unique, titles[0], group.vendor, tuple(sorted(group.domains)), titles, tuple(sorted(group.others))
    )


def _edited(host: str, edits: Sequence[tuple[str, str]]) -> str:
    """The host as ProxyHostnameEdit lines leave it, in their order."""
    for find, write in edits:
        core = find.removeprefix("^").removesuffix("$")
        fits = host.startswith(core) if find.startswith("^") else core in host
        if not core or not fits or (find.endswith("$") and not host.endswith(core)):
            continue
        at = 0 if find.startswith("^") else host.rfind(core) if find.endswith("$") else host.find(core)
        host = host[:at] + write + host[at + len(core) :]
    return host


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "")  # JSON's escapes are TOML's


def _list(values: Sequence[str]) -> str:
    return "[" + ", ".join(map(_text, values)) + "]"


def _comment(text: str) -> str:
    return "".join(character if character.isprintable() else " " for character in text)
