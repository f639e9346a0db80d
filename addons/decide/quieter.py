"""What headers make a site's pages tell others less. Pure.

`Sec-GPC` (Global Privacy Control, W3C), `DNT` (Tracking Preference Expression, W3C), `Referrer-Policy` (W3C) and
`Permissions-Policy` (W3C) with the names under which Chromium knows its interfaces for advertising.
"""

from __future__ import annotations

OBJECTION = {"Sec-GPC": "1", "DNT": "1"}
"""On requests: the patron objects to being tracked, and to sale and sharing."""

NO_ADVERTISING = ", ".join(
    f"{feature}=()"
    for feature in (
        "attribution-reporting",
        "browsing-topics",
        "interest-cohort",
        "join-ad-interest-group",
        "private-aggregation",
        "run-ad-auction",
        "shared-storage",
        "shared-storage-select-url",
    )
)
"""On pages: topics, protected audience and attribution reporting are off. A second header of this name is merged with
the page's own, and the last word on a feature counts (RFC 9651, section 3.2)."""

TRIMMED = "strict-origin-when-cross-origin"
"""Other hosts learn the site's name and no page."""

_WEAKER = frozenset({"unsafe-url", "no-referrer-when-downgrade", "origin-when-cross-origin"})
_POLICIES = frozenset(
    {*_WEAKER, TRIMMED, "no-referrer", "origin", "same-origin", "strict-origin"},
)


def is_weaker(stated: str) -> bool:
    """Whether a Referrer-Policy header lets more out than TRIMMED does; none stated is the browsers' own, TRIMMED.

    The last policy of the list that a browser knows counts (Referrer Policy, section 8.1).

    >>> is_weaker("no-referrer, unsafe-url"), is_weaker("unsafe-url, strict-origin"), is_weaker("")
    (True, False, False)
    """
    known = [word for word in (one.strip().lower() for one in stated.split(",")) if word in _POLICIES]
    return bool(known) and known[-1] in _WEAKER
