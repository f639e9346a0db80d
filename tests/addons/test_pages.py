"""Page loads in memory: found by token, one hour long, bounded."""

from __future__ import annotations

from datetime import date

import pytest

from addons.pages import LIFETIME, MAX_PAGES, Page, Pages
from addons.settings import Site

VENDOR = Site("vendor", "Vendor", domains=("vendor.test",))
OTHER = Site("other", "Other", domains=("other.test",))


def page(born: float = 0.0, *, client: str = "10.0.0.1", site: Site = VENDOR) -> Page:
    return Page(site, "search", "unknown", client, site.domains[0], date(2026, 11, 24), born)


def test_a_token_is_128_random_bits_and_leads_to_its_page() -> None:
    pages, first, second = Pages(), page(), page()
    tokens = pages.add(first), pages.add(second)
    assert len(set(tokens)) == 2
    assert all(len(token) == 22 for token in tokens)
    assert pages.get(tokens[0], 1.0) is first
    assert pages.get(tokens[1], 1.0) is second


@pytest.mark.parametrize("token", ["", "x", "A" * 22, "\ud800", "x" * 100_000])
def test_an_unknown_token_leads_nowhere(token: str) -> None:
    pages = Pages()
    pages.add(page())
    assert pages.get(token, 1.0) is None


@pytest.mark.parametrize(("age", "known"), [(LIFETIME, True), (LIFETIME + 0.1, False)])
def test_a_page_is_forgotten_after_an_hour(age: float, known: bool) -> None:
    pages = Pages()
    token = pages.add(page(100.0))
    assert (pages.get(token, 100.0 + age) is not None) is known
    assert (pages.latest("10.0.0.1", VENDOR, 100.0 + age) is not None) is known
    assert len(pages) == known


def test_the_oldest_pages_go_when_there_are_too_many() -> None:
    pages = Pages()
    tokens = [pages.add(page(client=str(number))) for number in range(MAX_PAGES + 5)]
    assert len(pages) == MAX_PAGES
    assert [pages.get(token, 0.0) is not None for token in (*tokens[:6], tokens[-1])] == [False] * 5 + [True] * 2
    assert pages.latest("0", VENDOR, 0.0) is None


def test_the_latest_page_is_of_this_client_and_this_site() -> None:
    pages = Pages()
    pages.add(page())
    newest = pages.add(page(1.0))
    pages.add(page(2.0, client="10.0.0.2"))
    pages.add(page(3.0, site=OTHER))
    found = pages.latest("10.0.0.1", VENDOR, 4.0)
    assert found is not None
    assert found[0] == newest
    assert pages.latest("10.0.0.3", VENDOR, 4.0) is None


def test_an_older_page_does_not_become_the_latest_again() -> None:
    pages = Pages()
    pages.add(page(0.0))
    pages.add(page(10.0))
    assert pages.latest("10.0.0.1", VENDOR, LIFETIME + 5) is not None  # the second; the first is gone
    assert pages.latest("10.0.0.1", VENDOR, LIFETIME + 10.1) is None
