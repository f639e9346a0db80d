"""The reader's choice in each consent tool, made with a click in a real browser, and read from the cookies it leaves.

Each site is opened four times: as a stranger, after the tool was seen, after accepting, after refusing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.browser.banners import BANNERS, BY_SITE, CAREFUL, CARELESS, SITES, THIRD, Banner, Shown
from tests.browser.conftest import new_canary
from tests.browser.drivers import Start
from tests.browser.loop import Loop, wait_for
from tests.browser.scene import Scene, play
from tests.browser.test_canaries import found

LOADS = "select site, consent, sum(loads) from page_loads group by site, consent"
WHO = {CARELESS: "google-analytics.com", CAREFUL: "facebook.net"}


@dataclass(frozen=True, slots=True)
class Chosen:
    scene: Scene
    canary: str
    status: int


@pytest.fixture(scope="module")
def chosen(browser_name: str, start: Start, loop: Loop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chosen]:
    canary = new_canary()
    with play(loop, start, tmp_path_factory.mktemp(browser_name), Shown(canary), SITES, THIRD) as scene:
        address = {banner.name: f"https://{banner.site}/page?q={canary}" for banner in BANNERS}
        for banner in BANNERS:
            scene.browser.open(address[banner.name])
        # The program has to hear from a page that a site has its tool before the next page can be `undecided`.
        away = {(banner.name,) for banner in BANNERS if banner.script[0] != "/"}
        scene.wait_for_rows("select distinct site from contacts where kind = 'script'", away)
        for banner in BANNERS:
            scene.browser.open(address[banner.name])
            for choice in ("accepted", "refused"):
                scene.browser.click(f"#{choice}")
                if choice == "accepted" and banner.at_once:
                    wait_for(lambda: CAREFUL in {seen.host for seen in scene.world.seen()})
                scene.browser.open(address[banner.name])
        scene.wait_for_rows(
            LOADS, {(site, state, loads) for site, counts in expected().items() for state, loads in counts.items()}
        )
        yield Chosen(scene, canary, scene.program.stop())


def expected() -> dict[str, Counter[str]]:
    return {banner.name: Counter(["unknown", banner.before, *banner.after]) for banner in BANNERS}


@pytest.mark.parametrize("banner", BANNERS, ids=lambda banner: banner.name)
def test_each_page_load_has_the_readers_choice_at_that_moment(chosen: Chosen, banner: Banner) -> None:
    counted = {state: loads for site, state, loads in chosen.scene.rows(LOADS) if site == banner.name}
    assert counted == expected()[banner.name]


@pytest.mark.parametrize("banner", BANNERS, ids=lambda banner: banner.name)
def test_a_third_party_on_every_page_is_counted_before_the_choice_and_after_refusal(
    chosen: Chosen, banner: Banner
) -> None:
    assert contacts(chosen, banner, CARELESS) == expected()[banner.name]


@pytest.mark.parametrize("banner", BANNERS, ids=lambda banner: banner.name)
def test_a_third_party_that_waits_for_acceptance_is_counted_as_accepted(chosen: Chosen, banner: Banner) -> None:
    counted = contacts(chosen, banner, CAREFUL)
    if banner.at_once:
        # A known limit: the state is that of the moment in which the page was asked for. What a click starts on the
        # same page is counted as it was before the click.
        assert counted.pop(banner.before) == 1
    assert counted == {banner.after[0]: 1}


def contacts(chosen: Chosen, banner: Banner, host: str) -> dict[str, int]:
    sql = f"""select consent, sum(loads) from contacts
        where site = '{banner.name}' and third_party = '{WHO[host]}' group by consent"""
    return dict(chosen.scene.rows(sql))


def test_nothing_of_the_cookies_is_written(chosen: Chosen) -> None:
    assert chosen.status == 0, chosen.scene.program.output()
    folder = chosen.scene.program.folder
    assert found(folder, chosen.canary) == []
    for part in ("OptanonConsent", "CookieConsent", "cookieconsent_status", "didomi_token", "cmplz_", "2026-11-24T10"):
        assert found(folder, part) == []
    assert chosen.scene.rows("select sum(dropped), sum(reports_refused) from coverages") == [(0, 0)]


def test_the_pages_were_asked_for_as_often_as_is_expected(chosen: Chosen) -> None:
    asked = Counter(seen.host for seen in chosen.scene.world.seen() if seen.path.startswith("/page?"))
    assert asked == dict.fromkeys(BY_SITE, 4)
