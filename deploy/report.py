"""Writes a report to disk: rows of the live database -> report -> files. What it says is analysis' business."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from addons.settings import Settings


def write(
    settings: Settings, site: str, since: date | None, until: date | None, formats: Sequence[str], out: Path, made_on: date | None
) -> list[Path]:
    """Returns the files that were written. Raises ReportError (a ValueError) with one line."""
    raise NotImplementedError
