"""Marks the sites' pages, counts page loads, and turns browsers' reports into findings. Writes nothing itself.

A report waits SETTLE seconds before it is counted, so that a connection to the reported host can show up and make
it `report+tunnel`.
"""

from __future__ import annotations

import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from addons.decide.exposure import exposures, referrer_kept
from addons.decide.judge import Finding, Judge
from addons.decide.marks import Exchange, Mark, mark_for
from addons.decide.parties import registrable_domain
from addons.decide.policy import HEADER, observing
from addons.decide.sites import Catalogue, section_of
from addons.firsthand import FirstHand
from addons.ledger import Ledger
from addons.pages import MAX_HOSTS, MAX_REPORTS, Page, Pages
from addons.passages import Passages
from addons.settings import Site
from addons.sighting import (
    ReportError,
    Sighting,
    exchange_from,
    forget_addresses,
    redirect_from,
    sightings_from,
)
from addons.windows import Window, Windows

if TYPE_CHECKING:
    from mitmproxy.http import HTTPFlow

SETTLE = 2.0
"""Seconds between a report and its counting."""
_MAX_WAITING = 50_000
_MAX_HOPS = 4096
_MAX_REDIRECTS = 20
"""A browser follows no more (Fetch standard, HTTP-redirect fetch)."""
_OURS = frozenset({"own", "group", "host", "library"})
"""Relations that do not make a page load one `with_third_party`."""
_BEHIND = frozenset({"dns", "request"})
"""Methods of what hides behind the site's own names; never mixed with third parties."""

Received = frozenset[tuple[str, str]]
"""What a third party received, and in what it was carried."""


