"""The fetched lists in the running proxy: taken from the shelf, and exchanged when `carrel lists update` brought news.

Nothing is fetched here. Reading a list takes a quarter of a second and happens in a worker thread; requests go on with
the former lists until the new ones are ready.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence

from blocklists.matcher import Matcher, Request
from blocklists.owners import Ruleset
from blocklists.rules import Rule, parse
from blocklists.shelf import Copy, Shelf, ShelfError, Watch

log = logging.getLogger("carrel.lists")

WATCH_SECONDS = 5.0


class Lists:
    """What the fetched lists say of a request or a host."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._watch = Watch(shelf)
        self._matcher = Matcher(())
        self._versions: dict[str, str] = {}

    def rule_for(self, request: Request) -> Rule | None:
        """The rule that names this request, if no exception beats it."""
        verdict = self._matcher.check(request)
        return verdict.rule if verdict.blocked else None

    def rule_for_host(self, host: str) -> Rule | None:
        """The rule that names the whole host."""
        return self._matcher.host_rule(host)

    def version(self, name: str) -> str:
        """Version of the copy that is in use; "" for a list that is not."""
        return self._versions.get(name, "")

    def refresh(self) -> tuple[Ruleset, ...] | None:
        """Take what is new on the shelf. Returns all rulesets in use then, or None if nothing changed."""
        try:
            copies = self._watch.news()
            if copies is None:
                return None
            self._take(copies)
        except (ShelfError, OSError):
            log.warning("the fetched lists cannot be read; the former ones stay in use; see `carrel lists show`")
            return None
        return tuple(copy.ruleset() for copy in copies)

    def _take(self, copies: Sequence[Copy]) -> None:
        matcher = Matcher([parse(self._shelf.text(copy), copy.name) for copy in copies])
        # One assignment each: whoever is asking meanwhile gets the former state or the new one.
        self._matcher, self._versions = matcher, {copy.name: copy.version for copy in copies}

    async def run(self, changed: Callable[[tuple[Ruleset, ...]], None]) -> None:
        """Look for news until cancelled; `changed` gets the rulesets then in use."""
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            if (rulesets := await asyncio.to_thread(self.refresh)) is not None:
                changed(rulesets)
