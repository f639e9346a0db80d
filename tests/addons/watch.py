"""A witness with everything it needs: flows go in, and what came of them is read from the database."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from mitmproxy.http import Headers, HTTPFlow
from mitmproxy.test import tflow, tutils

from addons.decide.judge import Judge
from addons.decide.policy import HEADER
from addons.decide.sites import Catalogue
from addons.firsthand import FirstHand
from addons.ledger import Ledger
from addons.lists import Lists
from addons.passages import Passages
from addons.protection import Protection
from addons.settings import Privacy, Protect, Site
from addons.windows import Windows
from addons.witness import Witness
from blocklists import consent_tools, cookies, mixed_hosts, sign_in
from blocklists.owners import load
from blocklists.shelf import Shelf
from tests.addons import reports
from tests.addons.visits import Clock, flush, rows

SITE = Site("site", "Site", domains=("site.test", "pages.test"), own=("site-cdn.test",))
OTHER = Site("other", "Other", domains=("other.test",))
TRACKER, SECOND = "www.google-analytics.com", "cdn.hotjar.com"
HERE, THERE = "10.0.0.1", "10.0.0.2"
KNOWLEDGE = load()


class Behind:
    """What stands behind host names, as far as it is known yet (test_resolver.py has the real one)."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.known: dict[str, tuple[str, ...]] = {}

    def ask(self, host: str) -> None:
        self.asked.append(host)

    def chain(self, host: str) -> tuple[str, ...]:
        return self.known.get(host, ())


class Watch:
    """A witness, what it needs, and what came of it in the database."""

    def __init__(
        self,
        path: Path,
        catalogue: Catalogue | None = None,
        suffixes: tuple[str, ...] = (),
        protect: Protect = Protect(),  # noqa: B008  # frozen
    ) -> None:
        self.now = 1000.0
        self.day = Clock()
        self.path = path
        self.ledger = Ledger(path, Privacy(k=1, rare=1), today=self.day)
        self.ledger.open([SITE, OTHER], KNOWLEDGE.rulesets)
        catalogue = catalogue or Catalogue([SITE, OTHER])
        windows = Windows(lambda host: catalogue.site_of(host) is not None, lambda _: False, lambda: self.now)
        self.passages = Passages(windows.passed)
        self.shelf = Shelf(path.parent / "lists")
        self.lists = Lists(self.shelf)
        self.names = Behind()
        tables = consent_tools.load(), cookies.load(), sign_in.load()
        self.witness = Witness(
            catalogue,
            Judge(KNOWLEDGE, lists=self.lists, suffixes=suffixes),
            self.ledger,
            self.passages,
            windows,
            FirstHand(KNOWLEDGE, *tables, self.lists, self.names),
            Protection(protect, KNOWLEDGE, mixed_hosts.load(), (), self.ledger, today=self.day),
            now=lambda: self.now,
            today=self.day,
        )

    def get(self, url: str = "https://site.test/search?q=term", *, client: str = HERE, **headers: Any) -> str:
        """One opened request and its answer; the page token, "" if none was given."""
        found = re.search(r"/r/(\S+)$", self.answer(url, client=client, **headers).get(HEADER, ""))
        return found[1] if found else ""

    def answer(
        self,
        url: str,
        *,
        client: str = HERE,
        status: int = 200,
        type_: str = "text/html",
        location: str = "",
        disposition: str = "",
        **headers: str,
    ) -> Headers:
        flow: HTTPFlow = tflow.tflow(resp=tutils.tresp(status_code=status))
        flow.request.headers = Headers((), **{"sec_fetch_dest": "document", **headers})
        flow.request.url = url
        flow.client_conn.peername = (client, 50000)
        assert flow.response is not None
        sent = {"content_type": type_, "location": location, "content_disposition": disposition}
        flow.response.headers = Headers((), **{name: value for name, value in sent.items() if value})
        self.witness.responseheaders(flow)
        return flow.response.headers

    def report(self, token: str, host: str = TRACKER, directive: str = "img-src", **further: Any) -> None:
        fields = {"blocked_uri": f"https://{host}/p?q=term", "document_uri": "https://site.test/search?q=term"}
        self.witness.take(token, reports.body(**fields | {"effective_directive": directive} | further))

    def wait(self, seconds: float) -> None:
        self.now += seconds
        self.witness.settle()

    def end(self) -> None:
        self.witness.settle(everything=True)
        assert flush(self.ledger)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        self.end()
        return rows(self.path, sql)

    def page_loads(self) -> list[tuple[Any, ...]]:
        """section, loads, with_third_party"""
        return self.rows("select section, sum(loads), sum(with_third_party) from page_loads group by 1 order by 1")

    def contacts(self) -> list[tuple[Any, ...]]:
        """third party, kind, method, loads, requests"""
        return self.rows("select third_party, kind, method, loads, requests from contacts order by 1, 2, 3")

    def presences(self) -> list[tuple[Any, ...]]:
        return self.rows("select third_party, outcome, sum(loads) from presences group by 1, 2 order by 1, 2")

    def refused(self) -> int:
        return int(self.rows("select coalesce(sum(reports_refused), 0) from coverages")[0][0])
