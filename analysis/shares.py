"""Shares that say what they are a share of. Pure; no number leaves this module without its denominator."""

from __future__ import annotations

from dataclasses import dataclass

SMALL = 20
"""Below this many page loads a percentage pretends to know more than it does: "3 of 7" is shown instead."""


@dataclass(frozen=True, slots=True)
class Share:
    part: int
    whole: int

    @property
    def fraction(self) -> float:
        return self.part / self.whole if self.whole else 0.0

    @property
    def percent(self) -> str:
        r"""
        >>> Share(1, 1000).percent, Share(999, 1000).percent, Share(43, 100).percent, Share(0, 9).percent
        ('under 1\xa0%', 'over 99\xa0%', '43\xa0%', '0\xa0%')
        """
        if not self.whole:
            return "none watched"
        if 0 < self.part * 100 < self.whole:
            return "under 1\u00a0%"
        if self.whole * 99 < self.part * 100 < self.whole * 100:
            return "over 99\u00a0%"
        return f"{round(100 * self.fraction)}\u00a0%"

    @property
    def small(self) -> bool:
        return self.whole < SMALL

    @property
    def counts(self) -> str:
        """
        >>> Share(1200, 3400).counts, Share(1, 1).counts
        ('1,200 of 3,400 page loads', '1 of 1 page load')
        """
        return f"{self.part:,} of {self.whole:,} page load{'' if self.whole == 1 else 's'}"

    @property
    def short(self) -> str:
        """For a table cell: the percentage, or the counts where they are few."""
        return f"{self.part} of {self.whole}" if self.small and self.whole else self.percent

    @property
    def of(self) -> str:
        """What stands beside `short`, so that together they say it all."""
        return f"page load{'' if self.whole == 1 else 's'}" if self.small and self.whole else self.counts

    @property
    def full(self) -> str:
        """For a sentence: counts, then the percentage where it means something."""
        return self.counts if self.small else f"{self.counts} ({self.percent})"

    @property
    def step(self) -> int:
        """Heat colour, 0 (never seen) to 5."""
        if not self.part:
            return 0
        return 1 + sum(self.fraction >= edge for edge in (0.1, 0.25, 0.5, 0.75))

    @property
    def width(self) -> str:
        """Length of a bar on a scale of 100; never invisible if anything was seen."""
        return f"{max(100 * self.fraction, 1.5 if self.part else 0):.1f}"


def share(part: int, whole: int) -> Share:
    """A page load that saw a third party both allowed and blocked stands in both counts, so the sum is cut."""
    return Share(min(part, whole), whole)
