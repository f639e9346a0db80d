"""Decide how finely a count may be written. Pure: no disk, no clock; whoever writes tells it what was written.

Every count is seen finely (day, third party by name) and stands on disk as coarsely as the rules ask: under its month
until that day is busy enough, as `(unlisted)` until that name is common enough. What stands coarser than it was seen
is remembered here, and moved when the rules allow it. Forgetting is always safe: the count stays where it stands.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from addons.decide.judge import UNRESOLVED_PARTY
from addons.migrations import UNLISTED

if TYPE_CHECKING:
    from addons.decide.judge import Finding
    from addons.settings import Site
    from blocklists.owners import Ruleset

type Amounts = tuple[int, ...]
type Dimensions = tuple[str | int, ...]


class Group(NamedTuple):
    """What becomes fine together: a day of one site; `""` stands for the day of all sites, which is coverage's."""

    day: date
    site: str
    measure: str = "page_load"
    """The table whose counts say whether the day is busy enough."""


PAGE_LOADS, LOOKALIKES = "page_load", "lookalike"

type Sight = tuple[str, Dimensions]
"""A name, how it is related and what became of it. One page load may count for several: the largest is what is sure."""

DIMENSIONS = {
    "page_load": ("section", "consent"),
    "contact": ("section", "consent", "relation", "kind", "method", "outcome", "relayed"),
    "presence": ("section", "consent", "relation", "outcome"),
    "exposure": ("section", "what", "carried_in", "outcome"),
    "dry_run": ("mode",),
    "breakage": ("protected",),
    "cookie": ("service", "pattern", "lifetime"),
    "sign_in": (),
    "lookalike": ("trick",),
    "coverage": (),
}
NAMED_IN = {
    "contact": "third_party",
    "presence": "third_party",
    "exposure": "third_party",
    "dry_run": "third_party",
    "sign_in": "provider",
}
"""The column that holds a name from outside, in the tables that have one."""

AMOUNTS = {
    "page_load": ("loads", "with_third_party"),
    "contact": ("loads", "requests"),
    "presence": ("loads",),
    "exposure": ("loads",),
    "dry_run": ("loads",),
    "breakage": ("loads", "errors", "reloads", "log_ins"),
    "cookie": ("loads",),
    "sign_in": ("loads",),
    "lookalike": ("hits",),
    "coverage": ("seconds", "loads", "opted_out", "ambiguous", "dropped", "reports_refused", "stopped_upstream"),
}
ONE_DROPPED: Amounts = (0, 0, 0, 0, 1, 0, 0)


class Standing(NamedTuple):
    """How one site is protected now: what staff see of it."""

    mode: str
    state: str
    """observing, settling, protected, returned (to observing, because pages broke) or again (staff ended that)."""
    missing: int
    """Page loads to come before it is protected."""
    since: str
    """The day."""
    reason: str


class Fine(NamedTuple):
    """What a count is about, as it was seen."""

    table: str
    day: date
    site: str
    third_party: str
    """Always by its name; `""` in tables without names from outside."""
    dimensions: Dimensions

    @property
    def group(self) -> Group:
        # Nobody need have opened a page of the site for its name to be imitated.
        return Group(self.day, self.site, LOOKALIKES if self.table == LOOKALIKES else PAGE_LOADS)

    @property
    def name(self) -> str:
        """What must be common before it is written."""
        return provider(self.third_party) if self.table == "sign_in" else self.third_party


class Row(NamedTuple):
    """What a count is about, as it may be written."""

    table: str
    period: str
    site: str
    third_party: str
    dimensions: Dimensions


def provider(domain: str) -> str:
    """A domain as a place to sign in: known apart from the third party of that name, which may be the rarer one."""
    return f"sign-in at {domain}"


def add(one: Amounts, other: Amounts) -> Amounts:
    return tuple(map(int.__add__, one, other))


