"""`carrel lists update`: which lists are meant, how they are fetched from this library's network, and what is said.

Lists themselves are the business of `blocklists`; this joins them to the settings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from importlib.metadata import version
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeElapsedColumn

from addons.settings import Settings
from blocklists.fetch import Limits, Route
from blocklists.rules import parse
from blocklists.shelf import Shelf
from blocklists.sources import Source, Sources
from blocklists.update import Outcome, UpdateError, Updater

Say = Callable[[str], None]


def shelf_of(settings: Settings) -> Shelf:
    return Shelf(settings.data.dir / "lists")


def updater(settings: Settings, today: date, *, accept_smaller: bool = False, limits: Limits | None = None) -> Updater:
    return Updater(
        shelf=shelf_of(settings),
        parse=parse,
        today=today,
        route=Route(f"carrel/{version('carrel')}", settings.proxy.upstream, settings.proxy.trust),
        limits=limits or Limits(),
        accept_smaller=accept_smaller,
    )


def wanted(sources: Sources, shelf: Shelf, names: Sequence[str], *, everything: bool) -> list[Source]:
    """The lists that are named; all there are; or else the default ones and those that are here already."""
    if names:
        return list(dict.fromkeys(sources.named(name) for name in names))
    here = shelf.places()
    return [source for source in sources if everything or source.default or source.name in here]


async def update(updater: Updater, sources: Sequence[Source], say: Say, complain: Say) -> bool:
    """Bring these lists up to date, one after another. A list that fails keeps its last good copy; False then."""
    well = True
    here = updater.shelf.places()
    with _bar() as bar:
        for source in sources:
            if source.name not in here:
                say(terms(source))
            if bar is None:
                say(f"{source.name}: asking {source.address}")
            try:
                outcome = await updater.from_server(source, _shown(bar, source.name))
            except UpdateError as error:
                complain(str(error))
                well = False
            else:
                say(told(outcome))
    return well


def from_file(updater: Updater, source: Source, file: Path, say: Say) -> None:
    """Raises UpdateError."""
    if source.name not in updater.shelf.places():
        say(terms(source))
    say(told(updater.from_file(source, file)))


def terms(source: Source) -> str:
    """What somebody ought to know before a list is on this machine."""
    return f"{source.name}: {source.title} ({source.purpose}); licence {source.licence}, see {source.terms}"


def told(outcome: Outcome) -> str:
    copy, before = outcome.copy, outcome.before
    if not outcome.new:
        note = f"; {outcome.note}" if outcome.note else ", the newest, stays in use"
        return f"{copy.name}: version {copy.version}{note}"
    change = f" (before: {before.version}, {before.rules:,} rules)" if before else ""
    skipped = sum(copy.skipped.values())
    return f"{copy.name}: version {copy.version} is in use: {copy.rules:,} rules, {skipped:,} lines skipped{change}"


@contextmanager
def _bar() -> Iterator[Progress | None]:
    """A bar for somebody who watches; None for a log."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        yield bar


def _shown(bar: Progress | None, name: str) -> Callable[[int, int | None], None]:
    if bar is None:
        return lambda received, expected: None
    task = bar.add_task(name, total=None)
    return lambda received, expected: bar.update(task, completed=received, total=expected)
