"""Writes a report to disk: rows of the live database -> document -> files. What it says is analysis' business."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import date
from importlib.metadata import version
from pathlib import Path

from addons.settings import Settings
from analysis import report as evidence
from analysis.documents import formats, sealed
from analysis.documents.sealed import Inputs
from analysis.evidence import Rows
from analysis.report import ReportError
from deploy import output, report_inputs, sealing
from deploy.report_inputs import Wishes


def write(
    settings: Settings,
    site: str,
    *,
    since: date | None,
    until: date | None,
    made_on: date,
    formats_wanted: str,
    out: Path,
    wishes: Wishes | None = None,
    templates: Sequence[Path] = (),
) -> list[Path]:
    """Returns the files written. Raises a ValueError with one line; nothing is written unless all could be made."""
    chosen = formats.known(formats_wanted)
    own = output.templates(templates)
    inputs, rows = _gathered(settings, site, since, until, made_on, chosen, wishes or Wishes())
    return output.put_all(out, sealed.rendered(sealed.document(inputs, rows), inputs, own))


def seal(
    settings: Settings,
    site: str,
    *,
    since: date | None,
    until: date | None,
    made_on: date,
    formats_wanted: str | None,
    key: Path | None,
    out: Path,
    wishes: Wishes | None = None,
    templates: Sequence[Path] = (),
) -> tuple[Path, str]:
    """The archive written, and what it lacks, or "". `formats_wanted`: None takes all that can be made here."""
    chosen, lacks = (formats.known(formats_wanted), "") if formats_wanted is not None else sealing.makeable()
    own = output.templates(templates)
    inputs, rows = _gathered(settings, site, since, until, made_on, chosen, wishes or Wishes())
    (written,) = output.put_all(out, {f"{site}-report.zip": sealing.seal(inputs, rows, own, key)})
    return written, lacks


def _gathered(
    settings: Settings,
    site: str,
    since: date | None,
    until: date | None,
    made_on: date,
    chosen: tuple[str, ...],
    wishes: Wishes,
) -> tuple[Inputs, Rows]:
    database = settings.data.database
    if not database.is_file():
        raise ReportError(f"no database yet at {database}; start `carrel up` and open a page through the proxy first")
    with closing(sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro", uri=True)) as connection:
        begin, end = (day.isoformat() if day else "" for day in (since, until))
        rows = evidence.rows(connection, site, begin, end)
        report = evidence.build(rows, site, since, until, made_on, version("carrel"), library=settings.library.name)
        extras = report_inputs.gather(settings, connection, report, rows, wishes)
    made = made_on.isoformat()
    return Inputs(site, begin, end, made, report.program_version, settings.library.name, chosen, extras), rows
