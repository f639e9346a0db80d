"""Nothing that a patron brings along is written: the short form of `python -m tests.trust canaries`."""

from __future__ import annotations

from pathlib import Path

from tests.trust import canaries
from tests.trust.canary import BODIES


def test_no_canary_is_found_in_anything_that_was_written(tmp_path: Path) -> None:
    result = canaries.run(tmp_path, short=True)
    assert result.search.found == {}
    assert result.wrong == []
    # A search that finds nothing proves something only if much arrived, and if it would have been found.
    assert len(result.register.delivered) > 2000, result.undelivered
    assert len(result.control.found) == len(BODIES)
    assert any(name.endswith("carrel.db (as text)") for name in result.search.searched)
    assert any(name.endswith("carrel.db-wal.pages") for name in result.search.searched)
    assert sum(": dashboard /" in name for name in result.search.searched) > 50
