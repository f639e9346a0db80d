"""From rows to a report: what can be said about one site, and nothing more. Pure: no database, clock or file.

The same rows give the same report. Counts that are known by month only are used where the whole month lies in the
window, and named where it does not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analysis import consent, parties, periods, unresolved, wording
from analysis.consent import Consent, State
from analysis.coverage import Ruleset
from analysis.detail import Section, SiteFacts, site_facts
from analysis.parties import Party
from analysis.received import Received, received
from analysis.shares import Share, share
from analysis.unresolved import Unresolved

Row = Mapping[str, Any]


class ReportError(ValueError):
    """No report can be made. One line: why, and what to do."""


@dataclass(frozen=True, slots=True)
class Rows:
    """What a report is made of: the rows of the queries evidence_*, received and lists."""

    site: Sequence[Row]
    page_loads: Sequence[Row]
    left_out: Sequence[Row]
    presences: Sequence[Row]
    contacts: Sequence[Row]
    third_parties: Sequence[Row]
    received: Sequence[Row]
    lists: Sequence[Row]
    prevented: Sequence[Row] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """One recipient: who it is by which list, on how many page loads it was seen, and how that is known."""

    party: Party
    relation: str
    stands: str
    """third, own or behind; only what stands alike is added up."""
    share: Share
    """Page loads that contacted it; what was stopped is none."""
    blocked: int
    stopped_upstream: int
    sections: tuple[str, ...]
    kinds: tuple[str, ...]
    methods: tuple[str, ...]
    first: str
    last: str
    first_period: str
    last_period: str
    received: Received | None
    """None: contacted, and nothing more was seen to be sent."""
    prevented: Received | None
    """What it would have received on page loads on which it was stopped."""
    consents: tuple[str, ...]
    """States of the consent tool in which it was contacted."""
    before_choice: Share | None
    """Contacted, of the page loads on which the consent tool waited; None if there were none."""
    after_refusal: Share | None
    relayed: int
    """Page loads, at least, on which the library's own proxy relayed a contact."""
    at_least: bool
    """Met both by its own name and behind the site's: the counts are not exact, and not too high."""

    @property
    def behind(self) -> bool:
        """Behind the site's own names."""
        return self.stands == "behind"

    @property
    def tags(self) -> tuple[str, ...]:
        relayed = share(self.relayed, self.share.part)
        return wording.tags(self.relation, relayed=relayed, both=self.at_least, behind=self.behind)


@dataclass(frozen=True, slots=True)
class Group:
    category: str
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Window:
    asked_since: str
    asked_until: str
    """'' where the window is open."""
    first: str
    last: str
    days: int
    """Days kept by day; page loads of other days are within the months."""
    months: tuple[str, ...]
    coarse_loads: int
    left_out_loads: int
    left_out_months: tuple[str, ...]

    @property
    def words(self) -> str:
        return self.first if self.first == self.last else f"{self.first} to {self.last}"


@dataclass(frozen=True, slots=True)
class PageLoads:
    period: str
    section: str
    consent: str
    loads: int
    with_third_party: int


@dataclass(frozen=True, slots=True)
class Report:
    library: str
    site: SiteFacts
    window: Window
    share: Share
    """Page loads with any third party, of all page loads watched."""
    sections: tuple[Section, ...]
    consents: tuple[State, ...]
    consent_known: bool
    groups: tuple[Group, ...]
    apart: tuple[Finding, ...]
    """The vendor's own, its group's and the library's; never added up with the groups."""
    behind: tuple[Finding, ...]
    """Metrics and trackers behind the vendor's own names; never added up with the groups either."""
    meetings: int
    """Meetings with names that are kept as (unlisted)."""
    unresolved: Unresolved | None
    page_loads: tuple[PageLoads, ...]
    lists: tuple[Ruleset, ...]
    made_on: str
    program_version: str

    @property
    def findings(self) -> tuple[Finding, ...]:
        return tuple(finding for group in self.groups for finding in group.findings)

    @property
    def recipients(self) -> int:
        return len({finding.party.domain for finding in self.findings})

    @property
    def relayed(self) -> int:
        """Recipients that the library's own proxy relayed, behind own names or not."""
        return len({one.party.domain for one in (*self.findings, *self.behind) if one.relayed})

    @property
    def blocked(self) -> int:
        """Recipients that were stopped on some page load, by Carrel or by the library's content filter."""
        return len({one.party.domain for one in self.findings if one.blocked or one.stopped_upstream})

    @property
    def contacted(self) -> int:
        return len({finding.party.domain for finding in self.findings if finding.share.part})


