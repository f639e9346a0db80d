"""`carrel`: reads arguments, calls one function, prints. No decision is made here."""

from __future__ import annotations

import sys
from importlib.metadata import version
from pathlib import Path

import click

from addons.settings import Settings
from deploy.arguments import one_line, with_settings
from deploy.cli_alerts import alerts
from deploy.cli_allow import allow, protect
from deploy.cli_ca import ca
from deploy.cli_compare import compare
from deploy.cli_demo import demo
from deploy.cli_disclose import disclose
from deploy.cli_export import export
from deploy.cli_install import install, uninstall
from deploy.cli_lists import lists
from deploy.cli_pac import pac
from deploy.cli_policies import policies
from deploy.cli_purge import purge
from deploy.cli_report import report
from deploy.cli_request import request
from deploy.cli_verify import verify


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(version("carrel"), prog_name="carrel")
def cli() -> None:
    """See which third parties the pages of your catalog and your vendors contact, and keep only counts.

    Begin with `carrel demo`, which needs no set-up, or with `carrel up`.
    """


@cli.command()
@with_settings
def up(settings: Settings) -> None:
    """Start the proxy and the dashboard; make certificates on first start.

    Example: carrel up --config carrel.toml
    """
    from deploy import start

    start.up(settings, click.echo)


@cli.command()
@with_settings
def proxy(settings: Settings) -> None:
    """Start the proxy alone, for a service manager.

    Example: carrel proxy --config /etc/carrel/carrel.toml
    """
    from deploy import start

    start.proxy(settings, click.echo)


@cli.command()
@with_settings
@click.option("--hash-password", is_flag=True, help="Ask for a password and print its hash for carrel.toml.")
@click.option("--public", is_flag=True, help="Serve the page for the public in place of the dashboard.")
def dashboard(settings: Settings, hash_password: bool, public: bool) -> None:
    """Start the dashboard alone, or the page for the public, for a service manager.

    The page for the public shows whole months only, rounded, and nothing that was seen seldom.

    Example: carrel dashboard --hash-password
    """
    from deploy import dashboard as board
    from deploy import public as page

    if hash_password:
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
        click.echo(f'password_hash = "{board.password_hash(password)}"')
        click.echo(board.WHERE_TO_WRITE, err=True)
    elif public:
        page.serve(settings)
    else:
        board.serve(settings)


@cli.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False), default="carrel.toml")
@click.option(
    "--ezproxy",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Take the sites over from EZproxy's config.txt, and show which trackers it relays.",
)
def init(file: Path, ezproxy: Path | None) -> None:
    """Write a first configuration to FILE, with every key explained. Never overwrites.

    Example: carrel init carrel.toml --ezproxy config.txt
    """
    from deploy import ezproxy_import, first_config

    with one_line():
        imported = ezproxy_import.read(ezproxy) if ezproxy else None
        click.echo(first_config.write(file, imported.toml if imported else ""))
    if imported:
        click.echo(imported.relayed)
        for problem in imported.problems:
            click.echo(problem, err=True)


@cli.command()
@with_settings
def doctor(settings: Settings) -> None:
    """Check the installation, one line per check; exit status 1 if something is wrong.

    Example: carrel doctor --config carrel.toml
    """
    from deploy import doctor as checks

    sys.exit(checks.run(settings, click.echo))


for command in (
    alerts, allow, ca, compare, demo, disclose, export, install, lists, pac, policies, protect, purge, report, request,
    uninstall, verify,
):  # fmt: skip
    cli.add_command(command)


if __name__ == "__main__":
    cli(prog_name="carrel")
