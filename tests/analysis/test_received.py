"""What was received and the states of consent: the pure parts, and how the pages show them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from datasette.app import Datasette

from addons.database import open_database
from analysis import consent, wording
from analysis.received import Received, received
from deploy import dashboard
from tests.analysis import library
from tests.analysis.conftest import settings_for
from tests.analysis.test_report import words


def row(what: str, loads: int, **other: str) -> dict[str, object]:
    return {
        "period": "2026-11",
        "site": "news",
        "section": "search",
        "third_party": "tracker.test",
        "what": what,
        "carried_in": "url",
        **other,
        "loads": loads,
    }


def of_tracker(*rows: dict[str, object], watched: int = 100) -> Received:
    return received(rows, "third_party", {"news": watched})["tracker.test"]


@pytest.mark.parametrize(
    ("whats", "rung"),
    [
        (("cookie",), "cookie"),
        (("cookie", "identifier"), "identifier"),
        (("e-mail",), "identifier"),
        (("card number", "page address"), "page address"),
        (("page address", "item", "cookie"), "search terms or item"),
        (("search terms",), "search terms or item"),
    ],
)
def test_the_rung_is_the_highest_of_what_was_received(whats: tuple[str, ...], rung: str) -> None:
    assert of_tracker(*(row(what, 3) for what in whats)).rung == rung


def test_e_mail_addresses_and_card_numbers_are_shown_by_name() -> None:
    assert {one.what for one in of_tracker(row("e-mail", 1), row("card number", 1)).whats} == {"e-mail", "card number"}


def test_of_counts_that_may_be_the_same_page_loads_the_largest_counts() -> None:
    found = of_tracker(
        row("search terms", 8),
        row("search terms", 5, carried_in="referrer"),
        row("item", 6),
        row("item", 2, section="item"),
        row("item", 3, period="2026-11-23"),
        row("cookie", 90),
    )
    assert (found.share.part, found.share.whole) == (8 + 2 + 3, 100)
    assert [(one.what, one.share.part) for one in found.whats] == [("item", 11), ("search terms", 8), ("cookie", 90)]
    assert found.whats[1].carriers == ("referrer", "url")


def test_received_on_several_sites_is_told_site_by_site() -> None:
    found = received([row("item", 2), row("cookie", 1, site="catalog")], "site", {"news": 10, "catalog": 5})
    assert {site: (one.rung, one.share.whole) for site, one in found.items()} == {
        "news": ("search terms or item", 10),
        "catalog": ("cookie", 5),
    }


def test_every_kind_that_is_received_has_a_rung_and_words() -> None:
    assert set(wording.RUNG_OF) == set(wording.RECEIVED)
    assert set(wording.RUNG_OF.values()) == set(wording.RUNGS) - {"contacted"}


def page_loads(**states: tuple[int, int]) -> list[dict[str, object]]:
    return [{"consent": name, "loads": loads, "with_third_party": some} for name, (loads, some) in states.items()]


def presence(domain: str, state: str, loads: int) -> dict[str, object]:
    return {"third_party": domain, "relation": "third", "consent": state, "loads": loads}


def test_shares_of_a_state_are_of_the_page_loads_in_that_state() -> None:
    found = consent.build(
        page_loads(refused=(10, 4), undecided=(40, 30), unknown=(50, 50)), [presence("tracker.test", "undecided", 20)]
    )
    assert [(state.name, state.watched.counts, state.share.counts) for state in found.states] == [
        ("undecided", "40 of 100 page loads", "30 of 40 page loads"),
        ("refused", "10 of 100 page loads", "4 of 10 page loads"),
        ("unknown", "50 of 100 page loads", "50 of 50 page loads"),
    ]
    shares = [found.of("tracker.test", "third", state) for state in ("undecided", "refused", "accepted")]
    assert [one and one.counts for one in shares] == ["20 of 40 page loads", "0 of 10 page loads", None]
    assert found.known
    assert not consent.build(page_loads(unknown=(50, 50)), []).known


def test_who_came_before_the_choice_stands_first() -> None:
    seen = [presence("a.test", "accepted", 9), presence("b.test", "refused", 1), presence("c.test", "undecided", 1)]
    found = consent.build(page_loads(undecided=(9, 9), refused=(9, 9), accepted=(9, 9)), seen)
    everyone = [(f"{name}.test", "third") for name in "abcd"]
    assert [name for name, _ in consent.by_first_contact(found, everyone)] == ["c.test", "b.test", "a.test"]


def section(html: str, heading: str) -> str:
    rest = re.split(rf"{heading}</h[23]>", html, maxsplit=1)[1:]
    assert rest, heading
    return words(re.split(r"<h[23]\b", rest[0], maxsplit=1)[0])


async def test_a_site_page_shows_the_ladder_of_each_recipient(filled: Datasette) -> None:
    html = (await filled.client.get("/-/sites/sciencedirect")).text
    text = section(html, "What they received")
    assert re.search(r"newrelic\.com relayed on all page address over 99", text)
    assert "the address of the page as referrer and in the address of the request" in text
    assert "an e-mail address, plain or hashed in the address of the request" in text
    assert "(unlisted) search terms or item no share is given" in text
    assert text.index("altmetric.com") < text.index("newrelic.com") < text.index("demdex.net")


async def test_a_site_page_shows_consent_cookies_sign_ins_and_look_alikes(filled: Datasette) -> None:
    html = (await filled.client.get("/-/sites/sciencedirect")).text
    text = section(html, "Pages opened before a choice and after refusal")
    assert text.index("before a choice") < text.index("after refusal") < text.index("after acceptance")
    assert "What a page contacts after a click on its consent tool still counts under the state" in text
    refused = re.search(r"demdex\.net (\d+ %) \d+ of \d+ page loads (0 %)", text)
    assert refused
    assert "omtrdc.net" not in text, "hidden trackers are never mixed with third parties"
    assert "AMCV_* a year or more" in section(html, "Cookies that the site itself receives")
    assert "openathens.net 12 times" in section(html, "Where it sends patrons to sign in")
    assert "typo 3 times, added word 1 time" in section(html, "Names that imitate it")
    assert "elsevier.com Elsevier 41 times" in section(html, "Where it sends patrons to sign in")
    assert "relayed on all" in words(html)


async def test_what_was_not_seen_has_no_section(filled: Datasette) -> None:
    html = (await filled.client.get("/-/sites/smallpress")).text
    assert "What they received" in html
    for heading in ("opened before a choice", "Cookies that", "sign in", "hidden trackers"):
        assert heading not in html


async def test_the_front_page_says_the_most_that_was_sent_and_counts_look_alikes(filled: Datasette) -> None:
    text = words((await filled.client.get("/")).text)
    assert "what was searched for or looked at by 2 third parties" in text
    assert "ScienceDirect 4 times (typo, added word); Small Press Online 1 time (homograph)" in text
    assert "3 behind sites' own names; 1 sometimes or always relayed by the library's own proxy" in text


async def test_a_third_party_page_says_what_it_received_where(filled: Datasette) -> None:
    html = (await filled.client.get("/-/third-parties/google-analytics.com")).text
    text = section(html, "What it received")
    assert "Anytown catalog search terms or item" in text
    assert "ScienceDirect identifier" in text


async def test_coverage_says_when_a_list_was_fetched(filled: Datasette) -> None:
    text = words((await filled.client.get("/-/coverage")).text)
    assert "easyprivacy 202611230714 23 November 2026" in text
    assert "trackers 2026-11-24 shipped" in text


async def test_a_tracker_seen_in_both_ways_stands_in_both_places_and_says_so(database: Path) -> None:
    writer = open_database(database)
    library.add_presence(writer, "sciencedirect", "2026-11", "omtrdc.net", 4)
    server = dashboard.datasette(settings_for(database.parent))
    html = (await server.client.get("/-/sites/sciencedirect")).text
    third, _, behind = html.partition("hidden trackers</h3>")
    assert "omtrdc.net" in third
    assert "at least so often; also behind the site's own name" in words(third)
    assert "omtrdc.net" in behind.partition("</table>")[0]
    assert "at least so often; also under its own name" in words(behind)
    writer.conn.close()
