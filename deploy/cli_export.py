"""`carrel export`: a table of products, a summary for another library, and several summaries beside each other."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import click

from addons.settings import Settings
from deploy.arguments import with_settings

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command(name="export")
@with_settings
@click.argument("files", nargs=-1, type=_FILE)
@click.option("--products", is_flag=True, help="Write a table with one row for each product. Not for the public.")
@click.option("--format", "formats", help="--products: csv, xlsx, json; --merge: csv or html.  [default: csv]")
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), default=Path("exports"), show_default=True,
    help="With --products: folder to write to.",
)  # fmt: skip
@click.option("--summary", type=_FILE, help="Write rounded figures by month to this file, for another library.")
@click.option("--anonymous", is_flag=True, help="With --summary: without what names the library.")
@click.option("--merge", is_flag=True, help="Print what the summaries in FILES say of the same products.")
@click.option("--made-on", type=click.DateTime(["%Y-%m-%d"]), help="The date of making.  [default: today]")
def export(
    settings: Settings,
    files: tuple[Path, ...],
    products: bool,
    formats: str | None,
    out: Path,
    summary: Path | None,
    anonymous: bool,
    merge: bool,
    made_on: datetime | None,
) -> None:
    """Give figures to others, or put them beside theirs.

    Example: carrel export --summary ours.json --anonymous
    """
    from deploy import exporting

    if sum((products, summary is not None, merge)) != 1:
        raise click.UsageError("choose one of --products, --summary FILE and --merge FILES")
    if anonymous and summary is None:
        raise click.UsageError("--anonymous belongs to --summary FILE")
    if merge != bool(files):
        raise click.UsageError("--merge needs the summaries, and nothing else takes FILES")
    if summary and formats:
        raise click.UsageError("a summary is always JSON; leave --format out")
    today = made_on.date() if made_on else date.today()
    if products:
        for path in exporting.products(settings, formats or "csv", out, today):
            click.echo(path)
    elif summary:
        click.echo(exporting.write_summary(settings, summary, anonymous=anonymous, today=today))
    else:
        if formats not in (None, "csv", "html"):
            raise click.UsageError("--merge prints csv or html")
        click.echo(exporting.merge(files, formats or "csv"), nl=False)
