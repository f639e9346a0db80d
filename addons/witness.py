"""Marks the sites' pages, counts page loads, and turns browsers' reports into findings. Writes nothing itself.

A report waits SETTLE seconds before it is counted, so that a connection to the reported host can show up and make
it `report+tunnel`.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from addons.decide import enforcing, permitting
from addons.decide.exposure import exposures, referrer_kept
from addons.decide.judge import UNRESOLVED_PARTY, Finding, Judge
from addons.decide.marks import Exchange, Mark, mark_for
from addons.decide.parties import registrable_domain
from addons.decide.policy import HEADER, observing
from addons.decide.sites import Catalogue, section_of
from addons.firsthand import FirstHand
from addons.hops import Hops
from addons.ledger import Ledger
from addons.pages import MAX_HOSTS, MAX_REPORTS, Page, Pages
from addons.passages import Passages
from addons.protection import Protection
from addons.settings import Site
from addons.sighting import (
    ReportError,
    Sighting,
    exchange_from,
    forget_addresses,
    redirect_from,
    sightings_from,
)
from addons.symptoms import Symptoms
from addons.windows import Window, Windows

if TYPE_CHECKING:
    from mitmproxy.http import HTTPFlow

SETTLE = 2.0
"""Seconds between a report and its counting."""
_MAX_WAITING = 50_000
_OURS = frozenset({"own", "group", "library"})
"""Relations that do not make a page load one `with_third_party`."""
_BEHIND = frozenset({"dns", "request"})
"""Methods of what hides behind the site's own names; never mixed with third parties."""

Received = frozenset[tuple[str, str]]
"""What a third party received, and in what it was carried."""


