"""What a page's browser connected to and did not report: the far end of a redirect, a preload that Firefox is silent
about. Precision before recall: a sealed connection is laid at a page's door only when nothing else can explain it.

In memory only, for WINDOW seconds after a page load. Hosts end here; what leaves is judged at once.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from addons.decide.parties import covers
from addons.pages import Page

WINDOW = 10.0
"""Seconds after a page load in which a connection can be that page's."""
GRACE = 3.0
"""Seconds more for reports to arrive before anything is inferred."""
_MAX_WINDOWS = 10_000
_MAX_HOSTS = 200

HostTest = Callable[[str], bool]


@dataclass(slots=True)
class Window:
    """One client's connections after one page load."""

    page: Page
    trackers: set[str] = field(default_factory=set)
    """Connected hosts that a list calls trackers."""
    others: set[str] = field(default_factory=set)
    """Connected hosts that are neither a site's nor listed. One that no report explains spoils the window."""
    mixed: bool = False
    """Another site's page was loading at the same client."""

    def inferred(self) -> tuple[set[str], int]:
        """The trackers to lay at this page's door, and how many could be anybody's."""
        left = {host for host in self.trackers if hash(host) not in self.page.hosts}
        spoilt = self.mixed or not self.page.hosts.issuperset(map(hash, self.others))
        return (set(), len(left)) if spoilt else (left, 0)


class Windows:
    """The open windows, one for each client."""

    def __init__(self, is_site: HostTest, is_tracker: HostTest, now: Callable[[], float] = time.monotonic) -> None:
        self._is_site = is_site
        self._is_tracker = is_tracker
        self._now = now
        self._open: OrderedDict[str, Window] = OrderedDict()
        self._closed: list[Window] = []

    def begin(self, page: Page) -> None:
        """A page load: what its client connects to from now on may be its doing."""
        window = Window(page)
        former = self._open.pop(page.client, None)
        if former is not None:
            if former.page.site is not page.site and page.born - former.page.born <= WINDOW:
                former.mixed = window.mixed = True
            self._closed.append(former)
        self._open[page.client] = window
        while len(self._open) > _MAX_WINDOWS:
            self._open.popitem(last=False)

    def passed(self, client: str, host: str) -> None:
        """A connection of this client to this host passed the door."""
        window = self._open.get(client)
        if window is None or self._now() - window.page.born > WINDOW:
            return
        if self._is_site(host) or any(covers(own, host) for own in window.page.site.own):
            return  # the site's own content is neither opened nor reported
        hosts = window.trackers if self._is_tracker(host) else window.others
        if len(hosts) < _MAX_HOSTS:
            hosts.add(host)

    def forget(self, client: str) -> None:
        """Let go of what this client did."""
        self._open.pop(client, None)
        self._closed = [window for window in self._closed if window.page.client != client]

    def ripe(self, *, everything: bool = False) -> Iterator[Window]:
        """Windows whose page has had the time to report; each is given once."""
        now = self._now()
        while self._open:
            client, window = next(iter(self._open.items()))
            if not everything and now - window.page.born <= WINDOW:
                break
            del self._open[client]
            self._closed.append(window)
        waiting = []
        for window in self._closed:
            if everything or now - window.page.born > WINDOW + GRACE:
                yield window
            else:
                waiting.append(window)
        self._closed = waiting
