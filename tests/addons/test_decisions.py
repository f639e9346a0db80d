"""Allow rules: taken down by staff while the proxy runs, with a reason and an end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from addons import decisions
from addons.decisions import StaffError, Watch
from addons.ledger import Ledger
from addons.tally import Standing
from tests.addons.conftest import OpenLedger
from tests.addons.visits import NEWS, close, finding, flush, rows, visit

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def allow(path: Path, domain: str = "Tracker.test", *, site: str = "news", reason: str = "it is needed") -> None:
    decisions.allow(path, site, domain, until=NOW + HOUR, reason=reason, owner="ada", now=NOW)


def test_a_rule_holds_until_its_end_and_stays_on_record(ledger_path: Path, open_ledger: OpenLedger) -> None:
    open_ledger()
    allow(ledger_path)
    (rule,) = decisions.decisions(ledger_path)
    assert (rule.third_party, rule.reason, rule.owner) == ("tracker.test", "it is needed", "ada")
    assert (rule.since, rule.until) == ("2026-11-24", "2026-11-24T13:00Z")
    assert rule.holds(NOW)
    assert not rule.holds(NOW + HOUR)
    assert decisions.end(ledger_path, "news", "tracker.test", now=NOW)
    assert not decisions.end(ledger_path, "news", "tracker.test", now=NOW), "it has ended"
    (rule,) = decisions.decisions(ledger_path)
    assert not rule.holds(NOW)


def test_a_second_rule_for_the_same_replaces_the_first(ledger_path: Path, open_ledger: OpenLedger) -> None:
    open_ledger()
    allow(ledger_path)
    allow(ledger_path, reason="another\n reason")
    assert [rule.reason for rule in decisions.decisions(ledger_path)] == ["another reason"]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        pytest.param({"site": "nowhere"}, 'no site "nowhere"; known are news', id="site"),
        pytest.param({"domain": "https://x.test/"}, "write a host name only", id="address"),
        pytest.param({"domain": "co.uk"}, "public suffix", id="suffix"),
        pytest.param({"reason": " "}, "say why", id="reason"),
    ],
)
def test_what_cannot_be_a_rule_is_said_in_one_line(
    ledger_path: Path, open_ledger: OpenLedger, arguments: dict[str, str], complaint: str
) -> None:
    open_ledger()
    with pytest.raises(StaffError, match=complaint) as caught:
        allow(ledger_path, **arguments)
    assert "\n" not in str(caught.value)
    assert not decisions.decisions(ledger_path)


def test_without_a_database_the_command_says_what_to_do(ledger_path: Path) -> None:
    with pytest.raises(StaffError, match="start `carrel up` once"):
        allow(ledger_path)
    with pytest.raises(StaffError, match="start `carrel up` once"):
        decisions.standings(ledger_path)
    assert not ledger_path.exists()


def test_a_running_proxy_hears_of_a_rule_once(ledger_path: Path, open_ledger: OpenLedger) -> None:
    open_ledger()
    watch = Watch(ledger_path)
    assert watch.news() == ((), frozenset())
    assert watch.news() is None
    allow(ledger_path)
    news = watch.news()
    assert news is not None
    assert [rule.third_party for rule in news[0]] == ["tracker.test"]
    assert watch.news() is None
    watch.close()


def test_a_rule_taken_down_while_counts_wait_loses_none_of_them(ledger_path: Path, open_ledger: OpenLedger) -> None:
    ledger: Ledger = open_ledger(k=2)
    visit(ledger, finding())
    flush(ledger)
    visit(ledger, finding())
    allow(ledger_path)
    assert flush(ledger)
    assert rows(ledger_path, "select sum(loads) from page_loads") == [(2,)]
    assert rows(ledger_path, "select third_party, until from decisions") == [("tracker.test", "2026-11-24T13:00Z")]


def test_only_a_site_that_was_put_back_can_be_protected_again(ledger_path: Path, open_ledger: OpenLedger) -> None:
    ledger = open_ledger()
    assert not decisions.protect_again(ledger_path, "news")
    ledger.standing(NEWS, Standing("block", "returned", 0, "2026-11-24", "broken"))
    assert flush(ledger)
    assert decisions.standings(ledger_path)["news"].state == "returned"
    assert decisions.protect_again(ledger_path, "news")
    watch = Watch(ledger_path)
    news = watch.news()
    assert news is not None
    assert news[1] == {"news"}
    watch.close()
    close(ledger)
