"""What is read from a report or an opened flow, and what is refused. Bodies as real browsers send them: reports.py."""

from __future__ import annotations

import contextlib
import json
from dataclasses import asdict
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mitmproxy.http import Headers, HTTPFlow
from mitmproxy.test import tflow, tutils

from addons.sighting import (
    MAX_REPORT,
    ReportError,
    Sighting,
    exchange_from,
    forget_addresses,
    redirect_from,
    sightings_from,
)
from tests.addons import reports
from tests.addons.reports import PAGE, batch, body, chromium_api, chromium_uri, firefox_api, firefox_uri

FOUND = [
    ("https://img.third.test/p.gif?q=term", "img-src", "img.third.test", "image"),
    ("https://css.third.test/a.css?x=1", "style-src-elem", "css.third.test", "style"),
    ("https://js.third.test/a.js", "script-src-elem", "js.third.test", "script"),
    ("https://api.third.test/v?x=3", "connect-src", "api.third.test", "connect"),
    ("wss://ws.third.test/s", "connect-src", "ws.third.test", "connect"),
    ("https://frame.third.test", "frame-src", "frame.third.test", "frame"),
    ("https://f.third.test:8443/a.woff2", "font-src", "f.third.test", "font"),
    ("https://m.third.test/a.mp4", "media-src", "m.third.test", "media"),
    ("https://o.third.test", "object-src", "o.third.test", "object"),
    ("https://w.third.test/w.js", "worker-src", "w.third.test", "worker"),
    ("https://b.third.test/subscribe", "form-action", "b.third.test", "form"),
    ("https://p.third.test/app.json", "manifest-src", "p.third.test", "other"),
    ("http://plain.third.test/", "default-src", "plain.third.test", "other"),
]


@pytest.mark.parametrize("browser", ["chromium", "firefox"])
@pytest.mark.parametrize(
    ("url", "directive", "host", "kind"), [pytest.param(*row, id=row[1] + row[2]) for row in FOUND]
)
def test_both_formats_of_both_browsers_are_read(browser: str, url: str, directive: str, host: str, kind: str) -> None:
    expected = [Sighting("site.test", host, kind, "report", "allowed", url, "https://site.test/page?q=term")]
    uri, api = {"chromium": (chromium_uri, chromium_api), "firefox": (firefox_uri, firefox_api)}[browser]
    assert sightings_from(json.dumps({"csp-report": uri(url, directive)}).encode()) == expected
    assert sightings_from(batch(api(url, directive))) == expected


def test_a_batch_gives_one_sighting_for_each_contact() -> None:
    found = sightings_from(batch(firefox_api("https://a.test/", "img-src"), firefox_api("https://b.test/", "img-src")))
    assert [sighting.host for sighting in found] == ["a.test", "b.test"]
    assert sightings_from(b"[]") == []


@pytest.mark.parametrize(
    ("page", "host"),
    [
        pytest.param(PAGE, "site.test", id="page"),
        pytest.param("https://SITE.test.:8443/a", "site.test", id="in its normal form"),
        pytest.param("blob:https://site.test/5f0c", "site.test", id="worker made from a blob"),
        pytest.param("about:srcdoc", "", id="srcdoc"),
        pytest.param("about", "", id="srcdoc in Firefox"),
        pytest.param("", "", id="nothing"),
        pytest.param(None, "", id="null"),
    ],
)
def test_the_page_is_the_host_in_the_address_bar(page: str | None, host: str) -> None:
    assert [sighting.page for sighting in sightings_from(body(document_uri=page))] == [host]


@pytest.mark.parametrize(
    "blocked",
    [
        "inline",
        "eval",
        "wasm-eval",
        "self",
        "data",
        "data:image/gif;base64,R0lGODlhAQABAAAAACw=",
        "blob",
        "blob:https://third.test/5f0c",
        "about",
        "about:srcdoc",
        "filesystem",
        "chrome-extension",
        "chrome-extension://abcdefgh/a.js",
        "moz-extension://abcdefgh/a.js",
        "safari-web-extension://abcdefgh/a.js",
        "file:///etc/passwd",
        "",
        "https://",
        "https:///path",
        "https://[::1",
        "https://a b.test/",
        "https://" + "a" * 64 + ".test/",
        None,
    ],
)
def test_what_is_no_contact_is_left_out(blocked: str | None) -> None:
    assert sightings_from(body(blocked_uri=blocked)) == []


