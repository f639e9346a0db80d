"""Quieter requests and pages, header by header."""

from __future__ import annotations

import pytest
from mitmproxy.http import Headers, HTTPFlow
from mitmproxy.test import tflow

from addons.decide.sites import Catalogue
from addons.settings import Protect, Site
from addons.shield import Shield

CATALOGUE = Catalogue([Site("a", "A", domains=("a.test",))])


def exchanged(
    protect: Protect, *, host: str = "www.a.test", dest: str = "document", answered: dict[str, str] | None = None
) -> HTTPFlow:
    flow = tflow.tflow(resp=True)
    flow.request.host = host
    flow.request.headers = _headers({"Host": host, "Sec-Fetch-Dest": dest})
    assert flow.response is not None
    flow.response.headers = _headers({"Content-Type": "text/html", **(answered or {})})
    shield = Shield(protect, CATALOGUE)
    shield.requestheaders(flow)
    shield.responseheaders(flow)
    return flow


def _headers(values: dict[str, str]) -> Headers:
    return Headers([(name.encode(), value.encode()) for name, value in values.items()])


def referrer_policy(protect: Protect, stated: str) -> str:
    flow = exchanged(protect, answered={"Referrer-Policy": stated} if stated else {})
    assert flow.response is not None
    return str(flow.response.headers.get("referrer-policy", ""))


def test_a_site_hears_that_the_patron_objects_and_its_page_may_not_use_interfaces_for_advertising() -> None:
    flow = exchanged(Protect(), answered={"Permissions-Policy": "geolocation=()"})
    assert flow.request.headers["sec-gpc"] == "1"
    assert flow.request.headers["dnt"] == "1"
    assert flow.response is not None
    policies = flow.response.headers.get_all("permissions-policy")
    assert policies[0] == "geolocation=()"
    for feature in ("browsing-topics", "join-ad-interest-group", "run-ad-auction", "attribution-reporting"):
        assert f"{feature}=()" in policies[1].split(", ")


@pytest.mark.parametrize(
    ("host", "dest", "protect"),
    [
        pytest.param("other.test", "document", Protect(trim_referrer=True), id="another site"),
        pytest.param("a.test", "image", Protect(trim_referrer=True), id="no document"),
        pytest.param("a.test", "document", Protect(gpc=False), id="switched off"),
    ],
)
def test_nothing_else_is_touched(host: str, dest: str, protect: Protect) -> None:
    flow = exchanged(protect, host=host, dest=dest, answered={"Referrer-Policy": "unsafe-url"})
    assert flow.response is not None
    assert dict(flow.response.headers) == {"Content-Type": "text/html", "Referrer-Policy": "unsafe-url"}
    assert ("sec-gpc" in flow.request.headers) == (dest == "image")


@pytest.mark.parametrize(
    ("stated", "sent"),
    [
        ("unsafe-url", "strict-origin-when-cross-origin"),
        ("no-referrer-when-downgrade", "strict-origin-when-cross-origin"),
        ("no-referrer, unsafe-url", "strict-origin-when-cross-origin"),
        ("unsafe-url, no-referrer", "unsafe-url, no-referrer"),
        ("unsafe-url, not-a-policy", "strict-origin-when-cross-origin"),
        ("same-origin", "same-origin"),
        ("", ""),
    ],
)
def test_a_weaker_referrer_policy_is_replaced_and_a_stronger_one_stays(stated: str, sent: str) -> None:
    assert referrer_policy(Protect(trim_referrer=True), stated) == sent
    assert referrer_policy(Protect(), stated) == stated
