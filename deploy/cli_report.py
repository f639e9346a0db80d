"""`carrel report`: the evidence about one site, as a document."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import cast

import click

from addons.settings import Settings
from deploy.arguments import DAY, day, with_settings, writes_documents


@click.command()
@with_settings
@click.argument("site")
@writes_documents
@click.option(
    "--format", "formats",
    help="One or more of: html, pdf, docx, xlsx, csv, json.  [default: html,csv; with --seal all of them]",
)  # fmt: skip
@click.option(
    "--status", type=click.Choice(["draft", "sent", "final"]), default="draft", show_default=True,
    help="Stands on the title page: a draft, sent to the vendor, or final with the vendor's reply.",
)  # fmt: skip
@click.option("--before-after", type=DAY, help="Compare the time before this day with the time from it on.")
@click.option("--event", default="", help="What happened on that day, in your words.")
@click.option("--answer-by", type=DAY, help="The day by which an answer of the vendor is wanted.")
@click.option("--prepared-by", default="", help="Who made the report.  [default: the library's name and contact]")
@click.option(
    "--browsers", default="",
    help='Families in use, such as "Firefox ESR, Chrome". Carrel does not record them.',
)  # fmt: skip
@click.option("--with-names", is_flag=True, help="Print who of the staff decided; else it says “library staff”.")
@click.option(
    "--alone", is_flag=True,
    help="Leave section 10 empty: your other products of the same kind, and their counts.",
)  # fmt: skip
@click.option("--prepared-for", default="", help="Whom the report is for.  [default: the vendor]")
@click.option(
    "--seal", is_flag=True,
    help="Write SITE-report.zip instead: every format, the rows behind the report, and the hash of each file.",
)  # fmt: skip
@click.option(
    "--key", type=click.Path(path_type=Path, dir_okay=False),
    help="Sign the sealed report with this SSH key, such as ~/.ssh/id_ed25519.",
)  # fmt: skip
def report(
    settings: Settings,
    site: str,
    since: datetime | None,
    until: datetime | None,
    formats: str | None,
    out: Path,
    status: str,
    templates: tuple[Path, ...],
    before_after: datetime | None,
    event: str,
    answer_by: datetime | None,
    prepared_by: str,
    browsers: str,
    with_names: bool,
    alone: bool,
    prepared_for: str,
    made_on: datetime | None,
    seal: bool,
    key: Path | None,
) -> None:
    """Write the report about SITE, the id of a site in carrel.toml or in the shipped directory.

    Example: carrel report sciencedirect --since 2026-09-01 --format pdf,xlsx --status sent
    """
    from analysis.documents.model import Status
    from deploy import report as reporting
    from deploy.report_inputs import Wishes

    wishes = Wishes(
        status=cast("Status", status),
        prepared_for=prepared_for,
        answer_by=day(answer_by),
        before_after=day(before_after),
        event=event,
        prepared_by=prepared_by,
        browsers=tuple(name for one in browsers.split(",") if (name := " ".join(one.split()))),
        with_names=with_names,
        alone=alone,
    )
    days = {"since": day(since), "until": day(until)}
    made = day(made_on) or date.today()
    if seal:
        sealed, lacks = reporting.seal(
            settings, site, **days, made_on=made, formats_wanted=formats, key=key, out=out, wishes=wishes,
            templates=templates,
        )  # fmt: skip
        if lacks:
            click.echo(lacks, err=True)
        click.echo(sealed)
        return
    if key:
        raise ValueError("--key signs a sealed report only: add --seal")
    written = reporting.write(
        settings, site, **days, made_on=made, formats_wanted=formats or "html,csv", out=out, wishes=wishes,
        templates=templates,
    )  # fmt: skip
    for path in written:
        click.echo(path)
