"""Who was contacted before the patron chose, and after the patron refused: on one site, and on all. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analysis import wording
from analysis.shares import Share, share

Row = Mapping[str, Any]
Who = tuple[str, str]
"""Third party and relation."""


@dataclass(frozen=True, slots=True)
class State:
    name: str
    watched: Share
    """Page loads in this state, of all page loads."""
    share: Share
    """Page loads with any third party, of those in this state."""


@dataclass(frozen=True, slots=True)
class Consent:
    states: tuple[State, ...]
    by_party: Mapping[Who, Mapping[str, Share]]
    """On which share of each state's page loads it was contacted."""

    def state(self, name: str) -> State | None:
        """None where no page load was in that state."""
        return next((state for state in self.states if state.name == name), None)

    def contacted(self, state: str) -> int:
        """Third parties that were contacted in that state."""
        return len({domain for (domain, _), shares in self.by_party.items() if state in shares and shares[state].part})

    @property
    def known(self) -> bool:
        """Was the site's consent tool understood on any page load?"""
        return any(state.name != "unknown" for state in self.states)

    def of(self, domain: str, relation: str, state: str) -> Share | None:
        """None where no page load in that state was watched."""
        return self.by_party.get((domain, relation), {}).get(state)


def build(page_loads: Sequence[Row], presences: Iterable[Row]) -> Consent:
    """`page_loads`: rows with consent, loads, with_third_party. `presences`: of third parties, and not blocked."""
    loads: dict[str, int] = {}
    with_any: dict[str, int] = {}
    for row in page_loads:
        loads[row["consent"]] = loads.get(row["consent"], 0) + row["loads"]
        with_any[row["consent"]] = with_any.get(row["consent"], 0) + row["with_third_party"]
    whole = sum(loads.values())
    known = [name for name in wording.CONSENTS if name in loads]
    names = [*known, *sorted(loads.keys() - known)]
    seen: dict[Who, dict[str, int]] = {}
    for row in presences:
        states = seen.setdefault((row["third_party"], row["relation"]), {})
        states[row["consent"]] = states.get(row["consent"], 0) + row["loads"]
    return Consent(
        tuple(State(name, share(loads[name], whole), share(with_any[name], loads[name])) for name in names),
        {who: {name: share(states.get(name, 0), loads[name]) for name in names} for who, states in seen.items()},
    )


def by_site(page_loads: Iterable[Row], presences: Iterable[Row]) -> dict[str, Consent]:
    """The same for each site whose consent tool was understood."""
    loads, seen = _of_sites(page_loads), _of_sites(presences)
    found = {site: build(rows, seen.get(site, ())) for site, rows in loads.items()}
    return {site: one for site, one in found.items() if one.known}


def _of_sites(rows: Iterable[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row["site"], []).append(row)
    return found


def by_first_contact(consent: Consent, parties: Iterable[Who]) -> list[Who]:
    """Those contacted most before a choice come first, then those contacted most after refusal."""

    def order(who: Who) -> tuple[float, float, Who]:
        undecided, refused = (consent.of(*who, state) or Share(0, 0) for state in ("undecided", "refused"))
        return -undecided.fraction, -refused.fraction, who

    return sorted({who for who in parties if who in consent.by_party}, key=order)
