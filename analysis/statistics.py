"""How sure a share is, and whether two shares differ. Pure: counts in, numbers and plain words out.

Page loads of one visit are alike, and nobody draws them by lot. So an interval here is what chance alone would do, the
least doubt that remains, and a test never says why two shares differ. The few formulas are written out, since
the library that has them is larger than all the rest of Carrel; the tests hold them against it.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from functools import cache
from math import exp, expm1, lgamma, log, log1p, sqrt
from statistics import NormalDist
from typing import Final

from analysis.shares import SMALL, Share

CONFIDENCE: Final = 0.95
_NOTHING: Final = 1e-18
_TOLERANCE: Final = 1e-7
"""Tables as probable as the one observed count as such, whatever the last digits of the computation."""

NOTE: Final = (
    "The interval is Wilson's, at 95 %. It says what chance alone would do if page loads were drawn by lot. They are "
    "not: page loads of one visit are alike, so the true doubt is larger. A test (Fisher's exact test, two-sided) says "
    "whether chance alone would often make so large a difference between two times. It never says what made it."
)
FEW: Final = f"Fewer than {SMALL} page loads were watched: read the counts, and lean on nothing else."


@dataclass(frozen=True, slots=True)
class Interval:
    low: float
    high: float

    @property
    def words(self) -> str:
        r"""
        >>> Interval(0.0312, 0.1197).words, Interval(0.0, 0.0004).words, Interval(0.9996, 1.0).words
        ('3 to 12\xa0%', '0 to 0.1\xa0%', '99.9 to 100\xa0%')
        """
        low, high = 100 * self.low, 100 * self.high
        return f"{_outwards(low, up=False)} to {_outwards(high, up=True)}\u00a0%"


@dataclass(frozen=True, slots=True)
class Estimate:
    """A share with its interval; None where nothing was watched."""

    share: Share
    interval: Interval | None

    @property
    def small(self) -> bool:
        return self.share.small

    @property
    def words(self) -> str:
        r"""Counts first; the percentage and its interval only where they say something.

        >>> estimate(0, 0).words
        'none watched'
        >>> estimate(3, 7).words
        '3 of 7 page loads (too few for a percentage)'
        >>> estimate(120, 400).words
        '120 of 400 page loads (30\xa0%; 95\xa0% interval 25 to 35\xa0%)'
        """
        if self.interval is None:
            return self.share.percent
        if self.small:
            return f"{self.share.counts} (too few for a percentage)"
        return f"{self.share.counts} ({self.share.percent}; 95\u00a0% interval {self.interval.words})"


@dataclass(frozen=True, slots=True)
class Absence:
    """What "not seen" is worth: the larger share that would still go unseen in so few page loads one time in twenty."""

    watched: int
    bound: float
    """Exact upper 95 % bound of the share; close to 3 / watched (the rule of three)."""

    @property
    def words(self) -> str:
        r"""
        >>> not_seen(300).words
        'not seen in 300 page loads (if it still came on 1\xa0% of page loads or more, chance would hide it at most one time in twenty)'
        >>> not_seen(4).words
        'not seen in 4 page loads, which are too few to say that it is gone'
        >>> not_seen(0).words
        'no page load was watched, so nothing can be said'
        """  # noqa: E501 - a doctest's answer cannot be folded
        if not self.watched:
            return "no page load was watched, so nothing can be said"
        plural = "" if self.watched == 1 else "s"
        seen = f"not seen in {self.watched:,} page load{plural}"
        if self.watched < SMALL:
            return f"{seen}, which {'is' if self.watched == 1 else 'are'} too few to say that it is gone"
        return (
            f"{seen} (if it still came on {_outwards(100 * self.bound, up=True)}\u00a0% of page loads or more, chance "
            f"would hide it at most one time in twenty)"
        )

    @property
    def short(self) -> str:
        r"""
        >>> not_seen(300).short, not_seen(4).short
        ('not seen in 300 page loads (95\xa0% upper bound 1\xa0%)', 'not seen in 4 page loads (95\xa0% upper bound 53\xa0%)')
        """  # noqa: E501
        plural = "" if self.watched == 1 else "s"
        bound = f"{_outwards(100 * self.bound, up=True)}\u00a0%"
        return f"not seen in {self.watched:,} page load{plural} (95\u00a0% upper bound {bound})"


@dataclass(frozen=True, slots=True)
class Change:
    """Before and after a dated event."""

    before: Estimate
    after: Estimate
    difference: Interval | None
    """Newcombe's 95 % interval of after minus before, -1 to 1; None where one of the two was not watched."""
    chance: float
    """How often chance alone would make a difference at least so unlikely (p of Fisher's exact test); 1 at most."""
    gone: Absence | None
    """Seen before, not seen after."""

    @property
    def small(self) -> bool:
        return self.before.small or self.after.small

    @property
    def told_apart(self) -> bool:
        return self.difference is not None and self.chance < 1 - CONFIDENCE

    @property
    def direction(self) -> str:
        difference = self.after.share.fraction - self.before.share.fraction
        return "rose" if difference > 0 else "fell" if difference < 0 else "stayed"

    @property
    def words(self) -> str:
        r"""
        >>> change(80, 100, 10, 100).words
        'It fell from 80 of 100 page loads (80\xa0%) to 10 of 100 page loads (10\xa0%). Chance alone would make so large a difference less than once in 1,000 times.'
        >>> change(5, 100, 7, 100).words
        'It rose from 5 of 100 page loads (5\xa0%) to 7 of 100 page loads (7\xa0%). Chance alone would make such a difference 77 times in 100, so this is no proof of a change.'
        >>> change(2, 5, 1, 6).words
        'It fell from 2 of 5 page loads to 1 of 6 page loads. Too few page loads were watched to tell a change from chance.'
        >>> change(3, 10, 0, 0).words
        'After the date no page load was watched, so nothing can be compared.'
        """  # noqa: E501
        if self.difference is None:
            when = "Before" if not self.before.share.whole else "After"
            return f"{when} the date no page load was watched, so nothing can be compared."
        pair = f"{self.before.share.full} to {self.after.share.full}"
        stayed = "It stayed the same, from" if self.direction == "stayed" else f"It {self.direction} from"
        return f"{stayed} {pair}. {self._doubt()}"

    def _doubt(self) -> str:
        if self.told_apart:
            fewer = f"Chance alone would make so large a difference {_rarely(self.chance)}."
            return f"{fewer} Few page loads were watched, so look again later." if self.small else fewer
        if self.small:
            return "Too few page loads were watched to tell a change from chance."
        often = max(1, round(100 * self.chance))
        return f"Chance alone would make such a difference {often} times in 100, so this is no proof of a change."


