"""How a site is protected, what that stops, and what it would stop: in plain words. Pure: rows in, one object out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from analysis import parties, periods, wording
from analysis.parties import Party
from analysis.received import Received, summed
from analysis.shares import Share, share

Row = Mapping[str, Any]

MODES: Final = {
    "block": "trackers are stopped",
    "contract": "all is stopped that is neither the site's own nor permitted by its contract",
}
_UNTIL: Final = "%Y-%m-%dT%H:%MZ"


@dataclass(frozen=True, slots=True)
class Standing:
    """How one site stands now."""

    site: str
    name: str
    mode: str
    state: str
    missing: int
    since: str
    reason: str

    @property
    def returned(self) -> bool:
        """Put back to observing, because its pages broke."""
        return self.state == "returned"

    @property
    def stops(self) -> bool:
        return self.state == "protected"

    @property
    def short(self) -> str:
        if self.state == "settling":
            return f"settling, {_to_go(self.missing)}"
        return {"observing": "observed only", "returned": "put back to observing", "again": "about to start"}.get(
            self.state, self.state
        )

    @property
    def words(self) -> str:
        does = MODES.get(self.mode, self.mode)
        if self.state == "settling":
            return (
                f"Mode {self.mode} is switched on ({does}), but nothing is stopped yet: Carrel first learns which "
                f"third parties these pages use. {_to_go(self.missing)}, if they bring nobody new."
            )
        if self.state == "protected":
            return f"Protected since {self.since}, mode {self.mode}: {does}."
        if self.state == "returned":
            return (
                f"Put back to observing on {self.since}, because {self.reason}. Nothing is stopped until staff say so."
            )
        if self.state == "again":
            return "To be protected again: a running proxy takes this up within seconds."
        return f"Observed only since {self.since}: nothing is stopped on this site's pages."


@dataclass(frozen=True, slots=True)
class Would:
    """What the modes that are not on would do to one third party."""

    party: Party
    shares: tuple[Share | None, ...]
    """By mode: page loads on which it would have been stopped; None where it would still be contacted."""

    @property
    def named(self) -> bool:
        return self.party.domain not in wording.BUCKETS


@dataclass(frozen=True, slots=True)
class DryRun:
    modes: tuple[str, ...]
    lines: tuple[Would, ...]
    beyond: str
    """The mode that is on already, '' if none is."""

    def stopped(self, mode: str) -> int:
        """Third parties known by name that this mode would stop on some page load."""
        place = self.modes.index(mode)
        return sum(line.named and line.shares[place] is not None for line in self.lines)

    @property
    def named(self) -> int:
        return sum(line.named for line in self.lines)


@dataclass(frozen=True, slots=True)
class Stopped:
    """A third party that was stopped."""

    party: Party
    by_carrel: Share
    upstream: Share
    received: Received | None
    """What it would have received; None where Carrel could not tell more than the contact."""

    @property
    def named(self) -> bool:
        return self.party.domain not in wording.BUCKETS


@dataclass(frozen=True, slots=True)
class Rule:
    """An allow rule that holds now."""

    site: str
    third_party: str
    reason: str
    owner: str
    until: str
    since: str


@dataclass(frozen=True, slots=True)
class Signs:
    """That pages do not work, with protection or without."""

    protected: bool
    loads: int
    errors: int
    reloads: int
    log_ins: int


@dataclass(frozen=True, slots=True)
class Protection:
    """Of one site."""

    standing: Standing | None
    """None: the proxy has not said it yet."""
    dry_run: DryRun
    stopped: tuple[Stopped, ...]
    rules: tuple[Rule, ...]
    signs: tuple[Signs, ...]
    """Only where both are known: with protection and without."""

    @property
    def upstream(self) -> bool:
        return any(one.upstream.part for one in self.stopped)

    def rule_for(self, domain: str) -> Rule | None:
        return next((rule for rule in self.rules if rule.third_party == domain), None)


def build(
    site: str,
    standings: Iterable[Row],
    dry_runs: Iterable[Row],
    contacted: Iterable[Row],
    stopped: Sequence[Row],
    prevented: Iterable[Row],
    decisions: Iterable[Row],
    signs: Sequence[Row],
    *,
    known: Sequence[Row],
    now: datetime,
) -> Protection:
    """Rows of the queries of these names.

    `contacted`: of contacted_lately; `prevented`: of received_at_least; `known`: of third_parties_seen.
    """
    who = {row["third_party"]: parties.party(row) for row in known}
    standing = next(iter(standing_of(standings)), None)
    watched = stopped[0]["watched"] if stopped else 0
    given = summed(prevented, "third_party", {site: watched}, stopped=True)
    found = [
        Signs(bool(row["protected"]), row["loads"], row["errors"], row["reloads"], row["log_ins"]) for row in signs
    ]
    return Protection(
        standing,
        _dry_run(list(dry_runs), contacted, who, standing),
        _stopped(stopped, given, who),
        rules(decisions, now),
        tuple(found) if len(found) > 1 else (),
    )


def standing_of(rows: Iterable[Row]) -> tuple[Standing, ...]:
    """Rows of the query protections; those that were put back come first."""
    return tuple(
        Standing(
            row["site"],
            row["name"],
            row["mode"],
            row["state"],
            row["missing"],
            periods.words(row["since"]),
            row["reason"],
        )
        for row in rows
    )


def rules(rows: Iterable[Row], now: datetime) -> tuple[Rule, ...]:
    """Rows of the query decisions that hold; the first to end comes first. Ends are told in the time zone of `now`."""
    minute = now.astimezone(UTC).strftime(_UNTIL)
    return tuple(
        Rule(
            row["site"],
            row["third_party"],
            row["reason"],
            row["owner"],
            moment(row["until"], now),
            periods.words(row["since"]),
        )
        for row in sorted(rows, key=lambda row: (row["until"], row["site"], row["third_party"]))
        if row["until"] > minute
    )


def moment(until: str, now: datetime) -> str:
    """
    >>> moment("2026-11-24T18:30Z", datetime(2026, 11, 24, tzinfo=UTC))
    '24 November 2026, 18:30 UTC'
    """
    try:
        end = datetime.strptime(until, _UNTIL).replace(tzinfo=UTC).astimezone(now.tzinfo)
    except ValueError:
        return until
    return f"{periods.words(end.date().isoformat())}, {end:%H:%M %Z}"


def _dry_run(
    rows: Sequence[Row], contacted: Iterable[Row], who: Mapping[str, Party], standing: Standing | None
) -> DryRun:
    on = standing.mode if standing and standing.stops else ""
    # What `contract` leaves is permitted, so `block` has nothing to add.
    modes = () if on == "contract" else tuple(mode for mode in MODES if mode != on)
    would: dict[str, dict[str, Share]] = {row["third_party"]: {} for row in contacted}
    for row in rows:
        # Where a mode is on, only what it leaves is news.
        if row["mode"] in modes and (not on or row["third_party"] in would):
            would.setdefault(row["third_party"], {})[row["mode"]] = share(row["loads"], row["watched"])
    lines = [
        Would(who.get(domain) or parties.unknown(domain), tuple(shares.get(mode) for mode in modes))
        for domain, shares in would.items()
    ]
    return DryRun(modes, tuple(sorted(lines, key=_most_first)) if modes else (), on)


def _most_first(line: Would) -> tuple[tuple[float, ...], bool, str]:
    return tuple(-(one.fraction if one else 0) for one in line.shares), not line.named, line.party.domain


def _stopped(rows: Sequence[Row], given: Mapping[str, Received], who: Mapping[str, Party]) -> tuple[Stopped, ...]:
    loads: dict[str, dict[str, int]] = {}
    for row in rows:
        loads.setdefault(row["third_party"], {})[row["outcome"]] = row["loads"]
    found = [
        Stopped(
            who.get(domain) or parties.unknown(domain),
            share(by.get("blocked", 0), rows[0]["watched"]),
            share(by.get("stopped upstream", 0), rows[0]["watched"]),
            given.get(domain),
        )
        for domain, by in loads.items()
    ]
    return tuple(sorted(found, key=lambda one: (-one.by_carrel.part, -one.upstream.part, one.party.domain)))


def _to_go(missing: int) -> str:
    return f"{missing:,} page load{'' if missing == 1 else 's'} to go"
