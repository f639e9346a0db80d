"""Counts sites' pages that the content filter stopped, and keeps its block pages from those who watch the sites.

A page of the filter's is no page load of the site, and no sign that the site is broken. Counts only: which page it
was, and of which site, goes no further.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from mitmproxy import exceptions

from addons.decide.filtering import Answer, is_block_page, is_navigation, refuses_connect
from addons.decide.parties import normal_host
from addons.decide.sites import Catalogue
from addons.error_page import refused_connect
from addons.guard import client_of
from addons.ledger import Ledger
from addons.opt_out import Choices
from addons.sighting import redirect_from
from addons.upstream import Upstream

if TYPE_CHECKING:
    from mitmproxy.http import HTTPFlow, Request, Response


class Filtered:
    """mitmproxy addon for a proxy with an upstream. Stands before those that watch and change."""

    def __init__(
        self,
        upstream: Upstream,
        trust: Path | None,
        catalogue: Catalogue,
        ledger: Ledger,
        choices: Choices,
        *,
        today: Callable[[], date] = date.today,
    ) -> None:
        """trust: PEM file with the filter's authority, where it opens connections itself."""
        self._host = normal_host(upstream.address[0])
        self._authorities = _certificates(trust) if trust else []
        self._catalogue = catalogue
        self._ledger = ledger
        self._choices = choices
        self._today = today

    def responseheaders(self, flow: HTTPFlow) -> None:
        if flow.response is None or not self._is_sites(flow.request):
            return
        if is_block_page(self._answer(flow, flow.response), self._host):
            self._count(flow)
            raise exceptions.AddonHalt

    def error(self, flow: HTTPFlow) -> None:
        status = refused_connect(flow.error.msg) if flow.error else 0
        if refuses_connect(status) and self._is_sites(flow.request):
            self._count(flow)

    def _count(self, flow: HTTPFlow) -> None:
        headers = flow.request.headers
        purpose = headers.get("sec-purpose", "") or headers.get("purpose", "")
        how = headers.get("sec-fetch-dest", ""), headers.get("accept", ""), purpose
        if is_navigation(flow.request.method, *how) and self._choices.watches(client_of(flow)):
            self._ledger.cover(self._today(), stopped_upstream=1)

    def _is_sites(self, request: Request) -> bool:
        return self._catalogue.place(normal_host(request.pretty_host)).site is not None

    def _answer(self, flow: HTTPFlow, response: Response) -> Answer:
        redirect = redirect_from(flow)
        squid_error = response.headers.get("x-squid-error", "")
        return Answer(
            status=response.status_code,
            squid_error=squid_error,
            via=", ".join(response.headers.get_all("via")),
            location=redirect[2] if redirect else "",
            plain=flow.request.scheme == "http",
            by_the_filter=bool(squid_error) and self._made_by_the_filter(flow),  # costs some signatures
        )

    def _made_by_the_filter(self, flow: HTTPFlow) -> bool:
        chain = [one.to_cryptography() for one in flow.server_conn.certificate_list]
        return any(_issued(authority, one) for authority in self._authorities for one in chain)


def _certificates(file: Path) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(file.read_bytes())
    except ValueError:
        return []  # OpenSSL, which connects with them, is less strict: no reason not to start


def _issued(authority: x509.Certificate, one: x509.Certificate) -> bool:
    try:
        one.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True
