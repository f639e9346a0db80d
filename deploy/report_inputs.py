"""What a report says beyond its counts: what was disclosed, asked, decided and stopped. Reads only.

What nobody recorded stays None, and its section says so.
"""

from __future__ import annotations

import json
import sqlite3
import tomllib
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from urllib.parse import urlsplit

from addons import correspondence, decisions
from addons.settings import Settings, Site
from analysis import report as evidence
from analysis import standards
from analysis.documents import controlled, proposals, trend, vendor_documents
from analysis.documents.inputs import Decision, Extras, Kept, Request
from analysis.documents.model import Status
from analysis.evidence import Report, Rows
from analysis.report import ReportError
from analysis.standards import Standards
from blocklists import owners
from deploy import compared


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the one who asks for the report states."""

    status: Status = "draft"
    prepared_for: str = ""
    answer_by: date | None = None
    before_after: date | None = None


def gather(settings: Settings, connection: sqlite3.Connection, report: Report, rows: Rows, wishes: Wishes) -> Extras:
    site, declared_by = _site(settings, report)
    comparison = compared.compare(settings, site)
    known = standards.load()
    proposed, cited = proposals.of(report, known, comparison)
    rules = _decisions(settings, site.id)
    try:
        protections, breakages = (evidence.ask(connection, name, site=site.id) for name in ("protections", "breakages"))
    except sqlite3.OperationalError as error:
        raise ReportError(f"the database cannot be read ({error}); start the newest `carrel up` once") from None
    privacy = settings.privacy
    return Extras(
        status=wishes.status,
        prepared_for=wishes.prepared_for,
        answer_by=wishes.answer_by.isoformat() if wishes.answer_by else "",
        declared_by=declared_by,
        mode=controlled.mode(protections, site.mode or settings.protect.mode),
        config_digest=digest(settings),
        kept=Kept(privacy.k, privacy.rare, privacy.days_kept, privacy.months_kept),
        trend=trend.build(rows),
        before_after=trend.before_after(rows, wishes.before_after.isoformat()) if wishes.before_after else None,
        disclosed=vendor_documents.of(comparison),
        standards=proposed,
        cited=cited,
        controls=controlled.of(report, rows, rules) if protections or rules else None,
        signs=controlled.signs(breakages),
        requests=_requests(settings, site.id, known),
        decisions=rules or None,
    )


def digest(settings: Settings) -> str:
    """Of what the configuration file says, without its secrets: a hash of a secret lets one guess it at leisure."""
    if settings.path is None:
        return ""
    table = tomllib.loads(settings.path.read_text("utf-8-sig"))
    for section, key in (("dashboard", "password_hash"), ("dashboard", "staff_password_hash"), ("alerts", "to")):
        table.get(section, {}).pop(key, None)
    if upstream := table.get("proxy", {}).get("upstream"):
        parts = urlsplit(upstream)
        table["proxy"]["upstream"] = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
    return sha256(json.dumps(table, sort_keys=True, default=str).encode()).hexdigest()


def _site(settings: Settings, report: Report) -> tuple[Site, str]:
    """A site may have been watched and be in no configuration any more."""
    if any(site.id == report.site.id for site in settings.sites):
        declared_by = "the library, in its configuration"
    else:
        declared_by = "the directory shipped with Carrel"
    try:
        return compared.site_of(settings, owners.load(), report.site.id), declared_by
    except compared.UnknownSiteError:
        return Site(report.site.id, report.site.name), ""


def _requests(settings: Settings, site: str, known: Standards) -> tuple[Request, ...]:
    return tuple(
        Request(
            id=str(one.id),
            finding=f"{one.third_party}\n{known.findings[one.finding].name}"
            if one.finding in known.findings
            else one.third_party,
            asked=correspondence.ASKED.get(one.asked, one.asked),
            clause=one.clause,
            wanted_by=one.wanted_by,
            answer=one.answer,
            answered_on=one.answered_on,
            outcome=one.outcome,
        )
        for one in correspondence.requests(settings.data.database, site)
    )


def _decisions(settings: Settings, site: str) -> tuple[Decision, ...]:
    return tuple(
        Decision(
            about=one.third_party,
            decision="may be contacted, whatever the protection",
            decided_by=one.owner,
            since=one.since,
            until=one.until[:10],
            reason=one.reason,
        )
        for one in decisions.decisions(settings.data.database)
        if one.site == site
    )
