"""On 255 real host names of libraries and publishers nothing is called a tracker or an imitation."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import NamedTuple

import pytest

from addons.decide.lookalikes import Lookalikes
from addons.decide.parties import covers, registrable_domain
from blocklists.matcher import Matcher
from blocklists.owners import Knowledge, load
from blocklists.rules import parse

LISTS = Path(__file__).parents[3] / "shared" / "lists" / "easylist"


class Row(NamedTuple):
    host: str
    whose: str
    expected: str


def rows() -> list[Row]:
    lines = Path(__file__).with_name("library_hosts.tsv").read_text().splitlines()
    return [Row(*line.split("\t")) for line in lines if line and not line.startswith("#")]


ROWS = rows()
KNOWLEDGE = load()


@pytest.fixture(scope="module")
def imitations() -> Lookalikes:
    """The whole shipped directory as a library's sites."""
    sites = [(product.id, domain) for product in KNOWLEDGE.products for domain in product.domains]
    own = {registrable_domain(domain) for _, domain in sites}

    def known(host: str) -> bool:
        return bool(KNOWLEDGE.owner_of(host)) or registrable_domain(host) in own

    return Lookalikes.build(sites, known)


@pytest.fixture(
    scope="module",
    params=["easyprivacy-20260714.txt.gz", "easyprivacy-20260813-restored.txt.gz", "easylist-20260714.txt.gz"],
)
def fetched(request: pytest.FixtureRequest) -> Matcher:
    path = LISTS / request.param
    if not path.is_file():
        pytest.skip(f"shared/lists/easylist/{request.param} is not beside the checkout")
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return Matcher([parse(file.read(), request.param)])


def judged(host: str, knowledge: Knowledge) -> str:
    for product in knowledge.products:
        if any(covers(domain, host) for domain in product.domains):
            return f"site {product.id}"
    if found := knowledge.service_of(host):
        return f"service {found[0].name}"
    group = knowledge.group_of(knowledge.owner_of(host))
    return f"group {group}" if group else "unlisted"


def test_there_are_enough_hosts_and_none_twice() -> None:
    hosts = [row.host for row in ROWS]
    assert len(hosts) >= 200
    assert len(set(hosts)) == len(hosts)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.host)
def test_a_library_host_is_taken_for_what_it_is(row: Row) -> None:
    assert judged(row.host, KNOWLEDGE) == row.expected


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.host)
def test_a_library_host_is_no_tracker_to_the_curated_lists(row: Row) -> None:
    found = KNOWLEDGE.service_of(row.host)
    assert found is None or found[0].list != "trackers"


def test_no_library_host_is_a_tracker_to_the_fetched_lists(fetched: Matcher) -> None:
    assert [(row.host, fetched.host_rule(row.host)) for row in ROWS if fetched.host_rule(row.host)] == []


def test_no_library_host_is_called_an_imitation(imitations: Lookalikes) -> None:
    assert [(row.host, found) for row in ROWS if (found := imitations.check(row.host))] == []


def test_the_same_questions_find_trackers_and_imitations(fetched: Matcher, imitations: Lookalikes) -> None:
    """Or the tests above would say nothing."""
    found = KNOWLEDGE.service_of("www.google-analytics.com")
    assert found is not None
    assert found[0].list == "trackers"
    assert fetched.host_rule("script.hotjar.com") or fetched.host_rule("ssc-cms.33across.com")
    assert imitations.check("www.overdrive.example.net") is not None
