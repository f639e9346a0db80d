"""From a browser's traffic to the database: real flows, a real judge with the shipped lists, a real ledger."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from mitmproxy.http import Headers
from mitmproxy.test import tflow, tutils

from addons import hops
from addons import witness as module
from addons.decide.policy import HEADER
from addons.pages import LIFETIME, MAX_HOSTS, MAX_REPORTS
from addons.passages import BLOCKED, LINGER, STOPPED_UPSTREAM
from addons.settings import Protect
from addons.witness import SETTLE
from tests.addons.visits import MONDAY, TUESDAY, close, flush, rows
from tests.addons.watch import HERE, SECOND, THERE, TRACKER, Watch


@pytest.fixture
def watch(tmp_path: Path) -> Iterator[Watch]:
    watch = Watch(tmp_path / "carrel.db")
    yield watch
    close(watch.ledger)


# Page loads


def test_a_page_load_is_counted_once_whatever_it_reports(watch: Watch) -> None:
    token = watch.get()
    for host in (TRACKER, SECOND, TRACKER):
        watch.report(token, host)
    assert watch.page_loads() == [("search", 1, 1)]
    assert watch.rows("select sum(loads) from coverages") == [(1,)]


def test_a_page_without_third_parties_is_a_page_load_too(watch: Watch) -> None:
    assert watch.get("https://site.test/about")
    assert watch.page_loads() == [("other", 1, 0)]


def test_each_page_load_has_a_token_of_its_own(watch: Watch) -> None:
    assert len({watch.get(), watch.get(), watch.get("https://www.pages.test/")}) == 3
    assert watch.page_loads() == [("home", 1, 0), ("search", 2, 0)]


def test_a_page_out_of_scope_is_not_touched(watch: Watch) -> None:
    assert HEADER not in watch.answer("https://elsewhere.test/")
    assert HEADER not in watch.answer("https://notsite.test/")
    assert watch.page_loads() == []


def test_the_sites_own_policy_stays(watch: Watch) -> None:
    flow = tflow.tflow(resp=tutils.tresp())
    flow.request.headers = Headers(sec_fetch_dest="document")
    flow.request.url = "https://site.test/"
    assert flow.response is not None
    flow.response.headers = Headers(content_type="text/html")
    flow.response.headers[HEADER] = "default-src 'none'; report-uri /theirs"
    watch.witness.responseheaders(flow)
    assert len(flow.response.headers.get_all(HEADER)) == 2


def test_a_confirmed_page_from_the_cache_is_a_page_load(watch: Watch) -> None:
    token = watch.get(status=304, type_="")
    watch.report(token)
    assert watch.page_loads() == [("search", 1, 1)]


def test_a_download_is_no_page_load(watch: Watch) -> None:
    assert watch.get(disposition="attachment; filename=a.html") == ""
    assert watch.page_loads() == []


def test_the_day_is_the_page_loads_own(watch: Watch) -> None:
    token = watch.get()
    watch.day.day = TUESDAY
    watch.report(token)
    assert watch.rows("select period, requests from contacts") == [(MONDAY.isoformat(), 1)]


# Fetched ahead


def test_a_prefetched_page_is_counted_when_it_first_reports(watch: Watch) -> None:
    token = watch.get(sec_purpose="prefetch")
    assert token
    assert watch.page_loads() == []
    watch.report(token)
    watch.report(token, SECOND)
    assert watch.page_loads() == [("search", 1, 1)]


def test_a_prerendered_page_is_never_a_page_load(watch: Watch) -> None:
    token = watch.get(sec_purpose="prefetch;prerender")
    watch.report(token)
    assert watch.page_loads() == []
    assert watch.presences() == []
    assert watch.contacts() == [("google-analytics.com", "image", "report", 0, 1)]


# Frames and workers


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"sec_fetch_dest": "iframe", "sec_fetch_site": "same-origin"}, id="frame"),
        pytest.param({"sec_fetch_dest": "worker", "type_": "text/javascript"}, id="worker"),
        pytest.param({"sec_fetch_dest": "serviceworker", "type_": "text/javascript"}, id="service worker"),
        pytest.param({"sec_fetch_dest": "script", "type_": "text/javascript"}, id="script"),
    ],
)
def test_what_belongs_to_a_page_takes_its_token(watch: Watch, headers: dict[str, str]) -> None:
    token = watch.get()
    assert watch.get("https://site.test/part", **headers) == token
    assert watch.page_loads() == [("search", 1, 0)]


@pytest.mark.parametrize(
    ("headers", "marked"),
    [
        pytest.param({"sec_fetch_dest": "iframe", "sec_fetch_site": "same-origin"}, True, id="frame"),
        pytest.param({"sec_fetch_dest": "worker", "type_": "text/javascript"}, True, id="worker"),
        pytest.param({"sec_fetch_dest": "script", "type_": "text/javascript"}, False, id="script"),
    ],
)
def test_without_a_page_there_are_contacts_and_no_load(watch: Watch, headers: dict[str, str], marked: bool) -> None:
    watch.get(client=THERE)  # another patron's page is not this one's
    token = watch.get("https://site.test/part", **headers)
    assert bool(token) is marked
    if token:
        watch.report(token)
        assert [row[3:] for row in watch.contacts()] == [(0, 1)]
    assert watch.page_loads() == [("search", 1, 0)]


def test_a_document_in_another_partys_page_is_left_alone(watch: Watch) -> None:
    watch.get()
    assert watch.get(sec_fetch_dest="iframe", sec_fetch_site="cross-site") == ""


def test_a_workers_report_names_its_script_and_belongs_to_the_page(watch: Watch) -> None:
    token = watch.get()
    watch.report(token, document_uri="https://site.test/w.js", directive="connect-src")
    watch.report(token, document_uri="about:srcdoc")
    assert watch.page_loads() == [("search", 1, 1)]
    assert [row[1] for row in watch.contacts()] == ["connect", "image"]


# Loads, requests and presences


def test_loads_count_pages_and_requests_count_reports(watch: Watch) -> None:
    for number in (3, 1):
        token = watch.get()
        for _ in range(number):
            watch.report(token)
        watch.report(token, directive="script-src-elem")
    assert watch.contacts() == [
        ("google-analytics.com", "image", "report", 2, 4),
        ("google-analytics.com", "script", "report", 2, 2),
    ]
    assert watch.presences() == [("google-analytics.com", "allowed", 2)]


def test_two_hosts_of_one_third_party_are_one_presence(watch: Watch) -> None:
    token = watch.get()
    watch.report(token, "www.google-analytics.com")
    watch.report(token, "ssl.google-analytics.com")
    assert watch.presences() == [("google-analytics.com", "allowed", 1)]
    assert watch.contacts() == [("google-analytics.com", "image", "report", 1, 2)]


def test_blocked_and_allowed_are_told_apart(watch: Watch) -> None:
    token = watch.get()
    watch.report(token)
    watch.report(token, blocked_uri=f"https://{TRACKER}/another", disposition="enforce")
    assert watch.presences() == [("google-analytics.com", "allowed", 1), ("google-analytics.com", "blocked", 1)]


@pytest.mark.parametrize("order", [("report", "enforce"), ("enforce", "report")])
def test_a_stopped_contact_is_one_although_two_policies_report_it(watch: Watch, order: tuple[str, str]) -> None:
    token = watch.get()
    for disposition in order:
        watch.report(token, disposition=disposition)
    assert watch.rows("select third_party, outcome, loads, requests from contacts") == [
        ("google-analytics.com", "blocked", 1, 1)
    ]
    assert watch.rows("select * from exposures") == []
    assert ("google-analytics.com", "search terms") in watch.rows("select third_party, what from prevented")


def test_a_redirect_that_an_allowed_host_answers_with_leaves_that_contact_allowed(tmp_path: Path) -> None:
    watch = Watch(tmp_path / "carrel.db", protect=Protect(mode="block", settle=0))
    watch.report(watch.get(), "cdn.useful.test")
    watch.wait(60)
    token = watch.get()
    for disposition in ("report", "enforce"):
        watch.report(token, "cdn.useful.test", disposition=disposition)
    # The first page load had not heard of it, and its policy stopped it whatever the report says.
    assert watch.presences() == [("useful.test", "allowed", 1), ("useful.test", "blocked", 1)]


def test_a_protected_page_says_what_it_may_contact_and_where_forms_may_go_but_on_the_account(tmp_path: Path) -> None:
    watch = Watch(tmp_path / "carrel.db", protect=Protect(mode="block", settle=0))
    watch.report(watch.get(), "cdn.useful.test")
    watch.report(watch.get())
    enforced = watch.answer("https://site.test/")["content-security-policy"]
    assert " useful.test:*" in enforced
    assert "google-analytics" not in enforced
    assert "form-action" in enforced
    assert "form-action" not in watch.answer("https://site.test/account")["content-security-policy"]


def test_what_modes_that_are_off_would_stop_is_counted_once_a_page_load(watch: Watch) -> None:
    for _ in range(2):
        token = watch.get()
        for number in range(3):
            watch.report(token, blocked_uri=f"https://{TRACKER}/{number}")
        watch.report(token, "cdn.useful.test")
    assert watch.rows("select third_party, mode, sum(loads) from dry_runs group by 1, 2 order by 1, 2") == [
        ("google-analytics.com", "block", 2),
        ("google-analytics.com", "contract", 2),
        ("useful.test", "contract", 2),
    ]


def test_errors_reloads_and_repeated_log_ins_are_signs(watch: Watch) -> None:
    watch.get("https://site.test/a")
    watch.get("https://site.test/a")
    watch.answer("https://site.test/b", status=500)
    assert watch.rows("select protected, sum(loads), sum(errors), sum(reloads) from breakages") == [(0, 3, 1, 1)]


def test_own_content_makes_no_page_load_one_with_third_parties(watch: Watch) -> None:
    watch.report(watch.get(), "img.site-cdn.test")
    assert watch.page_loads() == [("search", 1, 0)]
    assert watch.rows("select relation from presences") == [("own",)]


@pytest.mark.parametrize("host", ["site.test", "a.pages.test"])
def test_the_sites_own_hosts_are_no_contact(watch: Watch, host: str) -> None:
    watch.report(watch.get(), host)
    assert watch.contacts() == []


# Report and tunnel


@pytest.mark.parametrize(
    ("events", "method"),
    [
        pytest.param(["report"], "report", id="report alone"),
        pytest.param(["begin", "report"], "report+tunnel", id="tunnel before the report"),
        pytest.param(["report", "begin"], "report+tunnel", id="tunnel after the report"),
        pytest.param(["begin", "end", "report"], "report+tunnel", id="tunnel that just ended"),
        pytest.param(["begin", "end", "long", "report"], "report", id="tunnel that ended long ago"),
        pytest.param(["report", "settle", "begin"], "report", id="tunnel that comes too late"),
    ],
)
def test_a_connection_to_the_reported_host_is_a_second_witness(watch: Watch, events: list[str], method: str) -> None:
    token = watch.get()
    for event in events:
        match event:
            case "report":
                watch.report(token)
            case "begin":
                watch.passages.begin(HERE, TRACKER)
            case "end":
                watch.passages.end(HERE, TRACKER, watch.now)
            case "long":
                watch.wait(LINGER + 1)
            case "settle":
                watch.wait(SETTLE)
    watch.wait(SETTLE)
    assert [row[2] for row in watch.contacts()] == [method]


def test_another_patrons_connection_is_no_witness(watch: Watch) -> None:
    watch.passages.begin(THERE, TRACKER)
    watch.report(watch.get())
    assert [row[2] for row in watch.contacts()] == ["report"]


def test_what_was_blocked_has_no_tunnel(watch: Watch) -> None:
    watch.passages.begin(HERE, TRACKER)
    watch.report(watch.get(), disposition="enforce")
    assert [row[2] for row in watch.contacts()] == ["report"]


def test_a_report_waits_before_it_is_counted(watch: Watch) -> None:
    watch.report(watch.get())
    watch.wait(SETTLE - 0.1)
    assert flush(watch.ledger)
    assert rows(watch.path, "select count(*) from contacts") == [(0,)]
    watch.wait(0.1)
    assert flush(watch.ledger)
    assert rows(watch.path, "select count(*) from contacts") == [(1,)]


# Redirects


GO = "https://site.test/go?to=1"


def redirect(watch: Watch, url: str, location: str) -> None:
    assert watch.get(url, sec_fetch_dest="image", status=302, location=location) == ""


def test_a_redirect_of_the_site_to_a_third_party_is_found_by_its_report(watch: Watch) -> None:
    token = watch.get()
    redirect(watch, GO, f"https://{TRACKER}/collect?q=term")
    watch.report(token, blocked_uri=GO)
    assert watch.contacts() == [("google-analytics.com", "image", "report", 1, 1)]


def test_a_redirect_over_several_of_the_sites_own_addresses_is_followed(watch: Watch) -> None:
    token = watch.get()
    redirect(watch, GO, "/next")
    redirect(watch, "https://site.test/next", "//pages.test/last#part")
    redirect(watch, "https://pages.test/last", f"https://{TRACKER}/")
    watch.report(token, blocked_uri=GO)
    assert [row[0] for row in watch.contacts()] == ["google-analytics.com"]


def test_redirects_in_a_circle_end(watch: Watch) -> None:
    token = watch.get()
    redirect(watch, GO, "/back")
    redirect(watch, "https://site.test/back", GO)
    watch.report(token, blocked_uri=GO)
    assert watch.contacts() == []


def test_remembered_redirects_are_bounded(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hops, "_MAX", 3)
    token = watch.get()
    for number in range(5):
        redirect(watch, f"https://site.test/{number}", f"https://{TRACKER}/")
    for number in range(5):
        watch.report(token, blocked_uri=f"https://site.test/{number}")
    assert [row[4] for row in watch.contacts()] == [3]


# What is refused


@pytest.mark.parametrize("token", ["", "unknown", "A" * 22, "\ud800"])
def test_a_report_with_an_unknown_token_is_refused_and_counted(watch: Watch, token: str) -> None:
    watch.get()
    watch.report(token)
    assert watch.contacts() == []
    assert watch.refused() == 1


def test_a_report_that_comes_an_hour_late_is_refused(watch: Watch) -> None:
    token = watch.get()
    watch.wait(LIFETIME + 1)
    watch.report(token)
    assert (watch.contacts(), watch.refused()) == ([], 1)


@pytest.mark.parametrize(
    "page",
    [
        pytest.param("https://other.test/", id="another site's page"),
        pytest.param("https://elsewhere.test/", id="a page out of scope"),
    ],
)
def test_a_report_about_another_page_is_refused(watch: Watch, page: str) -> None:
    watch.report(watch.get(), document_uri=page)
    assert (watch.contacts(), watch.refused()) == ([], 1)


@pytest.mark.parametrize("body", [b"", b"{}", b"[" * 30_000, b"x" * 100_000], ids=["empty", "none", "deep", "huge"])
def test_what_is_no_report_is_refused(watch: Watch, body: bytes) -> None:
    watch.witness.take(watch.get(), body)
    assert watch.refused() == 1


def test_a_refused_report_does_not_make_a_prefetch_a_page_load(watch: Watch) -> None:
    watch.report(watch.get(sec_purpose="prefetch"), document_uri="https://other.test/")
    assert watch.page_loads() == []


def test_reports_for_one_token_are_bounded(watch: Watch) -> None:
    token = watch.get()
    for _ in range(MAX_REPORTS + 7):
        watch.report(token)
    assert [row[4] for row in watch.contacts()] == [MAX_REPORTS]
    assert watch.refused() == 7


def test_hosts_for_one_token_are_bounded(watch: Watch) -> None:
    token = watch.get()
    for number in range(MAX_HOSTS + 7):
        watch.report(token, f"forged-{number}.org")
    watch.report(token, "forged-0.org")  # known already
    assert len(watch.presences()) == MAX_HOSTS
    assert watch.refused() == 7


def test_waiting_reports_are_bounded(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MAX_WAITING", 5)
    token = watch.get()
    for _ in range(7):
        watch.report(token)
    assert [row[4] for row in watch.contacts()] == [5]
    assert watch.refused() == 2


def test_nothing_of_an_address_reaches_the_disk(watch: Watch) -> None:
    canary = "canary7f3a"
    token = watch.get(f"https://site.test/search/{canary}?q={canary}", cookie=canary, referer=f"https://{canary}.test/")
    watch.report(
        token,
        blocked_uri=f"https://{canary}.{TRACKER}/{canary}?{canary}",
        document_uri=f"https://{canary}.site.test/{canary}",
        source_file=f"https://site.test/{canary}",
    )
    assert watch.contacts() == [("google-analytics.com", "image", "report", 1, 1)]
    asyncio.run(watch.ledger.close())
    assert canary.encode() not in b"".join(path.read_bytes() for path in watch.path.parent.iterdir())


def test_what_was_seen_of_a_computer_and_not_yet_counted_is_dropped_when_its_patron_opts_out(watch: Watch) -> None:
    token = watch.get()
    watch.get(client=THERE)
    watch.report(token)
    watch.witness.forget(HERE)
    watch.report(token, SECOND)
    assert watch.contacts() == []
    assert watch.page_loads() == [("search", 2, 0)]
    assert watch.refused() == 1


# Refused connections


@pytest.mark.parametrize("outcome", [BLOCKED, STOPPED_UPSTREAM])
def test_what_was_refused_received_nothing(watch: Watch, outcome: str) -> None:
    token = watch.get()
    watch.report(token)
    watch.passages.refuse(HERE, TRACKER, outcome, watch.now)
    watch.wait(SETTLE)
    assert watch.contacts() == [("google-analytics.com", "image", "report", 1, 1)]
    assert watch.presences() == [("google-analytics.com", outcome, 1)]
    assert watch.rows("select * from exposures") == []
    assert watch.rows("select * from ladder") == []
    assert watch.rows("select 1 from prevented")


def test_what_was_refused_once_and_then_connected_is_allowed(watch: Watch) -> None:
    token = watch.get()
    watch.report(token)
    watch.passages.refuse(HERE, TRACKER, STOPPED_UPSTREAM, watch.now)
    watch.passages.begin(HERE, TRACKER)
    watch.wait(SETTLE)
    assert watch.presences() == [("google-analytics.com", "allowed", 1)]


def test_another_clients_refusal_says_nothing(watch: Watch) -> None:
    token = watch.get()
    watch.report(token)
    watch.passages.refuse(THERE, TRACKER, STOPPED_UPSTREAM, watch.now)
    watch.wait(SETTLE)
    assert watch.presences() == [("google-analytics.com", "allowed", 1)]


def test_a_page_load_whose_third_parties_were_all_stopped_is_not_one_with_third_parties(watch: Watch) -> None:
    watch.report(watch.get(), disposition="enforce")
    assert watch.page_loads() == [("search", 1, 0)]


def test_the_company_that_hosts_a_platform_is_a_third_party(watch: Watch) -> None:
    watch.report(watch.get(), "content.silverchair-cdn.com")
    assert watch.rows("select relation from presences") == [("host",)]
    assert watch.page_loads() == [("search", 1, 1)]
