"""When the set of third parties that a site's pages use is known well enough to enforce it. Pure.

A policy that allows by name breaks what it has not heard of. So `block` waits for a number of page loads, of which the
last half brought nobody new. A restart starts from what the database knows.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Settling:
    """Of one site, since the counting began."""

    loads: int = 0
    newest: int = 0
    """The page load on which the last newcomer was seen."""

    def page_load(self) -> None:
        self.loads += 1

    def newcomer(self) -> None:
        self.newest = self.loads

    def settled(self, need: int) -> bool:
        """After `need` page loads; with 0 at once.

        >>> Settling(loads=20, newest=4).settled(20), Settling(loads=20, newest=15).settled(20), Settling().settled(0)
        (True, False, True)
        """
        return self.loads >= need and self.loads - self.newest >= need // 2

    def missing(self, need: int) -> int:
        """Page loads until it is settled, if nobody new comes.

        >>> Settling(loads=12, newest=11).missing(20), Settling(loads=40, newest=2).missing(20)
        (9, 0)
        """
        return max(0, need - self.loads, need // 2 - (self.loads - self.newest))
