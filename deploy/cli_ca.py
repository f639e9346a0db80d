"""`carrel ca`: the certificate authority, for a trial and for real use."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from addons.settings import Settings
from deploy import pki
from deploy.arguments import with_settings

_KEY = click.option(
    "--root-key",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="File of the root's key, encrypted with a passphrase. Keep it offline, not on this machine.",
)


@click.group()
def ca() -> None:
    """Make and renew the proxy's certificates.

    Example: carrel ca init --root-key /media/usb/carrel-root.key
    """


@ca.command()
@with_settings
@_KEY
@click.option(
    "--passphrase",
    envvar="CARREL_ROOT_PASSPHRASE",
    prompt=True,
    hide_input=True,
    confirmation_prompt=True,
    help="For the root's key; asked for where it is not given.",
)
def init(settings: Settings, root_key: Path, passphrase: str) -> None:
    """Make root and intermediate; hand the root's key over in a file of its own.

    Example: carrel ca init --root-key /media/usb/carrel-root.key
    """
    _say(pki.init_with_root_key(**_place(settings), key_file=root_key, passphrase=passphrase, now=datetime.now(UTC)))


@ca.command()
@with_settings
@_KEY
@click.option(
    "--passphrase",
    envvar="CARREL_ROOT_PASSPHRASE",
    prompt=True,
    hide_input=True,
    help="Of the root's key; asked for where it is not given.",
)
def renew(settings: Settings, root_key: Path, passphrase: str) -> None:
    """Make a new intermediate for the configured domains, under the same root.

    Browsers keep their root certificate.

    Example: carrel ca renew --root-key /media/usb/carrel-root.key
    """
    _say(pki.renew(**_place(settings), key_file=root_key, passphrase=passphrase, now=datetime.now(UTC)))


@ca.command()
@with_settings
def new(settings: Settings) -> None:
    """Replace a trial's certificates; browsers then need the new root.

    Example: carrel ca new
    """
    _say(pki.new_trial(**_place(settings), now=datetime.now(UTC)))


def _place(settings: Settings) -> dict[str, Any]:
    from addons import run  # brings mitmproxy along, which `--help` need not wait for

    return {"ca": settings.data.ca, "library": settings.library.name, "domains": run.scope(settings).domains}


def _say(state: pki.State) -> None:
    click.echo(f"root certificate {state.root}")
    click.echo(f"SHA-256 {state.fingerprint}")
    for note in state.notes:
        click.echo(note)
