"""The program with a fault at one place at a time: `python -m tests.trust.raising CONTROL proxy --config F`.

Each hook of each addon in the engine's table, and the house's other handlers, raise where the file CONTROL names them,
with a text that holds everything they were given. What was raised is written beside CONTROL.
"""

from __future__ import annotations

import functools
import inspect
import logging
import sys
import warnings
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from mitmproxy import addonmanager, hooks

PLACES = {
    "addons.door": ("_Visit._decide", "_Visit._seal", "_Visit._begin", "_Visit._filtered"),
    "addons.engine": ("Engine.take", "Engine._serve"),
    "addons.witness": ("Witness.take", "Witness._take_sighting", "Witness._marked", "Witness._look_behind"),
    "addons.firsthand": ("FirstHand.disguised", "FirstHand.consent", "FirstHand.cookies"),
    "addons.ledger": ("Ledger.page_load", "Ledger.contact", "Ledger._write"),
    "addons.rows": ("Rows.write",),
    "addons.decide.judge": ("Judge.weigh",),
    "addons.decide.sites": ("Catalogue.place",),
    "addons.imitations": ("Imitations.refuses",),
    "addons.passages": ("Passages.begin", "Passages.end"),
    "addons.opt_out": ("Choices.passed",),
    "addons.protection": ("Protection.contact", "Protection.page_load"),
    "addons.dial": ("Loop.getaddrinfo", "Loop._look_up"),
    "addons.resolver": ("Resolver.ask",),
    "addons.desk.pages": ("Pages.home", "Pages.look", "Pages.choose", "Pages.pac"),
    "addons.desk.serving": ("Desk.take", "Desk._start"),
}
"""Handlers that are no mitmproxy hooks."""
BEFORE_ANY_PATRON = frozenset({"load", "configure", "running"})
"""Hooks that run before the port is open: there is nothing of anybody's to be said yet."""


class Injected(Exception):  # noqa: N818  # what it is, not what went wrong
    """Says everything that it was given, as careless code's errors do."""


def told(arguments: tuple[Any, ...]) -> str:
    """All that can be read from what a handler was given, patrons' addresses and pages first."""
    found = []
    for one in arguments:
        found.append(repr(one)[:4000])
        for name in ("request", "response", "client_conn", "client", "_buffer", "_host"):
            part = getattr(one, name, None)
            found.append(f"{name}={part!r}"[:4000])
            if part is not None:
                inner = ("headers", "pretty_url", "raw_content", "peername", "sni")
                found += [f"{word}={getattr(part, word, '')!r}"[:6000] for word in inner]
    return " ".join(found)


class Control:
    def __init__(self, file: Path) -> None:
        self._file = file
        self._fired = file.with_suffix(".fired")
        file.with_suffix(".known").write_text("")
        self._known: set[str] = set()

    def knows(self, name: str) -> None:
        if name not in self._known:
            self._known.add(name)
            with self._file.with_suffix(".known").open("a") as known:
                known.write(name + "\n")

    def check(self, name: str, arguments: tuple[Any, ...]) -> None:
        if self._file.read_text().strip() != name:
            return
        with self._fired.open("a") as fired:
            fired.write(name + "\n")
        text = told(arguments)
        logging.getLogger("mitmproxy.proxy.server").error("while handling %s", text)
        logging.getLogger("asyncio").warning(text)
        warnings.warn(text, stacklevel=1)
        try:
            raise KeyError(text)
        except KeyError as cause:
            error = Injected(text)
            error.add_note(text)
            raise error from cause

    def around(self, name: str, handler: Callable[..., Any]) -> Callable[..., Any]:
        self.knows(name)
        if inspect.iscoroutinefunction(handler):

            @functools.wraps(handler)
            async def waited(*arguments: Any, **further: Any) -> Any:
                self.check(name, arguments)
                return await handler(*arguments, **further)

            return waited

        @functools.wraps(handler)
        def called(*arguments: Any, **further: Any) -> Any:
            self.check(name, arguments)
            return handler(*arguments, **further)

        return called


def install(control: Control) -> None:
    from addons.engine import HookTable

    add = HookTable.add

    def prepared(self: HookTable, *addons: Any) -> None:
        add(self, *addons)
        for addon in addonmanager.traverse(addons):
            for name in sorted(set(hooks.all_hooks) - BEFORE_ANY_PATRON):
                if callable(hook := getattr(addon, name, None)):
                    setattr(addon, name, control.around(f"{type(addon).__name__}.{name}", hook))

    HookTable.add = prepared  # type: ignore[method-assign]
    for module, places in PLACES.items():
        for place in places:
            owner, name = place.split(".")
            kind = getattr(import_module(module), owner)
            setattr(kind, name, control.around(place, kind.__dict__[name]))


if __name__ == "__main__":
    install(Control(Path(sys.argv[1])))
    from deploy.cli import cli

    cli(sys.argv[2:], prog_name="carrel")
