"""The shipped files: form, order, and the promises that the proxy builds on."""

import tomllib
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from tldextract import TLDExtract

import blocklists
from blocklists.owners import CATEGORIES, Knowledge, Product, load

CURATED = Path(blocklists.__file__).parent / "curated"
SUFFIXES = TLDExtract(suffix_list_urls=(), cache_dir=None, include_psl_private_domains=True)
PUBLIC_SUFFIXES_ONLY = TLDExtract(suffix_list_urls=(), cache_dir=None, include_psl_private_domains=False)
KNOWLEDGE = load()

SHARED = [
    "akamai.net",
    "akamaihd.net",
    "akamaized.net",
    "amazon.com",
    "amazonaws.com",
    "apple.com",
    "azure.com",
    "azureedge.net",
    "bing.com",
    "cloudflare.com",
    "cloudfront.net",
    "facebook.com",
    "fastly.net",
    "github.io",
    "google.com",
    "googleapis.com",
    "libsyn.com",
    "licdn.com",
    "linkedin.com",
    "literatumonline.com",
    "microsoft.com",
    "nih.gov",
    "okta.com",
    "salesforce.com",
    "silverchair.com",
    "windows.net",
    "wordpress.com",
]
"""Domains that carry more than one company's pages, or everybody's. Opening one would open far more than a product."""


@pytest.fixture
def knowledge() -> Knowledge:
    return KNOWLEDGE


def tables(file: str, table: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = tomllib.loads((CURATED / f"{file}.toml").read_text())[table]
    return found


def within(host: str, domain: str) -> bool:
    return host == domain or host.endswith(f".{domain}")


def test_there_are_enough_of_each(knowledge: Knowledge) -> None:
    assert len(knowledge.products) >= 120
    assert sum(product.kind == "catalog" for product in knowledge.products) >= 15
    assert len(knowledge.services) >= 450
    assert len(tables("vendors", "owner")) >= 25
    assert {service.category for service in knowledge.services} == CATEGORIES


def test_names_and_ids_stand_once(knowledge: Knowledge) -> None:
    for names in (
        [service.name for service in knowledge.services],
        [product.name for product in knowledge.products],
        [product.id for product in knowledge.products],
    ):
        assert [name for name, times in Counter(names).items() if times > 1] == []


@pytest.mark.parametrize("file", ["trackers", "library-services"])
def test_services_are_sorted_by_category_and_name(file: str) -> None:
    order = [(entry["category"].casefold(), entry["name"].casefold()) for entry in tables(file, "service")]
    assert order == sorted(order)


def test_products_and_owners_are_sorted() -> None:
    products = [(entry["kind"], entry["name"].casefold()) for entry in tables("vendors", "product")]
    assert products == sorted(products)
    owners = [entry["name"].casefold() for entry in tables("vendors", "owner")]
    assert owners == sorted(owners)


def test_only_the_category_other_stands_in_both_service_files(knowledge: Knowledge) -> None:
    pairs = {(service.category, service.list) for service in knowledge.services}
    times = Counter(category for category, _ in pairs)
    assert {category for category in times if times[category] > 1} == {"other"}


@pytest.mark.parametrize("product", KNOWLEDGE.products, ids=lambda product: product.id)
def test_what_the_proxy_opens_is_the_companys_alone(product: Product) -> None:
    for domain in product.domains:
        assert [shared for shared in SHARED if within(domain, shared) or within(shared, domain)] == []
        # A host below a private suffix (a cloud, a site builder) is not the company's own name.
        assert SUFFIXES(domain).suffix == PUBLIC_SUFFIXES_ONLY(domain).suffix


@pytest.mark.parametrize("product", KNOWLEDGE.products, ids=lambda product: product.id)
def test_no_product_is_called_a_tracker(product: Product, knowledge: Knowledge) -> None:
    for host in (*product.domains, *product.own):
        match = knowledge.service_of(host)
        assert match is None or match[0].list == "library-services"


@pytest.mark.parametrize("product", KNOWLEDGE.products, ids=lambda product: product.id)
def test_a_products_hosts_belong_to_its_owner(product: Product, knowledge: Knowledge) -> None:
    assert knowledge.group_of(product.vendor) == product.owner
    for host in (*product.domains, *product.own):
        assert knowledge.group_of(knowledge.owner_of(host)) == product.owner


def test_no_product_lies_inside_another(knowledge: Knowledge) -> None:
    opened = sorted(
        (domain.split(".")[::-1], product.id) for product in knowledge.products for domain in product.domains
    )
    assert [(outer, inner) for outer, inner in pairwise(opened) if inner[0][: len(outer[0])] == outer[0]] == []


@pytest.mark.parametrize("owner", tables("vendors", "owner"), ids=lambda owner: owner["name"])
def test_services_and_products_agree_with_the_group(owner: dict[str, Any], knowledge: Knowledge) -> None:
    for domain in owner["domains"]:
        assert knowledge.group_of(knowledge.owner_of(domain)) == owner["name"]


def test_whatever_carries_access_is_never_blocked(knowledge: Knowledge) -> None:
    for service in knowledge.services:
        if service.category in {"sign-in", "captcha"}:
            assert service.never_block, service.name


@pytest.mark.parametrize(
    ("host", "service", "category"),
    [
        pytest.param("www.google-analytics.com", "Google Analytics", "analytics", id="Analytics"),
        pytest.param("region1.analytics.google.com", "Google Analytics", "analytics", id="Analytics on google.com"),
        pytest.param("www.google.com", "Google", "other", id="google.com is not Analytics"),
        pytest.param("accounts.google.com", "Google sign-in", "sign-in", id="sign-in on google.com"),
        pytest.param("stats.g.doubleclick.net", "DoubleClick", "advertising", id="DoubleClick"),
        pytest.param("maps.googleapis.com", "Google Maps", "maps", id="Maps"),
        pytest.param("fonts.gstatic.com", "Google Fonts", "fonts", id="Fonts"),
        pytest.param("connect.facebook.net", "Facebook SDK and Meta Pixel", "social widget", id="Meta Pixel"),
        pytest.param("snap.licdn.com", "LinkedIn Insight Tag", "advertising", id="Insight Tag"),
        pytest.param("static.licdn.com", "LinkedIn", "social widget", id="LinkedIn content"),
        pytest.param("h.online-metrix.net", "ThreatMetrix", "other", id="ThreatMetrix"),
        pytest.param("d2snwnmzyr8jue.cloudfront.net", "hoopla covers", "covers and enrichment", id="covers in a cloud"),
        pytest.param("imageserver.ebscohost.com", "NoveList Select", "covers and enrichment", id="NoveList Select"),
    ],
)
def test_well_known_hosts_are_named_rightly(knowledge: Knowledge, host: str, service: str, category: str) -> None:
    match = knowledge.service_of(host)
    assert match is not None
    assert (match[0].name, match[0].category) == (service, category)


@pytest.mark.parametrize(
    ("host", "group"),
    [
        pytest.param("h.online-metrix.net", "RELX", id="ThreatMetrix"),
        pytest.param("cdn.plu.mx", "RELX", id="PlumX"),
        pytest.param("anytown.polarislibrary.com", "Clarivate", id="Polaris"),
        pytest.param("secure.syndetics.com", "Clarivate", id="Syndetics"),
        pytest.param("img1.od-cdn.com", "KKR", id="OverDrive"),
        pytest.param("static.someone.cloudfront.net", "", id="a cloud is nobody's"),
    ],
)
def test_groups_reach_across_brands(knowledge: Knowledge, host: str, group: str) -> None:
    assert knowledge.group_of(knowledge.owner_of(host)) == group
