"""`carrel report`: the evidence about one site."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import click

from addons.settings import Settings
from deploy.arguments import with_settings

FORMATS = ("html", "csv")
_DAY = click.DateTime(["%Y-%m-%d"])


@click.command()
@with_settings
@click.argument("site")
@click.option("--since", type=_DAY, help="First day, such as 2026-11-01.  [default: the first that is kept]")
@click.option("--until", type=_DAY, help="Last day.  [default: the last that is kept]")
@click.option("--format", "formats", default=",".join(FORMATS), show_default=True, help="One or more of: html, csv.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("reports"),
    show_default=True,
    help="Folder to write to.",
)
@click.option("--made-on", type=_DAY, help="The date of making that the report states.  [default: today]")
def report(
    settings: Settings,
    site: str,
    since: datetime | None,
    until: datetime | None,
    formats: str,
    out: Path,
    made_on: datetime | None,
) -> None:
    """Write the report about SITE, the id of a site in carrel.toml or in the shipped directory.

    Example: carrel report sciencedirect --since 2026-09-01 --out reports
    """
    from deploy import report as reporting

    wanted = {word.strip() for word in formats.split(",") if word.strip()}
    if not wanted or wanted - set(FORMATS):
        raise click.UsageError(f"--format: known are {', '.join(FORMATS)}")
    written = reporting.write(
        settings,
        site,
        since=since.date() if since else None,
        until=until.date() if until else None,
        made_on=made_on.date() if made_on else date.today(),
        formats=wanted,
        out=out,
    )
    for path in written:
        click.echo(path)
