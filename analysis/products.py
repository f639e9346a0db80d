"""`carrel compare`: read the rows of several sites from the database, at one moment. Reads only the views.

Products of which no page load was watched in the time asked about are named, and stand in no line.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence

from analysis import comparison, evidence, periods
from analysis.comparison import Comparison, Line
from analysis.coverage import Ruleset
from analysis.evidence import Report, ReportError, Rows
from analysis.report import ask


def compare(
    connection: sqlite3.Connection,
    sites: Sequence[str],
    since: str = "",
    until: str = "",
    *,
    kind: str = "",
    library: str = "",
    made_on: str = "",
    program_version: str = "",
    names: Mapping[str, str] | None = None,
) -> Comparison:
    """`names`: of sites that may be missing in the database, since none of their pages was opened yet.

    Raise ReportError (one line) for an unknown site, or where of no product a page load was watched.
    """
    try:
        since, until = periods.window(since, until)
    except ValueError as error:
        raise ReportError(str(error)) from None
    connection.execute("begin")  # all rows of one moment: the ledger may write while we read
    try:
        known = {row["site"]: row["name"] for row in ask(connection, "sites")} | dict(names or {})
        if missing := [site for site in sites if site not in known]:
            raise ReportError(f"there is no site {missing[0]!r}; known are: {', '.join(sorted(known)) or 'none'}")
        lines, unwatched = _lines(connection, sites, since, until)
        lists = [
            Ruleset(**{name: row[name] for name in Ruleset.__dataclass_fields__}) for row in ask(connection, "lists")
        ]
    except sqlite3.OperationalError as error:
        raise ReportError(f"the database cannot be read ({error}); is it one of this Carrel's?") from None
    finally:
        connection.rollback()
    if not lines:
        raise ReportError(
            "no page load of any of these products was watched in this time, so there is nothing to compare; "
            "open their pages through the proxy, or ask about a longer time"
        )
    return comparison.build(
        lines,
        (known[site] for site in unwatched),
        lists,
        library=library,
        kind=kind,
        since=since,
        until=until,
        made_on=made_on,
        program_version=program_version,
    )


def of_kind(connection: sqlite3.Connection, kind: str) -> tuple[str, ...]:
    """Ids of all sites of that kind that the database knows."""
    try:
        return tuple(sorted(row["site"] for row in ask(connection, "sites") if row["kind"] == kind))
    except sqlite3.OperationalError as error:
        raise ReportError(f"the database cannot be read ({error}); is it one of this Carrel's?") from None


def beside(connection: sqlite3.Connection, report: Report, rows: Rows) -> Comparison:
    """The reported product and all others of its kind, over the time that the report asked about."""
    kind, window = report.site.kind, report.window
    others = [site for site in of_kind(connection, kind) if site != report.site.id]
    lines, unwatched = _lines(connection, others, window.asked_since, window.asked_until)
    names = {row["site"]: row["name"] for row in ask(connection, "sites")}
    return comparison.build(
        (comparison.line(report, rows), *lines),
        (names[site] for site in unwatched),
        report.lists,
        library=report.library,
        kind=kind,
        since=window.asked_since,
        until=window.asked_until,
        made_on=report.made_on,
        program_version=report.program_version,
    )


def _lines(
    connection: sqlite3.Connection, sites: Iterable[str], since: str, until: str
) -> tuple[list[Line], list[str]]:
    lines: list[Line] = []
    unwatched: list[str] = []
    for site in dict.fromkeys(sites):
        rows = _rows(connection, site, since, until)
        if rows is None:
            unwatched.append(site)
        else:
            lines.append(comparison.line(evidence.build(rows, site, since, until, "", ""), rows))
    return lines, unwatched


def _rows(connection: sqlite3.Connection, site: str, since: str, until: str) -> Rows | None:
    """What a line is made of: less than a report needs. None where no page load was watched."""
    page_loads = ask(connection, "evidence_page_loads", site=site, since=since, until=until)
    if not any(row["loads"] for row in page_loads):
        return None
    return Rows(
        site=ask(connection, "evidence_site", site=site),
        page_loads=page_loads,
        left_out=ask(connection, "evidence_left_out", site=site, since=since, until=until),
        presences=ask(connection, "evidence_presences", site=site, since=since, until=until),
        contacts=(),
        third_parties=ask(connection, "evidence_third_parties", site=site),
        received=ask(connection, "received", site=site, since=since, until=until),
        lists=(),
    )
