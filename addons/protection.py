"""How each site is protected now: its mode, what its pages may contact, and whether that breaks them. In memory.

Learns from reports which third parties a site uses, hands the witness the policy for each page, puts a site back to
observing when its pages break, and tells the ledger how each site stands. Decides by the pure rooms `permitting`,
`enforcing`, `settling` and `breakage`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from addons.decide import breakage, permitting
from addons.decide.breakage import Signs
from addons.decide.enforcing import Source, sources
from addons.decide.judge import Finding
from addons.decide.parties import names_above
from addons.decide.settling import Settling
from addons.decisions import Decision
from addons.ledger import Ledger
from addons.settings import Protect, Site
from addons.sighting import Sighting
from addons.symptoms import Symptom
from addons.tally import Standing
from blocklists.mixed_hosts import MixedHosts
from blocklists.owners import Knowledge

OBSERVE, BLOCK, CONTRACT = "observe", permitting.BLOCK, permitting.CONTRACT
OBSERVING, SETTLING, PROTECTED, RETURNED, AGAIN = "observing", "settling", "protected", "returned", "again"

MAX_HOSTS = 250
"""Hosts remembered for one site. A page that makes up names fills its own policy and nobody else's."""

_REASONS = {
    "errors": "more of its answers were errors than before",
    "reloads": "its pages were loaded again at once more often than before",
    "log_ins": "log-in forms were sent again more often than before",
}


@dataclass(slots=True)
class _State:
    """Of one site."""

    site: Site
    settling: Settling = field(default_factory=Settling)
    used: set[str] = field(default_factory=set)
    """Hosts that its pages were seen to use and that are no trackers."""
    trackers: set[str] = field(default_factory=set)
    """Trackers that its pages were seen to use."""
    before: Signs = field(default_factory=Signs)
    after: Signs = field(default_factory=Signs)
    returned: str = ""
    """Why it was put back to observing."""
    since: str = ""
    standing: Standing | None = None
    exempt: tuple[str, ...] = ()
    """Domains under an allow rule when `allowed` was made."""
    allowed: tuple[Source, ...] | None = None
    """What its pages may contact; None until it is asked for, or after something changed."""


