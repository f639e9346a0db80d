"""`carrel compare`: several products by the same measures, on one page."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import click

from addons.settings import Settings
from deploy.arguments import day, with_settings, writes_documents


@click.command()
@with_settings
@click.argument("sites", nargs=-1, metavar="SITE SITE...")
@writes_documents
@click.option("--kind", type=click.Choice(["vendor", "catalog", "library"]), help="Compare all sites of this kind.")
@click.option(
    "--format", "formats", default="html,csv", show_default=True,
    help="One or more of: html, pdf, docx, xlsx, csv, json.",
)  # fmt: skip
def compare(
    settings: Settings,
    sites: tuple[str, ...],
    kind: str | None,
    since: datetime | None,
    until: datetime | None,
    formats: str,
    out: Path,
    templates: tuple[Path, ...],
    made_on: datetime | None,
) -> None:
    """Write one page with the same measures for each SITE, and what makes the comparison unsafe. No score.

    Example: carrel compare --kind vendor --since 2026-09-01 --format pdf,xlsx
    """
    from deploy import comparing

    written = comparing.write(
        settings,
        sites,
        kind or "",
        since=day(since),
        until=day(until),
        made_on=day(made_on) or date.today(),
        formats_wanted=formats,
        out=out,
        templates=templates,
    )
    for path in written:
        click.echo(path)
