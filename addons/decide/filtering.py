"""Whether the content filter, and not the site, gave an answer. Pure.

It rather misses a block page than takes a site's own refusal for one: a site that answers 403 has been reached.
"""

from __future__ import annotations

from dataclasses import dataclass

_REFUSALS = frozenset({403, 451, 511})
"""Forbidden, unavailable for legal reasons, network log-in required. Any other error is a failure, not a decision."""


def refuses_connect(status: int) -> bool:
    """Whether this answer to a CONNECT is a decision against it. Nobody but the filter can have given it.

    >>> [status for status in (200, 302, 403, 407, 451, 503) if refuses_connect(status)]
    [302, 403, 451]
    """
    return status in _REFUSALS or 300 <= status < 400


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back through the filter for a request to a site."""

    status: int
    squid_error: str
    """X-Squid-Error: Squid names in it what its page is about."""
    via: str
    location: str
    """Host that a redirect leads to."""
    plain: bool
    by_the_filter: bool
    """Whether the certificate was made by an authority of `[proxy] trust`: the filter opens connections itself."""


def is_block_page(answer: Answer, filter_host: str) -> bool:
    """Whether the filter answered in the site's place: with Squid's page, or a redirect to the filter's own host.

    A site behind a Squid of its own may send X-Squid-Error, too. Then it shows in Via, where each proxy on the way adds
    itself: a page that the filter made passed nobody else.
    """
    if 300 <= answer.status < 400:
        return bool(answer.location) and answer.location == filter_host
    made_by_squid = bool(answer.squid_error) and "," not in answer.via and "squid" in answer.via.lower()
    return answer.status in _REFUSALS and made_by_squid and (answer.plain or answer.by_the_filter)


def is_navigation(method: str, dest: str, accept: str, purpose: str) -> bool:
    """Whether somebody opened a page with this request; not what belongs to a page, nor what is fetched ahead."""
    opened = dest == "document" if dest else "text/html" in accept.lower()
    return opened and method != "HEAD" and not purpose
