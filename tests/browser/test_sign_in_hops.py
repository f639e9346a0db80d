"""Signing in elsewhere and coming back, as real browsers do it: who is named, who is not, and what is no sign-in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.browser.conftest import new_canary
from tests.browser.drivers import Browser, Start
from tests.browser.loop import Loop, wait_for
from tests.browser.pages import BODIES, TYPES, Answer, Pages
from tests.browser.scene import Scene, play
from tests.browser.test_canaries import found

VENDOR, CATALOG = "vendor.test", "catalog.test"
SITES = {"vendor": VENDOR, "catalog": CATALOG}
LISTED, IN_OUR_TABLE, EMPLOYER, NEWS = (
    "login.microsoftonline.com",
    "secure.login.gov",
    "sso.quillfeatherandsons.test",
    "news.test",
)
"""Named in the list of services, in the table of addresses for signing in, and nowhere."""
SQL = "select site, provider, loads from sign_ins order by 1, 2"


@dataclass(frozen=True, slots=True)
class Doors(Pages):
    """Sites with log-ins of several kinds, and the places where one signs in."""

    def answer(self, host: str, path: str) -> Answer:
        place, _, _ = path.partition("?")
        if target := self._targets().get((host, place)):
            return Answer(302, {"Location": target, "Cache-Control": "no-store"})
        if place.endswith(".png"):
            return Answer(200, {"Content-Type": TYPES[".png"]}, BODIES[".png"])
        if host == EMPLOYER:
            # SAML comes back with a form that sends itself (its bindings, section 3.5).
            return _page(
                f'<form method=post action="https://{CATALOG}/Shibboleth.sso/SAML2/POST">'
                f'<input type=hidden name=SAMLResponse value="{self.canary}"></form>'
                "<script>document.forms[0].submit()</script>"
            )
        if (host, place) == (VENDOR, "/start"):
            return _page('<p>start</p><img src="/avatar"><a id="login" href="/login">log in</a>')
        return _page(f"<p>arrived at {host}{place}")

    def _targets(self) -> dict[tuple[str, str], str]:
        ours = f"client_id=3fa85f64-5717-4562-b3fc-2c963f66afa6&response_type=code&state={self.canary}"
        return {
            # In two steps, the first within the site.
            (VENDOR, "/login"): f"/sso?return={self.canary}",
            (VENDOR, "/sso"): f"https://{LISTED}/common/oauth2/v2.0/authorize?{ours}&login_hint={self.canary}",
            (LISTED, "/common/oauth2/v2.0/authorize"): f"https://{VENDOR}/back?code={self.canary}&state={self.canary}",
            (VENDOR, "/login.gov"): f"https://{IN_OUR_TABLE}/openid_connect/authorize?{ours}",
            (IN_OUR_TABLE, "/openid_connect/authorize"): f"https://{VENDOR}/back?code={self.canary}",
            (CATALOG, "/login"): f"https://{EMPLOYER}/idp/profile/SAML2/Redirect/SSO?SAMLRequest={self.canary}",
            # No sign-in: within the site, to somebody else's page, and of a picture.
            (CATALOG, "/account"): "/signin",
            (CATALOG, "/news"): f"https://{NEWS}/today",
            (VENDOR, "/avatar"): f"https://{LISTED}/common/oauth2/v2.0/avatar.png?{ours}",
        }


def _page(body: str) -> Answer:
    return Answer(200, {"Content-Type": TYPES[".html"]}, f"<!doctype html><meta charset=utf-8>{body}".encode())


@dataclass(frozen=True, slots=True)
class Signed:
    scene: Scene
    canary: str
    status: int


def arrive(browser: Browser, place: str) -> None:
    wait_for(lambda: f"arrived at {place}" in browser.text())


@pytest.fixture(scope="module")
def signed(browser_name: str, start: Start, loop: Loop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Signed]:
    canary = new_canary()
    third = (LISTED, IN_OUR_TABLE, EMPLOYER, NEWS)
    folder = tmp_path_factory.mktemp(browser_name)
    with play(loop, start, folder, Doors(canary), SITES, third, rare=3) as scene:
        browser = scene.browser
        browser.open(f"https://{VENDOR}/start")
        browser.click("#login")
        arrive(browser, f"{VENDOR}/back")
        browser.open(f"https://{VENDOR}/login.gov")
        arrive(browser, f"{VENDOR}/back")
        browser.open(f"https://{CATALOG}/login")
        arrive(browser, f"{CATALOG}/Shibboleth.sso/SAML2/POST")
        for place in ("account", "news"):
            browser.open(f"https://{CATALOG}/{place}")
        scene.wait_for_rows("select sum(loads) from page_loads", [(5,)])
        yield Signed(scene, canary, scene.program.stop())


def test_the_browser_went_there_and_came_back(signed: Signed) -> None:
    seen = [(one.host, one.path.partition("?")[0]) for one in signed.scene.world.seen()]
    for place in (
        (LISTED, "/common/oauth2/v2.0/authorize"),
        (LISTED, "/common/oauth2/v2.0/avatar.png"),
        (IN_OUR_TABLE, "/openid_connect/authorize"),
        (EMPLOYER, "/idp/profile/SAML2/Redirect/SSO"),
        (CATALOG, "/Shibboleth.sso/SAML2/POST"),
        (NEWS, "/today"),
    ):
        assert place in seen
    assert seen.count((VENDOR, "/back")) == 2


def test_a_listed_place_to_sign_in_is_named_once_however_many_steps_lead_there(signed: Signed) -> None:
    assert ("vendor", "microsoftonline.com", 1) in signed.scene.rows(SQL)


def test_a_place_that_our_own_table_of_sign_ins_holds_is_named_at_once(signed: Signed) -> None:
    assert ("vendor", "login.gov", 1) in signed.scene.rows(SQL)


def test_a_patrons_employer_is_counted_without_its_name(signed: Signed) -> None:
    assert [row for row in signed.scene.rows(SQL) if row[0] == "catalog"] == [("catalog", "(unlisted)", 1)]
    folder = signed.scene.program.folder
    allowed = folder / "carrel.toml"  # the test pins the name to an address there
    assert [name for name in found(folder, "quillfeather") if folder / name != allowed] == []


def test_nothing_else_is_taken_for_a_sign_in(signed: Signed) -> None:
    """Neither the site's own log-in, nor a hop to somebody's page, nor a picture that leads to such a place."""
    assert sum(row[2] for row in signed.scene.rows(SQL)) == 3
    assert found(signed.scene.program.data, "news.test") == []


def test_coming_back_is_a_page_load_and_hopping_is_none(signed: Signed) -> None:
    loads = dict(signed.scene.rows("select site, sum(loads) from page_loads group by site"))
    assert loads == {"vendor": 3, "catalog": 2}


def test_nothing_of_the_tickets_is_written(signed: Signed) -> None:
    assert signed.status == 0, signed.scene.program.output()
    assert found(signed.scene.program.folder, signed.canary) == []
