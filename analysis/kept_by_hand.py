"""One row for each product, in the shape of the tables that librarians keep by hand. For the library itself: exact, not
thresholded. Pure; a row is made of the product's report and of what its documents disclose.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from analysis import disclosed, wording
from analysis.evidence import Finding, Report
from analysis.spreadsheets import Value

NOT_RECORDED: Final = "not recorded"
NONE_SEEN: Final = "none seen"
_OF: Final = {
    "analytics": ("analytics",),
    "social": ("social widget",),
    "advertising": ("advertising",),
    "session_replay": ("session replay",),
    "covers_and_enrichment": ("covers and enrichment", "altmetrics"),
}
COLUMNS: Final = {
    "id": "Id",
    "product": "Product",
    "vendor": "Vendor",
    "kind": "Kind",
    "domains": "Domains",
    "https": "HTTPS?",
    "analytics": "Analytics",
    "social": "Social media",
    "advertising": "Advertising",
    "session_replay": "Session replay",
    "covers_and_enrichment": "Covers and enrichment",
    "other": "Other third parties",
    "behind_own_names": "Trackers behind own names",
    "own_group": "Vendor's own group",
    "highest_received": "The most that was received",
    "consent_tool": "Consent tool?",
    "after_refusal": "Contacted after refusal",
    "page_loads": "Page loads watched",
    "with_third_party": "Of these with a third party",
    "percent": "Percent",
    "window": "Time watched",
    "blocked": "Stopped on some page load",
    "disclosed": "Disclosed in the vendor's documents",
    "last_looked_at": "Last looked at",
}


def row(report: Report, documents: disclosed.Comparison | None) -> dict[str, Value]:
    contacted = [one for one in report.findings if one.share.part]
    found: dict[str, Value] = {
        "id": report.site.id,
        "product": report.site.name,
        "vendor": report.site.vendor,
        "kind": report.site.kind,
        "domains": "\n".join(report.site.domains),
        # Page loads are counted whatever their scheme, and the scheme is not kept.
        "https": NOT_RECORDED,
    }
    named = {category for categories in _OF.values() for category in categories}
    found |= {name: _names(one for one in contacted if one.party.category in of) for name, of in _OF.items()}
    rungs = [one.received.rung for one in contacted if one.received]
    highest = max(rungs, key=wording.RUNGS.index) if rungs else wording.RUNGS[0] if contacted else NONE_SEEN
    refused = [one for one in contacted if one.after_refusal and one.after_refusal.part]
    knows_refusals = any(state.name == "refused" for state in report.consents)
    return found | {
        "other": _names(one for one in contacted if one.party.category not in named),
        "behind_own_names": _names(one for one in report.behind if one.share.part),
        "own_group": _names(one for one in report.apart if one.relation == "group" and one.share.part),
        "highest_received": highest,
        "consent_tool": "one that Carrel knows" if report.consent_known else "none that Carrel knows",
        "after_refusal": _names(refused) if knows_refusals else "no page load after a refusal",
        "page_loads": report.share.whole,
        "with_third_party": report.share.part,
        "percent": round(100 * report.share.fraction, 1),
        "window": report.window.words,
        "blocked": _names(one for one in report.findings if one.blocked or one.stopped_upstream),
        "disclosed": _disclosed(documents),
        "last_looked_at": report.window.last,
    }


def _names(findings: Iterable[Finding]) -> str:
    parties = dict.fromkeys(one.party for one in sorted(findings, key=lambda one: one.party.domain))
    return "\n".join(f"{one.service} ({one.domain})" if one.service else one.domain for one in parties) or NONE_SEEN


def _disclosed(documents: disclosed.Comparison | None) -> str:
    """How many of those observed, by status."""
    if documents is None or all(line.status == disclosed.NO_DOCUMENT for line in documents.lines):
        return disclosed.NO_DOCUMENT
    statuses = [line.status for line in documents.lines]
    kept = [*disclosed.STATUSES, disclosed.NO_DOCUMENT]
    return "\n".join(f"{status}: {statuses.count(status)}" for status in kept if status in statuses)
