"""`carrel alerts`: what somebody should look at, told here or sent."""

from __future__ import annotations

import textwrap
from datetime import date
from typing import TYPE_CHECKING

import click

from addons.settings import Settings
from deploy.arguments import with_settings

if TYPE_CHECKING:
    from deploy import telling


@click.group(invoke_without_command=True)
@click.pass_context
def alerts(context: click.Context) -> None:
    """What somebody should look at: newcomers, contacts after refusal, gaps, old lists, ends of contracts.

    Without a command: carrel alerts list.

    Example: carrel alerts test
    """
    if context.invoked_subcommand is None:
        context.invoke(list_)


@alerts.command("list")
@with_settings
def list_(settings: Settings) -> None:
    """Print the present alerts; the dashboard shows the same.

    Example: carrel alerts list --config carrel.toml
    """
    from analysis.alerts import kinds as telling
    from deploy import alert_inputs

    groups = telling.by_kind(alert_inputs.present(settings, date.today()))
    if not groups:
        click.echo("nothing to look at")
    for number, group in enumerate(groups):
        click.echo(f"{chr(10) if number else ''}{group.name}")
        for one in group.alerts:
            click.echo(f"- {one.title}")
            click.echo(textwrap.fill(one.text, 98, initial_indent="  ", subsequent_indent="  "))


@alerts.command()
@with_settings
def send(settings: Settings) -> None:
    """Send what is new since the last time to [alerts] to, at most once per [alerts] digest; for a timer.

    Whoever could not be reached is told with the next run.

    Example: carrel alerts send
    """
    from deploy import alert_inputs, telling

    _addressed(settings)
    today = date.today()
    sent = telling.send(settings, alert_inputs.present(settings, today), today)
    if not sent.told:
        click.echo("nothing new, or not due yet: nothing was sent")
    _say(sent.told)


@alerts.command()
@with_settings
def test(settings: Settings) -> None:
    """Send a test message to each address of [alerts] to, and say which were reached.

    Example: carrel alerts test
    """
    from deploy import telling

    _addressed(settings)
    _say(telling.test(settings))


def _addressed(settings: Settings) -> None:
    if not settings.alerts.to:
        where = settings.path or "carrel.toml"
        raise click.ClickException(f"{where}: [alerts] to: is empty; write at least one address there")


def _say(told: tuple[telling.Told, ...]) -> None:
    for one in told:
        click.echo(f"{one.label}: {'reached' if one.reached else f'not reached: {one.reason}'}")
    if not all(one.reached for one in told):
        raise click.exceptions.Exit(1)
