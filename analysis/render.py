"""A report as one HTML file, and as a bundle of CSV files. Pure: the same report gives the same bytes."""

from __future__ import annotations

import csv as comma
import io
from collections.abc import Iterable
from functools import cache
from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from analysis import charts, wording
from analysis.evidence import Finding, Report

CHART = "recipients_by_category"

RECIPIENTS = (
    "site", "recipient", "service", "owner", "owner_group", "category", "relation", "list", "list_version", "rule",
    "sections", "page_loads_contacted", "page_loads_watched", "percent", "page_loads_blocked",
    "page_loads_stopped_upstream", "kinds", "how_seen", "first_period", "last_period", "received",
    "page_loads_received_at_least", "all_received",
    "page_loads_before_choice", "watched_before_choice", "page_loads_after_refusal", "watched_after_refusal",
    "page_loads_relayed_at_least", "behind_own_name", "counts",
)  # fmt: skip
PAGE_LOADS = ("site", "period", "section", "consent", "page_loads", "with_any_third_party")


def html(report: Report) -> str:
    """One file with nothing outside it: style and chart are inside, and no link is needed to read it."""
    style = Markup((resources.files("analysis") / "static" / "report.css").read_text("utf-8"))  # noqa: S704  # our own file
    template = _environment().get_template("report.html")
    return template.render(
        report=report, wording=wording, style=style, chart=_chart(report), alternative=_alternative(report)
    )


def csv(report: Report) -> dict[str, str]:
    """File name -> text. README.txt says what the columns mean and what is not claimed."""
    everyone = (*report.findings, *report.behind, *report.apart)
    return {
        "recipients.csv": _table(RECIPIENTS, (_recipient(report, one) for one in everyone)),
        "page_loads.csv": _table(
            PAGE_LOADS,
            (
                (report.site.id, row.period, row.section, row.consent, row.loads, row.with_third_party)
                for row in report.page_loads
            ),
        ),
        "README.txt": _environment().get_template("report.txt").render(report=report, wording=wording),
    }


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("analysis", "templates"),
        autoescape=select_autoescape(["html"]),  # report.txt is plain text
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _chart(report: Report) -> Markup:
    rows = [
        {"category": group.category, "third_parties": len(group.findings), "names": ""}
        for group in sorted(report.groups, key=lambda group: (-len(group.findings), group.category.lower()))
    ]
    return Markup(charts.svg(CHART, rows)) if rows else Markup("")  # noqa: S704  # Vega escapes what it draws


def _alternative(report: Report) -> str:
    counts = ", ".join(f"{group.category} {len(group.findings)}" for group in report.groups)
    return f"Third parties by category: {counts}."


def _recipient(report: Report, finding: Finding) -> tuple[Any, ...]:
    party, given = finding.party, finding.received
    before, after = finding.before_choice, finding.after_refusal
    return (
        report.site.id,
        party.domain,
        party.service,
        party.owner,
        party.owner_group,
        "" if party.category == wording.NO_CATEGORY else party.category,
        finding.relation,
        party.list,
        party.list_version,
        party.rule,
        " ".join(finding.sections),
        finding.share.part,
        finding.share.whole,
        f"{100 * finding.share.fraction:.1f}",
        finding.blocked,
        finding.stopped_upstream,
        " ".join(finding.kinds),
        " ".join(finding.methods),
        finding.first_period,
        finding.last_period,
        given.rung if given else wording.RUNGS[0] if finding.share.part else "",
        given.share.part if given else finding.share.part,
        "; ".join(f"{one.what} ({' '.join(one.carriers)})" for one in given.whats) if given else "",
        before.part if before else "",
        before.whole if before else "",
        after.part if after else "",
        after.whole if after else "",
        finding.relayed,
        "yes" if finding.behind else "no",
        "at least" if finding.at_least else "exact",
    )


def _table(head: Iterable[str], rows: Iterable[Iterable[Any]]) -> str:
    text = io.StringIO()
    writer = comma.writer(text, lineterminator="\r\n")
    writer.writerow(head)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return text.getvalue()


def _cell(value: Any) -> Any:
    """A spreadsheet would run text that begins like a formula; names come from outside."""
    return f"'{value}" if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")) else value
