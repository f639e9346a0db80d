"""What all commands share: `--config`, and errors in one line on standard error."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any

import click

from addons import settings as configuration


@contextmanager
def one_line() -> Iterator[None]:
    """A complaint meant for people is a ValueError with one line; anything else is a bug and shows itself."""
    try:
        yield
    except ValueError as error:
        raise click.ClickException(str(error)) from None
    except KeyboardInterrupt:
        raise click.exceptions.Exit(130) from None


def with_settings(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command `settings` in place of `--config`."""

    @click.option(
        "--config",
        "-c",
        type=click.Path(path_type=Path),
        help="The configuration file.  [default: carrel.toml here, then ~/.config/carrel, then /etc/carrel]",
    )
    @wraps(function)
    def wrapped(config: Path | None, **arguments: Any) -> None:
        with one_line():
            function(settings=configuration.load(config), **arguments)

    return wrapped
