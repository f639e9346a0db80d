"""Quieter requests and pages: objections on what is asked of the sites, and headers that make their pages tell less.

Changes headers only; blocks nothing, sees nothing, records nothing. What pages may contact is the witness's policy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from addons.decide.marks import Mark, mark_for
from addons.decide.parties import normal_host
from addons.decide.quieter import NO_ADVERTISING, OBJECTION, TRIMMED, is_weaker
from addons.decide.sites import Catalogue
from addons.settings import Protect
from addons.sighting import exchange_from

if TYPE_CHECKING:
    from mitmproxy.http import HTTPFlow

_DOCUMENTS = frozenset({"", "document", "iframe", "frame", "object", "embed"})
"""Sec-Fetch-Dest of what may be one; browsers that do not say send none."""
_NO_DOCUMENT = frozenset({Mark.NONE, Mark.SCRIPT})


class Shield:
    """mitmproxy addon. Stands before the witness, which reads the headers as the browser will."""

    def __init__(self, protect: Protect, catalogue: Catalogue) -> None:
        self._gpc = protect.gpc
        self._trims = protect.trim_referrer
        self._catalogue = catalogue

    def requestheaders(self, flow: HTTPFlow) -> None:
        if self._gpc and self._is_sites(flow):
            flow.request.headers.update(OBJECTION)

    def responseheaders(self, flow: HTTPFlow) -> None:
        if flow.response is None or not (self._gpc or self._trims):
            return
        # First what is cheap: most of what passes is no document.
        if flow.request.headers.get("sec-fetch-dest", "") not in _DOCUMENTS or not self._is_sites(flow):
            return
        if mark_for(exchange_from(flow, flow.response)) in _NO_DOCUMENT:
            return
        headers = flow.response.headers
        if self._gpc:
            headers.add("Permissions-Policy", NO_ADVERTISING)
        if self._trims and is_weaker(headers.get("referrer-policy", "")):
            headers["Referrer-Policy"] = TRIMMED

    def _is_sites(self, flow: HTTPFlow) -> bool:
        return self._catalogue.site_of(normal_host(flow.request.pretty_host)) is not None