@dataclass(frozen=True, slots=True)
class _Report:
    """A report that waits to be counted."""

    due: float
    page: Page
    request: int
    """Hash of what was asked for and as what: the same in a report of either policy."""
    host: str
    finding: Finding
    received: Received
    stopped_by: frozenset[str]


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
        protection: Protection,
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
        self._protection = protection
        self._now = now
        self._today = today
        self._pages = Pages()
        self._waiting: deque[_Report] = deque()
        self._hops = Hops()
        self._symptoms = Symptoms()

    # From the engine: documents, scripts and redirects of the sites

    def responseheaders(self, flow: HTTPFlow) -> None:
        if flow.response is None:
            return
        exchange = exchange_from(flow, flow.response)
        place = self._catalogue.place(exchange.host)
        site = place.site
        if site is None:
            return
        url = place.address(flow.request.pretty_url, exchange.host)
        if hop := redirect_from(flow):
            self._hops.remember(*hop, self._now())
            self._note_sign_in(site, exchange, *hop[1:])
        exchange = replace(exchange, host=place.host)
        if marked := self._marked(site, exchange, relayed=place.relayed):
            token, page = marked
            flow.response.headers.add(HEADER, observing(site, token, relayed=place.relayed))
            if page.allowed is not None and not place.relayed:
                policy = enforcing.enforcing(page.allowed, token, forms=enforcing.forms_matter(page.section))
                flow.response.headers.add(enforcing.HEADER, policy)
        self._look_behind(site, exchange, url, relayed=place.relayed)
        symptom = self._symptoms.of(exchange, url, section_of(site, exchange.path), self._now())
        self._protection.signs(site, symptom)

    def _note_sign_in(self, site: Site, exchange: Exchange, target: str, host: str) -> None:
        """A page of the site that sends the patron on to another company's log-in."""
        place = self._catalogue.place(host)
        if exchange.dest not in ("document", "") or not place.host:
            return
        if self._catalogue.is_proxys(host) and not place.relayed:
            return  # the library's own log-in
        if self._firsthand.leads_to_sign_in(site, place.address(target, host)):
            listed = self._firsthand.is_listed(place.host)
            self._ledger.sign_in(self._today(), site, registrable_domain(place.host), listed=listed)

    def _look_behind(self, site: Site, exchange: Exchange, url: str, *, relayed: bool) -> None:
        """Trackers behind the site's own names, for the page that this client is looking at.

        Behind the library's rewriting proxy, too: it asks the site's own host, and so whoever stands behind that.
        """
        latest = self._pages.latest(exchange.client, site, self._now())
        for sighting in self._firsthand.disguised(exchange, url):
            if latest and (finding := self._judge.weigh(site, replace(sighting, relayed=relayed))):
                self._write(latest[1], finding)

    def _marked(self, site: Site, exchange: Exchange, *, relayed: bool) -> tuple[str, Page] | None:
        """The page that this answer is or belongs to, with its token; None if the answer gets no header."""
        mark = mark_for(exchange)
        if mark is Mark.NONE:
            return None
        if mark in (Mark.FRAME, Mark.SCRIPT):
            latest = self._pages.latest(exchange.client, site, self._now())
            if latest:
                return latest
            if mark is Mark.SCRIPT and exchange.dest == "script":
                return None  # an ordinary script: without a page there is nothing to add to
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
            # Behind the library's rewriting proxy everybody has another name than a policy would say.
            allowed=None if relayed else self._protection.allowed(site),
            counted=mark is Mark.PAGE,
            loadless=mark not in (Mark.PAGE, Mark.PREFETCHED),
        )
        if page.counted:
            self._count(page)
        return self._pages.add(page), page

    def _count(self, page: Page) -> None:
        page.counted = True
        self._ledger.page_load(page.day, page.site, page.section, page.consent)
        self._ledger.cover(page.day, loads=1)
        self._protection.page_load(page.site)
        for known in sorted(page.cookies):
            self._ledger.cookie(page.day, page.site, *known)
        self._windows.begin(page)

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
        plain = self._plain(sighting)
        finding = self._judge.weigh(page.site, plain)
        request = hash((sighting.url, sighting.kind))
        for host in () if finding else self._hops.follow(sighting.url):
            # The site's own address, reported all the same: it was a redirect that, in the end, left the site.
            sighting = replace(sighting, host=host, url="")
            plain = self._plain(sighting)
            if finding := self._judge.weigh(page.site, plain):
                break
        if finding is None:
            return
        if hash(sighting.host) not in page.hosts and len(page.hosts) >= MAX_HOSTS:
            self._ledger.cover(self._today(), reports_refused=1)
            return
        page.hosts.add(hash(sighting.host))
        if not page.counted and not page.loadless:
            self._count(page)
        self._firsthand.tool_seen(page.site, plain.host)
        stopped_by = permitting.NOTHING if plain.relayed else self._protection.contact(page.site, plain, finding)
        passes = self._passes(page, plain)
        if passes and finding.outcome == "blocked":
            return  # asked and answered: what was stopped is the redirect it answered with
        if passes is False:
            finding = replace(finding, outcome="blocked")
        if finding.outcome == "blocked":
            if request in page.stopped:
                return  # browsers report what they stop twice: to the policy that observes and to the enforced one
            page.stopped.add(request)
        received: Received = frozenset()
        if sighting.url:
            found = exposures(sighting.page_url, plain.url, page.referrer_kept, page.site)
            received = frozenset((one.what, one.carried_in) for one in found)
        self._waiting.append(_Report(now + SETTLE, page, request, sighting.host, finding, received, stopped_by))

    def _passes(self, page: Page, sighting: Sighting) -> bool | None:
        """Whether the page's enforced policy lets this through; None where there is none, or it hangs on a path."""
        if page.allowed is None or sighting.relayed:
            return None
        if sighting.kind == "form" and not enforcing.forms_matter(page.section):
            return True
        return enforcing.allows(page.allowed, sighting.host, sighting.path)

    def _plain(self, sighting: Sighting) -> Sighting:
        """What the names would be without the library's own rewriting proxy."""
        page, place = self._catalogue.place(sighting.page), self._catalogue.place(sighting.host)
        url = place.address(sighting.url, sighting.host)
        return replace(sighting, page=page.host, host=place.host, url=url, relayed=place.relayed)

    def settle(self, *, everything: bool = False) -> None:
        """Count the reports that have waited long enough; with `everything`, all of them."""
        forget_addresses()
        now = self._now()
        self._hops.forget(now)
        while self._waiting and (everything or self._waiting[0].due <= now):
            report = self._waiting.popleft()
            page, finding = report.page, report.finding
            if finding.outcome == "allowed":
                if report.request in page.stopped:
                    continue
                if self._passages.seen(page.client, report.host, now):
                    finding = replace(finding, method="report+tunnel")
                elif refused := self._passages.refused(page.client, report.host, now):
                    finding = replace(finding, outcome=refused)
            self._write(page, finding, report.received, report.stopped_by)
        for window in self._windows.ripe(everything=everything):
            self._infer(window)

    def forget(self, client: str) -> None:
        """Somebody wants this computer not to be watched: what was seen of it and is not yet counted never is."""
        self._waiting = deque(report for report in self._waiting if report.page.client != client)
        self._windows.forget(client)
        self._pages.forget(client)

    def _infer(self, window: Window) -> None:
        """Count what a page's browser connected to without a report, where only the page can have caused it."""
        page = window.page
        hosts, ambiguous = window.inferred()
        if page.allowed is not None:
            # A protected page still opens connections ahead of requests that it then may not make.
            ambiguous, hosts = ambiguous + len(hosts), set()
        if ambiguous:
            self._ledger.cover(page.day, ambiguous=ambiguous)
        for host in sorted(hosts):
            outcome = self._passages.refused(page.client, host, self._now()) or "allowed"
            unseen = self._plain(Sighting(page.host, host, kind="other", method="tunnel", outcome=outcome))
            if finding := self._judge.weigh(page.site, unseen):
                self._write(page, finding, stopped_by=self._protection.contact(page.site, unseen, finding))

    def _write(
        self, page: Page, finding: Finding, received: Received = frozenset(), stopped_by: Collection[str] = ()
    ) -> None:
        place = (page.day, page.site, page.section, page.consent)

        def first(*key: str) -> bool:
            """Whether this page load is counted for `key` now, for the first time."""
            if page.loadless or key in page.loads:
                return False
            page.loads.add(key)
            return True

        party = (finding.third_party, finding.relation)
        how = (finding.kind, finding.method, finding.outcome, "relayed" if finding.relayed else "")
        new = first("contact", *party, *how)
        self._ledger.contact(*place, finding, new_load=new)
        if first("presence", *party, finding.outcome):
            self._ledger.presence(*place, finding)
        # What cannot be told may be nothing but the vendor.
        known_third = finding.relation not in _OURS and finding.third_party != UNRESOLVED_PARTY
        reached = finding.outcome == "allowed"
        if known_third and reached and finding.method not in _BEHIND and first("any"):
            self._ledger.with_third_party(*place)
        for what, carried_in in sorted(received):
            if first("exposure", finding.third_party, what, carried_in, finding.outcome):
                self._ledger.exposure(page.day, page.site, page.section, finding, what, carried_in)
        for mode in sorted(stopped_by):
            on = page.allowed is not None and mode == self._protection.mode(page.site)
            if not on and first("dry run", finding.third_party, mode):
                self._ledger.dry_run(page.day, page.site, finding, mode)