class Protection:
    def __init__(
        self,
        protect: Protect,
        knowledge: Knowledge,
        mixed: MixedHosts,
        library: Collection[str],
        ledger: Ledger,
        *,
        today: Callable[[], date] = date.today,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """library: domains of the library itself, which no mode stops."""
        self._protect = protect
        self._knowledge = knowledge
        self._mixed = mixed
        self._library = tuple(library)
        self._ledger = ledger
        self._today = today
        self._clock = clock
        self._states: dict[str, _State] = {}
        self._decisions: tuple[Decision, ...] = ()
        self._never_block = tuple(domain for one in knowledge.services if one.never_block for domain in one.domains)
        self._trackers = frozenset(
            domain for one in knowledge.services if one.list == "trackers" for domain in one.domains
        )

    def mode(self, site: Site) -> str:
        """The mode that the configuration names for this site."""
        return site.mode or self._protect.mode

    # For the witness

    def allowed(self, site: Site) -> tuple[Source, ...] | None:
        """What a page of this site may contact; None where nothing is enforced now."""
        state = self._state(site)
        return self._allowed(state) if self._standing(state).state == PROTECTED else None

    def page_load(self, site: Site) -> None:
        state = self._state(site)
        state.settling.page_load()
        self._sign(state, Signs(loads=1))
        self._tell(state)

    def contact(self, site: Site, sighting: Sighting, finding: Finding) -> frozenset[str]:
        """A third party's contact: learn from it, and say which modes would stop it."""
        if permitting.is_ours(finding):
            return permitting.NOTHING
        state, host, path = self._state(site), sighting.host, sighting.path
        if not permitting.tracks(finding, host, path, self._mixed):
            self._learn(state, state.used, host, newcomer=True)
        elif host not in self._mixed:
            self._learn(state, state.trackers, host, newcomer=False)
        return permitting.stopped_by(site, finding, host, path, exempt=self._exempt(site), mixed=self._mixed)

    def signs(self, site: Site, symptom: Symptom) -> None:
        """What an answer of this site showed; may put the site back to observing."""
        if symptom:
            signs = Signs(errors=symptom.errors, reloads=symptom.reloads, log_ins=symptom.log_ins)
            self._sign(self._state(site), signs)

    def _sign(self, state: _State, seen: Signs) -> None:
        protected = self._standing(state).state == PROTECTED
        self._ledger.breakage(
            self._today(),
            state.site,
            protected=protected,
            loads=seen.loads,
            errors=seen.errors,
            reloads=seen.reloads,
            log_ins=seen.log_ins,
        )
        if not protected:
            state.before += seen
            return
        state.after += seen
        if sign := breakage.worse(state.before, state.after):
            state.returned, state.after = _REASONS[sign], Signs()
            self._tell(state)

    # From staff and the database

    def remember(self, sites: Iterable[Site]) -> None:
        """Take up what the database knows: call it once, after the ledger was opened."""
        known = self._ledger.remembered
        for site in sites:
            state = self._state(site)
            for domain, list_name in known.parties.get(site.id, {}).items():
                if list_name in permitting.USEFUL_LISTS and len(state.used) < MAX_HOSTS:
                    state.used.add(domain)
            state.settling.loads = known.loads.get(site.id, 0)
            state.before = Signs(*known.signs.get(site.id, ()))
            if (standing := known.standings.get(site.id)) and standing.state == RETURNED:
                state.returned, state.since = standing.reason, standing.since
            state.standing = standing
            if standing or site.id in known.loads:  # of sites that nobody opened there is nothing to say
                self._tell(state)

    def decide(self, decisions: Iterable[Decision], again: Collection[str]) -> None:
        """Allow rules as they stand, and sites that staff put back under protection."""
        self._decisions = tuple(decisions)
        for state in self._states.values():
            state.allowed = None
            if state.site.id in again:
                state.returned, state.before, state.after = "", Signs(), Signs()
                self._tell(state)

    # Within

    def _state(self, site: Site) -> _State:
        state = self._states.get(site.id)
        if state is None:
            state = self._states[site.id] = _State(site)
        return state

    def _learn(self, state: _State, hosts: set[str], host: str, *, newcomer: bool) -> None:
        if host in hosts or len(hosts) >= MAX_HOSTS:
            return
        hosts.add(host)
        state.allowed = None
        if newcomer:
            state.settling.newcomer()

    def _exempt(self, site: Site) -> tuple[str, ...]:
        now = self._clock()
        return tuple(one.third_party for one in self._decisions if one.site == site.id and one.holds(now))

    def _allowed(self, state: _State) -> tuple[Source, ...]:
        exempt = self._exempt(state.site)
        if state.allowed is None or exempt != state.exempt:
            state.exempt, state.allowed = exempt, self._sources(state.site, state, exempt)
        return state.allowed

    def _sources(self, site: Site, state: _State, exempt: Iterable[str]) -> tuple[Source, ...]:
        own = [*site.domains, *site.own, *self._library, *exempt]
        if self.mode(site) == CONTRACT:
            return sources([*own, *site.permitted], (), (), (), {})
        if site.owner:
            own += self._knowledge.domains_of(site.owner)
        trackers = self._trackers | state.trackers
        used = (host for host in state.used if host in self._mixed or trackers.isdisjoint(names_above(host)))
        return sources(own, self._never_block, used, trackers, self._mixed)

    def _standing(self, state: _State) -> Standing:
        """How the site stands at this moment."""
        mode, need, today = self.mode(state.site), self._protect.settle, self._today().isoformat()
        missing, reason = 0, ""
        if mode == OBSERVE:
            now = OBSERVING
        elif state.returned:
            now, reason = RETURNED, state.returned
        elif mode == BLOCK and not state.settling.settled(need):
            now, missing = SETTLING, state.settling.missing(need)
        else:
            now = PROTECTED
        before = state.standing
        since = before.since if before and (before.mode, before.state) == (mode, now) else today
        return Standing(mode, now, missing, since, reason)

    def _tell(self, state: _State) -> None:
        standing = self._standing(state)
        if standing != state.standing:
            state.standing = standing
            self._ledger.standing(state.site, standing)
