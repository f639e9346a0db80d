"""The alerts of a running dashboard: asks for the rows, and takes from whoever starts it what the views do not hold."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import date
from typing import Any
from weakref import WeakKeyDictionary

from analysis.alerts import kinds as alerts
from analysis.alerts.kinds import Alert, Watch

_watches: WeakKeyDictionary[Any, Callable[[], Watch]] = WeakKeyDictionary()


def offer(datasette: Any, watch: Callable[[], Watch]) -> None:
    """Let this dashboard compare with what the configuration says. `watch` is asked each time, and must not raise."""
    _watches[datasette] = watch


def watch_for(datasette: Any) -> Watch:
    """Without an offer, alerts are told that need no configuration."""
    return _watches.get(datasette, Watch)()


async def present(asker: Any, today: date | None = None) -> tuple[Alert, ...]:
    """What is to be told now; `asker` is the page's Asker, which has checked that the reader may."""
    day = today or date.today()  # the library's day, as the counts' days are
    watch = watch_for(asker.datasette)
    given = {"since": alerts.since(day), "newcomers": "" if watch.permitted or watch.all_sites else "only"}
    found = await asyncio.gather(*(asker.ask(name, **given) for name in alerts.QUERIES))
    return alerts.build(dict(zip(alerts.QUERIES, found, strict=True)), watch, day)
