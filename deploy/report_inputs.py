"""What a report says beyond its counts: what was disclosed, asked, decided and stopped. Reads only.

What nobody recorded stays None, and its section says so.
"""

from __future__ import annotations

import json
import sqlite3
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from urllib.parse import urlsplit

from addons import correspondence, decisions
from addons.settings import Settings, Site
from analysis import comparison as comparing
from analysis import products, standards
from analysis import report as evidence
from analysis.disclosed import CONFIGURATION, Comparison
from analysis.documents import beside, controlled, proposals, trend, vendor_documents
from analysis.documents.inputs import Answer, Decision, Extras, Kept, Request
from analysis.documents.model import Status
from analysis.evidence import Report, Rows
from analysis.report import ReportError
from analysis.standards import Standards
from blocklists import owners
from deploy import compared, suffixes


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the one who asks for the report states."""

    status: Status = "draft"
    prepared_for: str = ""
    answer_by: date | None = None
    before_after: date | None = None
    event: str = ""
    """What happened on the day of `before_after`."""
    prepared_by: str = ""
    browsers: tuple[str, ...] = ()
    """Families, as the library states them: what a browser calls itself is not kept."""
    with_names: bool = False
    """Print which of the staff decided; else they are all "library staff"."""
    alone: bool = False
    """Without the library's other products: a licence may keep what is seen of one from the vendor of another."""


def gather(settings: Settings, connection: sqlite3.Connection, report: Report, rows: Rows, wishes: Wishes) -> Extras:
    site, declared_by = _site(settings, report)
    comparison = compared.compare(settings, site, rows)
    known = standards.load()
    clauses = dict(site.clauses)
    proposed, cited = proposals.of(report, known, comparison, clauses)
    rules = _rules(settings, site.id, with_names=wishes.with_names)
    try:
        protections, breakages = (evidence.ask(connection, name, site=site.id) for name in ("protections", "breakages"))
    except sqlite3.OperationalError as error:
        raise ReportError(f"the database cannot be read ({error}); start the newest `carrel up` once") from None
    others = None if wishes.alone else products.beside(connection, report, rows)
    privacy = settings.privacy
    return Extras(
        status=wishes.status,
        prepared_by=wishes.prepared_by or _library(settings),
        prepared_for=wishes.prepared_for,
        answer_by=wishes.answer_by.isoformat() if wishes.answer_by else "",
        declared_by=declared_by,
        page_kinds=tuple((kind, " ".join(paths)) for kind, paths in site.sections),
        browsers=wishes.browsers,
        suffix_list=suffixes.shipped().words,
        mode=controlled.mode(protections, site.mode or settings.protect.mode),
        config_digest=digest(settings),
        kept=Kept(privacy.k, privacy.rare, privacy.days_kept, privacy.months_kept),
        trend=trend.build(rows),
        before_after=trend.before_after(rows, wishes.before_after.isoformat(), wishes.event)
        if wishes.before_after
        else None,
        disclosed=vendor_documents.of(
            comparison, with_names=wishes.with_names, clause_of=lambda domain: proposals.clause_of(domain, clauses)
        ),
        standards=proposed,
        cited=cited,
        controls=controlled.of(report, rows, rules) if protections or rules else None,
        signs=controlled.signs(breakages),
        requests=_requests(settings, site.id, known, clauses),
        comparison=beside.of(others, site.id) if others else None,
        unwatched=others.unwatched if others else (),
        cautions=comparing.cautions(others) if others and len(others.lines) > 1 else (),
        decisions=(*_declared(site, declared_by), *rules, *_verdicts(comparison, with_names=wishes.with_names)) or None,
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


def _library(settings: Settings) -> str:
    library = settings.library
    return f"{library.name}, {library.contact}" if library.contact else library.name


def _requests(settings: Settings, site: str, known: Standards, clauses: Mapping[str, str]) -> tuple[Request, ...]:
    database = settings.data.database
    return tuple(
        Request(
            id=str(one.id),
            finding=f"{one.third_party}\n{known.findings[one.finding].name}"
            if one.finding in known.findings
            else one.third_party,
            asked=correspondence.ASKED.get(one.asked, one.asked),
            clause=one.clause or proposals.clause_of(one.third_party, clauses) or clauses.get(one.finding, ""),
            wanted_by=one.wanted_by,
            answers=tuple(
                Answer(said.answered_on, said.answer, said.outcome) for said in correspondence.answers(database, one.id)
            ),
            asked_on=one.asked_on,
        )
        for one in correspondence.requests(database, site)
    )


def _declared(site: Site, declared_by: str) -> Iterator[Decision]:
    """What counts as the product's own; the configuration has no day for it."""
    for domain in site.domains:
        yield Decision(domain, "counts as the product's own; its pages are opened and watched", declared_by, "")
    for domain in site.own:
        yield Decision(domain, "counts as the product's own; passes sealed", declared_by, "")


def _verdicts(comparison: Comparison, *, with_names: bool) -> Iterator[Decision]:
    judged = [(one.party.domain, one.verdict) for one in comparison.lines]
    judged += [(one.name, one.verdict) for one in comparison.unobserved]
    for about, verdict in judged:
        if verdict:
            who = verdict.decided_by if with_names or verdict.decided_by == CONFIGURATION else vendor_documents.STAFF
            yield Decision(about, f"counts as {verdict.status}", who, verdict.declared, "", verdict.because)


def _rules(settings: Settings, site: str, *, with_names: bool) -> tuple[Decision, ...]:
    return tuple(
        Decision(
            about=one.third_party,
            decision="may be contacted, whatever the protection",
            decided_by=one.owner if with_names else vendor_documents.STAFF,
            since=one.since,
            until=one.until[:10],
            reason=one.reason,
        )
        for one in decisions.decisions(settings.data.database)
        if one.site == site
    )
