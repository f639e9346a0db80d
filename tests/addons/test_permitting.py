"""Which modes stop a contact, and what an enforced policy says."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from addons.decide.enforcing import MAX_NAMES, Source, allows, enforcing, sources
from addons.decide.judge import Finding
from addons.decide.parties import covers
from addons.decide.permitting import stopped_by
from addons.settings import Site

SITE = Site("a", "A", domains=("a.test",), permitted=("paid.test",))
MIXED = {"www.both.test": ("/maps/", "/exact")}
TRACKER = Finding(
    "tracker.test",
    True,
    "T",
    "O",
    "O",
    "analytics",
    "trackers",
    "1",
    "tracker.test",
    "third",
    "script",
    "report",
    "allowed",
)
COVERS = replace(TRACKER, third_party="covers.test", list="library-services", category="covers and enrichment")
STRANGER = replace(TRACKER, third_party="stranger.test", listed=False, list="", category="", owner="")
FETCHED = replace(TRACKER, third_party="fetched.test", list="easyprivacy", category="other")
BOTH = replace(COVERS, third_party="both.test")

NONE, CONTRACT, ALL = set[str](), {"contract"}, {"block", "contract"}


@pytest.mark.parametrize(
    ("finding", "host", "path", "expected"),
    [
        pytest.param(TRACKER, "x.tracker.test", "/", ALL, id="a tracker of our own list"),
        pytest.param(FETCHED, "fetched.test", "/", ALL, id="a tracker of a fetched list"),
        pytest.param(COVERS, "img.covers.test", "/", CONTRACT, id="a service that is no tracker"),
        pytest.param(STRANGER, "stranger.test", "/", CONTRACT, id="somebody that no list names"),
        pytest.param(replace(TRACKER, third_party="paid.test"), "x.paid.test", "/", {"block"}, id="permitted tracker"),
        pytest.param(TRACKER, "x.excused.test", "/", NONE, id="under an allow rule"),
        pytest.param(replace(TRACKER, relation="group"), "tracker.test", "/", NONE, id="of the site's group"),
        pytest.param(replace(TRACKER, relation="library"), "tracker.test", "/", NONE, id="of the library"),
        pytest.param(replace(TRACKER, method="dns"), "tracker.test", "/", NONE, id="behind the site's own name"),
        pytest.param(BOTH, "www.both.test", "/maps/embed", CONTRACT, id="the useful part of a mixed host"),
        pytest.param(BOTH, "www.both.test", "/exact", CONTRACT, id="a useful path of a mixed host"),
        pytest.param(BOTH, "www.both.test", "/exactly", ALL, id="the rest of a mixed host"),
        pytest.param(BOTH, "www.both.test", "", CONTRACT, id="a mixed host in a frame, its path unknown"),
        pytest.param(replace(TRACKER, relation="cloud"), "tracker.test", "/", ALL, id="a tracker in a shared cloud"),
    ],
)
def test_a_contact_is_stopped_by_the_modes_that_should(
    finding: Finding, host: str, path: str, expected: set[str]
) -> None:
    assert stopped_by(SITE, finding, host, path, exempt=["excused.test"], mixed=MIXED) == expected


def test_a_domain_is_allowed_as_a_whole_unless_a_tracker_lives_below_it() -> None:
    made = sources(
        ["own.test"], ["sign-in.test"], ["cdn.clean.test", "img.two.test", "www.both.test"], ["bat.two.test"], MIXED
    )
    assert allows(made, "deep.own.test")
    assert allows(made, "x.sign-in.test")
    assert allows(made, "other.clean.test"), "a content network's hosts change from page to page"
    assert allows(made, "img.two.test")
    assert not allows(made, "bat.two.test")
    assert not allows(made, "two.test")
    assert [one.path for one in made if one.host == "www.both.test"] == ["/exact", "/maps/"]


def test_a_tracker_that_is_the_sites_own_stays_allowed() -> None:
    assert allows(sources(["own.test"], [], [], ["metrics.own.test"], {}), "metrics.own.test")


HOST = st.from_regex(r"[a-z]{1,3}(\.[a-z]{1,3}){0,2}\.test", fullmatch=True)


@given(st.lists(HOST, max_size=8), st.lists(HOST, max_size=8))
def test_no_policy_lets_a_known_tracker_through_by_a_domain_above_it(used: list[str], trackers: list[str]) -> None:
    clean = [host for host in used if not any(covers(tracker, host) for tracker in trackers)]
    made = sources([], [], clean, trackers, {})
    assert not any(allows(made, tracker) for tracker in trackers)
    assert all(allows(made, host) for host in clean)


def test_the_policy_names_hosts_and_sockets_and_touches_nothing_that_is_no_contact() -> None:
    text = enforcing(
        (Source("a.test", below=True), Source("b.test"), Source("c.test", path="/m/")), "TOKEN", forms=True
    )
    default, forms, report = text.split("; ")
    assert default.startswith("default-src ")
    words = default.split()
    for needed in (
        "'self'",
        "'unsafe-inline'",
        "'unsafe-eval'",
        "data:",
        "blob:",
        "a.test:*",
        "*.a.test:*",
        "b.test:*",
    ):
        assert needed in words
    assert "*.b.test:*" not in words
    assert "c.test:*/m/" in words
    assert "wss://a.test:*" in words
    assert "wss://c.test:*/m/" not in words
    assert forms.startswith("form-action 'self' ")
    assert report == "report-uri https://carrel.internal/r/TOKEN"


def test_pages_of_the_account_may_send_forms_anywhere() -> None:
    assert "form-action" not in enforcing((Source("a.test"),), "T", forms=False)


def test_a_policy_has_an_end() -> None:
    many = tuple(Source(f"h{number}.test", below=True) for number in range(MAX_NAMES * 3))
    assert len(enforcing(many, "T", forms=True)) < 64 * 1024
