"""Which opened answers carry the policy header, and which of them are page loads. Pure.

Signals, best first: Fetch Metadata (`Sec-Fetch-*`, W3C), `Sec-Purpose`, then `Accept` and `Content-Type` for
browsers that send none.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

_HTML = ("text/html", "application/xhtml+xml")
_FRAMES = frozenset({"iframe", "frame", "object", "embed"})
_WORKERS = frozenset({"worker", "sharedworker", "serviceworker", "script"})


@dataclass(frozen=True, slots=True)
class Exchange:
    """An opened request and the head of its answer; header values as sent, "" where absent."""

    host: str
    path: str
    client: str
    method: str
    dest: str
    fetch_site: str
    purpose: str
    accept: str
    status: int
    content_type: str
    disposition: str
    cookies: str = ""
    referrer_policy: str = ""


class Mark(Enum):
    NONE = "none"
    PAGE = "page"
    """A top-level document: a page load."""
    PREFETCHED = "prefetched"
    """A top-level document fetched ahead: a page load once it reports."""
    PRERENDERED = "prerendered"
    """Rendered ahead: it reports before anyone looks at it, if anyone ever does. Never counted as a load."""
    FRAME = "frame"
    """A document of the site inside a page of the site: its contacts are that page's."""
    SCRIPT = "script"
    """A script of the site. The header acts where it runs as a worker and is ignored elsewhere."""


def mark_for(exchange: Exchange) -> Mark:
    """What an answer is, from its own request. Documents embedded by other parties' pages are left alone."""
    media_type = exchange.content_type.partition(";")[0].strip().lower()
    # A 304 repeats a stored document; the stored headers are updated from it (RFC 9111, section 3.2).
    shown = exchange.status == 304 or media_type in _HTML
    readable = exchange.status not in (204, 205) and (exchange.status == 304 or not 300 <= exchange.status < 400)
    attached = exchange.disposition.strip().lower().startswith("attachment")
    if exchange.method == "HEAD" or not readable:
        return Mark.NONE
    if exchange.dest in _WORKERS:
        return Mark.SCRIPT
    if exchange.dest in _FRAMES:
        own = exchange.fetch_site in ("same-origin", "same-site")
        return Mark.FRAME if own and shown and not attached else Mark.NONE
    navigated = exchange.dest == "document" if exchange.dest else "text/html" in exchange.accept.lower()
    if not (navigated and shown) or attached or (not exchange.dest and media_type not in _HTML):
        return Mark.NONE
    purpose = exchange.purpose.lower()
    if "prerender" in purpose:
        return Mark.PRERENDERED
    return Mark.PREFETCHED if "prefetch" in purpose else Mark.PAGE
