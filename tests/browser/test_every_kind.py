"""The main promise: every third party that a vendor's page makes a browser contact is recorded, and nothing else is.

Compared with what the world's server saw. Known gaps, marked in kinds.py, and how each is met:

preload, modulepreload (Firefox makes the contact and sends no report)
    What is preloaded is meant to be used: the page's use of it as image, font, style or script is reported. Only a
    preload that the page never uses is missed, and Chromium reports that too.
prefetch (Chromium reports it only where a policy forbids it)
    What is prefetched and then visited is a page of the third party's own; a prefetch alone is missed.
audio and paint worklets (Chromium never reports them, though it stops them where a policy forbids them)
    The script that starts one is seen wherever it came from; the worklet's own host is missed if it is another one.
beacon in the very last moment (Firefox, pages that it does not keep for the back button)
    Beacons sent when a tab is put aside are reported, and so is fetch with keepalive in the last moment.
preconnect (a connection, no request; no browser reports it)
    Nothing of the page is sent, so it is no contact; the requests for which pages open connections early are reported.
far end of a third party's redirect (sealed, and a report names the first host only)
    The first host is recorded. The far end is counted as `tunnel` if it is a listed tracker that nothing else explains.
inside a foreign frame (the frame's own page, not the vendor's)
    The frame is recorded; what it loads in turn is met like the far end of a redirect.
"""

from __future__ import annotations

from collections import defaultdict

from tests.browser.kinds import BY_HOST, EMBEDS
from tests.browser.pages import CATALOG_THIRD, ELSEWHERE_ONLY, OWN
from tests.browser.visit import NAVIGATIONS, Visit, expected


def test_the_page_does_all_that_it_does_without_carrel(visit: Visit) -> None:
    assert visit.contacted == expected(visit.browser)


def test_every_direct_contact_is_recorded_for_the_vendor_with_its_kind(visit: Visit) -> None:
    found = kinds_by_third_party(visit, "vendor")
    wrong = {
        embed.name: found.get(embed.host, "nothing recorded")
        for embed in EMBEDS
        if embed.direct
        and embed.host in visit.contacted
        and visit.browser not in embed.unreported
        and not (found.get(embed.host) and found[embed.host] <= embed.kinds)
    }
    assert wrong == {}


def test_gaps_are_recorded_rightly_or_not_at_all(visit: Visit) -> None:
    found = kinds_by_third_party(visit, "vendor")
    gaps = [embed for embed in EMBEDS if not embed.direct or visit.browser in embed.unreported]
    assert [embed.name for embed in gaps if not found.get(embed.host, set()) <= embed.kinds] == []


def test_nothing_is_recorded_that_the_world_did_not_see(visit: Visit) -> None:
    assert set(kinds_by_third_party(visit, "vendor")) <= visit.contacted
    seen = {request.host for request in visit.seen}
    assert {row[0] for row in visit.carrel.rows("select domain from third_parties")} <= seen


def test_a_second_tab_outside_every_site_contributes_nothing(visit: Visit) -> None:
    everywhere = {row[0] for row in visit.carrel.rows("select third_party from contacts")}
    everywhere |= {row[0] for row in visit.carrel.rows("select third_party from presences")}
    everywhere |= {row[0] for row in visit.carrel.rows("select domain from third_parties")}
    assert everywhere.isdisjoint(ELSEWHERE_ONLY)
    # Hosts that both pages contact: only the vendor's share is counted.
    sql = "select third_party, sum(requests) from contacts where site = 'vendor' group by third_party"
    requests = dict(visit.carrel.rows(sql))
    assert {host: requests[host] for host in ("tp-img.test", "tp-fetch.test")} == {"tp-img.test": 1, "tp-fetch.test": 1}


def test_each_site_gets_its_own_third_parties(visit: Visit) -> None:
    assert set(kinds_by_third_party(visit, "catalog")) == set(CATALOG_THIRD)
    assert set(kinds_by_third_party(visit, "vendor")) <= set(BY_HOST)
    assert {row[0] for row in visit.carrel.rows("select distinct site from contacts")} == {"vendor", "catalog"}


def test_own_hosts_are_no_third_parties(visit: Visit) -> None:
    recorded = {row[0] for row in visit.carrel.rows("select domain from third_parties")}
    assert recorded.isdisjoint((*OWN, "carrel.internal"))


def test_each_navigation_is_one_page_load(visit: Visit) -> None:
    sql = "select site, sum(loads), sum(with_third_party) from page_loads group by site"
    rows = visit.carrel.rows(sql)
    assert {site: loads for site, loads, _ in rows} == NAVIGATIONS
    assert {site: loads for site, _, loads in rows} == NAVIGATIONS


def test_each_page_load_counts_a_third_party_once(visit: Visit) -> None:
    rows = visit.carrel.rows("select third_party, sum(loads) from presences where site = 'vendor' group by third_party")
    assert {third_party for third_party, _ in rows} == set(kinds_by_third_party(visit, "vendor"))
    assert [row for row in rows if row[1] != 1] == []


def test_nothing_was_dropped_and_the_program_ended_well(visit: Visit) -> None:
    assert visit.status == 0, visit.carrel.output()
    assert visit.carrel.rows("select sum(dropped), sum(reports_refused) from coverages") == [(0, 0)]


def kinds_by_third_party(visit: Visit, site: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    sql = "select third_party, kind from contacts where site = ? and outcome = 'allowed'".replace("?", f"'{site}'")
    for third_party, kind in visit.carrel.rows(sql):
        found[str(third_party)].add(str(kind))
    return dict(found)