class Witness:
    """mitmproxy addon; the desk (or entry.py) hands it the reports."""

    def __init__(
        self,
        catalogue: Catalogue,
        judge: Judge,
        ledger: Ledger,
        passages: Passages,
        windows: Windows,
        firsthand: FirstHand,
        *,
        now: Callable[[], float] = time.monotonic,
        today: Callable[[], date] = date.today,
    ) -> None:
        self._catalogue = catalogue
        self._judge = judge
        self._ledger = ledger
        self._passages = passages
        self._windows = windows
        self._firsthand = firsthand
        self._now = now
        self._today = today
        self._pages = Pages()
        self._waiting: deque[tuple[float, Page, str, Finding, Received]] = deque()
        self._hops: OrderedDict[int, tuple[int, str]] = OrderedDict()

    # From the engine: documents, scripts and redirects of the sites

    def responseheaders(self, flow: HTTPFlow) -> None:
        if flow.response is None:
            return
        exchange = exchange_from(flow, flow.response)
        site = self._catalogue.site_of(exchange.host)
        if site is None:
            return
        if hop := redirect_from(flow):
            self._remember_hop(*hop)
            self._note_sign_in(site, exchange, *hop[1:])
        if token := self._token(site, exchange):
            flow.response.headers.add(HEADER, observing(site, token))
        self._look_behind(site, exchange, flow.request.pretty_url)

    def _note_sign_in(self, site: Site, exchange: Exchange, target: str, host: str) -> None:
        """A page of the site that sends the patron on to another company's log-in."""
        if exchange.dest in ("document", "") and self._firsthand.leads_to_sign_in(site, target):
            listed = self._firsthand.is_listed(host)
            self._ledger.sign_in(self._today(), site, registrable_domain(host), listed=listed)

    def _look_behind(self, site: Site, exchange: Exchange, url: str) -> None:
        """Trackers behind the site's own names, for the page that this client is looking at."""
        latest = self._pages.latest(exchange.client, site, self._now())
        for sighting in self._firsthand.disguised(exchange, url):
            if latest and (finding := self._judge.weigh(site, sighting)):
                self._write(latest[1], finding)

    def _token(self, site: Site, exchange: Exchange) -> str:
        """The page token for this answer; "" if it gets no header."""
        mark = mark_for(exchange)
        if mark is Mark.NONE:
            return ""
        if mark in (Mark.FRAME, Mark.SCRIPT):
            latest = self._pages.latest(exchange.client, site, self._now())
            if latest:
                return latest[0]
            if mark is Mark.SCRIPT and exchange.dest == "script":
                return ""  # an ordinary script: without a page there is nothing to add to
        page = Page(
            site=site,
            section=section_of(site, exchange.path),
            consent=self._firsthand.consent(site, exchange.cookies),
            client=exchange.client,
            host=exchange.host,
            day=self._today(),
            born=self._now(),
            cookies=self._firsthand.cookies(exchange.cookies),
            referrer_kept=referrer_kept(exchange.referrer_policy),
            counted=mark is Mark.PAGE,
            loadless=mark not in (Mark.PAGE, Mark.PREFETCHED),
        )
        if page.counted:
            self._count(page)
        return self._pages.add(page)

    def _count(self, page: Page) -> None:
        page.counted = True
        self._ledger.page_load(page.day, page.site, page.section, page.consent)
        self._ledger.cover(page.day, loads=1)
        for known in sorted(page.cookies):
            self._ledger.cookie(page.day, page.site, *known)
        self._windows.begin(page)

    def _remember_hop(self, asked: str, target: str, host: str) -> None:
        # The hash of the address (its key differs in every process) is enough to find it again.
        self._hops[hash(asked)] = (hash(target), host)
        self._hops.move_to_end(hash(asked))
        while len(self._hops) > _MAX_HOPS:
            self._hops.popitem(last=False)

    # From the desk: reports

    def take(self, token: str, body: bytes) -> None:
        """Read one posted report. Whatever it holds, nothing is raised and nothing of it is kept but findings."""
        now = self._now()
        page = self._pages.get(token, now)
        try:
            sightings = sightings_from(body)
        except ReportError:
            sightings = None
        if page is None or sightings is None or page.reports >= MAX_REPORTS or len(self._waiting) >= _MAX_WAITING:
            self._ledger.cover(self._today(), reports_refused=1)
            return
        page.reports += 1
        for sighting in sightings:
            self._take_sighting(page, sighting, now)

    def _take_sighting(self, page: Page, sighting: Sighting, now: float) -> None:
        # Another page's report under this token is a forgery, or a document we never marked.
        if sighting.page and self._catalogue.site_of(sighting.page) is not page.site:
            self._ledger.cover(self._today(), reports_refused=1)
            return
        finding = self._judge.weigh(page.site, sighting)
        address = hash(sighting.url)
        for _ in range(_MAX_REDIRECTS):
            # The site's own address, reported all the same: it was a redirect that, in the end, left the site.
            if finding is not None or address not in self._hops:
                break
            address, host = self._hops[address]
            sighting = replace(sighting, host=host, url="")
            finding = self._judge.weigh(page.site, sighting)
        if finding is None:
            return
        if sighting.host not in page.hosts and len(page.hosts) >= MAX_HOSTS:
            self._ledger.cover(self._today(), reports_refused=1)
            return
        page.hosts.add(sighting.host)
        if not page.counted and not page.loadless:
            self._count(page)
        self._firsthand.tool_seen(page.site, sighting.host)
        received: Received = frozenset()
        if sighting.url and finding.outcome == "allowed":
            found = exposures(sighting.page_url, sighting.url, page.referrer_kept, page.site)
            received = frozenset((one.what, one.carried_in) for one in found)
        self._waiting.append((now + SETTLE, page, sighting.host, finding, received))

    def settle(self, *, everything: bool = False) -> None:
        """Count the reports that have waited long enough; with `everything`, all of them."""
        forget_addresses()
        now = self._now()
        while self._waiting and (everything or self._waiting[0][0] <= now):
            _, page, host, finding, received = self._waiting.popleft()
            if finding.outcome == "allowed" and self._passages.seen(page.client, host, now):
                finding = replace(finding, method="report+tunnel")
            self._write(page, finding, received)
        for window in self._windows.ripe(everything=everything):
            self._infer(window)

    def _infer(self, window: Window) -> None:
        """Count what a page's browser connected to without a report, where only the page can have caused it."""
        page = window.page
        hosts, ambiguous = window.inferred()
        if ambiguous:
            self._ledger.cover(page.day, ambiguous=ambiguous)
        for host in sorted(hosts):
            unseen = Sighting(page.host, host, kind="other", method="tunnel", outcome="allowed")
            if finding := self._judge.weigh(page.site, unseen):
                self._write(page, finding)

    def _write(self, page: Page, finding: Finding, received: Received = frozenset()) -> None:
        place = (page.day, page.site, page.section, page.consent)

        def first(*key: str) -> bool:
            """Whether this page load is counted for `key` now, for the first time."""
            if page.loadless or key in page.loads:
                return False
            page.loads.add(key)
            return True

        party = (finding.third_party, finding.relation)
        new = first("contact", *party, finding.kind, finding.method, finding.outcome)
        self._ledger.contact(*place, finding, new_load=new)
        if first("presence", *party, finding.outcome):
            self._ledger.presence(*place, finding)
        if finding.relation not in _OURS and finding.method not in _BEHIND and first("any"):
            self._ledger.with_third_party(*place)
        for what, carried_in in sorted(received):
            if first("exposure", finding.third_party, what, carried_in):
                self._ledger.exposure(page.day, page.site, page.section, finding, what, carried_in)
