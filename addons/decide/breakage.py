"""Whether a site's pages work worse since they are protected than they did before. Pure.

Three signs that a proxy can see without looking at content: the site's own answers that are errors, pages that somebody
loads again at once, and log-ins that somebody sends again. Compared are shares of page loads, by the test for two
proportions (Fleiss, Levin and Paik, Statistical Methods for Rates and Proportions, chapter 3).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

MIN_LOADS = 20
"""Page loads before and after, without which nothing is said."""
MIN_SIGNS = 5
"""Signs after, without which nothing is said."""
LIMIT = 3.1
"""Standard errors: by chance once in a thousand."""
TIMES = 2.0
"""A difference that is sure and small is no breakage: the share must have doubled."""


@dataclass(slots=True)
class Signs:
    """Counts of one site, before its pages were protected or since."""

    loads: int = 0
    errors: int = 0
    """Answers of the site's own to documents, scripts and requests of scripts with a status of 400 or above."""
    reloads: int = 0
    """Pages loaded again within half a minute, at the same computer."""
    log_ins: int = 0
    """Log-in forms sent again within two minutes, at the same computer."""

    def __add__(self, other: Signs) -> Signs:
        return Signs(*(getattr(self, one.name) + getattr(other, one.name) for one in fields(self)))


SIGNS = ("errors", "reloads", "log_ins")


def worse(before: Signs, after: Signs) -> str:
    """The sign that has become more frequent beyond chance (`errors`, `reloads`, `log_ins`); "" if none has.

    >>> worse(Signs(100, errors=2), Signs(50, errors=20)), worse(Signs(100, errors=2), Signs(50, errors=2))
    ('errors', '')
    """
    if min(before.loads, after.loads) < MIN_LOADS:
        return ""
    for sign in SIGNS:
        earlier, later = getattr(before, sign), getattr(after, sign)
        share = later / after.loads
        if later >= MIN_SIGNS and share >= TIMES * earlier / before.loads:
            # One page load may show several errors; as a share it is one at most.
            together = min(1.0, (earlier + later) / (before.loads + after.loads))
            error = math.sqrt(together * (1 - together) * (1 / before.loads + 1 / after.loads))
            if error == 0 or (share - earlier / before.loads) / error >= LIMIT:
                return sign
    return ""