@pytest.mark.parametrize("scheme", ["chrome-extension", "moz-extension", "safari-web-extension"])
def test_what_an_extension_loads_is_not_the_pages_doing(scheme: str) -> None:
    assert sightings_from(body(source_file=f"{scheme}://abc/content.js")) == []


@pytest.mark.parametrize(
    ("disposition", "outcome"), [("report", "allowed"), ("enforce", "blocked"), (None, "allowed"), ("other", "allowed")]
)
def test_the_outcome_is_what_the_browser_did(disposition: str | None, outcome: str) -> None:
    assert [sighting.outcome for sighting in sightings_from(body(disposition=disposition))] == [outcome]


def test_an_old_report_names_the_directive_with_its_sources() -> None:
    old = body(effective_directive=None, violated_directive="img-src 'self' site.test:*")
    assert [sighting.kind for sighting in sightings_from(old)] == ["image"]


@pytest.mark.parametrize(
    "hostile",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"\xff\xfe\x00", id="not text"),
        pytest.param(b"csp-report", id="not JSON"),
        pytest.param(b"null", id="null"),
        pytest.param(b"7", id="a number"),
        pytest.param(b"9" * 5000, id="a number of 5000 digits"),
        pytest.param(b'"text"', id="text"),
        pytest.param(b"{}", id="no report"),
        pytest.param(b'{"csp-report": []}', id="a list for a report"),
        pytest.param(b"[" * 30_000, id="nesting that does not end"),
        pytest.param(b"[" * 20_000 + b"]" * 20_000, id="deep lists"),
        pytest.param(b'{"deeper":' * 4000 + b"1" + b"}" * 4000, id="deep objects"),
        pytest.param(body(blocked_uri=["https://a.test/"]), id="address in a list"),
        pytest.param(body(document_uri={"a": 1}), id="page is an object"),
        pytest.param(body(disposition=True), id="disposition is a flag"),
        pytest.param(body(source_file=1.5), id="source is a number"),
        pytest.param(body(script_sample="a" * MAX_REPORT), id="too long"),
        pytest.param(batch({"type": "deprecation", "body": {}}), id="another kind of report"),
        pytest.param(batch({"type": "csp-violation"}), id="a report without a body"),
        pytest.param(batch({"type": "csp-violation", "body": "text"}), id="a body that is text"),
        pytest.param(batch(chromium_api("https://a.test/", "img-src"), {"type": "x"}), id="one of two is none"),
        pytest.param(json.dumps([{}] * 257).encode(), id="too many at once"),
    ],
)
def test_hostile_bodies_are_refused_without_a_word_of_them(hostile: bytes) -> None:
    with pytest.raises(ReportError) as refused:
        sightings_from(hostile)
    assert str(refused.value) in {
        "too long",
        "not JSON",
        "not a report",
        "not a batch of reports",
        "a field is not text",
    }
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__ or refused.value.__context__ is None


@pytest.mark.parametrize("blocked", [r"https://\ud800.test/", r"\ud800", r"https://a.test/\udfff"])
def test_lone_surrogates_do_no_harm(blocked: str) -> None:
    raw = body(blocked_uri="MARK").replace(b"MARK", blocked.encode())
    for sighting in sightings_from(raw):
        assert sighting.host == "a.test"
        assert isinstance(hash(sighting.url), int)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda c: st.lists(c) | st.dictionaries(st.text(), c),
)
FIELDS = st.sampled_from(["document-uri", "blocked-uri", "effective-directive", "disposition", "source-file"])


