"""Quieter requests to the sites. Changes requests only; sees nothing, records nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from addons.decide.parties import normal_host
from addons.decide.sites import Catalogue
from addons.settings import Protect

if TYPE_CHECKING:
    from mitmproxy.http import HTTPFlow


class Shield:
    """mitmproxy addon: tells sites that the patron objects to sale and sharing (Global Privacy Control, W3C)."""

    def __init__(self, protect: Protect, catalogue: Catalogue) -> None:
        self._gpc = protect.gpc
        self._catalogue = catalogue

    def requestheaders(self, flow: HTTPFlow) -> None:
        if self._gpc and self._catalogue.site_of(normal_host(flow.request.pretty_host)):
            flow.request.headers["Sec-GPC"] = "1"
