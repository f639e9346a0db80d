"""`carrel allow` and `carrel protect`: what staff decide about a site's protection while the proxy runs."""

from __future__ import annotations

import getpass
import re
from datetime import UTC, datetime, timedelta

import click

from addons.settings import Settings
from deploy.arguments import with_settings

_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_LONGEST = timedelta(days=366)


class Duration(click.ParamType[timedelta]):
    """A number and a unit: 30m, 2h, 3d, 1w."""

    name = "duration"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        if isinstance(value, timedelta):
            return value
        if found := re.fullmatch(r"(\d{1,5})([mhdw])", str(value).strip().lower()):
            length = timedelta(**{_UNITS[found[2]]: int(found[1])})
            if timedelta() < length <= _LONGEST:
                return length
        raise click.BadParameter("write a number and a unit, such as 30m, 2h, 3d or 1w; a year at most", ctx, param)


@click.command()
@with_settings
@click.argument("site", required=False)
@click.argument("domain", required=False)
@click.option("--for", "length", type=Duration(), help="How long it holds: 30m, 2h, 3d, 1w.")
@click.option("--because", help="Why; staff read it on the dashboard.")
@click.option("--by", help="Who decided.  [default: your account on this computer]")
@click.option("--end", is_flag=True, help="End the rule for SITE and DOMAIN now.")
def allow(
    settings: Settings,
    site: str | None,
    domain: str | None,
    length: timedelta | None,
    because: str | None,
    by: str | None,
    end: bool,
) -> None:
    """Let pages of SITE contact DOMAIN for a time, whatever the mode; without arguments, list the rules.

    A running proxy takes it within seconds, for pages loaded from then on.

    Example: carrel allow reader-one tracker.example --for 2h --because "e-books do not open"
    """
    from addons import decisions

    database, now = settings.data.database, datetime.now(UTC)
    if site is None:
        rules = [one for one in decisions.decisions(database) if one.holds(now)]
        for one in rules:
            click.echo(f"{one.site}  {one.third_party}  until {one.until}  {one.owner}: {one.reason}")
        if not rules:
            click.echo("No allow rule holds now.")
    elif domain is None:
        raise click.UsageError(
            "name the site and the domain, such as: carrel allow reader-one tracker.example --for 2h"
        )
    elif end:
        ended = decisions.end(database, site, domain, now=now)
        click.echo(f"Ended: {site} {domain}" if ended else f"There is no rule for {site} and {domain} to end.")
    elif length is None or not because:
        raise click.UsageError('an allow rule needs an end and a reason: --for 2h --because "e-books do not open"')
    else:
        by = by or getpass.getuser()
        made = decisions.allow(database, site, domain, until=now + length, reason=because, owner=by, now=now)
        click.echo(f"Pages of {made.site} may contact {made.third_party} until {made.until}.")


@click.command()
@with_settings
@click.argument("site", required=False)
def protect(settings: Settings, site: str | None) -> None:
    """Show how each site is protected; with SITE, protect one again that was put back because its pages broke.

    Example: carrel protect reader-one
    """
    from addons import decisions

    if site is not None:
        back = decisions.protect_again(settings.data.database, site)
        click.echo(f"{site} is protected again." if back else f"{site} was not put back; there is nothing to do.")
        return
    standings = decisions.standings(settings.data.database)
    for name, standing in standings.items():
        wait = f", {standing.missing} page loads to go" if standing.missing else ""
        why = f": {standing.reason}" if standing.reason else ""
        click.echo(f"{name}  {standing.mode}  {standing.state} since {standing.since}{wait}{why}")
    if not standings:
        click.echo("No site was seen yet.")
