"""`carrel compare`: several products by the same measures, on one page."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import click

from addons.settings import Settings
from deploy.arguments import with_settings

_DAY = click.DateTime(["%Y-%m-%d"])


@click.command()
@with_settings
@click.argument("sites", nargs=-1, metavar="SITE SITE...")
@click.option("--kind", type=click.Choice(["vendor", "catalog", "library"]), help="Compare all sites of this kind.")
@click.option("--since", type=_DAY, help="First day, such as 2026-11-01.  [default: the first that is kept]")
@click.option("--until", type=_DAY, help="Last day.  [default: the last that is kept]")
@click.option(
    "--format", "formats", default="html,csv", show_default=True,
    help="One or more of: html, pdf, docx, xlsx, csv, json.",
)  # fmt: skip
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("reports"),
    show_default=True,
    help="Folder to write to.",
)
@click.option(
    "--template", "templates", type=click.Path(path_type=Path), multiple=True,
    help="The library's own template: .html (for HTML and PDF) or .docx. May be given once for each.",
)  # fmt: skip
@click.option("--made-on", type=_DAY, help="The date of making that the page states.  [default: today]")
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
        since=_day(since),
        until=_day(until),
        made_on=_day(made_on) or date.today(),
        formats_wanted=formats,
        out=out,
        templates=templates,
    )
    for path in written:
        click.echo(path)


def _day(time: datetime | None) -> date | None:
    return time.date() if time else None
