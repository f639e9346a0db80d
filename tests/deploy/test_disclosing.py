"""Literal names in a text: found where they stand, and nowhere else."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from addons.declarations import Mention
from blocklists import aliases, owners
from deploy.disclosing import Finder

KNOWLEDGE = owners.load()
NAMES = aliases.load(KNOWLEDGE)
FINDER = Finder(NAMES, KNOWLEDGE)


def services(text: str) -> set[str]:
    return {one.name for one in FINDER.mentions(text) if one.what == "service"}


def named(text: str, what: str) -> set[str]:
    return {one.name for one in FINDER.mentions(text) if one.what == what}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("We use Google Analytics.", {"Google Analytics"}, id="in a sentence"),
        pytest.param("we use GOOGLE ANALYTICS", {"Google Analytics"}, id="capitals"),
        pytest.param("Google\u00a0Analytics", {"Google Analytics"}, id="space that does not break"),
        pytest.param("Google\nAnalytics", {"Google Analytics"}, id="broken line"),
        pytest.param("Google-Analytics", {"Google Analytics"}, id="hyphen"),
        pytest.param("Goo\u00adgle Analytics", {"Google Analytics"}, id="soft hyphen"),
        pytest.param("a feature of Google. Analytics of ours", {"Google"}, id="two sentences"),
        pytest.param("Google\n\nAnalytics", {"Google"}, id="two cells"),
        pytest.param("Universal Analytics (GA4)", {"Google Analytics"}, id="aliases"),
        pytest.param("the Twitter widget", {"X (Twitter)"}, id="name in brackets"),
        pytest.param("hotjar and criteo", {"Hotjar", "Criteo"}, id="small letters"),
        pytest.param("Hotjars are hotjar-like", {"Hotjar"}, id="a hyphen ends a name"),
        pytest.param("Hotjarring UnHotjar", set(), id="within a word"),
        pytest.param("Parse.ly counts; parsely does not", {"Parse.ly"}, id="a name with a dot"),
        pytest.param("New Relic, newrelic", {"New Relic"}, id="two words"),
        pytest.param("Dun and Bradstreet Visitor Intelligence", set(), id="and is not &"),
        pytest.param("Optimizely.", {"Optimizely"}, id="end of a sentence"),
        pytest.param("no_Hotjar_here x.hotjar", set(), id="part of an identifier"),
    ],
)
def test_a_name_is_found_where_it_stands(text: str, found: set[str]) -> None:
    assert services(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("shared with Segment, Heap and Drift.", {"Segment", "Heap", "Drift"}, id="capital in a sentence"),
        pytest.param("Segment\n\nHeap\n\n", {"Segment", "Heap"}, id="cells of their own"),
        pytest.param("• Segment – to send data on", {"Segment"}, id="point of a list"),
        pytest.param("Text.\n\nSegment: sends data on", {"Segment"}, id="begins a line of a table"),
        pytest.param("We do. Segment, Inc. does.", {"Segment"}, id="a firm"),
        pytest.param("Segment Inc helps us", {"Segment"}, id="a firm that begins"),
        pytest.param("Segment your audience. Drift away! A heap of words.", set(), id="words"),
        pytest.param("Split the square. SEGMENT", set(), id="more words"),
    ],
)
def test_a_name_that_is_also_a_word_counts_where_the_writing_shows_it(text: str, found: set[str]) -> None:
    assert services(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("cookies of .doubleclick.net", {"doubleclick.net"}, id="as in a list of cookies"),
        pytest.param("https://www.hotjar.com/legal", {"hotjar.com"}, id="address"),
        pytest.param("DPM.DEMDEX.NET", {"demdex.net"}, id="capitals of a known one"),
        pytest.param("*.omtrdc.net.", {"omtrdc.net"}, id="wildcard"),
        pytest.param("the host metrics.seldom.example.org", {"example.org"}, id="one that no list knows"),
        pytest.param("Write to privacy@mail.criteo.com", set(), id="mail"),
        pytest.param("third-party cookies.To be clear, e.g. node.js", set(), id="no host"),
        pytest.param("version 1.2.3 of co.uk", set(), id="numbers and suffixes"),
        pytest.param("nothotjar.com hotjar.com.evil.example", {"nothotjar.com"}, id="not a part of another"),
    ],
)
def test_a_domain_is_found_where_it_stands(text: str, found: set[str]) -> None:
    assert named(text, "domain") == found


def test_a_known_host_names_its_service() -> None:
    assert Mention("service", "Google Analytics", "www.google-analytics.com") in FINDER.mentions(
        "www.google-analytics.com"
    )


def test_a_longer_name_names_nobody_else() -> None:
    assert named("Google Analytics", "owner") == set()
    assert named("Google LLC", "owner") == {"Google"}


def test_kinds_of_service_are_found_by_phrase() -> None:
    assert named("We set advertising cookies and use web analytics.", "category") == {"advertising", "analytics"}
    assert named("We advertise.", "category") == set()


def test_a_site_and_its_vendor_are_not_disclosed_by_their_own_names() -> None:
    text = "Elsevier runs www.sciencedirect.com and els-cdn.com with New Relic."
    found = FINDER.mentions(text, own=("sciencedirect.com", "els-cdn.com"), owners={"Elsevier", "RELX"})
    assert {one.name for one in found} == {"New Relic"}


def test_every_service_is_found_by_its_names_and_its_domains() -> None:
    missed = [one.name for one in KNOWLEDGE.services if one.name not in services(f"Partners: {one.domains[0]}")]
    missed += [
        one.written
        for one in NAMES
        if one.what == "service" and one.name not in services(f"Among others we use {one.written}, as said above.")
    ]
    assert missed == []


def test_what_is_silent_is_few() -> None:
    named = {one.name for one in NAMES if one.what == "service"}
    assert {one.name for one in KNOWLEDGE.services} - named == {"Ada", "Duo", "ORB"}


@given(st.text(max_size=400))
@settings(max_examples=300)
def test_any_text_is_read_without_a_fault_and_only_our_own_words_are_kept(text: str) -> None:
    ours = {one.written for one in NAMES}
    for one in FINDER.mentions(text):
        assert one.written in ours or one.what in ("domain", "service")


@given(st.sampled_from(NAMES), st.sampled_from([" ", ", ", "\n\n", " and ", "; "]), st.sampled_from(NAMES))
@settings(max_examples=200)
def test_two_names_side_by_side_are_both_found(first: aliases.Name, between: str, second: aliases.Name) -> None:
    # With a space between them two names may be a third, longer one.
    found = {one.written.casefold() for one in FINDER.mentions(f"Services: {first.written}{between}{second.written};")}
    if between != " ":
        assert {first.written.casefold(), second.written.casefold()} <= found or "." in first.written + second.written
