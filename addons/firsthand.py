"""What an opened request shows by itself, without a browser's report: the reader's choice in the consent tool, cookies
of known services, hops to a log-in, and trackers behind the site's own names.

Looks at one request at a time; remembers nothing of it. What it learns of a site (which consent tool it has) is the
site's, not a patron's.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from typing import Protocol

from addons.decide import consent
from addons.decide.cookies import Known, known_cookies
from addons.decide.marks import Exchange
from addons.decide.parties import covers, registrable_domain
from addons.decide.sign_in import provider
from addons.lists import Lists
from addons.settings import Site
from addons.sighting import Sighting
from blocklists.consent_tools import ConsentTools
from blocklists.cookies import Cookies
from blocklists.matcher import Request
from blocklists.owners import Knowledge
from blocklists.sign_in import SignIns

_KINDS = {
    "image": "image",
    "script": "script",
    "style": "style",
    "font": "font",
    "empty": "connect",
    "iframe": "frame",
    "frame": "frame",
    "audio": "media",
    "video": "media",
    "track": "media",
    "object": "object",
    "embed": "object",
    "worker": "worker",
    "sharedworker": "worker",
    "serviceworker": "worker",
}
"""Sec-Fetch-Dest (Fetch Metadata) -> kind; documents are no contacts."""


class Names(Protocol):
    """What stands behind a host name in DNS (resolver.Resolver)."""

    def ask(self, host: str) -> None: ...
    def chain(self, host: str) -> tuple[str, ...]: ...


class FirstHand:
    def __init__(
        self,
        knowledge: Knowledge,
        tools: ConsentTools,
        cookies: Cookies,
        sign_ins: SignIns,
        lists: Lists,
        names: Names | None,
        pinned: Container[str] = (),
    ) -> None:
        """`names` is None where CNAMEs are not to be looked up; `pinned` are hosts that are not in DNS."""
        self._knowledge = knowledge
        self._tools = tools
        self._cookies = cookies
        self._sign_ins = sign_ins
        self._lists = lists
        self._names = names
        self._pinned = pinned
        self._present: dict[str, set[str]] = {}

    def consent(self, site: Site, cookies: str) -> str:
        """`unknown`, `undecided`, `accepted` or `refused`, from a Cookie header."""
        return consent.state(cookies, self._tools, self._present.get(site.id, ()))

    def tool_seen(self, site: Site, host: str) -> None:
        """A page of this site asked `host` for something: perhaps its consent tool."""
        if tool := self._tools.tool_of(host):
            self._present.setdefault(site.id, set()).add(tool.name)

    def cookies(self, cookies: str) -> frozenset[Known]:
        return known_cookies(cookies, self._cookies)

    def leads_to_sign_in(self, site: Site, target: str) -> bool:
        """Whether an address that the site redirects to is another company's log-in."""
        return bool(provider(site, target, self._knowledge, self._sign_ins))

    def is_listed(self, host: str) -> bool:
        """Whether our lists name this host: what they do not may be a patron's employer or school."""
        found = self._knowledge.service_of(host)
        entry = found[1] if found else self._sign_ins.entry_of(host)
        # A customer's own name below a public suffix (`acme.auth.us-east-1.amazoncognito.com`) is the customer's.
        return bool(entry) and covers(registrable_domain(host), entry)

    def disguised(self, exchange: Exchange, url: str) -> Iterator[Sighting]:
        """Trackers that this request to a site's own host reaches: by its path (`request`), or by CNAME (`dns`)."""
        kind = _KINDS.get(exchange.dest)
        if kind is not None:
            request = Request(url, exchange.host, exchange.host, kind, third_party=False)
            if rule := self._lists.rule_for(request):
                yield Sighting(exchange.host, exchange.host, kind, "request", "allowed", rule=rule)
        if self._names is None or exchange.host in self._pinned:
            return
        self._names.ask(exchange.host)
        for name in self._names.chain(exchange.host):
            if self.is_tracker(name):
                yield Sighting(exchange.host, name, kind or "other", "dns", "allowed")
                return

    def is_tracker(self, name: str) -> bool:
        """Whether our lists, or else the fetched ones, call a host a tracker."""
        found = self._knowledge.service_of(name)
        return found[0].list == "trackers" if found else self._lists.rule_for_host(name) is not None