def estimate(part: int, whole: int) -> Estimate:
    """Counts of page loads; `part` is cut to `whole`, as `shares.share` does. Raises ValueError for negative counts."""
    _counts(part, whole)
    cut = Share(min(part, whole), whole)
    return Estimate(cut, wilson(cut.part, whole) if whole else None)


def wilson(part: int, whole: int) -> Interval:
    """Wilson's score interval, without continuity correction."""
    z = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)
    fraction, square = part / whole, z * z
    middle = (part + square / 2) / (whole + square)
    half = z / (whole + square) * sqrt(whole * fraction * (1 - fraction) + square / 4)
    # At the ends the exact value is known, and rounding would miss it by a hair.
    return Interval(0.0 if part == 0 else max(0.0, middle - half), 1.0 if part == whole else min(1.0, middle + half))


def not_seen(watched: int) -> Absence:
    """Never seen in `watched` page loads."""
    _counts(0, watched)
    # 1 - (1 - CONFIDENCE) ** (1 / watched), without losing digits where watched is large.
    return Absence(watched, -expm1(log1p(-CONFIDENCE) / watched) if watched else 1.0)


def change(before: int, of_before: int, after: int, of_after: int) -> Change:
    """Page loads on which it was seen, of those watched, before and after."""
    first, second = estimate(before, of_before), estimate(after, of_after)
    difference = _newcombe(first, second)
    gone = not_seen(of_after) if before and of_after and not after else None
    chance = fisher(first.share.part, of_before, second.share.part, of_after) if difference else 1.0
    return Change(first, second, difference, chance, gone)


@cache
def fisher(before: int, of_before: int, after: int, of_after: int) -> float:
    """Fisher's exact test, two-sided: the tables with the same sums that are no more probable than the one observed."""
    seen, whole = before + after, of_before + of_after
    least, most = max(0, seen - of_after), min(seen, of_before)

    def likelihood(part: int) -> float:
        """The logarithm of the table's probability."""
        return _choose(of_before, part) + _choose(of_after, seen - part) - _choose(whole, seen)

    bound = likelihood(before) + log(1 + _TOLERANCE)
    # Probabilities rise to the mode and fall after it. On both sides of it, find the first table that is improbable
    # enough, and add from there outwards until nothing is left to add.
    mode = min(most, max(least, (seen + 1) * (of_before + 1) // (whole + 2)))
    sides = (range(mode - 1, least - 1, -1), range(mode, most + 1))
    total = 0.0
    for side in sides:
        for part in side[bisect_left(side, -bound, key=lambda part: -likelihood(part)) :]:
            one = exp(likelihood(part))
            total += one
            if one <= total * _NOTHING:
                break
    return min(1.0, total)


def _newcombe(first: Estimate, second: Estimate) -> Interval | None:
    """The interval of a difference, from the Wilson intervals of the two (Newcombe's hybrid score)."""
    if first.interval is None or second.interval is None:
        return None
    p, q = first.share.fraction, second.share.fraction
    low = sqrt((q - second.interval.low) ** 2 + (first.interval.high - p) ** 2)
    high = sqrt((second.interval.high - q) ** 2 + (p - first.interval.low) ** 2)
    return Interval(max(-1.0, q - p - low), min(1.0, q - p + high))


def _choose(whole: int, part: int) -> float:
    return lgamma(whole + 1) - lgamma(part + 1) - lgamma(whole - part + 1)


def _counts(*counts: int) -> None:
    if any(count < 0 for count in counts):
        raise ValueError("page loads cannot be fewer than none")


def _outwards(percent: float, *, up: bool) -> str:
    """A bound, rounded so that the interval is never made narrower; a digit behind the point near both ends."""
    scale = 10 if min(percent, 100 - percent) < 1 else 1
    steps = percent * scale
    # Half a millionth of a step: what the computation itself may be off.
    whole = int(steps) + (steps - int(steps) > 5e-7) if up else int(steps + 5e-7)
    return f"{whole / scale:.1f}".removesuffix(".0") if scale == 10 else str(whole)


def _rarely(chance: float) -> str:
    """
    >>> _rarely(0.0001), _rarely(0.004), _rarely(0.03)
    ('less than once in 1,000 times', 'less than once in 100 times', 'about 3 times in 100')
    """
    for often in (1000, 100):
        if chance < 1 / often:
            return f"less than once in {often:,} times"
    return f"about {max(2, round(100 * chance))} times in 100" if chance >= 0.015 else "about once in 100 times"
