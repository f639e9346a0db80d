"""What a sighting becomes: relation, service, owner, and not one word of a patron's."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from addons.decide.judge import Finding, Judge
from addons.settings import Site
from addons.sighting import Sighting, sightings_from
from blocklists.owners import Knowledge, Product, Ruleset, Service
from tests.addons import reports


def service(name: str, owner: str, category: str, *domains: str, list_: str = "trackers") -> Service:
    return Service(name, owner, category, domains, list_)


KNOWLEDGE = Knowledge(
    products=[
        Product("reader", "Reader", "vendor", "Elsewhere", "Bigco", ("reader.com",), ("reader-cdn.com",), "read")
    ],
    services=[
        service("Counter", "Measureco", "analytics", "counter.com", "stats.reader-metrics.com"),
        service("Counter Tags", "Measureco", "tag manager", "tags.counter.com"),
        service("Fast Files", "Fastco", "CDN", "fastfiles.net", list_="library-services"),
        service("Platform", "Hostco", "hosting", "platform.net", list_="library-services"),
    ],
    groups={"Bigco": ("bigco.com", "reader-metrics.com", "second-brand.com")},
    rulesets=[
        Ruleset("trackers", "2026-11-24", "ab", "Apache-2.0", 3, 0),
        Ruleset("library-services", "2026-10-01", "cd", "Apache-2.0", 2, 0),
    ],
)
JUDGE = Judge(KNOWLEDGE, frozenset({"anytown.org"}))
SITE = Site("reader", "Reader", vendor="Elsewhere", domains=("www.reader.com",), own=("reader-cdn.com",), owner="Bigco")


def sighting(host: str, **further: Any) -> Sighting:
    return replace(Sighting("www.reader.com", host, "image", "report", "allowed", f"https://{host}/x"), **further)


def weigh(host: str, site: Site = SITE) -> Finding:
    found = JUDGE.weigh(site, sighting(host))
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("host", "relation"),
    [
        pytest.param("reader-cdn.com", "own", id="declared own content"),
        pytest.param("img.reader-cdn.com", "own", id="below declared own content"),
        pytest.param("metrics.reader.com", "own", id="same registrable domain"),
        pytest.param("ads.bigco.com", "group", id="same owner"),
        pytest.param("second-brand.com", "group", id="another brand of the owner"),
        pytest.param("www.anytown.org", "library", id="the library's own"),
        pytest.param("tenant.platform.net", "host", id="the company that hosts"),
        pytest.param("a.fastfiles.net", "cloud", id="shared content network"),
        pytest.param("www.counter.com", "third", id="listed tracker"),
        pytest.param("unheard-of.org", "third", id="nobody knows it"),
        pytest.param("notreader-cdn.com", "third", id="looks like own content"),
        pytest.param("reader.com.evil.net", "third", id="looks like the site"),
        pytest.param("192.0.2.7", "third", id="a bare address"),
    ],
)
def test_the_relation_says_how_near_a_party_is(host: str, relation: str) -> None:
    assert weigh(host).relation == relation


@pytest.mark.parametrize("host", ["www.reader.com", "a.b.www.reader.com", ""])
def test_the_sites_own_pages_are_nobodys_business(host: str) -> None:
    assert JUDGE.weigh(SITE, sighting(host)) is None


@pytest.mark.parametrize(
    ("site", "relation"),
    [
        pytest.param(replace(SITE, owner="Bigco"), "group", id="owner by its own name"),
        pytest.param(replace(SITE, owner="Elsewhere"), "group", id="owner by a vendor's name"),
        pytest.param(replace(SITE, owner=""), "third", id="owner unknown"),
        pytest.param(replace(SITE, owner="Measureco"), "third", id="another owner"),
    ],
)
def test_a_group_needs_the_same_owner(site: Site, relation: str) -> None:
    assert weigh("ads.bigco.com", site).relation == relation


def test_a_listed_service_of_the_owner_is_group_and_still_named() -> None:
    judge = Judge(KNOWLEDGE)
    found = judge.weigh(replace(SITE, owner="Measureco"), sighting("www.counter.com"))
    assert found is not None
    assert (found.relation, found.service, found.listed) == ("group", "Counter", True)


@pytest.mark.parametrize(
    ("host", "service_name", "rule"),
    [
        pytest.param("counter.com", "Counter", "counter.com", id="itself"),
        pytest.param("www.counter.com", "Counter", "counter.com", id="below"),
        pytest.param("tags.counter.com", "Counter Tags", "tags.counter.com", id="a longer entry wins"),
        pytest.param("eu.tags.counter.com", "Counter Tags", "tags.counter.com", id="below a longer entry"),
        pytest.param("nottags.counter.com", "Counter", "counter.com", id="no entry in the middle of a label"),
    ],
)
def test_the_longest_entry_names_the_service(host: str, service_name: str, rule: str) -> None:
    found = weigh(host)
    assert (found.service, found.rule, found.third_party) == (service_name, rule, "counter.com")
    assert (found.list, found.list_version, found.owner) == ("trackers", "2026-11-24", "Measureco")


@pytest.mark.parametrize(
    ("host", "listed", "owner"),
    [
        pytest.param("counter.com", True, "Measureco", id="a service"),
        pytest.param("bigco.com", True, "Bigco", id="an owner's domain"),
        pytest.param("unheard-of.org", False, "", id="unknown"),
    ],
)
def test_listed_means_that_some_list_names_it(host: str, listed: bool, owner: str) -> None:
    found = weigh(host)
    assert (found.listed, found.owner, found.owner_group) == (listed, owner, owner)


def test_what_nobody_knows_is_left_empty_and_not_guessed() -> None:
    found = weigh("a.unheard-of.org")
    assert found.third_party == "unheard-of.org"
    assert {found.service, found.owner, found.owner_group, found.category, found.list, found.rule} == {""}


@pytest.mark.parametrize(
    ("host", "domain"),
    [
        pytest.param("a.b.example.co.uk", "example.co.uk", id="a suffix of two labels"),
        pytest.param("x.anytown.github.io", "anytown.github.io", id="a private suffix"),
        pytest.param("d111.cloudfront.net", "d111.cloudfront.net", id="a shared cloud: one name, one owner"),
        pytest.param("192.0.2.7", "192.0.2.7", id="an address"),
    ],
)
def test_a_third_party_is_a_registrable_domain(host: str, domain: str) -> None:
    assert weigh(host).third_party == domain


def test_kind_method_and_outcome_are_passed_on() -> None:
    found = JUDGE.weigh(SITE, sighting("counter.com", kind="font", method="report+tunnel", outcome="blocked"))
    assert found is not None
    assert (found.kind, found.method, found.outcome) == ("font", "report+tunnel", "blocked")


CANARY = "cnry7f3a"
LABEL = st.text("abc019-", max_size=8).map(lambda text: f"x{text}{CANARY}")
PART = st.text(st.characters(codec="utf-8", exclude_characters='"\\'), max_size=12).map(lambda text: text + CANARY)


@given(
    labels=st.lists(LABEL, max_size=3),
    domain=st.sampled_from(["counter.com", "tags.counter.com", "unheard-of.org", "bigco.com", "a.fastfiles.net"]),
    path=PART,
    query=PART,
    user=LABEL,
)
def test_nothing_of_an_address_is_in_a_finding(
    labels: list[str], domain: str, path: str, query: str, user: str
) -> None:
    host = ".".join([*labels, domain])
    address = f"https://{user}:{CANARY}@{host}:8443/{path}?{query}#{CANARY}"
    page = f"https://www.reader.com/{path}?q={query}"
    body = reports.body(blocked_uri=address, document_uri=page, source_file=page, referrer=page, script_sample=query)
    findings = [JUDGE.weigh(SITE, found) for found in sightings_from(body)]
    for finding in findings:
        assert finding is not None
        assert CANARY not in repr(finding)
        assert set(asdict(finding)) == {
            "third_party", "listed", "service", "owner", "owner_group", "category", "list", "list_version", "rule",
            "relation", "kind", "method", "outcome", "relayed",
        }  # fmt: skip
