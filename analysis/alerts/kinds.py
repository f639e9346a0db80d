"""What somebody should look at: newcomers, contacts after refusal, broken lists, gaps, ends of contracts. Pure.

Rows of the dashboard's views in, alerts out. An alert says no more than the dashboard's pages do: names that are kept
by name, days or months, no time of day. What the configuration must tell comes in as a Watch.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

from analysis import periods, wording
from analysis.alerts import gaps as alert_gaps

Row = Mapping[str, Any]

KINDS: Final = {
    "refusal": "First contact after refusal",
    "permitted": "Not on the permitted list",
    "newcomer": "New third parties",
    "returned": "Put back from protection",
    "gap": "Days not watched",
    "missed": "Not counted",
    "lists": "Lists too old",
    "contract": "Contracts that end soon",
}
"""In the order in which they are shown."""

QUERIES: Final = ("alert_sites", "alert_lately", "alert_refusals", "coverage", "protections")

CONTRACT_DAYS: Final = 90
"""Before a contract ends: time for a report, a letter and an answer."""
SOME_NAMES: Final = 5

_NAMESPACE: Final = uuid.UUID("5b0f6f0e-7d0c-4c39-9f0a-6f2b7a3e51c4")


@dataclass(frozen=True, slots=True)
class Watch:
    """What carrel.toml and the shelf of lists say, as plain data."""

    library: str = ""
    permitted: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Sites whose list is looked at, with the domains that it names."""
    all_sites: bool = False
    """Mode `contract` holds for every site: one that `permitted` leaves out names nobody."""
    without: frozenset[str] = frozenset()
    """Sites of which that does not hold, since they have a mode of their own."""
    lists_days: int = 14
    asked: Mapping[str, str] = field(default_factory=dict)
    """Fetched lists, and the day on which the server of each was last asked, or the file brought in."""

    def permits(self, site: str) -> tuple[str, ...] | None:
        """None: this site's list is not looked at."""
        return self.permitted.get(site, () if self.all_sites and site not in self.without else None)


@dataclass(frozen=True, slots=True)
class Alert:
    kind: str
    period: str
    """The day or month in which it began."""
    title: str
    text: str
    site: str = ""
    third_party: str = ""
    key: str = ""
    """What makes it this alert and no other, beside kind, site and third party."""

    @property
    def id(self) -> str:
        """The same as long as the alert lasts; a day that becomes part of its month does not change it."""
        return str(uuid.uuid5(_NAMESPACE, "\n".join((self.kind, self.site, self.third_party, self.key))))

    @property
    def when(self) -> str:
        return periods.first_seen([self.period])

    @property
    def kind_words(self) -> str:
        return KINDS[self.kind]


@dataclass(frozen=True, slots=True)
class Group:
    """Alerts of one kind, the latest first."""

    kind: str
    name: str
    alerts: tuple[Alert, ...]


def since(today: date) -> str:
    """The month from which on things are told: the one before this one.

    >>> since(date(2026, 11, 24)), since(date(2027, 1, 1))
    ('2026-10', '2026-12')
    """
    return (today.replace(day=1) - timedelta(days=1)).isoformat()[:7]


def build(rows: Mapping[str, Sequence[Row]], watch: Watch, today: date) -> tuple[Alert, ...]:
    """Rows of QUERIES by their names. By kind, then the latest first."""
    names = {row["site"]: row["name"] for row in rows["alert_sites"]}
    lately = [row for row in rows["alert_lately"] if row["site"] in names]
    found = [
        *_newcomers(lately, names, since(today)),
        *_refusals(rows["alert_refusals"], names, since(today)),
        *_permitted(lately, names, watch),
        *_returned(rows["protections"]),
        *_coverage("gap", alert_gaps.gaps(rows["coverage"], today)),
        *_coverage("missed", alert_gaps.missed(rows["coverage"], today)),
        *_lists(watch, today),
        *_contracts(rows["alert_sites"], today),
    ]
    order = list(KINDS)
    found.sort(key=lambda one: (one.site, one.third_party, one.key))
    found.sort(key=lambda one: periods.last_day(one.period), reverse=True)
    return tuple(sorted(found, key=lambda one: order.index(one.kind)))


def by_kind(alerts: Iterable[Alert]) -> tuple[Group, ...]:
    """Only kinds of which there is an alert."""
    found: dict[str, list[Alert]] = {}
    for alert in alerts:
        found.setdefault(alert.kind, []).append(alert)
    return tuple(Group(kind, name, tuple(found[kind])) for kind, name in KINDS.items() if kind in found)


