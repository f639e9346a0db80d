"""What a third party received: measured on the labelled pairs, held against ordinary addresses, and fuzzed."""

from __future__ import annotations

import time
from collections import Counter

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from addons.decide.exposure import CARRIED_IN, WHAT, Exposure, exposures, referrer_kept
from addons.decide.parameters import KNOWN
from addons.settings import Site
from tests.addons.exposure_ordinary import ORDINARY
from tests.addons.exposure_pages import CATALOG, KINDS, KOHA, KOHA_USER, LENDER, RECORD, SEARCH, Pair, e
from tests.addons.exposure_pairs import PAIRS

PAGES = sorted({(pair.page, pair.site.id) for pair in PAIRS})
SITES: dict[str, Site] = {pair.site.id: pair.site for pair in PAIRS}


def kinds(page: str, party: str, site: Site, *, kept: bool | None = None) -> set[str]:
    return {exposure.what for exposure in exposures(page, party, kept, site)}


@pytest.mark.parametrize("kind", KINDS.values())
def test_precision_and_recall_on_the_labelled_pairs(kind: str) -> None:
    counts: Counter[str] = Counter()
    wrong = []
    for pair in PAIRS:
        found, expected = kind in kinds(pair.page, pair.party, pair.site), kind in pair.kinds
        counts[f"{found} {expected}"] += 1
        if found != expected:
            wrong.append((found, pair.page, pair.party))
    precision = counts["True True"] / (counts["True True"] + counts["True False"])
    recall = counts["True True"] / (counts["True True"] + counts["False True"])
    assert precision >= 0.98, wrong
    assert recall >= 0.9, wrong


def test_there_are_enough_pairs_and_no_pair_stands_twice() -> None:
    assert len(PAIRS) >= 300
    assert len({(pair.page, pair.party) for pair in PAIRS}) == len(PAIRS)
    for kind in KINDS.values():
        assert sum(kind in pair.kinds for pair in PAIRS) >= 15, kind
    assert sum(not pair.kinds for pair in PAIRS) >= 100


@pytest.mark.parametrize(("page", "site"), PAGES)
def test_ordinary_addresses_receive_nothing(page: str, site: str) -> None:
    for party in ORDINARY:
        assert not exposures(page, party, None, SITES[site]), party


@pytest.mark.parametrize("pair", PAIRS[::7], ids=lambda pair: pair.party[:40])
def test_only_words_from_the_tables_leave(pair: Pair) -> None:
    for exposure in exposures(pair.page, pair.party, True, pair.site):
        assert exposure.what in WHAT
        assert exposure.carried_in in CARRIED_IN
        assert exposure.parameter == "" or exposure.parameter in KNOWN


def test_a_parameter_that_the_page_made_up_is_not_named() -> None:
    found = exposures(SEARCH, f"https://t.test/p?jane_roe_4711={e(SEARCH)}", None, CATALOG)
    assert found == {Exposure("page address", "url"), Exposure("search terms", "url")}


@pytest.mark.parametrize(
    ("page", "site", "kept", "expected"),
    [
        pytest.param(SEARCH, CATALOG, True, {"page address", "search terms"}, id="search"),
        pytest.param(RECORD, CATALOG, True, {"page address", "item"}, id="record"),
        pytest.param(KOHA_USER, KOHA, True, {"page address", "card number"}, id="account"),
        pytest.param("https://lendly.test/", LENDER, True, set(), id="front page"),
        pytest.param(SEARCH, CATALOG, False, set(), id="trimmed"),
        pytest.param(SEARCH, CATALOG, None, set(), id="unknown"),
    ],
)
def test_a_whole_referrer_tells_what_the_address_tells(
    page: str, site: Site, kept: bool | None, expected: set[str]
) -> None:
    found = exposures(page, "https://t.test/1.gif", kept, site)
    assert {exposure.what for exposure in found} == expected
    assert {exposure.carried_in for exposure in found} <= {"referrer"}


def test_the_last_known_policy_counts() -> None:
    assert referrer_kept("unsafe-url, strict-origin") is False
    assert referrer_kept("strict-origin, nonsense") is False
    assert referrer_kept("no-referrer-when-downgrade") is True


HARD = [
    "https://a.test/p?" + "&".join(f"q={'%25' * 50}" for _ in range(400)),
    "https://a.test/p?d=" + "[" * 60_000 + "]",
    "https://a.test/p?d=%7B" + "%22a%22:1," * 6000 + "%7D",
    "https://a.test/p?u=" + "//a" * 21_000,
    "https://a.test/p?u=https://" + "a." * 30_000,
    "https://a.test/p?em=" + "a@" * 30_000,
    "https://a.test/p?em=" + "a@a." * 16_000,
    "https://a.test/p?isbn=" + "9 " * 32_000,
    "https://a.test/p?x=" + "97" * 32_000,
    "https://a.test/p?x=" + "10.1234" * 9000 + "/a",
    "https://a.test/p?x=" + "2" * 65_000,
    "https://a.test/p?x=" + "tv.1~em." * 8000,
    "https://a.test/p?x=" + "a=&" * 20_000,
    "https://a.test/" + "/a" * 30_000,
    "https://a.test/" + ";a=b" * 16_000,
    "https://a.test/p?x=" + "VmtkR" * 13_000,
    "https://catalog.test/search?q=" + "cats+" * 13_000,
    "https://catalog.test/" + "a-b-c-" * 10_000,
    "https://catalog.test/item/" + "1234567/" * 8000,
    "https://catalog.test/?" + "&".join(f"q={n}cats" for n in range(5000)),
    "https://catalog.test/?" + "&".join(f"e=a{n}@mail.test" for n in range(3000)),
]


@pytest.mark.parametrize("page", [SEARCH, *HARD], ids=lambda url: url[:30])
def test_hard_addresses_take_bounded_time(page: str) -> None:
    site = Site("catalog", "Catalog", domains=("catalog.test", "a.test"))
    for party in HARD:
        start = time.perf_counter()
        exposures(page, party, True, site)
        assert time.perf_counter() - start < 2, party[:40]


TEXTS = st.one_of(
    st.text(max_size=300),
    st.from_regex(
        r"https://[a-z.]{1,9}/[a-z0-9/%.-]{0,30}\?[a-z\[\]]{1,8}=[%a-zA-Z0-9+/=&{}\"@.-]{0,80}", fullmatch=True
    ),
    st.sampled_from(HARD[-3:]),
    st.sampled_from([pair.party for pair in PAIRS]),
)


@settings(max_examples=400, deadline=None)
@given(page=TEXTS, party=TEXTS, kept=st.sampled_from([True, False, None]))
@example(page="//", party="https://[", kept=None)
@example(page="https://a/\udcff?q=\ud800", party="https://b/?q=%ED%A0%80&d=\udcff", kept=True)
def test_no_text_is_too_odd(page: str, party: str, kept: bool | None) -> None:
    for exposure in exposures(page, party, kept, CATALOG):
        assert exposure.what in WHAT
        assert exposure.parameter == "" or exposure.parameter in KNOWN


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet="abcdefghij klmnopqrstuvwxyzäé&=%+/", min_size=8, max_size=40))
def test_a_page_that_is_sent_whole_is_always_found(words: str) -> None:
    page = f"https://anytown.bibliocommons.com/v2/search?query={e(words)}"
    assert "page address" in kinds(page, f"https://t.test/p?dl={e(page)}", CATALOG)
