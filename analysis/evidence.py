"""From rows to a report: what can be said about one site, and nothing more. Pure: no database, clock or file.

The same rows give the same report. Counts that are known by month only are used where the whole month lies in the
window, and named where it does not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analysis import consent, parties, periods, wording
from analysis.consent import Consent, State
from analysis.coverage import Ruleset
from analysis.detail import Section, SiteFacts, site_facts
from analysis.parties import Party
from analysis.received import Received, received
from analysis.shares import Share, share

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


@dataclass(frozen=True, slots=True)
class Finding:
    """One recipient: who it is by which list, on how many page loads it was seen, and how that is known."""

    party: Party
    relation: str
    share: Share
    allowed: int
    blocked: int
    sections: tuple[str, ...]
    kinds: tuple[str, ...]
    methods: tuple[str, ...]
    first: str
    last: str
    first_period: str
    last_period: str
    received: Received | None
    """None: contacted, and nothing more was seen to be sent."""
    before_choice: Share | None
    """Contacted, of the page loads on which the consent tool waited; None if there were none."""
    after_refusal: Share | None
    relayed: bool
    own_name: bool
    """Some of it was found behind the site's own names."""
    behind: bool
    """All of it was."""


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
    def blocked(self) -> int:
        return len({finding.party.domain for finding in self.findings if finding.blocked})


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
    choices = consent.build(rows.page_loads, [row for row in rows.presences if row["outcome"] == "allowed"])
    findings = _findings(rows, watched, choices)
    third = [finding for finding in findings if finding.relation not in wording.APART and not finding.behind]
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
        apart=tuple(finding for finding in findings if finding.relation in wording.APART and not finding.behind),
        behind=tuple(finding for finding in findings if finding.behind),
        meetings=sum(row["loads"] for row in rows.presences if row["third_party"] == wording.UNLISTED),
        page_loads=tuple(
            PageLoads(row["period"], row["section"], row["consent"], row["loads"], row["with_third_party"])
            for row in rows.page_loads
        ),
        lists=tuple(Ruleset(**{name: row[name] for name in Ruleset.__dataclass_fields__}) for row in rows.lists),
        made_on=made_on,
        program_version=program_version,
    )


def _findings(rows: Rows, watched: int, choices: Consent) -> list[Finding]:
    given = received(rows.received, "third_party", {rows.site[0]["id"]: watched})
    known = {row["domain"]: parties.party(row) for row in rows.third_parties}
    seen: dict[tuple[str, str], list[Row]] = {}
    for row in rows.presences:
        if row["third_party"] != wording.UNLISTED:
            seen.setdefault((row["third_party"], row["relation"]), []).append(row)
    ways: dict[tuple[str, str], list[Row]] = {}
    for row in rows.contacts:
        ways.setdefault((row["third_party"], row["relation"]), []).append(row)
    found = []
    for (domain, relation), presences in seen.items():
        how = ways.get((domain, relation), [])
        when = sorted({row["period"] for row in presences})
        methods = _words(how, "method")
        found.append(
            Finding(
                party=known.get(domain) or parties.unknown(domain),
                relation=relation,
                share=share(sum(row["loads"] for row in presences), watched),
                allowed=_loads(presences, "allowed"),
                blocked=_loads(presences, "blocked"),
                sections=_words(presences, "section"),
                kinds=_words(how, "kind"),
                methods=methods,
                first=periods.first_seen(when),
                last=periods.last_seen(when),
                first_period=when[0],
                last_period=periods.latest(when),
                received=given.get(domain),
                before_choice=choices.of(domain, relation, "undecided"),
                after_refusal=choices.of(domain, relation, "refused"),
                relayed=any(row["relayed"] for row in how),
                own_name=bool(wording.OWN_NAME & set(methods)),
                behind=bool(methods) and set(methods) <= wording.OWN_NAME,
            )
        )
    return sorted(found, key=lambda finding: (-finding.share.part, finding.party.domain, finding.relation))


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