def build(
    rows: Rows, site_id: str, since: str, until: str, made_on: str, program_version: str, library: str = ""
) -> Report:
    """`since` and `until` are days, or '' for an open end."""
    if not rows.site:
        raise ReportError(f"no site {site_id!r} is known")
    watched = sum(row["loads"] for row in rows.page_loads)
    if not watched:
        raise ReportError(
            f"no page load of {site_id!r} was watched in this time, so there is nothing to report; "
            "open its pages through the proxy, or ask about a longer time"
        )
    choices = consent.build(rows.page_loads, _allowed(rows.presences, "third", "own"))
    findings = _findings(rows, watched, choices)
    third = [finding for finding in findings if finding.stands == "third"]
    categories = sorted(
        {finding.party.category for finding in third}, key=lambda c: (c == wording.NO_CATEGORY, c.lower())
    )
    return Report(
        library=library,
        site=site_facts(rows.site[0]),
        window=_window(rows, since, until),
        share=share(sum(row["with_third_party"] for row in rows.page_loads), watched),
        sections=_sections(rows.page_loads),
        consents=choices.states,
        consent_known=choices.known,
        groups=tuple(Group(name, tuple(f for f in third if f.party.category == name)) for name in categories),
        apart=tuple(finding for finding in findings if finding.stands == "own"),
        behind=tuple(finding for finding in findings if finding.behind),
        meetings=_loads((row for row in rows.presences if row["third_party"] == wording.UNLISTED), "allowed"),
        unresolved=_unresolved(rows, watched),
        page_loads=tuple(
            PageLoads(row["period"], row["section"], row["consent"], row["loads"], row["with_third_party"])
            for row in rows.page_loads
        ),
        lists=tuple(Ruleset(**{name: row[name] for name in Ruleset.__dataclass_fields__}) for row in rows.lists),
        made_on=made_on,
        program_version=program_version,
    )


def _findings(rows: Rows, watched: int, choices: Consent) -> list[Finding]:
    given, kept_from = (
        received(found, "third_party", {rows.site[0]["id"]: watched}) for found in (rows.received, rows.prevented)
    )
    known = {row["domain"]: parties.party(row) for row in rows.third_parties}
    seen: dict[tuple[str, str, str], list[Row]] = {}
    for row in rows.presences:
        if row["third_party"] not in wording.BUCKETS:
            seen.setdefault((row["third_party"], row["relation"], row["stands"]), []).append(row)
    named = {domain for domain, _, stands in seen if stands != "behind"}
    ways: dict[tuple[str, str, bool], list[Row]] = {}
    for row in rows.contacts:
        ways.setdefault((row["third_party"], row["relation"], bool(row["behind"])), []).append(row)
    behind_own_names = consent.build(rows.page_loads, _allowed(rows.presences, "behind"))
    found = []
    for (domain, relation, stands), presences in seen.items():
        behind = stands == "behind"
        how = ways.get((domain, relation, behind), [])
        states = behind_own_names if behind else choices
        when = sorted({row["period"] for row in presences})
        found.append(
            Finding(
                party=known.get(domain) or parties.unknown(domain),
                relation=relation,
                stands=stands,
                share=share(_loads(presences, "allowed"), watched),
                blocked=_loads(presences, "blocked"),
                stopped_upstream=_loads(presences, "stopped upstream"),
                sections=_words(presences, "section"),
                kinds=_words(how, "kind"),
                methods=_words(how, "method"),
                first=periods.first_seen(when),
                last=periods.last_seen(when),
                first_period=when[0],
                last_period=periods.latest(when),
                # What was sent is read from browsers' reports, and these name nobody behind an own name.
                received=None if behind and domain in named else given.get(domain),
                prevented=None if behind and domain in named else kept_from.get(domain),
                consents=_words([row for row in presences if row["outcome"] == "allowed"], "consent"),
                before_choice=states.of(domain, relation, "undecided"),
                after_refusal=states.of(domain, relation, "refused"),
                relayed=sum(row["relayed"] for row in presences),
                at_least=any(row["at_least"] for row in presences),
            )
        )
    return sorted(found, key=lambda one: (-one.share.part, -one.blocked, one.party.domain, one.relation, one.stands))


def _allowed(presences: Iterable[Row], *stands: str) -> list[Row]:
    return [row for row in presences if row["outcome"] == "allowed" and row["stands"] in stands]


def _unresolved(rows: Rows, watched: int) -> Unresolved | None:
    loads = _loads((row for row in rows.presences if row["third_party"] == wording.UNRESOLVED), "allowed")
    site = rows.site[0]
    found = unresolved.build([{"site": site["id"], "name": site["name"], "loads": loads, "watched": watched}])
    return found[0] if loads else None


def _window(rows: Rows, since: str, until: str) -> Window:
    when = sorted({row["period"] for row in rows.page_loads if row["loads"]})
    coarse = [period for period in when if not periods.is_day(period)]
    return Window(
        since,
        until,
        periods.words(when[0]),
        periods.words(periods.latest(when)),
        days=len(when) - len(coarse),
        months=tuple(periods.words(period) for period in coarse),
        coarse_loads=sum(row["loads"] for row in rows.page_loads if not periods.is_day(row["period"])),
        left_out_loads=sum(row["loads"] for row in rows.left_out),
        left_out_months=tuple(periods.words(row["period"]) for row in rows.left_out if row["loads"]),
    )


def _sections(page_loads: Iterable[Row]) -> tuple[Section, ...]:
    sums: dict[str, tuple[int, int]] = {}
    for row in page_loads:
        part, whole = sums.get(row["section"], (0, 0))
        sums[row["section"]] = (part + row["with_third_party"], whole + row["loads"])
    return tuple(Section(name, share(*sums[name])) for name in sorted(sums, key=lambda name: (-sums[name][1], name)))


def _loads(presences: Iterable[Row], outcome: str) -> int:
    return sum(row["loads"] for row in presences if row["outcome"] == outcome)


def _words(rows: Iterable[Row], column: str) -> tuple[str, ...]:
    return tuple(sorted({row[column] for row in rows}))
