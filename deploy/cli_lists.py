"""`carrel lists`: fetch lists of trackers, see what is here and what it says, go back to the copy before."""

from __future__ import annotations

import asyncio
from datetime import date
from pathlib import Path

import click

from addons.settings import Settings
from deploy.arguments import with_settings


@click.group()
def lists() -> None:
    """Fetch and look into the lists of trackers.

    Example: carrel lists update
    """


@lists.command()
@with_settings
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--all", "everything", is_flag=True, help="Every list that Carrel knows an address of.")
@click.option(
    "--from-file",
    "file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Take the list from this file, on a machine that cannot reach its server.",
)
@click.option("--name", help="Which list is in the file.")
@click.option("--accept-smaller", is_flag=True, help="Take a list that lost more than a fifth of its rules, too.")
def update(
    settings: Settings,
    names: tuple[str, ...],
    everything: bool,
    file: Path | None,
    name: str | None,
    accept_smaller: bool,
) -> None:
    """Fetch lists: the named ones, or else the default one and those that are here already.

    Each is asked of its own server under its own licence, which is shown the first time. A list that cannot be
    fetched, does not parse or has shrunk by more than a fifth is refused, and the copy that is here stays in use.

    Example: carrel lists update easyprivacy easylist

    Example: carrel lists update --from-file /media/usb/easyprivacy.txt --name easyprivacy
    """
    from blocklists import sources
    from deploy import lists as listing

    if (file is None) != (name is None):
        raise click.UsageError("--from-file and --name belong together: which file, and which list is in it")
    if file is not None and (names or everything):
        raise click.UsageError("--from-file takes one list, the one of --name")
    known = sources.load()
    updater = listing.updater(settings, date.today(), accept_smaller=accept_smaller)
    if file is not None and name is not None:
        listing.from_file(updater, known.named(name), file, click.echo)
        return
    wanted = listing.wanted(known, updater.shelf, names, everything=everything)
    if not asyncio.run(listing.update(updater, wanted, click.echo, _complain)):
        raise click.exceptions.Exit(1)


@lists.command()
@with_settings
@click.argument("about", metavar="[DOMAIN]", default="")
def show(settings: Settings, about: str) -> None:
    """Show the lists, or all that is known about DOMAIN and from where. The name of a list shows its details.

    Example: carrel lists show google-analytics.com
    """
    from blocklists import sources
    from deploy import known, shown_lists

    if not about:
        click.echo(shown_lists.table(settings, sources.load()))
    elif source := sources.load().get(about):
        click.echo(shown_lists.details(settings, source))
    else:
        click.echo(known.about(settings, about))


@lists.command()
@with_settings
@click.argument("name")
def rollback(settings: Settings, name: str) -> None:
    """Go back to the copy of a list that was in use before; once more leads forward again.

    Updates then take only a copy that is newer than the one rolled back.

    Example: carrel lists rollback easyprivacy
    """
    from deploy import lists as listing

    place = listing.shelf_of(settings).roll_back(name.lower())
    click.echo(f"{name.lower()}: version {place.current.version} of {place.current.fetched} is in use")


@lists.command()
@with_settings
@click.argument("name")
def remove(settings: Settings, name: str) -> None:
    """Take a list and all its copies off this machine.

    Example: carrel lists remove easylist
    """
    from deploy import lists as listing

    listing.shelf_of(settings).remove(name.lower())
    click.echo(f"{name.lower()}: is not in use any more")


def _complain(text: str) -> None:
    click.echo(f"Error: {text}", err=True)
