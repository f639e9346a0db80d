"""What commands share: `--config`, errors in one line, and the options of those that write documents."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from functools import wraps
from pathlib import Path
from typing import Any

import click

from addons import settings as configuration

DAY = click.DateTime(["%Y-%m-%d"])


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


def writes_documents(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command `since`, `until` and `made_on` (datetime or None; see `day`), `out` and `templates`."""
    for option in (
        click.option("--made-on", type=DAY, help="The date of making that stands in it.  [default: today]"),
        click.option(
            "--template",
            "templates",
            type=click.Path(path_type=Path),
            multiple=True,
            help="The library's own template: .html (for HTML and PDF) or .docx. May be given once for each.",
        ),
        click.option(
            "--out",
            type=click.Path(path_type=Path, file_okay=False),
            default=Path("reports"),
            show_default=True,
            help="Folder to write to.",
        ),
        click.option("--until", type=DAY, help="Last day.  [default: the last that is kept]"),
        click.option("--since", type=DAY, help="First day, such as 2026-11-01.  [default: the first that is kept]"),
    ):
        function = option(function)
    return function


def day(time: datetime | None) -> date | None:
    return time.date() if time else None
