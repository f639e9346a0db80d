"""From what was seen to the lines of section 7: one for each kind of finding, with its recipients. Pure.

A proposal. The clauses of the contract are those that the library's configuration names.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from analysis import standards, wording
from analysis.disclosed import Comparison
from analysis.documents.inputs import Cited, Standard
from analysis.evidence import Finding, Report
from analysis.standards import Place, Seen, Standards


def of(
    report: Report, known: Standards, comparison: Comparison | None = None, clauses: Mapping[str, str] | None = None
) -> tuple[tuple[Standard, ...], tuple[Cited, ...]]:
    """The lines, and the sources that they name. `clauses`: of the contract, by third party or kind of finding."""
    recipients: dict[str, list[str]] = {}
    for finding in (*report.findings, *report.behind, *report.apart):
        for chosen in known.choose(_seen(finding, comparison)):
            recipients.setdefault(chosen.id, []).append(finding.party.domain)
    found = [standard for name, standard in known.findings.items() if name in recipients]
    lines = tuple(
        Standard(
            finding=f"{one.name}\n{', '.join(dict.fromkeys(recipients[one.id]))}",
            clause=_clauses(one.id, recipients[one.id], clauses or {}),
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


def clause_of(domain: str, clauses: Mapping[str, str]) -> str:
    """What is written of a host of the third party, too, since third parties stand by their registrable domain.

    >>> clause_of("demdex.net", {"dpm.demdex.net": "7.2"}), clause_of("demdex.net", {"net": "1"})
    ('7.2', '')
    """
    return clauses.get(domain) or next((one for name, one in clauses.items() if name.endswith(f".{domain}")), "")


def _clauses(finding: str, domains: Iterable[str], clauses: Mapping[str, str]) -> str:
    """
    >>> _clauses("analytics", ["a.example", "b.example"], {"analytics": "Annex B", "b.example": "7.2"})
    'Annex B\\nb.example: 7.2'
    """
    named = (f"{one}: {clause}" for one in dict.fromkeys(domains) if (clause := clause_of(one, clauses)))
    return "\n".join(text for text in (clauses.get(finding, ""), *named) if text)


def _place(place: Place | None) -> str:
    return f"{place.words} ({place.source.title}: {place.place})" if place else ""


def _cited(known: Standards, found: Iterable[standards.Standard]) -> tuple[standards.Source, ...]:
    return known.cited(found) if found else ()
