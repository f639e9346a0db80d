"""Writes a report to disk: rows of the live database -> report -> files. What it says is analysis' business."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from contextlib import closing
from datetime import date
from importlib.metadata import version
from pathlib import Path

from addons.settings import Settings
from analysis import report as evidence
from analysis.report import ReportError


def write(
    settings: Settings,
    site: str,
    *,
    since: date | None,
    until: date | None,
    made_on: date,
    formats: Collection[str],
    out: Path,
) -> list[Path]:
    """Returns the files written. Raises ReportError (a ValueError) with one line, before anything is written."""
    report = _read(settings, site, since, until, made_on)
    texts: dict[str, str] = {}
    if "html" in formats:
        texts[f"{site}.html"] = evidence.html(report)
    if "csv" in formats:
        texts |= {f"{site}-csv/{name}": text for name, text in evidence.csv(report).items()}
    try:
        return [_put(out / name, text) for name, text in texts.items()]
    except OSError as error:
        raise ReportError(f"{out}: cannot be written ({error.strerror}); name another folder with --out") from None


def _read(settings: Settings, site: str, since: date | None, until: date | None, made_on: date) -> evidence.Report:
    database = settings.data.database
    if not database.is_file():
        raise ReportError(f"no database yet at {database}; start `carrel up` and open a page through the proxy first")
    with closing(sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro", uri=True)) as connection:
        return evidence.build(connection, site, since, until, made_on, version("carrel"), library=settings.library.name)


def _put(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(text)
    return path
