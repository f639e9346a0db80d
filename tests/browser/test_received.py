"""What the common tags receive of a page, as real browsers send and report it; and that none of it is written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.browser.conftest import new_canary
from tests.browser.drivers import Start
from tests.browser.loop import Loop, wait_for, wait_until_still
from tests.browser.scene import Scene, play
from tests.browser.tags import HASHING, REFERRED, SITES, THIRD, Tags, Values
from tests.browser.test_canaries import found

ADDRESS, WORDS, ITEM, EMAIL, IDENTIFIER = "page address", "search terms", "item", "e-mail", "identifier"

EXPECTED = frozenset(
    {
        ("catalog", "search", "google-analytics.com", ADDRESS, "url"),
        ("catalog", "search", "google-analytics.com", WORDS, "url"),
        ("catalog", "search", "google-analytics.com", IDENTIFIER, "url"),
        ("catalog", "search", "mouseflow.com", ADDRESS, "url"),
        ("catalog", "search", "mouseflow.com", WORDS, "url"),
        ("catalog", "item", "syndetics.com", ITEM, "url"),
        ("catalog", "item", "openlibrary.org", ITEM, "url"),
        ("catalog", "item", "google-analytics.com", ADDRESS, "url"),
        ("catalog", "item", "google-analytics.com", ITEM, "url"),
        ("catalog", "item", "google-analytics.com", IDENTIFIER, "url"),
        ("catalog", "item", "sharethis.com", ADDRESS, "url"),
        ("catalog", "item", "sharethis.com", ITEM, "url"),
        ("catalog", "account", "facebook.com", ADDRESS, "url"),
        ("catalog", "account", "facebook.com", EMAIL, "url"),
        ("catalog", "account", "facebook.com", IDENTIFIER, "url"),
        ("vendor", "account", "adtech.test", EMAIL, "url"),
        ("vendor", "search", "pictures.test", ADDRESS, "referrer"),
        ("vendor", "search", "pictures.test", WORDS, "referrer"),
    }
)
UNSEEN = (
    "googletagmanager.com",
    "fonts.googleapis.com",  # a public suffix's own name
    "gstatic.com",
    "facebook.net",
    "fullstory.com",  # all of it in the body
    "twitter.com",  # a frame with all of it in the fragment, which is not sent
)
"""Contacted, and told nothing in the address."""
SQL = "select site, section, third_party, what, carried_in from exposures"


@dataclass(frozen=True, slots=True)
class Received:
    """What is left of one round through the pages."""

    scene: Scene
    values: Values
    status: int


@pytest.fixture(scope="module")
def received(
    browser_name: str, start: Start, loop: Loop, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Received]:
    tags = Tags(new_canary())
    with play(loop, start, tmp_path_factory.mktemp(browser_name), tags, SITES, THIRD) as scene:
        for address in tags.places().values():
            scene.browser.open(address)
            wait_until_still(lambda: len(scene.world.seen()), 0.5)
        wait_for(lambda: set(THIRD) <= {seen.host for seen in scene.world.seen()})
        scene.wait_for_rows(SQL, EXPECTED)
        yield Received(scene, tags.values, scene.program.stop())


def test_the_tags_do_what_the_real_ones_do(received: Received) -> None:
    seen = received.scene.world.seen()
    assert {one.host for one in seen} == {*SITES.values(), *THIRD}
    sent = " ".join(one.path for one in seen if one.host not in SITES.values())
    values = received.values
    for value in (values.word, values.isbn, values.hashed, values.client, values.facebook, values.recorded):
        assert value in sent
    assert {one.method for one in seen if one.host in ("o2.mouseflow.com", "rs.fullstory.com")} == {"POST"}


def test_each_third_party_is_counted_with_what_it_received_and_how(received: Received) -> None:
    assert set(received.scene.rows(SQL)) == EXPECTED


def test_each_is_counted_once_per_page_load(received: Received) -> None:
    assert received.scene.rows("select distinct loads from exposures") == [(1,)]


def test_a_share_button_in_a_frame_is_counted_without_what_its_address_holds(received: Received) -> None:
    """A gap: of what goes into a frame, browsers report the host only. The frame itself is counted."""
    (button,) = [one for one in received.scene.world.seen() if one.path.startswith("/plugins/share_button.php")]
    assert received.values.isbn in button.path
    contacts = received.scene.rows("select third_party from contacts where section = 'item' and kind = 'frame'")
    assert {row[0] for row in contacts} == {"facebook.com", "twitter.com"}
    assert ("catalog", "item", "facebook.com", ADDRESS, "url") not in received.scene.rows(SQL)


@pytest.mark.parametrize("domain", UNSEEN)
def test_who_is_told_nothing_in_an_address_is_contacted_and_no_more(received: Received, domain: str) -> None:
    scene = received.scene
    assert scene.rows(f"select count(*) from contacts where third_party = '{domain}'") != [(0,)]
    assert domain not in {row[2] for row in scene.rows(SQL)}


def test_cookies_that_the_tags_set_on_the_site_are_counted_on_its_next_pages(received: Received) -> None:
    found = received.scene.rows("select site, pattern, loads from cookies order by 2")
    assert found == [("catalog", "_ga", 2), ("catalog", "_ga_*", 2)]


def test_the_ladder_says_the_most_that_each_received(received: Received) -> None:
    found = dict(received.scene.rows("select third_party, rung from ladder where site = 'catalog'"))
    assert found["google-analytics.com"] == found["mouseflow.com"] == found["syndetics.com"] == "search terms or item"
    assert found["facebook.com"] == "page address"
    assert found["gstatic.com"] == "contacted"
    vendor = dict(received.scene.rows("select third_party, rung from ladder where site = 'vendor'"))
    assert vendor == {"adtech.test": "identifier", "pictures.test": "search terms or item"}
    assert {HASHING, REFERRED} == {"pixel.adtech.test", "pictures.test"}


def test_nothing_of_what_was_received_is_written(received: Received) -> None:
    assert received.status == 0, received.scene.program.output()
    folder: Path = received.scene.program.folder
    assert (folder / "data" / "carrel.db").exists()
    for value in received.values.secret():
        assert found(folder, value) == []
    assert found(folder, received.values.email.replace("@", "%40")) == []
    for parameter in ("sultans", "ud[em]", "1234567890123456", "G-ABC123DEF4"):
        assert found(folder, parameter) == []


def test_no_report_was_refused_or_dropped(received: Received) -> None:
    assert received.scene.rows("select sum(dropped), sum(reports_refused) from coverages") == [(0, 0)]
