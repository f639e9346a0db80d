"""Writes a comparison to disk: rows of the live database -> document -> files. What it says is analysis' business."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import date
from importlib.metadata import version
from pathlib import Path

from addons.settings import Settings
from analysis import products
from analysis.documents import comparison_page, formats
from analysis.report import ReportError
from blocklists import owners
from deploy import compared, output


def write(
    settings: Settings,
    sites: Sequence[str],
    kind: str,
    *,
    since: date | None,
    until: date | None,
    made_on: date,
    formats_wanted: str,
    out: Path,
    templates: Sequence[Path] = (),
) -> list[Path]:
    """Returns the files written. Raises a ValueError with one line; nothing is written unless all could be made."""
    chosen = formats.known(formats_wanted)
    own = output.templates(templates)
    if sites and kind:
        raise ReportError("name the products, or give --kind, but not both")
    named = tuple(dict.fromkeys(sites))
    if not kind and len(named) < 2:
        raise ReportError("a comparison needs two products or more: name them, or give --kind vendor")
    database = settings.data.database
    if not database.is_file():
        raise ReportError(f"no database yet at {database}; start `carrel up` and open a page through the proxy first")
    with closing(sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro", uri=True)) as connection:
        compared_ones = products.of_kind(connection, kind) if kind else named
        if len(compared_ones) < 2:
            known = f"only {compared_ones[0]}" if compared_ones else "none"
            raise ReportError(f"a comparison needs two products of kind {kind!r} or more; known is {known}")
        window = [day.isoformat() if day else "" for day in (since, until)]
        found = products.compare(
            connection,
            compared_ones,
            *window,
            kind=kind,
            library=settings.library.name,
            made_on=made_on.isoformat(),
            program_version=version("carrel"),
            names=_names(settings, named),
        )
    name = f"comparison-{kind}" if kind else "comparison"
    return output.put_all(out, formats.render(comparison_page.build(found), name, chosen, own))


def _names(settings: Settings, sites: Sequence[str]) -> dict[str, str]:
    """Of the configuration and the shipped directory: a product may be known there, and nobody opened it yet."""
    knowledge = owners.load()
    found: dict[str, str] = {}
    for site in sites:
        try:
            found[site] = compared.site_of(settings, knowledge, site).name
        except compared.UnknownSiteError:
            continue  # it may have been watched, and be in no configuration any more
    return found
