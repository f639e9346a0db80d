"""Each shipped entry says where it was looked up, and the public lists that are cited do name it."""

from __future__ import annotations

import gzip
import json
import re
import tomllib
from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from blocklists.evidence import load as load_evidence
from blocklists.owners import Evidence, load

CURATED = files("blocklists") / "curated"
LISTS = Path(__file__).parents[3] / "shared" / "lists"
KNOWLEDGE = load()
SOURCES = load_evidence(CURATED)


class Citing(NamedTuple):
    """An entry as it stands in its file."""

    name: str
    table: str
    domains: tuple[str, ...]
    evidence: tuple[str, ...]


def entries() -> list[Citing]:
    found = []
    for stem, tables in (
        ("vendors", ("owner", "product")),
        ("trackers", ("service",)),
        ("library-services", ("service",)),
    ):
        content = tomllib.loads((CURATED / f"{stem}.toml").read_text(encoding="utf-8"))
        for table in tables:
            found += [
                Citing(
                    entry.get("id", entry["name"]),
                    table,
                    (*entry["domains"], *entry.get("own", ())),
                    tuple(entry["evidence"]),
                )
                for entry in content[table]
            ]
    return found


ENTRIES = entries()


def text(path: str) -> str:
    """A list beside the checkout. Skips where there is none."""
    file = LISTS / path
    if not file.is_file():
        pytest.skip(f"shared/lists/{path} is not beside the checkout")
    with gzip.open(file) if file.suffix == ".gz" else file.open("rb") as opened:
        return opened.read().decode()


def from_rules(path: str) -> set[str]:
    return set(re.findall(r"(?m)^(?:@@)?\|\|([a-z0-9.-]+\.[a-z0-9-]+)(?=[\^/$:]|$)", text(path)))


def from_disconnect() -> set[str]:
    companies = [
        company for kind in json.loads(text("disconnect/services.json"))["categories"].values() for company in kind
    ]
    pages: list[Any] = [page for company in companies for sites in company.values() for page in sites.values()]
    return {domain for domains in pages if isinstance(domains, list) for domain in domains}


def from_tracker_radar() -> set[str]:
    content = json.loads(text("duckduckgo/extension-tds.json.gz"))
    return set(content["trackers"]) | set(content["domains"])


def from_trackerdb() -> set[str]:
    patterns = json.loads(text("ghostery/trackerdb.json.gz"))["patterns"]
    return {domain for pattern in patterns.values() for domain in pattern.get("domains", ())}


NAMED_BY: Mapping[str, Callable[[], set[str]]] = {
    "adguard-companies": lambda: set(json.loads(text("adguard/companiesdb-trackers.json.gz"))["trackerDomains"]),
    "disconnect": from_disconnect,
    "easylist": lambda: from_rules("easylist/easylist-20260714.txt.gz"),
    "easyprivacy": lambda: from_rules("easylist/easyprivacy-20260714.txt.gz"),
    "privacy-badger-groups": lambda: set(re.findall(r'"([^"]+)"', text("privacybadger/multiDomainFirstParties.js.gz"))),
    "privacy-badger-yellow": lambda: set(text("privacybadger/yellowlist.txt").split()),
    "third-party-web": lambda: {
        domain.removeprefix("*.")
        for entity in json.loads(text("third-party-web/entities.json"))
        for domain in entity["domains"]
    },
    "tracker-radar": from_tracker_radar,
    "trackerdb": from_trackerdb,
}


@cache
def named_by(source: str) -> frozenset[str]:
    """Every domain that a list names, and all above it."""
    names = {name.removeprefix("*.") for name in NAMED_BY[source]()}
    return frozenset(".".join(name.split(".")[start:]) for name in names for start in range(name.count(".") + 1))


def test_every_entry_has_evidence_with_address_and_day() -> None:
    groups = [KNOWLEDGE.evidence_of_group(entry.name) for entry in ENTRIES if entry.table == "owner"]
    products = [product.evidence for product in KNOWLEDGE.products]
    services = [service.evidence for service in KNOWLEDGE.services]
    cited = [*products, *services, *groups]
    assert len(cited) == len(ENTRIES)
    for evidence in cited:
        assert 1 <= len(evidence) <= 3
        for one in evidence:
            assert isinstance(one, Evidence)
            assert one.address.startswith("https://")
            assert re.fullmatch(r"20\d\d-\d\d-\d\d", one.read)


def test_every_source_is_cited_and_they_stand_in_order() -> None:
    assert {name.partition("/")[0] for entry in ENTRIES for name in entry.evidence} == SOURCES.keys()
    assert list(SOURCES) == sorted(SOURCES)


def test_no_address_stands_twice() -> None:
    addresses = [source.address for source in SOURCES.values()]
    assert len(set(addresses)) == len(addresses)


@pytest.mark.parametrize("source", NAMED_BY)
def test_a_cited_list_names_a_domain_of_the_entry(source: str) -> None:
    """Two of them where it is cited for a group of companies."""
    citing = [entry for entry in ENTRIES if source in entry.evidence]
    assert citing
    named = named_by(source)
    assert [
        entry.name for entry in citing if len(named & set(entry.domains)) < (2 if entry.table == "owner" else 1)
    ] == []
