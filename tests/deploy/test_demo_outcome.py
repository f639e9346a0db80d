"""The demo's two accounts of what happened: the servers' own, and whether Carrel's is the same."""

import asyncio
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from addons.decide.judge import Finding
from addons.ledger import Ledger
from addons.settings import Privacy, Site
from deploy.demo.names import CATALOG, CONSENT_TOOL, JOURNALS, METRICS, READER, SIGN_IN, relayed
from deploy.demo.outcome import Row, compare, lines, page_loads
from deploy.demo.seen import BEHIND, CONSENT, RELAY, TERMS, Asked, Fact, contacts, facts
from deploy.demo.seen import SIGN_IN as SIGNED_IN


def asked(visit: int, host: str, target: str = "/", *, cookies: str = "", at: float = 0, page: bool = False) -> Asked:
    return Asked(visit, at or float(visit), host, target, page, "", cookies)


def shown(visit: int, host: str, target: str = "/", cookies: str = "") -> Asked:
    return asked(visit, host, target, cookies=cookies, page=True)


def test_each_third_party_counts_once_a_page_load() -> None:
    requests = [
        shown(1, CATALOG),
        asked(1, "www.google-analytics.com"),
        asked(1, "ssl.google-analytics.com"),
        asked(1, CATALOG, "/style.css"),
        shown(2, relayed(JOURNALS)),
        asked(2, relayed("www.google-analytics.com")),
    ]
    assert contacts(requests, {}) == {"google-analytics.com": 2}
    assert facts(requests, {})[Fact(RELAY, "journals-two", "google-analytics.com")] == 1


@pytest.mark.parametrize(
    ("told", "count"),
    [
        pytest.param({}, 0, id="never"),
        pytest.param({METRICS: 1.5}, 1, id="after the first contact"),
        pytest.param({METRICS: 0.5}, 2, id="before"),
    ],
)
def test_who_is_behind_a_name_counts_once_the_name_server_told_it(told: dict[str, float], count: int) -> None:
    requests = [one for visit in (1, 2) for one in (shown(visit, CATALOG), asked(visit, METRICS, "/id"))]
    assert contacts(requests, told) == Counter({"omtrdc.net": count} if count else {})
    assert facts(requests, told)[Fact(BEHIND, "catalog", "omtrdc.net")] == count


@pytest.mark.parametrize(
    ("target", "received"),
    [
        pytest.param("/collect?dl=https%3A%2F%2Fc.test%2Fsearch%3Fq%3Drare%2Bskin", True, id="in an address"),
        pytest.param("/collect?dt=rare%20skin%20-%20Catalog", True, id="in a title"),
        pytest.param("/collect?dl=https%3A%2F%2Fc.test%2F", False, id="another page's address"),
        pytest.param("/collect", False, id="not at all"),
    ],
)
def test_a_third_party_received_the_search_if_its_words_are_in_the_request(target: str, received: bool) -> None:
    requests = [shown(1, CATALOG, "/search?q=rare+skin"), asked(1, "www.facebook.com", target)]
    assert facts(requests, {})[Fact(TERMS, "catalog", "facebook.com")] == received


CHOSEN = "OptanonAlertBoxClosed=2026-11-24T10:00:00.000Z"


@pytest.mark.parametrize(
    ("cookies", "state"),
    [
        pytest.param("", "unknown", id="no cookie, no banner yet"),
        pytest.param("OptanonConsent=groups=C0001%3A1%2CC0002%3A0", "undecided", id="no choice"),
        pytest.param(f"OptanonConsent=groups=C0001%3A1%2CC0002%3A0; {CHOSEN}", "refused", id="refused"),
        pytest.param(f"{CHOSEN}; OptanonConsent=groups=C0001%3A1%2CC0002%3A1", "accepted", id="accepted"),
    ],
)
def test_a_choice_is_read_from_the_cookies_of_the_page(cookies: str, state: str) -> None:
    assert facts([shown(1, READER, cookies=cookies)], {}) == {Fact(CONSENT, "reader-one", state): 1}


