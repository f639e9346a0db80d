"""Which answers are page loads, frames or scripts, and which are left alone."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from addons.decide.marks import Exchange, Mark, mark_for

PAGE = Exchange(
    host="site.test",
    path="/search?q=term",
    client="10.0.0.7",
    method="GET",
    dest="document",
    fetch_site="none",
    purpose="",
    accept="text/html,application/xhtml+xml,*/*;q=0.8",
    status=200,
    content_type="text/html; charset=utf-8",
    disposition="",
)
FRAME = replace(PAGE, dest="iframe", fetch_site="same-origin")
OLD = replace(PAGE, dest="", fetch_site="")
SCRIPT = replace(PAGE, dest="script", accept="*/*", content_type="text/javascript")


@pytest.mark.parametrize(
    ("exchange", "mark"),
    [
        pytest.param(PAGE, Mark.PAGE, id="page"),
        pytest.param(replace(PAGE, fetch_site="cross-site"), Mark.PAGE, id="page reached from another site"),
        pytest.param(replace(PAGE, method="POST"), Mark.PAGE, id="page that answers a form"),
        pytest.param(replace(PAGE, content_type="application/xhtml+xml"), Mark.PAGE, id="XHTML"),
        pytest.param(replace(PAGE, content_type="TEXT/HTML"), Mark.PAGE, id="type in capitals"),
        pytest.param(replace(PAGE, status=404), Mark.PAGE, id="error page"),
        pytest.param(replace(PAGE, status=503), Mark.PAGE, id="server's error page"),
        pytest.param(replace(PAGE, status=304, content_type=""), Mark.PAGE, id="page from the cache, confirmed"),
        pytest.param(replace(PAGE, disposition="inline"), Mark.PAGE, id="shown inline"),
        pytest.param(OLD, Mark.PAGE, id="browser without fetch metadata"),
        pytest.param(replace(PAGE, purpose="prefetch"), Mark.PREFETCHED, id="prefetched"),
        pytest.param(
            replace(PAGE, purpose="Prefetch;anonymous-client-ip"), Mark.PREFETCHED, id="prefetched, in detail"
        ),
        pytest.param(replace(PAGE, purpose="prefetch;prerender"), Mark.PRERENDERED, id="prerendered"),
        pytest.param(FRAME, Mark.FRAME, id="frame"),
        pytest.param(replace(FRAME, fetch_site="same-site", dest="frame"), Mark.FRAME, id="frame of a sibling host"),
        pytest.param(replace(FRAME, dest="embed"), Mark.FRAME, id="embedded document"),
        pytest.param(replace(FRAME, dest="object"), Mark.FRAME, id="document as an object"),
        pytest.param(SCRIPT, Mark.SCRIPT, id="script"),
        pytest.param(replace(SCRIPT, dest="worker"), Mark.SCRIPT, id="worker"),
        pytest.param(replace(SCRIPT, dest="sharedworker"), Mark.SCRIPT, id="shared worker"),
        pytest.param(replace(SCRIPT, dest="serviceworker"), Mark.SCRIPT, id="service worker"),
        pytest.param(replace(SCRIPT, dest="worker", status=304, content_type=""), Mark.SCRIPT, id="worker, confirmed"),
        pytest.param(replace(FRAME, fetch_site="cross-site"), Mark.NONE, id="frame in another party's page"),
        pytest.param(replace(FRAME, fetch_site=""), Mark.NONE, id="frame of unknown parent"),
        pytest.param(replace(FRAME, content_type="application/pdf"), Mark.NONE, id="frame with a PDF"),
        pytest.param(replace(PAGE, content_type="application/pdf"), Mark.NONE, id="PDF"),
        pytest.param(replace(PAGE, content_type=""), Mark.NONE, id="no type"),
        pytest.param(replace(PAGE, disposition='Attachment; filename="a.html"'), Mark.NONE, id="download"),
        pytest.param(replace(FRAME, disposition="attachment"), Mark.NONE, id="download in a frame"),
        pytest.param(replace(PAGE, method="HEAD"), Mark.NONE, id="HEAD"),
        pytest.param(replace(PAGE, status=302), Mark.NONE, id="redirect"),
        pytest.param(replace(PAGE, status=204), Mark.NONE, id="no content"),
        pytest.param(replace(PAGE, status=205), Mark.NONE, id="reset content"),
        pytest.param(replace(SCRIPT, status=301), Mark.NONE, id="redirected script"),
        pytest.param(replace(PAGE, dest="empty"), Mark.NONE, id="HTML for a script's fetch"),
        pytest.param(replace(PAGE, dest="image"), Mark.NONE, id="HTML for an image"),
        pytest.param(replace(OLD, accept="*/*"), Mark.NONE, id="old browser, no page asked for"),
        pytest.param(replace(OLD, content_type="image/png"), Mark.NONE, id="old browser, an image came"),
        pytest.param(replace(OLD, status=304, content_type=""), Mark.NONE, id="old browser, unknown confirmed"),
    ],
)
def test_an_answer_is_what_its_request_says(exchange: Exchange, mark: Mark) -> None:
    assert mark_for(exchange) is mark


@given(st.builds(Exchange, *[st.text()] * 8, st.integers(100, 599), st.text(), st.text()))
def test_any_headers_get_an_answer(exchange: Exchange) -> None:
    assert mark_for(exchange) in Mark


@given(st.builds(Exchange, *[st.text()] * 8, st.integers(100, 599), st.text(), st.text()))
def test_only_what_is_shown_at_the_top_counts_as_a_page(exchange: Exchange) -> None:
    if mark_for(exchange) is Mark.PAGE:
        assert exchange.dest in ("", "document")
        assert exchange.method != "HEAD"
