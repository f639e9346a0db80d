"""`carrel install` and `carrel uninstall`: Carrel as a service of this machine."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

import click

from deploy.arguments import one_line
from deploy.service_config import SLASH

_ROOT = click.option(
    "--root",
    type=click.Path(path_type=Path, file_okay=False, exists=True, resolve_path=True),
    default=Path("/"),
    help="Work on the system whose files lie below this folder, such as an image, and start or stop nothing.",
)
_DRY_RUN = click.option("--dry-run", is_flag=True, help="Show every file in full and every command; change nothing.")


@click.command()
@click.option(
    "--config",
    "-c",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="Take this file over as /etc/carrel/carrel.toml, where there is none yet.",
)
@click.option(
    "--program",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The `carrel` that the service starts.  [default: this one]",
)
@click.option("--without-lists", is_flag=True, help="Do not fetch lists of trackers every day.")
@_ROOT
@_DRY_RUN
def install(config: Path | None, program: Path | None, without_lists: bool, root: Path, dry_run: bool) -> None:
    """Run Carrel as a service: system user, sockets, proxy, dashboard, timers. Run it again after an upgrade.

    Run again, it changes what has to be changed and nothing else. Counts and configuration stay.

    Example: carrel install --dry-run
    """
    from deploy import install as installing

    with one_line():
        if root == SLASH and not dry_run:
            installing.check_live()
        plan = installing.plan(
            version=version("carrel"), config=config, root=root, program=program, lists=not without_lists
        )
        if dry_run:
            installing.show(plan, click.echo)
        elif not plan.is_empty:
            installing.apply(plan, click.echo)
        if plan.is_empty:
            click.echo("nothing to change: the service is installed as it should be")
        for note in plan.notes:
            click.echo(note)


@click.command()
@click.option("--data", is_flag=True, help="Delete all counts, certificates, carrel.toml and the system user as well.")
@click.option("--yes", is_flag=True, help="Do not ask before --data.")
@_ROOT
@_DRY_RUN
def uninstall(data: bool, yes: bool, root: Path, dry_run: bool) -> None:
    """Stop the service and remove what `carrel install` wrote. Counts stay, unless --data is given.

    First take the proxy setting out of the browsers: they have no web without it.

    Example: carrel uninstall
    """
    from deploy import install as installing
    from deploy import uninstall as removing

    with one_line():
        if root == SLASH and not dry_run:
            installing.check_live()
        removal = removing.plan(root=root, data=data)
        if dry_run:
            removing.show(removal, click.echo)
        elif removal.data and not yes:
            click.confirm(f"Delete {removal.data} with all counts and certificates for good?", abort=True, err=True)
        if not dry_run:
            removing.apply(removal, click.echo)
        if removal.is_empty:
            click.echo("nothing to remove: Carrel is not installed as a service here")
        elif not removal.data:
            click.echo("counts, certificates and carrel.toml stay where they are")
