"""The mapping of findings to standards: complete, sober, and chosen by what was seen."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from addons.correspondence import ASKED
from analysis import disclosed, standards, wording
from analysis.standards import NISO_TOPICS, TIERS, Seen
from blocklists.owners import CATEGORIES

FILE = standards.load()


@pytest.mark.parametrize("name", FILE.findings)
def test_an_entry_is_whole_and_says_where_it_stands(name: str) -> None:
    one = FILE.findings[name]
    assert set(one.niso) <= set(NISO_TOPICS)
    assert one.niso
    assert one.tier in TIERS
    assert one.note.endswith(".")
    assert set(one.ask) <= set(ASKED)
    assert one.ask
    for place in filter(None, (one.red_flag, one.checklist)):
        assert place.place
        assert place.words


@pytest.mark.parametrize("source", FILE.sources, ids=[source.id for source in FILE.sources])
def test_a_source_has_an_address_and_is_used(source: standards.Source) -> None:
    assert re.fullmatch(r"https://[a-z.]+/\S+", source.address)
    assert source in FILE.cited(FILE.findings.values())


def test_nothing_claims_a_breach_or_a_purpose() -> None:
    words = [one.note + " " + one.name for one in FILE.findings.values()] + [standards.PROPOSAL]
    for text in words:
        assert not re.search(r"\b(illegal|unlawful|violat\w*|spy\w*|breach\w*|sold|guilty)\b", text)


@pytest.mark.parametrize(
    ("seen", "kinds"),
    [
        pytest.param(Seen(), [], id="contacted, and nothing else is known"),
        pytest.param(Seen(rung="search terms or item"), ["search-terms"], id="search terms"),
        pytest.param(Seen(rung="cookie"), ["identifier"], id="cookie"),
        pytest.param(Seen(rung="page address"), ["page-address"], id="page address"),
        pytest.param(Seen("analytics", before_choice=True), ["before-choice", "analytics"], id="before a choice"),
        pytest.param(Seen("consent", before_choice=True), [], id="the consent tool itself"),
        pytest.param(Seen("analytics", after_refusal=True), ["after-refusal", "analytics"], id="after refusal"),
        pytest.param(Seen("advertising", sections=frozenset({"home"})), ["advertising"], id="advertising"),
        pytest.param(
            Seen("advertising", sections=frozenset({"item"})), ["advertising-reading"], id="advertising on item pages"
        ),
        pytest.param(Seen("session replay"), ["session-replay"], id="session replay"),
        pytest.param(Seen("social widget"), ["social-widget"], id="social"),
        pytest.param(Seen("fonts", sections=frozenset({"account"})), ["supply"], id="fonts on account pages"),
        pytest.param(Seen("sign-in", sections=frozenset({"account"})), [], id="sign-in on account pages"),
        pytest.param(Seen("maps", disclosure=disclosed.NOT_FOUND), ["not-disclosed", "supply"], id="not disclosed"),
        pytest.param(Seen(disclosure=disclosed.BY_CATEGORY), ["category-only"], id="by category"),
        pytest.param(Seen(disclosure=disclosed.NO_DOCUMENT), [], id="no document"),
        pytest.param(Seen(permitted=False), ["not-permitted"], id="contract"),
        pytest.param(Seen("analytics", stands="behind"), ["analytics", "behind-own-name"], id="behind own name"),
        pytest.param(Seen(stands="behind", relation="host"), [], id="the hosting company"),
        pytest.param(Seen("analytics", "own", "group", before_choice=True), ["group-metrics"], id="group"),
        pytest.param(Seen("analytics", "own", "own", before_choice=True), [], id="own"),
    ],
)
def test_what_was_seen_chooses(seen: Seen, kinds: list[str]) -> None:
    assert [one.id for one in FILE.choose(seen)] == kinds


@given(
    st.builds(
        Seen,
        category=st.sampled_from(["", *sorted(CATEGORIES)]),
        stands=st.sampled_from(["third", "behind", "own"]),
        relation=st.sampled_from(sorted(wording.RELATIONS)),
        sections=st.frozensets(st.sampled_from(["search", "item", "account", "home", "other"])),
        rung=st.sampled_from(wording.RUNGS),
        before_choice=st.booleans(),
        after_refusal=st.booleans(),
        disclosure=st.sampled_from(["", disclosed.NO_DOCUMENT, *disclosed.STATUSES]),
        permitted=st.sampled_from([None, True, False]),
    )
)
def test_whatever_was_seen_the_choice_is_of_the_file(seen: Seen) -> None:
    chosen = FILE.choose(seen)
    assert len(chosen) == len(set(standards._kinds(seen)))
    low = standards.lowest(chosen)
    assert (low is None) == (not chosen)
    assert low is None or all(list(TIERS).index(low.tier) <= list(TIERS).index(one.tier) for one in chosen)


def test_every_kind_of_the_file_can_be_chosen() -> None:
    seen = [
        Seen(
            category, stands, relation, frozenset(sections), rung, before_choice=True, after_refusal=True,
            disclosure=disclosure, permitted=False,
        )
        for category in CATEGORIES
        for stands, relation in (("third", "third"), ("behind", "third"), ("own", "group"))
        for sections in ((), ("account",))
        for rung in wording.RUNGS
        for disclosure in disclosed.STATUSES
    ]  # fmt: skip
    assert {one.id for each in seen for one in FILE.choose(each)} == set(FILE.findings)
