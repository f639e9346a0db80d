"""Alerts: which rows are told, which are not; the page and the feed as a reader gets them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from datasette import hookimpl
from datasette.app import Datasette
from datasette.plugins import pm

from addons.database import open_database
from addons.settings import Settings, parse
from analysis.alerts import feed
from analysis.alerts import kinds as alerts
from analysis.alerts.kinds import Alert, Watch
from analysis.dashboard import alert_pages, alerting
from deploy import alert_inputs, dashboard
from tests.analysis import library
from tests.analysis.conftest import settings_for

TODAY = date(2026, 11, 24)
ATOM = {"a": feed.ATOM}


def lately(**but: Any) -> dict[str, Any]:
    return {
        "site": "s", "third_party": "t.example", "relation": "third", "service": "", "owner": "O", "category": "c",
        "first_period": "2026-11", "contacted": 5, "came_later": 1, "behind": 0, **but,
    }  # fmt: skip


NO_LIST = Watch()


def built(watch: Watch = NO_LIST, today: date = TODAY, **rows: list[dict[str, Any]]) -> tuple[Alert, ...]:
    sites = [{"site": "s", "name": "Site", "contract_until": ""}]
    return alerts.build({**dict.fromkeys(alerts.QUERIES, ()), "alert_sites": sites, **rows}, watch, today)


@pytest.mark.parametrize(
    ("row", "told"),
    [
        pytest.param(lately(), True, id="came this month"),
        pytest.param(lately(first_period="2026-10-03"), True, id="came last month"),
        pytest.param(lately(first_period="2026-09"), False, id="came before"),
        pytest.param(lately(came_later=0), False, id="there since watching began"),
        pytest.param(lately(site="gone"), False, id="of a site that is not known"),
    ],
)
def test_a_newcomer_is_told_for_two_months(row: dict[str, Any], told: bool) -> None:
    assert [one.kind for one in built(alert_lately=[row])] == (["newcomer"] if told else [])


@pytest.mark.parametrize(
    ("watch", "row", "told"),
    [
        pytest.param(Watch(), lately(), False, id="no list"),
        pytest.param(Watch(permitted={"s": ("other.example",)}), lately(), True, id="not named"),
        pytest.param(Watch(permitted={"s": ("t.example",)}), lately(), False, id="named"),
        pytest.param(Watch(permitted={"s": ("cdn.t.example",)}), lately(), False, id="a host of it is named"),
        pytest.param(Watch(permitted={"s": ("ot.example",)}), lately(third_party="t.example"), True, id="no parent"),
        pytest.param(Watch(all_sites=True), lately(), True, id="contract for all, and no list"),
        pytest.param(Watch(all_sites=True, without=frozenset({"s"})), lately(), False, id="a mode of its own"),
        pytest.param(Watch(all_sites=True), lately(contacted=0), False, id="only stopped"),
        pytest.param(Watch(all_sites=True), lately(behind=1), False, id="behind its own names"),
    ],
)
def test_a_permitted_list_is_broken_by_a_contact_that_it_does_not_name(
    watch: Watch, row: dict[str, Any], told: bool
) -> None:
    found = built(watch, alert_lately=[{**row, "came_later": 0}])
    assert [one.kind for one in found] == (["permitted"] if told else [])


@pytest.mark.parametrize(("asked", "told"), [("2026-11-10", False), ("2026-11-09", True), ("", False), ("soon", False)])
def test_a_list_is_too_old_after_so_many_days(asked: str, told: bool) -> None:
    assert [one.kind for one in built(Watch(lists_days=14, asked={"l": asked}))] == (["lists"] if told else [])


@pytest.mark.parametrize(
    ("until", "told"),
    [("2027-02-22", True), ("2027-02-23", False), ("2026-11-24", True), ("2026-11-23", False), ("", False)],
)
def test_the_end_of_a_contract_is_told_ninety_days_before(until: str, told: bool) -> None:
    sites = [{"site": "s", "name": "Site", "contract_until": until}]
    assert [one.kind for one in built(alert_sites=sites)] == (["contract"] if told else [])


def test_first_contact_after_refusal_is_told_once_a_site() -> None:
    rows = [
        {"site": "s", "first_period": period, "third_parties": "b.example,a.example"}
        for period in ("2026-11", "2026-09")
    ]
    (one,) = built(alert_refusals=rows)
    assert one.kind == "refusal"
    assert "some day in November 2026" in one.text
    assert "a.example, b.example" in one.text


def test_a_site_put_back_is_told() -> None:
    row = {"site": "s", "name": "Site", "state": "returned", "since": "2026-11-20", "reason": "x broke"}
    (one,) = built(protections=[row, {**row, "state": "protected"}])
    assert (one.kind, one.period) == ("returned", "2026-11-20")


def covered(days: list[str], minutes: int = 600, **counts: int) -> list[dict[str, Any]]:
    return [
        {"period": day, "minutes": minutes, "loads": 100, "dropped": 0, "reports_refused": 0, **counts} for day in days
    ]


def november(*without: int, until: int = 23, weekends: bool = True) -> list[str]:
    days = [date(2026, 11, 1) + timedelta(days=number) for number in range(until)]
    return [day.isoformat() for day in days if day.day not in without and (weekends or day.weekday() < 5)]


@pytest.mark.parametrize(
    ("rows", "title"),
    [
        pytest.param(covered(november()), "", id="every day"),
        pytest.param(covered(november(11, 12)), "Carrel did not watch on 2 days in November 2026", id="two days"),
        pytest.param(covered(november(weekends=False)), "", id="closed at week-ends"),
        pytest.param(covered(november(23)), "", id="only yesterday"),
        pytest.param(covered(november(21, 22, 23)), "Carrel did not watch on 3 days in November 2026", id="stopped"),
        pytest.param(covered(november(11, 12)) + covered(["2026-11"], 1200), "", id="quiet days, within the month"),
        pytest.param(
            covered(november(11, 12)) + covered(["2026-11"], 600),
            "Carrel did not watch on at least 1 day in November 2026",
            id="one of them may be quiet",
        ),
        pytest.param([], "", id="never watched"),
    ],
)
def test_a_day_is_a_gap_only_if_the_month_cannot_account_for_it(rows: list[dict[str, Any]], title: str) -> None:
    assert [one.title for one in built(coverage=rows)] == ([title] if title else [])


@pytest.mark.parametrize(
    ("counts", "told"),
    [
        pytest.param({"dropped": 21}, True, id="dropped"),
        pytest.param({"dropped": 19}, False, id="too few to say"),
        pytest.param({"dropped": 20, "loads": 10_000}, False, id="a small share"),
        pytest.param({"reports_refused": 300, "loads": 1000}, True, id="refused"),
    ],
)
def test_what_was_missed_is_told_above_a_share(counts: dict[str, int], told: bool) -> None:
    assert [one.kind for one in built(coverage=covered(["2026-11"], **counts))] == (["missed"] if told else [])


def test_an_alert_keeps_its_id_when_a_day_becomes_part_of_its_month() -> None:
    (day,), (month,) = (built(alert_lately=[lately(first_period=period)]) for period in ("2026-11-03", "2026-11"))
    assert day.id == month.id


@pytest.fixture
def watched(database: Path) -> Settings:
    """anytown is permitted two; a newcomer came to smallpress after it began, one was there since then."""
    opened = open_database(database)
    library.add_page_loads(opened, "smallpress", "2026-09", 30, 0)
    library.add_presence(opened, "anytown", "2026-11-20", "late.example", 4)
    opened.conn.close()
    site = {
        "id": "anytown",
        "domains": ["anytown.bibliocommons.com"],
        "permitted": ["google-analytics.com", "hotjar.com"],
    }
    return parse({"data": {"dir": str(database.parent)}, "site": [site]}, None)


def test_a_real_database_gives_newcomers_and_what_is_not_permitted(watched: Settings) -> None:
    found = alert_inputs.present(watched, TODAY)
    new = {(one.site, one.third_party) for one in found if one.kind == "newcomer"}
    assert {("anytown", "late.example"), ("smallpress", "fonts.example"), ("sciencedirect", "doubleclick.net")} <= new
    assert ("anytown", "google-analytics.com") not in new
    broken = {one.third_party for one in found if one.kind == "permitted"}
    assert {one.site for one in found if one.kind == "permitted"} == {"anytown"}
    assert {"late.example", "cloudfront.net", "syndetics.com"} <= broken
    assert not {"google-analytics.com", "hotjar.com", "facebook.net"} & broken
    assert [one.site for one in found if one.kind == "returned"] == ["sciencedirect"]
    assert not any("(" in one.third_party for one in found)
    # Refused contacts are there since September: no news in November, but in October.
    assert "refusal" not in {one.kind for one in found}
    assert "refusal" in {one.kind for one in alert_inputs.present(watched, date(2026, 10, 30))}


def test_the_same_database_gives_the_same_feed(watched: Settings) -> None:
    texts = {rendered(alert_inputs.present(watched, TODAY)) for _ in range(2)}
    assert len(texts) == 1


def rendered(found: tuple[Alert, ...]) -> bytes:
    return feed.render(found, library="A & B", feed="http://x/f", page="http://x/p", begin="2026-10")


@pytest.mark.parametrize("empty", [pytest.param(False, id="filled"), pytest.param(True, id="empty")])
def test_the_feed_has_all_that_atom_requires(watched: Settings, empty: bool) -> None:
    found = () if empty else alert_inputs.present(watched, TODAY)
    root = ET.fromstring(rendered(found))  # noqa: S314  # our own
    entries = root.findall("a:entry", ATOM)
    assert len(entries) == len(found)
    assert root.find("a:author/a:name", ATOM) is not None
    assert {link.get("rel") for link in root.findall("a:link", ATOM)} == {"self", "alternate"}
    for one in (root, *entries):
        for name in ("title", "id", "updated"):
            (part,) = one.findall(f"a:{name}", ATOM)
            assert part.text
        assert one.findtext("a:id", "", ATOM).startswith("urn:uuid:")
        assert one.findtext("a:updated", "", ATOM).endswith("T00:00:00Z")
    ids = [one.findtext("a:id", "", ATOM) for one in entries]
    assert len(set(ids)) == len(ids)


def test_what_xml_cannot_hold_does_not_break_the_feed() -> None:
    (one,) = built(alert_lately=[lately()])
    hostile = Alert("newcomer", "2026-11", "\x00\ud800<b>&", one.text, "s", "t.example")
    assert ET.fromstring(rendered((hostile,))) is not None  # noqa: S314


class Routes:
    """As analysis registers them."""

    __name__ = "routes-of-alerts"  # Datasette takes plugins for modules

    @hookimpl(tryfirst=True)  # type: ignore[untyped-decorator]  # Datasette comes without types
    def register_routes(self) -> list[Any]:
        return [(r"^/-/alerts$", alert_pages.alerts), (r"^/-/alerts\.atom$", alert_pages.feed)]


@pytest.fixture(autouse=True)
def routes() -> Iterator[None]:
    plugin = Routes()
    pm.register(plugin)
    yield
    pm.unregister(plugin)


@pytest.fixture
def served(watched: Settings) -> Iterator[Datasette]:
    server = dashboard.datasette(watched)
    alerting.offer(server, lambda: alert_inputs.watch(watched))
    yield server
    server.get_database("carrel").close()


async def test_the_page_shows_them_and_says_how_to_be_told(served: Datasette, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alert_pages, "date", Fixed)
    text = (await served.client.get("/-/alerts")).text
    for part in (
        "late.example is new on Anytown catalog",
        "Not on the permitted list",
        "carrel alerts test",
        "put back",
    ):
        assert part in text
    assert "/-/third-parties/late.example" in text


class Fixed(date):
    @classmethod
    def today(cls) -> Fixed:
        return cls(2026, 11, 24)


async def test_an_empty_database_has_no_alert_but_a_page_and_a_feed(empty: Datasette) -> None:
    assert "Nothing to look at" in (await empty.client.get("/-/alerts")).text
    response = await empty.client.get("/-/alerts.atom")
    assert response.headers["content-type"] == feed.TYPE
    assert ET.fromstring(response.content).findall("a:entry", ATOM) == []  # noqa: S314


async def test_a_feed_reader_logs_in_with_the_dashboards_password(made: Path) -> None:
    server = dashboard.datasette(settings_for(made.parent, password_hash=dashboard.password_hash("open sesame")))
    refused = await server.client.get("/-/alerts.atom")
    assert (refused.status_code, refused.headers["www-authenticate"][:5]) == (401, "Basic")
    assert "example" not in refused.text
    assert (await server.client.get("/-/alerts.atom", auth=("root", "wrong"))).status_code == 401
    assert (await server.client.get("/-/alerts.atom", auth=("root", "open sesame"))).status_code == 200
    server.get_database("carrel").close()


def test_a_name_from_a_page_is_escaped(database: Path) -> None:
    connection = sqlite3.connect(database)
    connection.execute("update site set name = ? where id = 'anytown'", [library.HOSTILE])
    connection.commit()
    connection.close()
    found = alert_inputs.present(settings_for(database.parent), date(2026, 10, 30))
    assert any(library.HOSTILE in one.title for one in found)
    assert b"<script>" not in rendered(found)
