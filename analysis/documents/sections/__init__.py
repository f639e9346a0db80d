"""From a report to a document: every section and annex in order, also where there is nothing to say yet. Pure."""

from __future__ import annotations

from analysis.documents import plain
from analysis.documents.inputs import Extras
from analysis.documents.model import Document, Part
from analysis.documents.sections import annexes, asked, compared, disclosed, findings, front, limits, over_time
from analysis.evidence import Report


def build(report: Report, extras: Extras | None = None) -> Document:
    more = extras or Extras()
    parts: tuple[Part, ...] = (
        front.title_page(report, more),
        front.one_page(report, more),
        front.scope(report, more),
        front.method(report, more),
        findings.findings(report, more),
        findings.own_names(report, more),
        disclosed.against_disclosed(report, more),
        disclosed.standards(report, more),
        over_time.trend(report, more),
        compared.controls(report, more),
        compared.comparison(report, more),
        asked.requests(report, more),
        limits.limits(),
        *annexes.all_of(report, more),
    )
    document = Document(
        title=front.title(report),
        status=more.status,
        library=report.library,
        subject=report.site.id,
        made_on=report.made_on,
        program_version=report.program_version,
        parts=parts,
    )
    return plain.cleaned(annexes.with_dictionary(document))
