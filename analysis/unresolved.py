"""What the library's own proxy relayed without its being clear whose it is. Pure. It is nobody, and no third party."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from analysis.shares import Share, share

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Unresolved:
    """On one site."""

    site: str
    name: str
    share: Share


def build(rows: Iterable[Row]) -> tuple[Unresolved, ...]:
    """Rows of the query unresolved, the most affected site first."""
    found = [Unresolved(row["site"], row["name"], share(row["loads"], row["watched"] or 0)) for row in rows]
    return tuple(sorted(found, key=lambda one: (-one.share.fraction, one.name)))
