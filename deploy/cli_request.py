"""`carrel request`: what the library asked of a vendor, what was answered, and what came of it."""

from __future__ import annotations

from datetime import date, datetime

import click

from addons import correspondence
from addons.settings import Settings
from deploy.arguments import with_settings

_DAY = click.DateTime(["%Y-%m-%d"])


def _hyphened(words: object) -> str:
    return str(words).replace(" ", "-")


@click.group()
def request() -> None:
    """Keep what you asked of vendors, their answers, and what came of it; the report prints it.

    Example: carrel request list
    """


@request.command()
@with_settings
@click.argument("site")
@click.argument("domain")
@click.argument("asked", type=click.Choice([_hyphened(one) for one in correspondence.ASKED]))
@click.option("--finding", default="", help="The kind of finding it is about, such as before-choice or advertising.")
@click.option("--clause", default="", help="The clause of the contract, such as 7.2.")
@click.option("--wanted-by", type=_DAY, help="The day by which you want an answer, such as 2026-12-31.")
@click.option("--asked-on", type=_DAY, help="The day of the request.  [default: today]")
def add(
    settings: Settings,
    site: str,
    domain: str,
    asked: str,
    finding: str,
    clause: str,
    wanted_by: datetime | None,
    asked_on: datetime | None,
) -> None:
    """Note what you ask of SITE's vendor about the third party DOMAIN, and print the request's number.

    Example: carrel request add sciencedirect doubleclick.net remove --clause 7.2 --wanted-by 2026-12-31
    """
    from analysis import standards

    if finding and finding not in (known := standards.load().findings):
        raise click.UsageError(f"--finding: known are {', '.join(known)}")
    number = correspondence.ask(
        settings.data.database,
        site,
        domain,
        asked.replace("-", " "),
        asked_on=asked_on.date() if asked_on else date.today(),
        wanted_by=wanted_by.date() if wanted_by else None,
        clause=clause,
        finding=finding,
    )
    click.echo(f"Request {number}: {domain}: {correspondence.ASKED[asked.replace('-', ' ')]}.")


@request.command()
@with_settings
@click.argument("number", type=int)
@click.argument("text")
@click.option(
    "--outcome",
    type=click.Choice([_hyphened(one) for one in correspondence.OUTCOMES]),
    required=True,
    help="What came of it.",
)
@click.option("--on", "day", type=_DAY, help="The day of the answer.  [default: today]")
def answer(settings: Settings, number: int, text: str, outcome: str, day: datetime | None) -> None:
    """Note the vendor's answer to request NUMBER. Earlier answers are kept.

    Example: carrel request answer 3 "It goes with release 9." --outcome promised
    """
    when = day.date() if day else date.today()
    made = correspondence.answer(settings.data.database, number, text, outcome.replace("-", " "), answered_on=when)
    click.echo(f"Request {made.id} ({made.site}, {made.third_party}): {made.outcome}.")


@request.command("list")
@with_settings
@click.argument("site", default="")
def list_(settings: Settings, site: str) -> None:
    """List the requests, of SITE or of all sites, with every answer.

    Example: carrel request list sciencedirect
    """
    found = correspondence.requests(settings.data.database, site)
    for one in found:
        clause = f", clause {one.clause}" if one.clause else ""
        wanted = f", answer wanted by {one.wanted_by}" if one.wanted_by else ""
        asked = correspondence.ASKED.get(one.asked, one.asked)
        click.echo(f"{one.id}  {one.site}  {one.third_party}: {asked} ({one.asked_on}{clause}{wanted}): {one.outcome}")
        for each in correspondence.answers(settings.data.database, one.id):
            click.echo(f"   {each.answered_on}  {each.outcome}: {each.answer}")
    if not found:
        click.echo("Nothing was asked yet.")