class Batch:
    """Counts since the last flush. A bounded number of keys: further keys are dropped and counted as dropped."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.counts: dict[Fine, Amounts] = {}
        self.findings: dict[str, Finding] = {}
        """What is known of each third party in `counts`."""
        self.listed: set[str] = set()
        """Places to sign in that some list names, as `provider` calls them."""
        self.sites: dict[str, Site] = {}
        self.rulesets: tuple[Ruleset, ...] = ()
        self.standings: dict[str, Standing] = {}
        """How sites' protection stands, where it changed."""

    def add(self, fine: Fine, amounts: Amounts) -> bool:
        if (before := self.counts.get(fine)) is not None:
            self.counts[fine] = add(before, amounts)
            return True
        if len(self.counts) < self.limit or fine.table == "coverage":
            self.counts[fine] = amounts
            return True
        # Coverage itself is one key a day and never dropped, or nobody would learn of the loss.
        lost = max(amounts)
        self.add(Fine("coverage", fine.day, "", "", ()), tuple(lost * one for one in ONE_DROPPED))
        return False

    def know(self, finding: Finding) -> None:
        known = self.findings.get(finding.third_party)
        if known is not finding and (known is None or rank(finding) > rank(known)):
            self.findings[finding.third_party] = finding

    def put_back(self, older: Batch) -> None:
        """Take in a batch that could not be written. What was seen first keeps its place."""
        counts, findings, sites = self.counts, self.findings, self.sites
        self.counts, self.findings, self.sites = older.counts, older.findings, older.sites
        for fine, amounts in counts.items():
            if self.add(fine, amounts) and fine.third_party in findings:
                self.know(findings[fine.third_party])
        self.listed |= older.listed
        self.sites.update(sites)
        self.rulesets = (*older.rulesets, *self.rulesets)
        self.standings = {**older.standings, **self.standings}


type Rank = tuple[bool, str, int, str, str]


def rank(finding: Finding) -> Rank:
    """Order what different rules say of one third party, so that its row does not depend on which came last.

    The newest list wins, then the rule that covers most of the domain.
    """
    return finding.listed, finding.list_version, -len(finding.rule), finding.rule, finding.list


@dataclass(slots=True)
class Plan:
    """One flush: what to write, and what is true once it is written."""

    moves: dict[Row, list[tuple[Row, Amounts]]] = field(default_factory=dict)
    """From a coarse row to finer ones."""
    deltas: dict[Row, Amounts] = field(default_factory=dict)
    promoted: set[Group] = field(default_factory=set)
    named: set[str] = field(default_factory=set)
    seen: dict[Sight, int] = field(default_factory=dict)
    loads: dict[Group, int] = field(default_factory=dict)
    settled: list[Fine] = field(default_factory=list)
    """Remembered until now; as fine as they were seen from here on."""
    coarse: list[tuple[Fine, Amounts]] = field(default_factory=list)


