"""The one place where a browser's report or an opened flow is read. URLs stop here: what leaves is hosts, paths for
the section, and words from fixed sets.
"""

from __future__ import annotations

import json
import urllib.parse
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urldefrag, urljoin, urlsplit

from addons.decide.marks import Exchange
from addons.decide.parties import normal_host
from blocklists.rules import Rule

if TYPE_CHECKING:
    from mitmproxy.http import HTTPFlow, Response

MAX_REPORT = 64 * 1024
"""Bytes; a longer report is refused unread."""

_KINDS = {
    "script-src": "script",
    "script-src-elem": "script",
    "script-src-attr": "script",
    "style-src": "style",
    "style-src-elem": "style",
    "style-src-attr": "style",
    "img-src": "image",
    "font-src": "font",
    "connect-src": "connect",
    "frame-src": "frame",
    "child-src": "frame",
    "fenced-frame-src": "frame",
    "media-src": "media",
    "object-src": "object",
    "worker-src": "worker",
    "form-action": "form",
}
"""CSP directive -> kind; every other directive (manifest-src, prefetch-src, default-src) is `other`."""

_ORIGIN_ONLY = frozenset({"frame", "object"})
_NETWORK = frozenset({"http", "https", "ws", "wss"})


class ReportError(ValueError):
    """Not a report that a browser would send about a page of ours. Carries no part of it."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """One contact that a page made its browser try. In memory only, for as long as it takes to judge it."""

    page: str
    """Host in the address bar; empty if the browser did not say (workers, srcdoc frames)."""
    host: str
    """Host of the party that was contacted."""
    kind: str
    method: str
    outcome: str
    url: str = ""
    """The address as reported: what was sent, and where a redirect of the site's own led. Never stored or passed on."""
    page_url: str = ""
    """The page's address, to tell whether the third party received it. Never stored or passed on."""
    rule: Rule | None = None
    """The rule of a fetched list that named it already."""
    relayed: bool = False
    """Under a name of the library's own rewriting proxy; `host` is the one behind it, "" if that cannot be told."""

    @property
    def path(self) -> str:
        """The path of the address; "" where browsers report no more than the origin (frames and objects)."""
        return "" if self.kind in _ORIGIN_ONLY or not self.url else urlsplit(self.url).path


def sightings_from(body: bytes) -> list[Sighting]:
    """Read what a browser posted: one CSP Level 2 report, or a batch of the Reporting API.

    Reports about what is no contact (inline code, data:, extensions) are left out. Raises ReportError.
    """
    if len(body) > MAX_REPORT:
        raise ReportError("too long")
    try:
        found: Any = json.loads(body)
    except (ValueError, RecursionError):
        raise ReportError("not JSON") from None
    if isinstance(found, dict):
        report = found.get("csp-report")
        if not isinstance(report, dict):
            raise ReportError("not a report")
        reports = [_flat(report)]
    elif isinstance(found, list) and len(found) <= 256:
        reports = [
            entry["body"]
            for entry in found
            if isinstance(entry, dict) and entry.get("type") == "csp-violation" and isinstance(entry.get("body"), dict)
        ]
        if len(reports) != len(found):
            raise ReportError("not a batch of reports")
    else:
        raise ReportError("not a report")
    return [sighting for report in reports if (sighting := _sighting(report)) is not None]


def _flat(report: dict[str, Any]) -> dict[str, Any]:
    """The names of a `report-uri` body as those of the Reporting API."""
    return {
        "documentURL": report.get("document-uri"),
        "blockedURL": report.get("blocked-uri"),
        "effectiveDirective": report.get("effective-directive") or report.get("violated-directive"),
        "disposition": report.get("disposition"),
        "sourceFile": report.get("source-file"),
    }


def _sighting(report: dict[str, Any]) -> Sighting | None:
    fields = {}
    for name in ("documentURL", "blockedURL", "effectiveDirective", "disposition", "sourceFile"):
        value = report.get(name)
        if value is not None and not isinstance(value, str):
            raise ReportError("a field is not text")
        fields[name] = value or ""
    scheme, host = _host(fields["blockedURL"])
    if scheme not in _NETWORK or not host:
        return None
    # What a browser extension loads into a page is the extension's doing, not the page's.
    if fields["sourceFile"].partition(":")[0].endswith("-extension"):
        return None
    directive = fields["effectiveDirective"].strip().partition(" ")[0].lower()
    return Sighting(
        # A worker made from a blob: carries its page's origin behind that scheme.
        page=_host(fields["documentURL"].removeprefix("blob:"))[1],
        host=host,
        kind=_KINDS.get(directive, "other"),
        method="report",
        outcome="blocked" if fields["disposition"] == "enforce" else "allowed",
        url=fields["blockedURL"],
        page_url=fields["documentURL"],
    )


def _host(url: str) -> tuple[str, str]:
    """Scheme and host of a URL, both empty where it has none (`inline`, `eval`, `about:srcdoc`)."""
    try:
        parts = urlsplit(url)
        return parts.scheme, normal_host(parts.hostname or "")
    except ValueError:
        return "", ""


def exchange_from(flow: HTTPFlow, response: Response) -> Exchange:
    """What the witness needs of an opened request and the head of its answer."""
    request = flow.request
    asked, answered = request.headers, response.headers
    return Exchange(
        host=normal_host(request.pretty_host),
        path=request.path,
        client=(flow.client_conn.peername or ("",))[0],
        method=request.method,
        dest=asked.get("sec-fetch-dest", ""),
        fetch_site=asked.get("sec-fetch-site", ""),
        purpose=asked.get("sec-purpose", "") or asked.get("purpose", ""),
        accept=asked.get("accept", ""),
        status=response.status_code,
        content_type=answered.get("content-type", ""),
        disposition=answered.get("content-disposition", ""),
        cookies="; ".join(asked.get_all("cookie")),
        referrer_policy=answered.get("referrer-policy", ""),
    )


def redirect_from(flow: HTTPFlow) -> tuple[str, str, str] | None:
    """The address that was asked for, the one it redirects to, and that one's host; None if it leads nowhere."""
    response = flow.response
    if response is None or not 300 < response.status_code < 400:
        return None
    asked = flow.request.pretty_url
    try:
        target = urldefrag(urljoin(asked, response.headers.get("location", ""))).url
    except ValueError:
        return None
    scheme, host = _host(target)
    return (asked, target, host) if scheme in _NETWORK and host else None


def forget_addresses() -> None:
    """urllib keeps the last hundred or so addresses that it split, to be faster. Here they are a patron's."""
    urllib.parse.clear_cache()  # type: ignore[attr-defined]  # typeshed does not know it
