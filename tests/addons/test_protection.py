"""How a site comes under protection, heals, breaks, and is put back: with the real lists and a real ledger."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from addons.decide.enforcing import allows
from addons.decide.judge import Judge
from addons.decisions import Decision
from addons.ledger import Ledger
from addons.protection import Protection
from addons.settings import Protect, Site
from addons.sighting import Sighting
from addons.symptoms import Symptom
from blocklists import mixed_hosts
from blocklists.owners import load
from tests.addons.conftest import OpenLedger
from tests.addons.visits import MONDAY, Clock, close, flush, rows, visit

KNOWLEDGE = load()
SITE = Site("news", "Newspapers", vendor="Pressco", domains=("news.test",), permitted=("paid.test",))
JUDGE = Judge(KNOWLEDGE)
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
TRACKER, STRANGER = "www.google-analytics.com", "cdn.stranger.test"


class Watched:
    def __init__(self, ledger: Ledger, *, mode: str = "block", settle: int = 4, site: Site = SITE) -> None:
        self.now = NOW
        self.ledger = ledger
        self.site = site
        self.protection = Protection(
            Protect(mode=mode, settle=settle),
            KNOWLEDGE,
            mixed_hosts.load(),
            ["library.test"],
            ledger,
            today=Clock(),
            clock=lambda: self.now,
        )
        self.protection.remember([site])

    def load(self, *hosts: str, path: str = "/x") -> list[frozenset[str]]:
        """One page load that contacts these hosts."""
        self.ledger.page_load(MONDAY, self.site, "home", "unknown")
        self.protection.page_load(self.site)
        return [self.contact(host, path) for host in hosts]

    def contact(self, host: str, path: str = "/x") -> frozenset[str]:
        sighting = Sighting("news.test", host, "script", "report", "allowed", url=f"https://{host}{path}")
        finding = JUDGE.weigh(self.site, sighting)
        assert finding is not None
        return self.protection.contact(self.site, sighting, finding)

    @property
    def protected(self) -> bool:
        return self.protection.allowed(self.site) is not None

    def allows(self, host: str, path: str = "/x") -> bool:
        allowed = self.protection.allowed(self.site)
        assert allowed is not None, "the site is not protected"
        return allows(allowed, host, path)


@pytest.fixture
def ledger(open_ledger: OpenLedger) -> Ledger:
    return open_ledger()


def standing(path: Path) -> tuple[str, str, int, str]:
    ((mode, state, missing, reason),) = rows(path, "select mode, state, missing, reason from protections")
    return mode, state, missing, reason


def test_a_site_is_protected_once_its_third_parties_are_known(ledger: Ledger, ledger_path: Path) -> None:
    watched = Watched(ledger)
    for _ in range(3):
        watched.load(TRACKER, STRANGER)
        assert not watched.protected
    flush(ledger)
    assert standing(ledger_path) == ("block", "settling", 1, "")
    watched.load()
    assert watched.protected
    assert watched.allows(STRANGER)
    assert not watched.allows(TRACKER)
    flush(ledger)
    assert standing(ledger_path) == ("block", "protected", 0, "")


def test_nothing_is_said_of_a_site_that_nobody_opened(ledger: Ledger, ledger_path: Path) -> None:
    watched = Watched(ledger)
    flush(ledger)
    assert rows(ledger_path, "select * from protections") == []
    watched.load()
    flush(ledger)
    assert standing(ledger_path) == ("block", "settling", 3, "")


def test_a_newcomer_delays_the_protection(ledger: Ledger) -> None:
    watched = Watched(ledger)
    for host in ("a.one.test", "a.two.test", "a.three.test", "a.four.test"):
        watched.load(host)
    assert not watched.protected, "the last page load still brought somebody new"
    watched.load()
    watched.load()
    assert watched.protected


def test_a_newcomer_that_is_no_tracker_is_allowed_from_the_next_page_load_on(ledger: Ledger) -> None:
    watched = Watched(ledger, settle=0)
    watched.load()
    assert not watched.allows("img.newcomer.test")
    watched.contact("img.newcomer.test")
    assert watched.allows("img.newcomer.test")
    assert watched.allows("img2.newcomer.test")
    watched.contact(TRACKER)
    assert not watched.allows(TRACKER)


def test_sign_in_and_other_access_is_allowed_unseen(ledger: Ledger) -> None:
    watched = Watched(ledger, settle=0)
    for host in ("login.openathens.net", "accounts.google.com", "library.test", "www.news.test"):
        assert watched.allows(host), host
    for host in ("analytics.google.com", "adservice.google.com", "connect.facebook.net"):
        assert not watched.allows(host), host


def test_the_contract_mode_allows_what_the_contract_names_and_nothing_else(ledger: Ledger) -> None:
    watched = Watched(ledger, mode="contract")
    watched.load(STRANGER)
    assert watched.allows("x.paid.test"), "at once: the contract says what is allowed"
    assert watched.allows("news.test")
    assert not watched.allows(STRANGER)
    assert not watched.allows("login.openathens.net")


def test_a_sites_own_mode_comes_before_the_mode_of_all(ledger: Ledger) -> None:
    observed = Site("news", "Newspapers", domains=("news.test",), mode="observe")
    assert not Watched(ledger, mode="contract", site=observed).protected
    contracted = Site("news", "Newspapers", domains=("news.test",), mode="contract")
    assert Watched(ledger, mode="observe", site=contracted).protected


def test_an_allow_rule_acts_until_its_end(ledger: Ledger) -> None:
    watched = Watched(ledger, settle=0)
    until = (NOW + timedelta(hours=2)).strftime("%Y-%m-%dT%H:%MZ")
    rule = Decision("news", "google-analytics.com", "needed", "ada", until, "2026-11-23")
    watched.protection.decide([rule, Decision("other", "hotjar.com", "needed", "ada", until, "2026-11-23")], ())
    assert watched.allows(TRACKER)
    assert watched.contact(TRACKER) == set()
    assert not watched.allows("static.hotjar.com"), "another site's rule"
    watched.now += timedelta(hours=2)
    assert not watched.allows(TRACKER)


def test_the_dry_run_says_what_each_mode_would_stop(ledger: Ledger) -> None:
    watched = Watched(ledger, mode="observe")
    tracker, stranger = watched.load(TRACKER, STRANGER)
    assert not watched.protected
    assert tracker == {"block", "contract"}
    assert stranger == {"contract"}


def test_a_useful_host_of_a_tracker_is_allowed_by_path(ledger: Ledger) -> None:
    watched = Watched(ledger, settle=0)
    watched.load("www.google.com", path="/recaptcha/api.js")
    assert watched.allows("www.google.com", "/recaptcha/api2/anchor")
    assert not watched.allows("www.google.com", "/pagead/1p-user-list/1/")
    assert watched.contact("www.google.com", "/pagead/1p-user-list/1/") == {"block", "contract"}


def test_what_the_database_knows_counts_after_a_restart(
    ledger: Ledger, ledger_path: Path, open_ledger: OpenLedger
) -> None:
    sightings = [
        JUDGE.weigh(SITE, Sighting("news.test", host, kind="script", method="report", outcome="allowed"))
        for host in (TRACKER, STRANGER)
    ]
    visit(ledger, *[one for one in sightings if one], site=SITE, times=5)
    close(ledger)
    watched = Watched(open_ledger())
    assert watched.protected, "five page loads are on record"
    assert watched.allows(STRANGER)
    assert not watched.allows(TRACKER)


def test_a_site_whose_pages_break_is_put_back_and_stays_so_until_staff_say_otherwise(
    ledger: Ledger, ledger_path: Path, open_ledger: OpenLedger
) -> None:
    watched = Watched(ledger, settle=30)
    for _ in range(30):
        watched.load()
    assert watched.protected
    for _ in range(30):
        watched.load()
        watched.protection.signs(SITE, Symptom(errors=1))
    assert not watched.protected
    flush(ledger)
    assert standing(ledger_path) == ("block", "returned", 0, "more of its answers were errors than before")
    assert rows(ledger_path, "select sum(loads), sum(errors) from breakages") == [(60, 30)]
    assert rows(ledger_path, "select sum(loads) >= 20 from breakages where protected") == [(1,)]
    close(ledger)

    again = Watched(open_ledger(), settle=30)
    assert not again.protected, "a restart does not forget it"
    again.protection.decide([], {"news"})
    assert again.protected


def test_what_happened_before_is_remembered_over_a_restart(ledger: Ledger, open_ledger: OpenLedger) -> None:
    watched = Watched(ledger, mode="observe")
    for _ in range(40):
        watched.load()
    close(ledger)
    later = Watched(open_ledger())
    assert later.protected
    for _ in range(25):
        later.load()
        later.protection.signs(SITE, Symptom(reloads=1))
    assert not later.protected
