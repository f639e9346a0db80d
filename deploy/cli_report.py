"""`carrel report`: the evidence about one site."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from addons.settings import Settings
from deploy.arguments import with_settings

FORMATS = ("html", "csv")


@click.command()
@with_settings
@click.argument("site")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="First day, such as 2026-11-01.")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="Last day.")
@click.option("--format", "formats", default="html,csv", show_default=True, help="One or more of: html, csv.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), default=".", show_default=True,
              help="Folder to write to.")
@click.option("--made-on", type=click.DateTime(["%Y-%m-%d"]), help="Date of making that the report states.  [default: today]")
def report(settings: Settings, site: str, since: datetime | None, until: datetime | None, formats: str, out: Path,
           made_on: datetime | None) -> None:
    """Write the report about SITE (the id of a site in carrel.toml or the directory).

    Example: carrel report sciencedirect --since 2026-09-01 --out reports/
    """
    from deploy import report as reporting

    wanted = [word.strip() for word in formats.split(",") if word.strip()]
    if unknown := set(wanted) - set(FORMATS):
        raise click.UsageError(f"unknown format {', '.join(sorted(unknown))}; known are {', '.join(FORMATS)}")
    days = [moment.date() if moment else None for moment in (since, until, made_on)]
    for path in reporting.write(settings, site, days[0], days[1], wanted, out, days[2]):
        click.echo(path)
