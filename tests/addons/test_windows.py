"""What is laid at a page's door without a report, and what is not."""

from __future__ import annotations

from datetime import date

import pytest

from addons.pages import Page
from addons.settings import Site
from addons.windows import GRACE, WINDOW, Windows

VENDOR = Site("vendor", "Vendor", domains=("vendor.test",), own=("vendor-cdn.test",))
OTHER = Site("other", "Other", domains=("other.test",))


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def windows(clock: Clock) -> Windows:
    return Windows(lambda host: host in ("vendor.test", "other.test"), lambda host: host.startswith("tracker"), clock)


def page(site: Site = VENDOR, client: str = "10.0.0.1", born: float = 100.0, reported: tuple[str, ...] = ()) -> Page:
    hosts = set(map(hash, reported))
    return Page(site, "search", "unknown", client, site.domains[0], date(2026, 11, 24), born, hosts=hosts)


def inferred(windows: Windows, clock: Clock) -> list[tuple[str, list[str], int]]:
    clock.now += WINDOW + GRACE + 0.1
    found = [(w.page.site.id, *w.inferred()) for w in windows.ripe()]
    return [(site, sorted(hosts), ambiguous) for site, hosts, ambiguous in found]


@pytest.mark.parametrize(
    ("reported", "passed", "hosts", "ambiguous"),
    [
        pytest.param((), ["tracker.test"], ["tracker.test"], 0, id="a lone tracker is the page's"),
        pytest.param(("tracker.test",), ["tracker.test"], [], 0, id="what is reported needs no inference"),
        pytest.param(("hop.test",), ["hop.test", "tracker.test"], ["tracker.test"], 0, id="far end of a redirect"),
        pytest.param((), ["mail.test", "tracker.test"], [], 1, id="another tab may have caused it"),
        pytest.param(
            (), ["vendor.test", "other.test", "tracker.test"], ["tracker.test"], 0, id="sites explain nothing"
        ),
        pytest.param((), ["img.vendor-cdn.test", "tracker.test"], ["tracker.test"], 0, id="own content is the site's"),
        pytest.param((), ["mail.test"], [], 0, id="an unlisted host is nobody's business"),
    ],
)
def test_a_connection_is_the_pages_only_if_nothing_else_explains_it(
    windows: Windows,
    clock: Clock,
    reported: tuple[str, ...],
    passed: list[str],
    hosts: list[str],
    ambiguous: int,
) -> None:
    windows.begin(page(reported=reported))
    for host in passed:
        windows.passed("10.0.0.1", host)
    assert inferred(windows, clock) == [("vendor", hosts, ambiguous)]


def test_another_clients_connections_are_not_this_pages(windows: Windows, clock: Clock) -> None:
    windows.begin(page())
    windows.passed("10.0.0.2", "tracker.test")
    assert inferred(windows, clock) == [("vendor", [], 0)]


def test_a_connection_long_after_the_page_load_is_nobodys(windows: Windows, clock: Clock) -> None:
    windows.begin(page())
    clock.now += WINDOW + 0.1
    windows.passed("10.0.0.1", "tracker.test")
    assert inferred(windows, clock) == [("vendor", [], 0)]


def test_two_sites_loading_at_once_spoil_each_others_window(windows: Windows, clock: Clock) -> None:
    windows.begin(page())
    windows.passed("10.0.0.1", "tracker-one.test")
    clock.now += 1
    windows.begin(page(OTHER, born=clock.now))
    windows.passed("10.0.0.1", "tracker-two.test")
    assert inferred(windows, clock) == [("vendor", [], 1), ("other", [], 1)]


def test_a_window_is_given_once_and_only_when_reports_had_their_time(windows: Windows, clock: Clock) -> None:
    windows.begin(page())
    clock.now += WINDOW + 0.1
    assert list(windows.ripe()) == []
    clock.now += GRACE
    assert len(list(windows.ripe())) == 1
    assert list(windows.ripe()) == []


def test_at_the_end_every_window_is_given(windows: Windows) -> None:
    windows.begin(page())
    assert len(list(windows.ripe(everything=True))) == 1