class Tally:
    """What stands on disk coarser than it was seen, and what is known of days and names.

    Changes only in `commit`, `learn` and `forget`: a flush that fails leaves it as it was.
    """

    def __init__(self, k: int, rare: int, *, remembered: int, names: int) -> None:
        self.k = k
        self.rare = rare
        self.limit = remembered
        self.names = names
        self.promoted: set[Group] = set()
        self.named: set[str] = {""}
        self.standing: dict[Group, dict[Fine, Amounts]] = {}
        self.remembered = 0
        self.loads: dict[Group, int] = {}
        """Page loads (or look-alikes) that can be moved into a day; for `""`, page loads of all sites."""
        self.seen: dict[Sight, int] = {}
        """Page loads on which an unlisted name was seen, or that went there to sign in."""

    def plan(self, batch: Batch) -> Plan:
        plan = Plan()
        self._judge_days(batch, plan)
        self._judge_names(batch, plan)
        promoted, named = self.promoted | plan.promoted, self.named | plan.named
        for fine, amounts in self._freed(plan):
            old = row(fine, fine.group in self.promoted, fine.name in self.named)
            new = row(fine, fine.group in promoted, fine.name in named)
            plan.moves.setdefault(old, []).append((new, amounts))
            if fine.group in promoted and fine.name in named:
                plan.settled.append(fine)
        for fine, amounts in batch.counts.items():
            by_day, by_name = fine.group in promoted, fine.name in named
            place = row(fine, by_day, by_name)
            before = plan.deltas.get(place)
            plan.deltas[place] = amounts if before is None else add(before, amounts)
            if not (by_day and by_name):
                plan.coarse.append((fine, amounts))
        return plan

    def _judge_days(self, batch: Batch, plan: Plan) -> None:
        for fine, amounts in batch.counts.items():
            if fine.table == fine.group.measure:
                groups = [fine.group, Group(fine.day, "")] if fine.table == PAGE_LOADS else [fine.group]
                for group in groups:
                    plan.loads[group] = plan.loads.get(group, 0) + amounts[0]
        for group, loads in plan.loads.items():
            if group not in self.promoted and self.loads.get(group, 0) + loads >= self.k:
                plan.promoted.add(group)

    def _judge_names(self, batch: Batch, plan: Plan) -> None:
        # What stands for many names is no name, and never rare.
        sure = {name for name, one in batch.findings.items() if one.listed or name == UNRESOLVED_PARTY}
        plan.named = sure - self.named
        plan.named |= batch.listed - self.named
        for fine, amounts in batch.counts.items():
            if fine.table in ("presence", "sign_in") and fine.name not in self.named:
                at = fine.name, fine.dimensions[2:]
                plan.seen[at] = plan.seen.get(at, self.seen.get(at, 0)) + amounts[0]
        plan.named.update(name for (name, _), loads in plan.seen.items() if loads >= self.rare)

    def _freed(self, plan: Plan) -> Iterator[tuple[Fine, Amounts]]:
        for group, counts in self.standing.items():
            if group in plan.promoted:
                yield from counts.items()
            elif plan.named:
                yield from ((fine, amounts) for fine, amounts in counts.items() if fine.name in plan.named)

    def commit(self, plan: Plan) -> None:
        """What was planned is written."""
        self.promoted |= plan.promoted
        self.named |= plan.named
        for fine in plan.settled:
            self.remembered -= self.standing[fine.group].pop(fine, None) is not None
        for fine, amounts in plan.coarse:
            self._remember(fine, amounts)
        for group, loads in plan.loads.items():
            if not group.site:
                self.loads[group] = self.loads.get(group, 0) + loads
        for at, loads in plan.seen.items():
            if at[0] not in self.named:
                self.seen[at] = loads
        for at in [at for at in self.seen if at[0] in plan.named]:
            del self.seen[at]
        while len(self.seen) > self.names:
            del self.seen[next(iter(self.seen))]

    def _remember(self, fine: Fine, amounts: Amounts) -> None:
        counts = self.standing.setdefault(fine.group, {})
        if (before := counts.get(fine)) is not None:
            counts[fine] = add(before, amounts)
        elif self.remembered < self.limit:
            counts[fine] = amounts
            self.remembered += 1
        else:
            return
        if fine.table == fine.group.measure:
            self.loads[fine.group] = self.loads.get(fine.group, 0) + amounts[0]

    def learn(self, groups: Iterable[Group], names: Iterable[str]) -> None:
        """What the file says: days that have rows of their own, third parties that have a name."""
        self.promoted.update(groups)
        self.named.update(names)

    def forget(self, before: date) -> None:
        """Days that are over stay as coarse as they are."""
        for group in [group for group in self.standing if group.day < before]:
            self.remembered -= len(self.standing.pop(group))
        self.loads = {group: loads for group, loads in self.loads.items() if group.day >= before}
        self.promoted = {group for group in self.promoted if group.day >= before}


def row(fine: Fine, by_day: bool, by_name: bool) -> Row:
    day = fine.day.isoformat()
    return Row(
        fine.table,
        day if by_day else day[:7],
        fine.site,
        fine.third_party if by_name else UNLISTED,
        fine.dimensions,
    )
