"""`carrel policies`: the files that make a terminal's browsers go through Carrel and trust its certificate."""

from __future__ import annotations

from pathlib import Path

import click

from addons.settings import Settings
from deploy.arguments import with_settings

KINDS = ("firefox", "chrome", "edge", "windows", "macos", "chromeos")


@click.command()
@with_settings
@click.option("--for", "kind", required=True, type=click.Choice(KINDS), help="The browser (on Linux), or the system.")
@click.option(
    "--proxy",
    "given",
    metavar="HOST:PORT",
    default="",
    help="Carrel's address as terminals reach it.  [default: where it listens]",
)
@click.option(
    "--to",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder to write the files to, with instructions beside them.  [default: print them]",
)
def policies(settings: Settings, kind: str, given: str, folder: Path | None) -> None:
    """Make policy files for terminals: proxy, root certificate, and what the counting needs. Installs nothing.

    Example: carrel policies --for windows --proxy 10.20.0.5:8080 --to terminals
    """
    from addons.decide.scope import scope
    from blocklists.owners import load
    from deploy.policies import instructions, terminals

    proxy = terminals.proxy_address(settings, given)
    terminal = terminals.terminal(settings, scope(settings, load()).domains, proxy)
    files = instructions.files(kind, terminal)
    if folder is None:
        click.echo(instructions.shown(files), nl=False)
    else:
        for path in instructions.write(files, folder):
            click.echo(path)
    for warning in terminals.warnings(settings, proxy):
        click.echo(warning, err=True)
