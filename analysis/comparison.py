"""Several products by the same measures, side by side: the order in which they stand is no score. Pure.

Every line is made of one site's report, so that a number here is the number there. What makes a comparison unsafe
is found from the lines themselves, and said.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from analysis import periods, wording
from analysis.coverage import Ruleset
from analysis.detail import SiteFacts
from analysis.evidence import Finding, Report, Rows, Window
from analysis.received import received
from analysis.shares import SMALL, Share

APART: Final = ("advertising", "analytics", "session replay")
"""Categories that have a column of their own."""
OTHER: Final = "other kinds"


@dataclass(frozen=True, slots=True)
class Line:
    site: SiteFacts
    window: Window
    first_period: str
    last_period: str
    share: Share
    """Page loads with any third party, of all page loads watched."""
    recipients: int
    """Third parties known by name, those that were stopped every time included."""
    categories: tuple[tuple[str, int], ...]
    """Recipients by category; every recipient stands in one."""
    rung: str
    """The highest that any recipient known by name was seen to receive; '' where no page load contacted any."""
    reached: Share | None
    """Page loads on which that rung was surely reached."""
    behind: int
    """Recipients behind the product's own names; never added up with the others."""
    behind_rung: str
    before_choice: Share | None
    """Page loads with any third party, of those opened while the consent tool waited; None if there were none."""
    after_refusal: Share | None
    consent_known: bool
    blocked: int

    def of(self, category: str) -> int:
        """Recipients of one of APART, or of all that are in none of them."""
        if category == OTHER:
            return sum(number for name, number in self.categories if name not in APART)
        return dict(self.categories).get(category, 0)


@dataclass(frozen=True, slots=True)
class Comparison:
    library: str
    kind: str
    """'' where the products were named one by one."""
    lines: tuple[Line, ...]
    """The highest rung first, then the largest share."""
    unwatched: tuple[str, ...]
    """Names of products of which no page load was watched in this time."""
    since: str
    until: str
    """As asked; '' where the window is open."""
    lists: tuple[Ruleset, ...]
    made_on: str
    program_version: str

    @property
    def time(self) -> str:
        """What was asked about; where an end is open, from the first or to the last period that was watched."""
        first = self.since or min(line.first_period for line in self.lines)
        last = self.until or periods.latest(line.last_period for line in self.lines)
        begin, end = periods.words(first), periods.words(last)
        return begin if begin == end else f"{begin} to {end}"


def build(
    lines: Iterable[Line],
    unwatched: Iterable[str],
    lists: Sequence[Ruleset],
    *,
    library: str,
    kind: str,
    since: str,
    until: str,
    made_on: str,
    program_version: str,
) -> Comparison:
    return Comparison(
        library=library,
        kind=kind,
        lines=tuple(sorted(lines, key=_order)),
        unwatched=tuple(sorted(unwatched, key=str.casefold)),
        since=since,
        until=until,
        lists=tuple(lists),
        made_on=made_on,
        program_version=program_version,
    )


def line(report: Report, rows: Rows) -> Line:
    """`rows`: those that the report was made of."""
    rung, reached = _highest(report, rows, report.findings)
    if not rung and report.share.part:
        rung, reached = wording.RUNGS[0], report.share
    named = {finding.party.domain for finding in report.findings}
    behind = [finding for finding in report.behind if finding.share.part]
    # What was sent is read from browsers' reports, and these name nobody behind an own name.
    behind_rung, _ = _highest(report, rows, [one for one in behind if one.party.domain not in named])
    categories = {group.category: len({one.party.domain for one in group.findings}) for group in report.groups}
    states = {state.name: state.share for state in report.consents}
    when = sorted({row["period"] for row in rows.page_loads if row["loads"]})
    return Line(
        site=report.site,
        window=report.window,
        first_period=when[0],
        last_period=periods.latest(when),
        share=report.share,
        recipients=report.recipients,
        categories=tuple(sorted(categories.items(), key=lambda one: (-one[1], one[0]))),
        rung=rung,
        reached=reached,
        behind=len({one.party.domain for one in report.behind}),
        behind_rung=behind_rung or (wording.RUNGS[0] if behind else ""),
        before_choice=states.get("undecided"),
        after_refusal=states.get("refused"),
        consent_known=report.consent_known,
        blocked=report.blocked,
    )


def cautions(comparison: Comparison) -> tuple[str, ...]:
    """What makes it unsafe to set these products against each other; the general reasons first."""
    lines = comparison.lines
    found = [
        "Products are used differently: which pages patrons open, and what they do there, is not the product's doing."
    ]
    least, most = (pick(lines, key=lambda one: one.share.whole) for pick in (min, max))
    if least.share.whole != most.share.whole:
        loads = f"from {least.share.whole:,} ({least.site.name}) to {most.share.whole:,} ({most.site.name})"
        found.append(f"Page loads watched go {loads}. The more were watched, the more recipients and rungs are found.")
    few = [one.site.name for one in lines if one.share.small]
    if few:
        found.append(f"Fewer than {SMALL} page loads: {_names(few)}. Read the counts, and lean on nothing else.")
    if len({(one.first_period, one.last_period, one.window.days) for one in lines}) > 1:
        found.append("Not all were watched on the same days; a product may have changed in between.")
    if len({one.site.kind for one in lines}) > 1:
        found.append("They are of different kinds: a catalog is not used as an article platform is.")
    if blocked := [one.site.name for one in lines if one.blocked]:
        found.append(
            f"The library stopped contacts on {_names(blocked)}. What is stopped lowers that product's share and what "
            "was received."
        )
    if unknown := [one.site.name for one in lines if not one.consent_known]:
        found.append(f"The consent tool was not understood, or there is none: {_names(unknown)}.")
    if left := sum(one.window.left_out_loads for one in lines):
        loads = "page load is" if left == 1 else "page loads are"
        found.append(f"{left:,} {loads} left out: known only by a month that lies partly outside this time.")
    found.append(
        "An interval says what chance alone would do. Where two intervals overlap, the shares may well be the same."
    )
    return tuple(found)


def _highest(report: Report, rows: Rows, findings: Iterable[Finding]) -> tuple[str, Share | None]:
    names = {finding.party.domain for finding in findings if finding.share.part}
    sent = [row for row in rows.received if row["third_party"] in names]
    given = received(sent, "site", {report.site.id: report.share.whole}).get(report.site.id)
    return (given.rung, given.share) if given else ("", None)


def _order(one: Line) -> tuple[int, float, str, str]:
    height = wording.RUNGS.index(one.rung) if one.rung else -1
    return -height, -one.share.fraction, one.site.name.casefold(), one.site.id


def _names(names: Sequence[str]) -> str:
    """
    >>> _names(["A", "B"]), _names(["A", "B", "C", "D", "E", "F"])
    ('A, B', 'A, B, C, and 3 more')
    """
    return ", ".join(names) if len(names) < 5 else f"{', '.join(names[:3])}, and {len(names) - 3} more"