def _newcomers(lately: Iterable[Row], names: Mapping[str, str], begin: str) -> Iterator[Alert]:
    for row in lately:
        if not row["came_later"] or row["first_period"] < begin:
            continue
        domain, site = row["third_party"], names[row["site"]]
        facts = [f"First counted there: {periods.first_seen([row['first_period']])}.", _who(row)]
        if row["relation"] in ("host", "cloud"):
            facts.append(f"It is a {wording.relation(row['relation'])}.")
        if not row["contacted"]:
            facts.append("Every contact was stopped.")
        where = f"behind the own names of {site}" if row["behind"] else f"on {site}"
        yield Alert("newcomer", row["first_period"], f"{domain} is new {where}", " ".join(facts), row["site"], domain)


def _who(row: Row) -> str:
    if not row["owner"] and not row["category"]:
        return "No list names it."
    return f"Owner: {row['owner'] or 'unknown'}. Category: {row['category'] or wording.NO_CATEGORY}."


def _refusals(rows: Iterable[Row], names: Mapping[str, str], begin: str) -> Iterator[Alert]:
    for row in rows:
        if row["site"] in names and row["first_period"] >= begin:
            yield Alert(
                "refusal",
                row["first_period"],
                f"{names[row['site']]} contacted third parties after refusal",
                f"First counted: {periods.first_seen([row['first_period']])}, on pages opened after the consent tool "
                f"was told no: {_some(sorted(row['third_parties'].split(',')))}.",
                row["site"],
            )


def _permitted(lately: Iterable[Row], names: Mapping[str, str], watch: Watch) -> Iterator[Alert]:
    for row in lately:
        permitted = watch.permits(row["site"])
        domain = row["third_party"]
        if permitted is None or row["behind"] or not row["contacted"] or _names(permitted, domain):
            continue
        named = f"names {len(permitted)} domain{'' if len(permitted) == 1 else 's'}" if permitted else "names nobody"
        yield Alert(
            "permitted",
            row["first_period"],
            f"{names[row['site']]} contacted {domain}, which its permitted list does not name",
            f"First counted there: {periods.first_seen([row['first_period']])}. {_who(row)} The list in carrel.toml "
            f"{named}. Whether a contract says so too is for the library to read.",
            row["site"],
            domain,
        )


def _names(permitted: Iterable[str], domain: str) -> bool:
    """Counts know registrable domains only: a list that names one host of a domain may mean what was met."""
    return any(f".{domain}".endswith(f".{one}") or f".{one}".endswith(f".{domain}") for one in permitted)


def _returned(rows: Iterable[Row]) -> Iterator[Alert]:
    for row in rows:
        if row["state"] == "returned":
            yield Alert(
                "returned",
                row["since"],
                f"{row['name']} was put back to observing",
                f"Since {periods.words(row['since'])}, because {row['reason']}. Nothing is stopped on its pages until "
                "staff say so.",
                row["site"],
                key=row["since"],
            )


def _coverage(kind: str, gaps: Iterable[alert_gaps.Gap]) -> Iterator[Alert]:
    return (Alert(kind, gap.period, gap.title, gap.text, key=gap.key) for gap in gaps)


def _lists(watch: Watch, today: date) -> Iterator[Alert]:
    for name, asked in sorted(watch.asked.items()):
        try:
            old = date.fromisoformat(asked) + timedelta(days=watch.lists_days + 1)
        except (ValueError, OverflowError):
            continue
        if old <= today:
            yield Alert(
                "lists",
                old.isoformat(),
                f"The list {name} is more than {_days(watch.lists_days)} old",
                f"It was last asked for, or brought in, on {periods.words(asked)}. What was added to it since "
                f"then is not known. Try: carrel lists update {name}",
                key=f"{name} {asked}",
            )


def _contracts(rows: Iterable[Row], today: date) -> Iterator[Alert]:
    for row in rows:
        try:
            until = date.fromisoformat(row["contract_until"])
        except ValueError:
            continue
        begin = until - timedelta(days=CONTRACT_DAYS)
        if begin <= today <= until:
            yield Alert(
                "contract",
                begin.isoformat(),
                f"The contract for {row['name']} ends on {periods.words(until.isoformat())}",
                f"Less than {CONTRACT_DAYS} days are left. For the negotiation: carrel report {row['site']}",
                row["site"],
                key=until.isoformat(),
            )


def _some(names: Sequence[str]) -> str:
    more = len(names) - SOME_NAMES
    return ", ".join(names[:SOME_NAMES]) + (f" and {more} more" if more > 0 else "")


def _days(number: int) -> str:
    return f"{number} day{'' if number == 1 else 's'}"
