"""Which site a host is, what the shipped directory adds, and which section a path is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from addons.decide.parties import covers
from addons.decide.sites import Catalogue, in_scope, section_of
from addons.settings import Site
from blocklists.owners import Product


def product(slug: str, *domains: str, own: tuple[str, ...] = ()) -> Product:
    return Product(
        id=slug,
        name=slug.title(),
        kind="vendor",
        vendor="Seller",
        owner="Owner",
        domains=domains,
        own=own,
        basis="read",
    )


TENANT = Site("catalog", "Catalog", kind="catalog", domains=("anytown.host.test",))
CATALOGUE = in_scope([TENANT], [product("host", "host.test", own=("host-cdn.test",)), product("other", "other.test")])


@pytest.mark.parametrize(
    ("host", "site"),
    [
        ("anytown.host.test", "catalog"), ("www.anytown.host.test", "catalog"), ("host.test", "host"),
        ("elsetown.host.test", "host"), ("other.test", "other"), ("host-cdn.test", None), ("test", None), ("", None),
        ("nothost.test", None), ("host.test.example", None), ("127.0.0.1", None),
    ],
)  # fmt: skip
def test_the_longest_domain_wins(host: str, site: str | None) -> None:
    found = CATALOGUE.site_of(host)
    assert (found.id if found else None) == site


def test_a_tenant_learns_from_its_vendor() -> None:
    site = CATALOGUE.site_of("anytown.host.test")
    assert site is not None
    assert (site.vendor, site.owner, site.own) == ("Seller", "Owner", ("host-cdn.test",))


def test_what_is_configured_is_not_overwritten() -> None:
    own = Site("mine", "Mine", vendor="Me", owner="Myself", domains=("host.test",))
    catalogue = in_scope([own], [product("host", "host.test", "second.test")])
    site = catalogue.site_of("host.test")
    assert site is not None
    assert (site.id, site.vendor, site.owner) == ("mine", "Me", "Myself")
    second = catalogue.site_of("second.test")
    assert second is not None
    assert second.id == "host"


def test_a_configured_id_takes_the_directory_s_place() -> None:
    catalogue = in_scope([Site("host", "Ours", domains=("ours.test",))], [product("host", "host.test")])
    assert catalogue.site_of("host.test") is None


def test_the_constraints_are_exactly_the_domains() -> None:
    assert CATALOGUE.domains == ("anytown.host.test", "host.test", "other.test")


@pytest.mark.parametrize(
    ("path", "section"),
    [
        ("/", "home"), ("", "home"), ("/index.html", "home"), ("/?q=secret", "home"), ("/search?q=secret", "search"),
        ("/SEARCH/results", "search"), ("/item/12345", "item"), ("/book.aspx?id=1", "item"), ("/doi/10.1/x", "item"),
        ("/user/login", "account"), ("/account/search", "account"), ("/about", "other"), ("/research", "other"),
        ("/a/b/c", "other"), ("/#search", "home"), ("/home/about", "other"), ("//", "home"),
    ],
)  # fmt: skip
def test_sections_by_common_words(path: str, section: str) -> None:
    assert section_of(Site("a", "A"), path) == section


def test_a_site_s_own_sections_come_first() -> None:
    site = Site("a", "A", sections=(("item", ("/user/*",)), ("search", ("/F[12]*",))))
    assert section_of(site, "/user/1") == "item"
    assert section_of(site, "/f2?x") == "search"


@given(st.text(max_size=60))
def test_a_section_is_one_of_five_words(path: str) -> None:
    assert section_of(Site("a", "A"), path) in {"search", "item", "account", "home", "other"}


labels = st.sampled_from(["a", "b", "host", "test", "anytown", "other", "nothost"])


@given(st.lists(labels, min_size=1, max_size=5).map(".".join))
def test_a_host_s_site_covers_it(host: str) -> None:
    found = CATALOGUE.site_of(host)
    covering = [domain for domain in CATALOGUE.domains if covers(domain, host)]
    assert (found is not None) == bool(covering)
    if found is not None:
        assert max(covering, key=len) in found.domains


def test_an_empty_catalogue_opens_nothing() -> None:
    assert Catalogue(()).site_of("host.test") is None