def test_without_cookies_nothing_was_chosen_once_the_site_has_shown_its_notice() -> None:
    requests = [shown(1, JOURNALS), asked(1, CONSENT_TOOL), shown(2, JOURNALS), shown(3, READER)]
    assert facts(requests, {}) == {
        Fact(CONSENT, "journals-two", "unknown"): 1,
        Fact(CONSENT, "journals-two", "undecided"): 1,
        Fact(CONSENT, "reader-one", "unknown"): 1,
    }


def test_a_page_that_sends_the_browser_on_is_a_hop_and_no_load() -> None:
    requests = [shown(1, JOURNALS, "/login"), shown(1, SIGN_IN, "/auth")]
    assert facts(requests, {}) == {Fact(SIGNED_IN, "journals-two", "openathens.net"): 1}
    assert not contacts(requests, {})


def test_a_straggler_of_the_page_before_does_not_make_a_page() -> None:
    assert contacts([asked(1, "bam.nr-data.net")], {}) == {}


SITE, DAY = Site("catalog", "Catalog", domains=("catalog.test",)), date(2026, 11, 24)
FACTS = {
    Fact(BEHIND, "catalog", "a.test"): 1,
    Fact(RELAY, "catalog", "a.test"): 1,
    Fact(TERMS, "catalog", "a.test"): 1,
    Fact(SIGNED_IN, "catalog", "b.test"): 1,
    Fact(CONSENT, "catalog", "refused"): 2,
}


def finding(method: str, *, relayed: bool = False) -> Finding:
    owner = ("A", "Owner A", "Owner A", "analytics", "l", "1", "a.test")
    return Finding("a.test", True, *owner, "third", "script", method, "allowed", relayed)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """Two page loads and a log-in; the first page contacted a listed tracker in three ways."""
    path = tmp_path / "carrel.db"

    async def write() -> None:
        ledger = Ledger(path, Privacy(k=1, rare=1), today=lambda: DAY)
        ledger.open([SITE], [])
        place = (DAY, SITE, "search", "refused")
        ledger.page_load(*place)
        ledger.page_load(*place)
        ledger.with_third_party(*place)
        for one in (finding("report"), finding("dns"), finding("report", relayed=True)):
            ledger.contact(*place, one, new_load=True)
        ledger.presence(*place, finding("report"))
        for carried_in in ("url", "referrer"):
            ledger.exposure(DAY, SITE, "search", finding("report"), "search terms", carried_in)
        ledger.sign_in(DAY, SITE, "b.test", listed=True)
        await ledger.flush()
        await ledger.close()

    asyncio.run(write())
    return path


def test_agreement_is_found(database: Path) -> None:
    outcome = compare(database, {"a.test": 1}, FACTS)
    assert outcome.agrees
    assert outcome.loads == 2
    assert outcome.parties == (Row(("a.test", "Owner A", "analytics"), 1, 1),)
    said = list(lines(outcome))
    assert said[-1].endswith("agree on 1 of 1 third parties and 5 of 5 further counts.")
    assert not any(line.endswith("differs") for line in said)


@pytest.mark.parametrize(
    ("contacted", "further", "row"),
    [
        pytest.param({"a.test": 2}, {}, "a.test", id="contacts counted too few"),
        pytest.param({"a.test": 1, "b.test": 1}, {}, "b.test", id="a contact not seen at all"),
        pytest.param({}, {}, "a.test", id="a contact counted that was none"),
        *(
            pytest.param({"a.test": 1}, {fact: FACTS[fact] + by}, fact.what, id=f"{fact.what} {by:+}")
            for fact in FACTS
            for by in (-1, 1)
        ),
        pytest.param({"a.test": 1}, {Fact(CONSENT, "catalog", "accepted"): 1}, CONSENT, id="a choice not seen"),
    ],
)
def test_a_difference_is_shown(database: Path, contacted: dict[str, int], further: dict[Fact, int], row: str) -> None:
    outcome = compare(database, contacted, FACTS | further)
    assert not outcome.agrees
    (line,) = (line for line in lines(outcome) if line.endswith("differs"))
    assert line.startswith(f"{row} ")


def test_without_a_database_there_are_no_page_loads_and_no_agreement(tmp_path: Path) -> None:
    assert page_loads(tmp_path / "none.db") == 0
    assert not compare(tmp_path / "none.db", {}, {}).agrees
    assert not (tmp_path / "none.db").exists()
