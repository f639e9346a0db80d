"""`carrel purge`: delete counts for good."""

from __future__ import annotations

from datetime import date

import click

from addons.settings import Settings
from deploy.arguments import with_settings


@click.command()
@with_settings
@click.option("--site", "sites", multiple=True, metavar="ID", help="Only this site's counts; may be given again.")
@click.option(
    "--period",
    "periods",
    multiple=True,
    metavar="PERIOD",
    help="Only this year, month or day, such as 2026, 2026-11 or 2026-11-23; may be given again.",
)
@click.option("--before", default="", metavar="MONTH", help="Only what is older than this month, such as 2026-09.")
@click.option("--all", "everything", is_flag=True, help="All counts of all sites.")
@click.option(
    "--expired", is_flag=True, help="Only what is older than [privacy] days_kept and months_kept, without asking."
)
@click.option("--dry-run", is_flag=True, help="Say what would be deleted, and delete nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def purge(
    settings: Settings,
    sites: tuple[str, ...],
    periods: tuple[str, ...],
    before: str,
    everything: bool,
    expired: bool,
    dry_run: bool,
    yes: bool,
) -> None:
    """Delete counts for good, by site or by period; a running proxy may go on.

    What is deleted cannot be brought back. Days with few page loads are kept within their month: of such a day alone
    nothing can be deleted.

    Example: carrel purge --site catalog --before 2026-09

    Example: carrel purge --period 2026-11 --dry-run
    """
    from deploy import purge as purging

    asked = bool(sites or periods or before)
    if [asked, everything, expired].count(True) != 1:
        raise click.UsageError("say what: --site, --period or --before (or several of them), --all, or --expired alone")
    database = settings.data.database
    if expired:
        if dry_run:
            raise click.UsageError("--expired does what a running proxy does each day; it has no --dry-run")
        day, month = purging.limits(settings.privacy, date.today())
        done = purging.expire(database, settings.privacy, date.today())
        note = f"days before {day} are folded into their month, months before {month} are deleted"
        click.echo(note if done else f"no database yet at {database}: nothing to delete")
        return
    what = purging.What(sites, periods, before)
    found = purging.look(database, what)
    if not found:
        click.echo("nothing of that kind is kept")
        return
    for one in found:
        span = one.first if one.first == one.last else f"{one.first} to {one.last}"
        about = f"{one.loads:,} page loads" if one.site else "time watched"
        click.echo(f"{one.site or '(coverage)':<20} {span:<24} {about}, {one.rows:,} rows")
    if dry_run:
        click.echo("nothing was deleted")
        return
    if not yes:
        click.confirm("Delete this for good?", abort=True, err=True)
    done_with = purging.purge(database, what, [site.id for site in settings.sites])
    click.echo(f"deleted {sum(one.rows for one in done_with.found):,} rows; nothing of them is left in {database}")
    if not done_with.log_is_empty:
        click.echo(
            f"{database}-wal still holds former states, since a reader needs them; the running proxy empties it with "
            "its next count, or run this again",
            err=True,
        )
