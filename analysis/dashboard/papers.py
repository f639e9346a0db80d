"""The report that a reader may take from the dashboard. How it is made is handed in by whoever starts the dashboard."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final
from weakref import WeakKeyDictionary

BUSY: Final = "Another report is being made just now. Wait a moment, and send the form again."


class PapersError(ValueError):
    """No report. One line: why, and what to do."""


@dataclass(frozen=True, slots=True)
class Papers:
    make: Callable[[str, date | None, date | None, Collection[str]], tuple[str, bytes]]
    """(site, first day, last day, formats): a file's name and content. Raises ValueError, one line."""
    agreed: Callable[[str], tuple[tuple[str, ...], tuple[str, ...]]]
    """What the configuration says of a site: third parties permitted by contract, and disclosed. Must not raise."""
    _one_at_a_time: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def made(
        self, site: str, since: date | None, until: date | None, formats: Collection[str]
    ) -> tuple[str, bytes]:
        """In a thread, and never two at once: a report of years takes memory. Raises ValueError."""
        if self._one_at_a_time.locked():
            raise PapersError(BUSY)
        async with self._one_at_a_time:
            return await asyncio.to_thread(self.make, site, since, until, formats)


_offered: WeakKeyDictionary[Any, Papers] = WeakKeyDictionary()


def offer(datasette: Any, papers: Papers) -> None:
    """Let readers of this dashboard make reports."""
    _offered[datasette] = papers


def papers_for(datasette: Any) -> Papers | None:
    return _offered.get(datasette)
