"""How a site is protected, for section 9: since when each recipient is stopped or let pass, and what broke. Pure.

Signs that pages do not work are counted by site, never by recipient: nobody is said to have broken a page.
"""

from __future__ import annotations

from collections.abc import Iterable

from analysis.documents.inputs import Control, Decision
from analysis.evidence import Report, Row, Rows
from analysis.protection import standing_of


def of(report: Report, rows: Rows, rules: Iterable[Decision]) -> tuple[Control, ...]:
    """Of those recipients that were stopped, or that a rule of the library lets pass on the day of making."""
    passing = {rule.about: rule for rule in rules if rule.until >= report.made_on}
    stopped: dict[str, str] = {}
    for row in rows.presences:
        if row["outcome"] != "allowed" and row["loads"]:
            stopped[row["third_party"]] = min(row["period"], stopped.get(row["third_party"], row["period"]))
    found = dict.fromkeys(finding.party.domain for finding in (*report.findings, *report.behind))
    contacted = {one.party.domain for one in (*report.findings, *report.behind) if one.share.part}
    controls: list[Control] = []
    for name in found:
        rule = passing.get(name)
        if not rule and name not in stopped:
            continue
        state = "allowed" if name not in stopped else "both" if name in contacted else "blocked"
        reason = f"let pass by a rule: {rule.reason}" if rule else ""
        controls.append(Control(name, state, rule.since if rule else stopped[name], reason))
    return tuple(controls)


def mode(protections: Iterable[Row], configured: str) -> str:
    """What the proxy said of the site; what the configuration says where it said nothing yet."""
    standing = next(iter(standing_of(protections)), None)
    return standing.words if standing else configured


def signs(breakages: Iterable[Row]) -> tuple[str, ...]:
    """
    >>> signs([{"protected": 1, "loads": 40, "errors": 3, "reloads": 2, "log_ins": 1}])
    ('Signs that pages do not work, with protection: 40 page loads, 3 errors, 2 reloads, 1 repeated log-in.',)
    """
    return tuple(
        f"Signs that pages do not work, {'with' if row['protected'] else 'without'} protection: "
        f"{_count(row['loads'], 'page load')}, {_count(row['errors'], 'error')}, {_count(row['reloads'], 'reload')}, "
        f"{_count(row['log_ins'], 'repeated log-in')}."
        for row in breakages
    )


def _count(number: int, name: str) -> str:
    return f"{number:,} {name}{'' if number == 1 else 's'}"
