"""A ledger on a file of its own; the running program between a client and loopback origins."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from addons.ledger import Ledger
from addons.settings import Privacy
from tests.addons import town as towns
from tests.addons.town import Town
from tests.addons.visits import NEWS, Clock, close
from tests.addons.world import Origins
from tests.browser.loop import Loop

type OpenLedger = Callable[..., Ledger]


@pytest.fixture
def ledger_path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "carrel.db"


@pytest.fixture
def ledger_clock() -> Clock:
    return Clock()


@pytest.fixture
def open_ledger(ledger_path: Path, ledger_clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenLedger]:
    # A locked file is waited for in the product; a test need not.
    monkeypatch.setattr("addons.ledger.BUSY_SECONDS", 0.0)
    opened: list[Ledger] = []

    def open_it(*, k: int = 10, rare: int = 3, days_kept: int = 90, months_kept: int = 36, **bounds: int) -> Ledger:
        ledger = Ledger(ledger_path, Privacy(k, rare, days_kept, months_kept), today=ledger_clock, **bounds)
        ledger.open([NEWS], [])
        opened.append(ledger)
        return ledger

    yield open_it
    for ledger in opened:
        close(ledger)


@pytest.fixture(scope="session")
def aside() -> Iterator[Loop]:
    """A loop in a thread, for origins."""
    loop = Loop()
    yield loop
    loop.close()


@pytest.fixture(scope="session")
def origins(aside: Loop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Origins]:
    origins = Origins(aside, tmp_path_factory.mktemp("origins"))
    yield origins
    origins.close()


@pytest.fixture(scope="session")
def town(origins: Origins, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """One program for all round trips that do not end it."""
    town = towns.build(origins, tmp_path_factory.mktemp("town"))
    try:
        yield town
        assert town.program.stop() == 0, town.program.output()
    finally:
        town.program.kill()
