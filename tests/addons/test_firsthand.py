"""What an opened request and its report show besides the third party: real flows, the shipped tables, a real ledger."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from blocklists.shelf import Copy
from tests.addons.visits import close
from tests.addons.watch import TRACKER, Watch

CANARY = "c4n4ryw0rd"
LIST = "! Title: Ours\n||unheard-of.test^\n/metrics/collect?\n||hidden-tracker.test^\n@@||unheard-of.test/free^\n"


@pytest.fixture
def watch(tmp_path: Path) -> Iterator[Watch]:
    watch = Watch(tmp_path / "carrel.db")
    yield watch
    close(watch.ledger)


def shelve(watch: Watch, text: str, version: str = "7") -> None:
    content = text.encode()
    sha256 = hashlib.sha256(content).hexdigest()
    watch.shelf.put(
        Copy("ours", "file ours.txt", "none", version, "2026-11-24", sha256, 3), content, checked="2026-11-24"
    )


@pytest.mark.parametrize(
    ("cookie", "state"),
    [
        pytest.param("", "unknown", id="no cookie"),
        pytest.param("session=1", "unknown", id="no consent tool"),
        pytest.param("CookieConsent={necessary:true,statistics:true,marketing:true}", "accepted", id="accepted"),
        pytest.param("CookieConsent={necessary:true,statistics:false,marketing:false}", "refused", id="refused"),
    ],
)
def test_a_page_load_has_the_readers_choice(watch: Watch, cookie: str, state: str) -> None:
    watch.report(watch.get(cookie=cookie))
    assert watch.rows("select consent, sum(loads) from page_loads group by 1") == [(state, 1)]
    assert watch.rows("select distinct consent from contacts") == [(state,)]


def test_a_site_with_a_consent_tool_and_no_choice_is_undecided_from_the_next_page_on(watch: Watch) -> None:
    watch.report(watch.get(), "cdn.cookielaw.org", "script-src-elem")
    watch.get()
    assert watch.rows("select consent, sum(loads) from page_loads group by 1 order by 1") == [
        ("undecided", 1),
        ("unknown", 1),
    ]


def test_known_services_cookies_are_counted_by_pattern_once_per_page_load(watch: Watch) -> None:
    watch.get(cookie=f"_ga=GA1.2.{CANARY}; _ga_{CANARY}=1; {CANARY}=1")
    found = watch.rows("select service, pattern, loads from cookies order by 2")
    assert [row[1] for row in found] == ["_ga", "_ga_*"]
    assert {row[2] for row in found} == {1}
    assert CANARY.encode() not in watch.path.read_bytes()


def test_what_a_third_party_received_is_counted_by_kind_once_per_page_load(watch: Watch) -> None:
    page = f"https://site.test/search?q={CANARY}+stars"
    sent = f"https://{TRACKER}/g/collect?dl=https%3A%2F%2Fsite.test%2Fsearch%3Fq%3D{CANARY}%2Bstars&cid=123456789.987654321"
    token = watch.get(page)
    for _ in range(2):
        watch.report(token, document_uri=page, blocked_uri=sent)
    assert watch.rows("select third_party, what, carried_in, loads from exposures order by 2") == [
        ("google-analytics.com", "identifier", "url", 1),
        ("google-analytics.com", "page address", "url", 1),
        ("google-analytics.com", "search terms", "url", 1),
    ]
    assert CANARY.encode() not in watch.path.read_bytes()


def test_a_blocked_contact_received_nothing(watch: Watch) -> None:
    page = "https://site.test/search?q=stars"
    watch.report(watch.get(page), document_uri=page, blocked_uri=f"https://{TRACKER}/?dl={page}", disposition="enforce")
    assert watch.rows("select * from exposures") == []


@pytest.mark.parametrize(
    ("target", "provider"),
    [
        pytest.param(
            "https://login.microsoftonline.com/common/oauth2/authorize?x=1", "microsoftonline.com", id="listed"
        ),
        pytest.param("https://site.test/login", None, id="the site's own"),
        pytest.param("https://www.google-analytics.com/", None, id="no log-in"),
    ],
)
def test_a_hop_to_another_companys_log_in_is_counted(watch: Watch, target: str, provider: str | None) -> None:
    watch.get()
    watch.answer("https://site.test/signin", status=302, location=target)
    assert watch.rows("select provider, loads from sign_ins") == ([(provider, 1)] if provider else [])


def test_a_tracker_behind_a_sites_own_name_is_found_by_dns_and_is_no_third_party(watch: Watch) -> None:
    watch.names.known["metrics.site.test"] = ("site.sc.omtrdc.net",)
    watch.get()
    watch.answer("https://metrics.site.test/b/ss", sec_fetch_dest="image", type_="image/gif")
    assert "metrics.site.test" in watch.names.asked
    assert watch.contacts() == [("omtrdc.net", "image", "dns", 1, 1)]
    assert watch.page_loads() == [("search", 1, 0)]


def test_a_request_that_a_path_rule_names_is_found_on_the_sites_own_host(watch: Watch) -> None:
    shelve(watch, LIST)
    assert watch.lists.refresh()
    watch.get()
    watch.answer(f"https://site.test/metrics/collect?q={CANARY}", sec_fetch_dest="empty", type_="text/plain")
    watch.answer("https://site.test/catalog/collect", sec_fetch_dest="empty", type_="text/plain")
    assert watch.contacts() == [("site.test", "connect", "request", 1, 1)]
    assert watch.rows("select relation from contacts") == [("own",)]
    assert watch.rows("select list, list_version, rule from third_parties where domain = 'site.test'") == [
        ("ours", "7", "ours:3 /metrics/collect?")
    ]
    assert CANARY.encode() not in watch.path.read_bytes()


def test_a_fetched_lists_rule_is_the_evidence_and_an_exception_beats_it(watch: Watch) -> None:
    shelve(watch, LIST)
    assert watch.lists.refresh()
    watch.report(watch.get(), "a.unheard-of.test")
    watch.report(watch.get(), "b.unheard-of.test", blocked_uri="https://b.unheard-of.test/free/x.png")
    assert watch.rows("select domain, list, rule from third_parties") == [
        ("unheard-of.test", "ours", "ours:2 ||unheard-of.test^")
    ]


def test_a_new_list_is_taken_while_running(watch: Watch) -> None:
    assert watch.lists.refresh() is None
    shelve(watch, LIST)
    fetched = watch.lists.refresh()
    assert fetched is not None
    assert [(one.name, one.version) for one in fetched] == [("ours", "7")]
    assert watch.lists.rule_for_host("x.hidden-tracker.test")
    shelve(watch, "||other.test^\n", "8")
    assert watch.lists.refresh()
    assert watch.lists.version("ours") == "8"
    assert watch.lists.rule_for_host("x.hidden-tracker.test") is None


def test_an_unreadable_shelf_leaves_the_former_lists_in_use(watch: Watch) -> None:
    shelve(watch, LIST)
    assert watch.lists.refresh()
    for file in watch.shelf.folder.glob("*.txt"):
        file.write_text("||something-else.test^")
    shelve(watch, "||other.test^\n", "8")
    for file in watch.shelf.folder.glob("*.txt"):
        file.write_text("changed behind its back")
    watch.lists.refresh()
    assert watch.lists.rule_for_host("x.hidden-tracker.test")
