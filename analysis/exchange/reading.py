"""The rows behind the figures, of one moment. Reads only the views."""

from __future__ import annotations

import sqlite3

from analysis.exchange.figures import Rows
from analysis.report import ReportError, ask


def rows(connection: sqlite3.Connection) -> Rows:
    """Raise ReportError (one line) for a database that is not ready."""
    connection.execute("begin")
    try:
        return Rows(
            sites=ask(connection, "sites"),
            page_loads=ask(connection, "public_page_loads"),
            presences=ask(connection, "public_presences"),
            received=ask(connection, "received"),
            coverages=ask(connection, "coverage"),
            lists=ask(connection, "lists"),
        )
    except sqlite3.OperationalError as error:
        raise ReportError(f"the database cannot be read ({error}); start the newest `carrel up` once") from None
    finally:
        connection.rollback()
