"""`carrel demo`: see the whole chain at work, on this machine alone."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from deploy.arguments import one_line


@click.command()
@click.option(
    "--browser",
    type=click.Choice(["chromium", "firefox"]),
    help="Browser to drive.  [default: the one that is installed]",
)
@click.option("--once", is_flag=True, help="End after the comparison; do not leave the dashboard open.")
@click.option(
    "--keep",
    type=click.Path(path_type=Path, file_okay=False),
    help="Keep the database and certificates in this folder.",
)
def demo(browser: str | None, once: bool, keep: Path | None) -> None:
    """Serve a catalog, two vendors and a dozen third parties on this machine, drive a real browser, show what it did.

    Nothing leaves this machine, and your own browser is not touched.

    Example: carrel demo
    """
    from deploy.demo import run

    with one_line():
        sys.exit(run.run(open_dashboard=not once, keep=keep, browser=browser, say=click.echo))
