"""`carrel report`: read one site's rows from the database, and build. Reads only the views; writes nothing.

report = build(connection, "sciencedirect", None, None, date(2026, 11, 24), "0.1.0", library="Anytown Public Library")
Files are made of it by analysis.documents.
"""

from __future__ import annotations

import sqlite3
from datetime import date
from typing import Any

from analysis import evidence, periods, questions
from analysis.evidence import Report, ReportError, Rows

__all__ = ["Report", "ReportError", "Rows", "ask", "build", "rows"]


def build(
    source: sqlite3.Connection | Rows,
    site_id: str,
    since: str | date | None,
    until: str | date | None,
    made_on: str | date,
    program_version: str,
    *,
    library: str = "",
) -> Report:
    """Raise ReportError (one line) for an unknown site, a window that ends before it begins, or nothing watched."""
    try:
        begin, end = periods.window(since, until)
    except ValueError as error:
        raise ReportError(str(error)) from None
    found = rows(source, site_id, begin, end) if isinstance(source, sqlite3.Connection) else source
    made = made_on.isoformat() if isinstance(made_on, date) else made_on
    return evidence.build(found, site_id, begin, end, made, program_version, library)


def rows(connection: sqlite3.Connection, site_id: str, since: str = "", until: str = "") -> Rows:
    """All rows of one moment: the ledger may write while we read."""
    ours = not connection.in_transaction
    if ours:
        connection.execute("begin")
    try:
        site = ask(connection, "evidence_site", site=site_id)
        if not site:
            raise ReportError(_unknown(connection, site_id))
        return Rows(
            site=site,
            page_loads=ask(connection, "evidence_page_loads", site=site_id, since=since, until=until),
            left_out=ask(connection, "evidence_left_out", site=site_id, since=since, until=until),
            presences=ask(connection, "evidence_presences", site=site_id, since=since, until=until),
            contacts=ask(connection, "evidence_contacts", site=site_id, since=since, until=until),
            third_parties=ask(connection, "evidence_third_parties", site=site_id),
            received=ask(connection, "received", site=site_id, since=since, until=until),
            lists=ask(connection, "lists"),
            prevented=ask(connection, "evidence_prevented", site=site_id, since=since, until=until),
        )
    except sqlite3.OperationalError as error:
        raise ReportError(f"the database cannot be read ({error}); is it one of this Carrel's?") from None
    finally:
        if ours:
            connection.rollback()


def ask(connection: sqlite3.Connection, name: str, **values: str) -> list[dict[str, Any]]:
    """The rows of one of analysis/queries."""
    question = questions.question(name)
    cursor = connection.execute(question.sql, question.given(**values))
    columns = [column[0] for column in cursor.description]
    return [dict(zip(columns, row, strict=True)) for row in cursor]


def _unknown(connection: sqlite3.Connection, site_id: str) -> str:
    sites = ask(connection, "sites")
    watched = sorted(row["site"] for row in sites if row["loads"])
    if watched:
        return f"there is no site {site_id!r}; page loads were watched of: {', '.join(watched)}"
    if sites:
        return f"there is no site {site_id!r}; known are: {', '.join(sorted(row['site'] for row in sites))}"
    return f"there is no site {site_id!r}: the database knows no site yet; start `carrel up` and open a page"
