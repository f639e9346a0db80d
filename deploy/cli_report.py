"""`carrel report`: the evidence about one site, as a document."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import cast

import click

from addons.settings import Settings
from deploy.arguments import with_settings

_DAY = click.DateTime(["%Y-%m-%d"])


@click.command()
@with_settings
@click.argument("site")
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
    "--status", type=click.Choice(["draft", "sent", "final"]), default="draft", show_default=True,
    help="Stands on the title page: a draft, sent to the vendor, or final with the vendor's reply.",
)  # fmt: skip
@click.option(
    "--template", "templates", type=click.Path(path_type=Path), multiple=True,
    help="The library's own template: .html (for HTML and PDF) or .docx. May be given once for each.",
)  # fmt: skip
@click.option("--before-after", type=_DAY, help="Compare the time before this day with the time from it on.")
@click.option("--answer-by", type=_DAY, help="The day by which an answer of the vendor is wanted.")
@click.option("--prepared-for", default="", help="Whom the report is for.  [default: the vendor]")
@click.option("--made-on", type=_DAY, help="The date of making that the report states.  [default: today]")
def report(
    settings: Settings,
    site: str,
    since: datetime | None,
    until: datetime | None,
    formats: str,
    out: Path,
    status: str,
    templates: tuple[Path, ...],
    before_after: datetime | None,
    answer_by: datetime | None,
    prepared_for: str,
    made_on: datetime | None,
) -> None:
    """Write the report about SITE, the id of a site in carrel.toml or in the shipped directory.

    Example: carrel report sciencedirect --since 2026-09-01 --format pdf,xlsx --status sent
    """
    from analysis.documents.model import Status
    from deploy import report as reporting
    from deploy.report_inputs import Wishes

    written = reporting.write(
        settings,
        site,
        since=_day(since),
        until=_day(until),
        made_on=_day(made_on) or date.today(),
        formats_wanted=formats,
        out=out,
        wishes=Wishes(cast("Status", status), prepared_for, _day(answer_by), _day(before_after)),
        templates=templates,
    )
    for path in written:
        click.echo(path)


def _day(time: datetime | None) -> date | None:
    return time.date() if time else None
