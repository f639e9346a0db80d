"""`carrel pac`: the PAC file for browsers, on standard output."""

from __future__ import annotations

import click

from addons.settings import Settings
from deploy.arguments import with_settings


@click.command()
@with_settings
@click.option(
    "--proxy",
    "given",
    metavar="HOST:PORT",
    default="",
    help="Carrel's address as terminals reach it.  [default: where it listens]",
)
def pac(settings: Settings, given: str) -> None:
    """Print the PAC file, which tells a browser what goes through Carrel ([proxy] route, on_failure).

    Example: carrel pac --proxy 10.20.0.5:8080 > proxy.pac
    """
    from addons.decide import pac as making
    from addons.decide.scope import scope
    from blocklists.owners import load
    from deploy.policies import terminals

    proxy = terminals.proxy_address(settings, given)
    click.echo(making.pac(settings, scope(settings, load()).domains, proxy), nl=False)
    for warning in terminals.warnings(settings, proxy):
        click.echo(warning, err=True)
