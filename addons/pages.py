"""Page loads in memory: a page token for each, what it has contacted so far, and when it is forgotten.

The token is the only link between a browser's report and a page load. It lives here for an hour and nowhere else.
"""

from __future__ import annotations

import secrets
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import date

from addons.decide.cookies import Known
from addons.decide.enforcing import Source
from addons.settings import Site

LIFETIME = 3600.0
"""Seconds for which a page's reports are taken."""
MAX_PAGES = 20_000
MAX_REPORTS = 2_000
"""Reports taken for one token; what comes after is counted as refused."""
MAX_HOSTS = 300
"""Different hosts taken for one token: a page that forges reports cannot fill the ledger."""


@dataclass(slots=True)
class Page:
    """One page load, or a document that belongs to one (a frame of the same site, a worker's script)."""

    site: Site
    section: str
    consent: str
    client: str
    """The client's address, to tell its connections from other clients'. In memory only."""
    host: str
    day: date
    born: float
    """Seconds, monotonic."""
    cookies: frozenset[Known] = frozenset()
    """Entries of the curated table that fit the cookies it was asked for with."""
    referrer_kept: bool | None = None
    """Whether other hosts get the page's whole address as Referer; None if its headers do not say."""
    allowed: tuple[Source, ...] | None = None
    """What its enforced policy lets it contact; None where there is none."""
    stopped: set[int] = field(default_factory=set)
    """Hashes of the requests that its browser stopped."""
    counted: bool = True
    """Whether the ledger has this page load. Prefetched documents are counted when they first report."""
    loadless: bool = False
    """Never a page load: rendered ahead of a visit that may not come, or a frame or worker whose page is unknown."""
    reports: int = 0
    hosts: set[int] = field(default_factory=set)
    """Hashes of the reported hosts: enough to know them again, while a name may be a patron's."""
    loads: set[tuple[str, ...]] = field(default_factory=set)
    """Contact keys that this page load was already counted for."""


class Pages:
    """All pages whose reports are still taken, bounded in number and age."""

    def __init__(self) -> None:
        self._by_token: OrderedDict[str, Page] = OrderedDict()
        self._latest: OrderedDict[tuple[str, str], str] = OrderedDict()

    def __len__(self) -> int:
        return len(self._by_token)

    def add(self, page: Page) -> str:
        """Remember a page; returns its token, 128 random bits."""
        token = secrets.token_urlsafe(16)
        self._by_token[token] = page
        self._latest[page.client, page.site.id] = token
        self._latest.move_to_end((page.client, page.site.id))
        self._forget(page.born)
        return token

    def get(self, token: str, now: float) -> Page | None:
        self._forget(now)
        return self._by_token.get(token)

    def latest(self, client: str, site: Site, now: float) -> tuple[str, Page] | None:
        """The newest page of this site at this client: the one that a frame or worker belongs to."""
        token = self._latest.get((client, site.id), "")
        page = self.get(token, now)
        return (token, page) if page else None

    def forget(self, client: str) -> None:
        """Let go of this client's pages; reports that still come about them are refused."""
        for token in [token for token, page in self._by_token.items() if page.client == client]:
            del self._by_token[token]
        for key in [key for key in self._latest if key[0] == client]:
            del self._latest[key]

    def _forget(self, now: float) -> None:
        while self._by_token:
            token, page = next(iter(self._by_token.items()))
            if len(self._by_token) <= MAX_PAGES and now - page.born <= LIFETIME:
                return
            del self._by_token[token]
            if self._latest.get((page.client, page.site.id)) == token:
                del self._latest[page.client, page.site.id]
