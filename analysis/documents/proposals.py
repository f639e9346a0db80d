"""From what was seen to the lines of section 7: one for each kind of finding, with its recipients. Pure.

A proposal. The clause of the contract is the library's to fill in.
"""

from __future__ import annotations

from collections.abc import Iterable

from analysis import standards, wording
from analysis.disclosed import Comparison
from analysis.documents.inputs import Cited, Standard
from analysis.evidence import Finding, Report
from analysis.standards import Place, Seen, Standards


def of(
    report: Report, known: Standards, comparison: Comparison | None = None
) -> tuple[tuple[Standard, ...], tuple[Cited, ...]]:
    """The lines, and the sources that they name."""
    recipients: dict[str, list[str]] = {}
    for finding in (*report.findings, *report.behind, *report.apart):
        for chosen in known.choose(_seen(finding, comparison)):
            recipients.setdefault(chosen.id, []).append(finding.party.domain)
    found = [standard for name, standard in known.findings.items() if name in recipients]
    lines = tuple(
        Standard(
            finding=f"{one.name}\n{', '.join(dict.fromkeys(recipients[one.id]))}",
            clause="",
            red_flag=_place(one.red_flag),
            niso="; ".join(one.niso),
            ala=_place(one.checklist),
            tier=one.tier_words,
            note=one.note,
        )
        for one in found
    )
    return lines, tuple(Cited(one.title, one.publisher, one.address) for one in _cited(known, found))


def _seen(finding: Finding, comparison: Comparison | None) -> Seen:
    line = comparison.line(finding.party.domain) if comparison else None
    before, after = finding.before_choice, finding.after_refusal
    return Seen(
        category="" if finding.party.category == wording.NO_CATEGORY else finding.party.category,
        stands=finding.stands,
        relation=finding.relation,
        sections=frozenset(finding.sections),
        rung=finding.received.rung if finding.received else wording.RUNGS[0],
        before_choice=bool(before and before.part),
        after_refusal=bool(after and after.part),
        disclosure=line.status if line else "",
        permitted=line.permitted if line else None,
    )


def _place(place: Place | None) -> str:
    return f"{place.words} ({place.source.title}: {place.place})" if place else ""


def _cited(known: Standards, found: Iterable[standards.Standard]) -> tuple[standards.Source, ...]:
    return known.cited(found) if found else ()
