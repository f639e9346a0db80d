"""Observed against disclosed, from the live database and the configuration. Reads only."""

from __future__ import annotations

import sqlite3
from contextlib import closing

from addons.decide.sites import in_scope
from addons.settings import Settings, Site
from analysis import disclosed, parties, questions, report, wording
from analysis.disclosed import Comparison
from analysis.report import ReportError, Rows
from blocklists.owners import Knowledge


class UnknownSiteError(ValueError):
    """One line with the sites that are known."""


def site_of(settings: Settings, knowledge: Knowledge, name: str) -> Site:
    """A site of the configuration or of the shipped directory."""
    sites = in_scope(settings.sites, knowledge.products if settings.directory.use else ()).sites
    if found := next((site for site in sites if site.id == name), None):
        return found
    configured = ", ".join(site.id for site in settings.sites) or "none in the configuration"
    raise UnknownSiteError(f'there is no site "{name}"; known are {configured}, and the shipped directory')


def compare(settings: Settings, site: Site, within: Rows | None = None) -> Comparison:
    """Everybody who was ever seen on the site, or only `within` a report's time; the vendor's own hosts apart."""
    database = settings.data.database
    if not database.is_file():
        raise ReportError(f"{database}: there is no database yet; start `carrel up` once")
    with closing(sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro", uri=True)) as connection:
        seen = within or report.rows(connection, site.id)
        documents, mentions, verdicts = (
            _ask(connection, f"evidence_{name}", site.id) for name in ("documents", "mentions", "verdicts")
        )
    known = {row["domain"]: parties.party(row) for row in seen.third_parties}
    domains = {
        row["third_party"]
        for row in seen.presences
        if row["third_party"] not in wording.BUCKETS and (row["stands"] != "own" or row["relation"] == "group")
    }
    observed = [known.get(domain) or parties.unknown(domain) for domain in sorted(domains)]
    return disclosed.build(observed, documents, mentions, verdicts, permitted=site.permitted, disclosed=site.disclosed)


def _ask(connection: sqlite3.Connection, name: str, site: str) -> list[dict[str, object]]:
    question = questions.question(name)
    try:
        cursor = connection.execute(question.sql, question.given(site=site))
    except sqlite3.OperationalError as error:
        raise ReportError(f"the database cannot be read ({error}); start the newest `carrel up` once") from None
    columns = [column[0] for column in cursor.description]
    return [dict(zip(columns, row, strict=True)) for row in cursor]
