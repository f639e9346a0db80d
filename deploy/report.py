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
from analysis.documents import formats, sections
from analysis.documents.model import DocumentError
from analysis.report import ReportError
from deploy import report_inputs
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
    own = formats.Templates.read({path.name: _read(path) for path in templates})
    database = settings.data.database
    if not database.is_file():
        raise ReportError(f"no database yet at {database}; start `carrel up` and open a page through the proxy first")
    with closing(sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro", uri=True)) as connection:
        window = [day.isoformat() if day else "" for day in (since, until)]
        rows = evidence.rows(connection, site, *window)
        report = evidence.build(rows, site, since, until, made_on, version("carrel"), library=settings.library.name)
        extras = report_inputs.gather(settings, connection, report, rows, wishes or Wishes())
    files = formats.render(sections.build(report, extras), site, chosen, own)
    try:
        return [_put(out / name, content) for name, content in files.items()]
    except OSError as error:
        raise ReportError(f"{out}: cannot be written ({error.strerror}); name another folder with --out") from None


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise DocumentError(f"{path}: cannot be read ({error.strerror}); name another file with --template") from None


def _put(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path