@given(st.binary() | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_body_is_read_or_refused(hostile: bytes) -> None:
    with contextlib.suppress(ReportError):
        sightings_from(hostile)


@given(st.dictionaries(FIELDS, JSON | st.text().map("https://".__add__)))
def test_any_fields_are_read_or_refused(fields: dict[str, object]) -> None:
    try:
        found = sightings_from(json.dumps({"csp-report": fields}).encode())
    except ReportError:
        return
    for sighting in found:
        told = asdict(sighting)
        assert told.pop("url") == fields["blocked-uri"]
        assert told.pop("page_url") == fields.get("document-uri", "")
        assert told.pop("rule") is None
        assert told.pop("relayed") is False
        assert sighting.kind in {*reports_kinds(), "other"}
        assert sighting.outcome in {"allowed", "blocked"}
        assert all("/" not in value and "?" not in value for value in told.values())


def reports_kinds() -> set[str]:
    return {"script", "style", "image", "font", "connect", "frame", "media", "object", "worker", "form"}


def flow_of(url: str, status: int = 200, **headers: str) -> HTTPFlow:
    flow = tflow.tflow(resp=tutils.tresp(status_code=status))
    flow.request.url = url
    assert flow.response is not None
    flow.response.headers = Headers((), **headers)
    return flow


def test_cookies_that_come_in_several_fields_are_one_list() -> None:
    """HTTP/2 lets a browser send each on its own (RFC 9113, section 8.2.3)."""
    flow = tflow.tflow(resp=True)
    flow.request.headers = Headers([(b"cookie", b"a=1"), (b"cookie", b"b=2")])
    assert flow.response is not None
    assert exchange_from(flow, flow.response).cookies == "a=1; b=2"


def test_an_exchange_holds_what_the_witness_needs() -> None:
    flow = flow_of("https://Site.TEST/search?q=term", content_type="text/html")
    flow.request.headers = Headers(host="Site.TEST", sec_fetch_dest="document", accept="text/html", purpose="prefetch")
    assert flow.response is not None
    exchange = exchange_from(flow, flow.response)
    assert (exchange.host, exchange.path, exchange.client) == ("site.test", "/search?q=term", "127.0.0.1")
    assert (exchange.dest, exchange.purpose, exchange.status) == ("document", "prefetch", 200)
    assert (exchange.content_type, exchange.disposition) == ("text/html", "")


ASKED = "https://site.test/a/go?to=1"


@pytest.mark.parametrize(
    ("status", "location", "target", "host"),
    [
        pytest.param(302, "https://third.test/x?y=1#z", "https://third.test/x?y=1", "third.test", id="elsewhere"),
        pytest.param(301, "//third.test/x", "https://third.test/x", "third.test", id="without a scheme"),
        pytest.param(307, "b", "https://site.test/a/b", "site.test", id="the same folder"),
        pytest.param(303, "/c?d=1", "https://site.test/c?d=1", "site.test", id="the same host"),
    ],
)
def test_a_redirect_is_followed_by_address(status: int, location: str, target: str, host: str) -> None:
    assert redirect_from(flow_of(ASKED, status, location=location)) == (ASKED, target, host)


@pytest.mark.parametrize(
    ("status", "location"),
    [
        pytest.param(200, "https://third.test/", id="no redirect"),
        pytest.param(300, "https://third.test/", id="a choice"),
        pytest.param(302, "mailto:staff@site.test", id="mail"),
        pytest.param(302, "https://[::1", id="broken address"),
        pytest.param(302, "javascript:alert(1)", id="script"),
    ],
)
def test_what_leads_nowhere_is_no_redirect(status: int, location: str) -> None:
    assert redirect_from(flow_of(ASKED, status, location=location)) is None


def test_no_address_stays_behind_in_urllib() -> None:
    sightings_from(reports.body(blocked_uri="https://third.test/canary"))
    assert urlsplit.cache_info().currsize  # type: ignore[attr-defined]
    forget_addresses()
    assert not urlsplit.cache_info().currsize  # type: ignore[attr-defined]
