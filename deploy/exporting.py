"""Gathers and writes what `carrel export` gives: the table of products, a summary, several summaries merged. Reads only
the database; what may leave the library is decided in analysis/exchange.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import date
from importlib.metadata import version
from pathlib import Path

from addons.settings import Settings
from analysis import kept_by_hand, report, spreadsheets
from analysis.exchange import figures, merging, summary
from analysis.exchange.summary import SummaryError
from analysis.report import ReportError
from analysis.spreadsheets import Value
from blocklists import owners
from deploy import compared, public

FORMATS = ("csv", "xlsx", "json")


class ExportError(ValueError):
    """One line: what cannot be exported, and what to do."""


def products(settings: Settings, formats: str, out: Path, today: date) -> list[Path]:
    """Write products.csv and so on; the paths that were written."""
    wanted = [one.strip() for one in formats.split(",") if one.strip()]
    if unknown := [one for one in wanted if one not in FORMATS] or ([""] if not wanted else []):
        raise ExportError(f"there is no format {unknown[0]!r}; known are {', '.join(FORMATS)}")
    found = _rows(settings, today)
    names, titles = list(kept_by_hand.COLUMNS), list(kept_by_hand.COLUMNS.values())
    cells = [[row[name] for name in names] for row in found]
    told = {"columns": kept_by_hand.COLUMNS, "products": found}
    made: dict[str, bytes] = {
        "csv": spreadsheets.csv_text(names, cells).encode(),
        "xlsx": spreadsheets.workbook("Products", titles, cells, today.isoformat()) if "xlsx" in wanted else b"",
        "json": json.dumps(told, ensure_ascii=False, indent=1).encode() + b"\n",
    }
    return [_put(out / f"products.{one}", made[one]) for one in dict.fromkeys(wanted)]


def _rows(settings: Settings, today: date) -> list[dict[str, Value]]:
    database = settings.data.database
    if not database.is_file():
        raise ReportError(f"no database yet at {database}; start `carrel up` and open a page through the proxy first")
    found = []
    knowledge = owners.load()
    with closing(sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro", uri=True)) as connection:
        try:
            watched = [row["site"] for row in report.ask(connection, "sites") if row["loads"]]
        except sqlite3.Error as error:
            raise ReportError(f"the database cannot be read ({error}); start the newest `carrel up` once") from None
        for site in watched:
            rows = report.rows(connection, site)
            about = report.build(rows, site, None, None, today, version("carrel"), library=settings.library.name)
            try:
                documents = compared.compare(settings, compared.site_of(settings, knowledge, site), rows)
            except compared.UnknownSiteError:  # watched once, and in no configuration any more
                documents = None
            found.append(kept_by_hand.row(about, documents))
    if not found:
        raise ExportError("no page load was watched yet, so there is no product to list; open pages through the proxy")
    return sorted(found, key=lambda row: (str(row["kind"]), str(row["product"]).casefold(), str(row["id"])))


def write_summary(settings: Settings, path: Path, *, anonymous: bool, today: date) -> Path:
    shown = figures.build(public.rows(settings), today)
    library = settings.library
    told = summary.Summary(library.name, library.contact, version("carrel"), today.isoformat()[:7], shown)
    if anonymous:
        own = {domain for site in settings.sites if site.kind != "vendor" for domain in (*site.domains, *site.own)}
        directory = {one.id: (one.name, one.vendor) for one in owners.load().products if one.kind == "vendor"}
        told = summary.anonymous(told, directory, own | set(settings.rewriting.suffixes) | _contacts(library.contact))
    if not told.figures.products:
        raise ExportError(
            f"there is nothing to tell yet: no site has a whole month with {figures.FEWEST_LOADS} page loads or more"
            + (", of the products that every library has in its directory" if anonymous else "")
        )
    return _put(path, summary.render(told).encode())


def _contacts(contact: str) -> set[str]:
    """The domain of an e-mail address."""
    _, found, domain = contact.rpartition("@")
    return {domain.lower()} if found and "." in domain else set()


def merge(paths: Sequence[Path], form: str) -> str:
    found = []
    for path in paths:
        try:
            with path.open("rb") as file:
                found.append(summary.read(file.read(summary.LARGEST + 1)))
        except OSError as error:
            raise ExportError(f"{path}: cannot be read ({error.strerror})") from None
        except SummaryError as error:
            raise ExportError(f"{path}: {error}") from None
    merged = merging.merge(found)
    return merging.as_html(merged) if form == "html" else merging.as_csv(merged)


def _put(path: Path, content: bytes) -> Path:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError as error:
        raise ExportError(f"{path}: cannot be written ({error.strerror}); name another place") from None
    return path
