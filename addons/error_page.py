"""What a patron reads when a site could not be opened. Pure; takes mitmproxy's words and passes none of them on."""

from __future__ import annotations

import re
from html import escape

from addons.decide.filtering import refuses_connect

IMITATION = "This address imitates the name of one of the library's services. Ask the library's staff."
TRACKER = (
    "This address does nothing but track visitors of other pages, and the library does not connect to such addresses. "
    "If you need it, ask the library's staff."
)

_FILTERED = "The library's content filter did not let this connection through."
_BEHIND_FILTER = "The library's content filter could not reach the site. Please try again later."
_CONNECT_REFUSED = re.compile(r"refused HTTP CONNECT request: (\d{3})\b")

_REASONS = (
    (
        ("certificate", "verify"),
        (
            "The site's security certificate is not valid, so the connection would not be safe. "
            "Nothing is wrong with this computer. Please tell the library's staff which site it was."
        ),
    ),
    (("tls", "ssl", "handshake"), "A secure connection to the site could not be made. Please try again later."),
    (("timed out", "timeout"), "The site did not answer in time. Please try again later."),
    (
        ("refused", "reset", "unreachable", "name or service", "address", "connect", "closed"),
        "The site could not be reached. Please try again later.",
    ),
)


def translated(status_code: int, message: str) -> bytes:
    """The page for a failure that mitmproxy describes in its own words, with names in them."""
    if status := refused_connect(message):
        return page(status_code, _FILTERED if refuses_connect(status) else _BEHIND_FILTER)
    words = message.lower()
    for signs, reason in _REASONS:
        if any(sign in words for sign in signs):
            return page(status_code, reason)
    return page(status_code, "The site sent an answer that could not be read.")


def refused_connect(message: str) -> int:
    """The status with which the upstream proxy answered a CONNECT, where that is what mitmproxy speaks of; else 0.

    Nothing else of that answer is left.

    >>> refused_connect("Upstream proxy filter.test:3128 refused HTTP CONNECT request: 403 Forbidden")
    403
    """
    found = _CONNECT_REFUSED.search(message)
    return int(found[1]) if found else 0


def page(status_code: int, reason: str) -> bytes:
    """An HTML page that says in a sentence why nothing else is shown."""
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        '<title>This page cannot be opened</title><body style="font:1.2rem/1.5 system-ui,sans-serif;max-width:38rem;'
        f'margin:3rem auto;padding:0 1rem"><h1>This page cannot be opened</h1><p>{escape(reason)}</p>'
        f"<p><small>Carrel, the library's proxy. Code {status_code}.</small></p></body></html>"
    ).encode()
