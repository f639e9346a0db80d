"""What runs beside the traffic goes on, whatever one report does to it."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import date
from pathlib import Path

import pytest

from addons import parts as house_of
from addons.settings import Data, Settings


async def test_a_report_that_cannot_be_weighed_is_counted_as_dropped_and_ends_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = house_of.parts(Settings(data=Data(tmp_path)))
    covered: list[dict[str, int]] = []
    turns = 0

    def settle() -> None:
        nonlocal turns
        turns += 1
        if turns == 1:
            raise RuntimeError("https://site.test/secret")

    monkeypatch.setattr(house_of, "_TICK", 0)
    monkeypatch.setattr(house.witness, "settle", settle)
    monkeypatch.setattr(
        house.ledger, "cover", lambda day, **counts: covered.append({"day": day == date.today()} | counts)
    )
    ticking = asyncio.create_task(house_of.tick(house))
    while turns < 3:
        await asyncio.sleep(0)
        assert not ticking.done()
    ticking.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await ticking
    assert covered[0] == {"day": True, "dropped": 1}
