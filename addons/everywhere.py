"""Hosts that the door refuses to every page, where the library so chooses: pure trackers, and nothing else.

The door cannot tell which page asks, nor whether a patron opens the host itself. So a host must be a tracker by itself
and nothing besides: not a widget, a log-in or a tool that somebody may want to visit. Nothing is recorded of it.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable
from datetime import UTC, datetime

from addons.decide.parties import names_above, registrable_domain
from addons.decide.sites import Catalogue
from addons.decisions import Decision
from addons.lists import Lists
from blocklists.lines import read_line
from blocklists.mixed_hosts import MixedHosts
from blocklists.options import RuleError
from blocklists.owners import Knowledge
from blocklists.patterns import keys_of
from blocklists.rules import Rule

_PURE = frozenset({"advertising", "analytics", "session replay", "tag manager"})
"""Categories of our own list whose hosts serve nobody but their customers. Widgets have pages of their own, fraud
checks guard log-ins at banks, and error monitoring is also some patron's place of work.
"""
_VISITED = frozenset({"app.link", "redditstatic.com", "sc-static.net", "t.co"})
"""Trackers that are a way to somewhere as well: short links that people follow, and the pictures of a whole service."""


class Everywhere:
    def __init__(
        self,
        knowledge: Knowledge,
        lists: Lists,
        mixed: MixedHosts,
        catalogue: Catalogue,
        *,
        on: bool,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._knowledge = knowledge
        self._lists = lists
        self._is_proxys = catalogue.is_proxys
        self._on = on
        self._clock = clock
        sites = catalogue.sites
        self._own = {registrable_domain(name) for site in sites for name in (*site.domains, *site.own)}
        self._groups = {knowledge.group_of(site.owner) for site in sites if site.owner}
        self._permitted = {name for site in sites for name in site.permitted}
        useful = (
            name for one in knowledge.services if one.list != "trackers" or one.never_block for name in one.domains
        )
        self._spoilt = frozenset(above for name in (*mixed, *useful) for above in names_above(name))
        """Names at or below which something is useful."""
        self._decisions: tuple[Decision, ...] = ()

    def decide(self, decisions: Iterable[Decision]) -> None:
        """Allow rules as they stand. One for any site holds for all pages: the door cannot tell them apart."""
        self._decisions = tuple(decisions)

    def refuses(self, host: str) -> bool:
        return self._on and self._is_pure(host) and not self._is_exempt(host)

    def _is_pure(self, host: str) -> bool:
        if found := self._knowledge.service_of(host):
            service, entry = found
            pure = service.list == "trackers" and service.category in _PURE and not service.never_block
            return pure and entry not in self._spoilt and entry not in _VISITED
        rule = self._lists.rule_for_host(host)
        return rule is not None and _names_all(rule, self._spoilt, host)

    def _is_exempt(self, host: str) -> bool:
        now = self._clock()
        allowed = self._permitted | {one.third_party for one in self._decisions if one.holds(now)}
        return (
            not allowed.isdisjoint(names_above(host))
            or registrable_domain(host) in self._own
            or self._knowledge.group_of(self._knowledge.owner_of(host)) in self._groups
            or self._is_proxys(host)
        )


def _names_all(rule: Rule, spoilt: Container[str], host: str) -> bool:
    """Whether a rule names a host to its own pages, too: `third-party` says that it is of use to itself."""
    try:
        line = read_line(rule.text)
    except RuleError:  # of a hosts file
        return host not in spoilt
    return not line.options.party and keys_of(line.body, match_case=line.options.match_case).whole not in spoilt
