"""Which rule names a request, and which exception beats it."""

from __future__ import annotations

import re
import time
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blocklists.matcher import Matcher, Request, Verdict
from blocklists.patterns import Pattern, address_of
from blocklists.rules import parse


def make_request(
    url: str = "https://tracker.test/pixel.gif?id=1",
    *,
    host: str | None = None,
    page: str = "library.test",
    kind: str = "script",
    third_party: bool = True,
) -> Request:
    return Request(url, urlsplit(url).hostname or "" if host is None else host, page, kind, third_party)


def matcher(*lists: str) -> Matcher:
    return Matcher([parse(text, f"{number}.txt") for number, text in enumerate(lists, 1)])


def blocked(rules: str, request: Request) -> bool:
    return matcher(rules).check(request).blocked


@pytest.mark.parametrize(
    ("rule", "url", "hit"),
    [
        pytest.param("||tracker.test^", "https://tracker.test/", True, id="host"),
        pytest.param("||tracker.test^", "https://a.b.tracker.test/x", True, id="host below"),
        pytest.param("||tracker.test^", "https://nottracker.test/x", False, id="not a parent"),
        pytest.param("||tracker.test^", "https://tracker.test.example/", False, id="not at the front"),
        pytest.param("||tracker.test^", "https://tracker.test:8443/x", True, id="any port"),
        pytest.param("||tracker.test^", "https://tracker.test./x", True, id="trailing dot"),
        pytest.param("||tracker.test^", "https://TRACKER.test/x", True, id="capitals"),
        pytest.param("||tracker.test^", "https://user:tracker@shop.test/tracker.test/", False, id="host in the path"),
        pytest.param("||tracker.test^", "wss://tracker.test/live", True, id="socket"),
        pytest.param("||tracker.test:8443^", "https://tracker.test:8443/x", True, id="port"),
        pytest.param("||tracker.test:8443^", "https://tracker.test/x", False, id="other port"),
        pytest.param("||192.0.2.7^", "http://192.0.2.7/x", True, id="address"),
        pytest.param("||2.0.2.7^", "http://192.2.0.2.7/x", False, id="no part of an address"),
        pytest.param("||z\u00e4hler.test^", "https://xn--zhler-gra.test/", True, id="IDN"),
        pytest.param("||xn--zhler-gra.test^", "https://z\u00e4hler.test/", True, id="IDN in the address"),
        pytest.param("||tracker.", "https://tracker.co.uk/", True, id="any ending"),
        pytest.param("||shop.test/count/", "https://shop.test/count/1", True, id="path"),
        pytest.param("||shop.test/count/", "https://www.shop.test/count/1", True, id="path, host below"),
        pytest.param("||shop.test/count/", "https://shop.test/x/count/1", False, id="path elsewhere"),
        pytest.param("||shop.test^*/bi.js", "https://shop.test/a/b/bi.js", True, id="separator and wildcard"),
        pytest.param("||mcd-*.shop.test^", "https://mcd-9.shop.test/", True, id="wildcard in the host"),
        pytest.param("||*.shop.test^", "https://a.shop.test/", True, id="wildcard first"),
        pytest.param("/pixel.gif?", "https://shop.test/pixel.gif?a", True, id="anywhere"),
        pytest.param("/pixel.gif?", "https://shop.test/pixel.gifs?a", False, id="not quite"),
        pytest.param("/a*b*c.js", "https://shop.test/axbybbc.js", True, id="wildcards"),
        pytest.param("/track^", "https://shop.test/track", True, id="separator at the end"),
        pytest.param("/track^", "https://shop.test/track?x", True, id="separator"),
        pytest.param("/track^", "https://shop.test/tracker", False, id="letter is no separator"),
        pytest.param("/track^", "https://shop.test/track-er", False, id="hyphen is no separator"),
        pytest.param("|https://shop.test/t", "https://shop.test/tr", True, id="from the start"),
        pytest.param("|shop.test", "https://shop.test/", False, id="not from the start"),
        pytest.param("/t.gif|", "https://shop.test/t.gif", True, id="to the end"),
        pytest.param("/t.gif|", "https://shop.test/t.gif?t", False, id="not to the end"),
        pytest.param("/t^|", "https://shop.test/t/", True, id="separator to the end"),
        pytest.param("/t*.gif|", "https://shop.test/t.gif.gif", True, id="wildcard to the end"),
        pytest.param("||shop.test/*/t.gif|", "https://shop.test/a/t.gif", True, id="all anchors"),
        pytest.param("/Pixel.GIF", "https://shop.test/pixel.gif", True, id="case does not matter"),
        pytest.param("/Pixel.GIF$match-case", "https://shop.test/pixel.gif", False, id="unless it does"),
        pytest.param("/Pixel.GIF$match-case", "https://shop.test/Pixel.GIF", True, id="and fits"),
        pytest.param("/caf\u00e9.js", "https://shop.test/caf%C3%A9.js", True, id="percent-encoded"),
        pytest.param("/pixel.gif", "https://shop.test/#/pixel.gif", False, id="fragment is never sent"),
        pytest.param(r"/^https?:\/\/[a-z]{3,8}\.test\/t\d+\.js$/", "https://shop.test/t12.js", True, id="expression"),
        pytest.param(
            r"/^https?:\/\/[a-z]{3,8}\.test\/t\d+\.js$/", "https://shop.test/tx.js", False, id="expression not"
        ),
        pytest.param("/count/", "https://shop.test/discount", True, id="two slashes are an expression"),
        pytest.param("/count/*", "https://shop.test/discount", False, id="unless an asterisk follows"),
        pytest.param("0.0.0.0 a.test tracker.test", "https://x.tracker.test/", True, id="hosts file"),
        pytest.param("tracker.test", "https://tracker.test/", True, id="list of names"),
        pytest.param("||tracker.test^$redirect=noop.js", "https://tracker.test/", True, id="replaced is stopped too"),
        pytest.param("||tracker.test^$popup,script", "https://tracker.test/", True, id="popups beside others"),
    ],
)
def test_addresses(rule: str, url: str, hit: bool) -> None:
    assert blocked(rule, make_request(url)) is hit


@pytest.mark.parametrize(
    ("options", "changes", "hit"),
    [
        pytest.param("third-party", {"third_party": False}, False, id="third-party, own"),
        pytest.param("3p", {}, True, id="3p"),
        pytest.param("~third-party", {}, False, id="~third-party"),
        pytest.param("1p", {"third_party": False}, True, id="1p"),
        pytest.param("domain=library.test", {}, True, id="page"),
        pytest.param("domain=library.test", {"page": "www.library.test"}, True, id="page below"),
        pytest.param("domain=library.test", {"page": "other.test"}, False, id="other page"),
        pytest.param("domain=library.test", {"page": ""}, False, id="page unknown"),
        pytest.param("domain=~library.test", {}, False, id="not this page"),
        pytest.param("domain=~library.test", {"page": ""}, True, id="not this page, unknown"),
        pytest.param(
            "domain=library.test|~kids.library.test", {"page": "kids.library.test"}, False, id="inner negation"
        ),
        pytest.param(
            "domain=test|~library.test|kids.library.test", {"page": "kids.library.test"}, True, id="innermost"
        ),
        pytest.param("domain=library.*", {"page": "www.library.co.uk"}, True, id="any ending"),
        pytest.param("domain=library.*", {"page": "library.shop.example"}, False, id="more than an ending"),
        pytest.param("domain=b\u00fccher.test", {"page": "xn--bcher-kva.test"}, True, id="IDN page"),
        pytest.param("to=tracker.test", {}, True, id="to"),
        pytest.param("denyallow=tracker.test", {}, False, id="denyallow"),
        pytest.param("script", {}, True, id="script"),
        pytest.param("script", {"kind": "worker"}, True, id="worker is a script"),
        pytest.param("image,stylesheet", {}, False, id="other kinds"),
        pytest.param("~script", {}, False, id="~script"),
        pytest.param("~image", {}, True, id="~image"),
        pytest.param("css", {"kind": "style"}, True, id="css"),
        pytest.param("xhr", {"kind": "connect"}, True, id="connect"),
        pytest.param("~xmlhttprequest", {"kind": "connect"}, False, id="~xmlhttprequest"),
        pytest.param("ping", {"kind": "connect"}, False, id="a fetch is no ping"),
        pytest.param("ping", {"kind": "ping"}, True, id="a known ping is"),
        pytest.param("websocket", {"kind": "connect"}, False, id="a fetch is no socket"),
        pytest.param("websocket", {"kind": "connect", "url": "wss://tracker.test/"}, True, id="socket"),
        pytest.param("subdocument", {"kind": "frame"}, True, id="frame"),
        pytest.param("media", {"kind": "media"}, True, id="media"),
        pytest.param("object", {"kind": "object"}, True, id="object"),
        pytest.param("font", {"kind": "font"}, True, id="font"),
        pytest.param("other", {"kind": "other"}, True, id="other"),
        pytest.param("other", {"kind": "never heard of"}, True, id="unknown kind"),
        pytest.param("third-party", {"kind": "form"}, True, id="form"),
        pytest.param("third-party", {"kind": "document"}, False, id="a document has to be named"),
        pytest.param("document", {"kind": "document"}, True, id="document"),
        pytest.param("all", {"kind": "document"}, True, id="all"),
        pytest.param("doc,script,_____", {}, True, id="placeholder"),
    ],
)
def test_options(options: str, changes: dict[str, object], hit: bool) -> None:
    request = make_request(**changes)  # type: ignore[arg-type]
    assert blocked(f"||tracker.test^${options}", request) is hit
    assert blocked(f"://tracker.test^${options}", request) is hit


BLOCK, IMPORTANT = "||tracker.test^", "||tracker.test^$important"
EXCEPT, EXCEPT_IMPORTANT = "@@||tracker.test^$script", "@@||tracker.test^$important"


@pytest.mark.parametrize(
    ("rules", "rule", "exception"),
    [
        pytest.param([], None, None, id="nothing"),
        pytest.param([EXCEPT], None, None, id="exception to nothing"),
        pytest.param([BLOCK], BLOCK, None, id="rule"),
        pytest.param([BLOCK, EXCEPT], BLOCK, EXCEPT, id="exception"),
        pytest.param([EXCEPT, BLOCK], BLOCK, EXCEPT, id="order does not matter"),
        pytest.param([BLOCK, "@@||tracker.test^$image"], BLOCK, None, id="exception for another kind"),
        pytest.param([IMPORTANT, EXCEPT], IMPORTANT, None, id="important"),
        pytest.param([BLOCK, IMPORTANT, EXCEPT], IMPORTANT, None, id="important beside ordinary"),
        pytest.param([IMPORTANT, EXCEPT_IMPORTANT], IMPORTANT, EXCEPT_IMPORTANT, id="important exception"),
        pytest.param([BLOCK, EXCEPT_IMPORTANT], BLOCK, EXCEPT_IMPORTANT, id="important exception to an ordinary rule"),
        pytest.param([BLOCK, BLOCK + "$badfilter"], None, None, id="taken back"),
        pytest.param([IMPORTANT, BLOCK + "$badfilter"], IMPORTANT, None, id="another was taken back"),
        pytest.param([BLOCK, EXCEPT, EXCEPT + ",badfilter"], BLOCK, None, id="exception taken back"),
        pytest.param(["/pixel.gif?$3p", "/pixel.gif?$badfilter,third-party"], None, None, id="path taken back"),
    ],
)
def test_ranks(rules: list[str], rule: str | None, exception: str | None) -> None:
    for lists in (["\n".join(rules)], rules):
        verdict = matcher(*lists).check(make_request())
        assert (verdict.rule and verdict.rule.text, verdict.exception and verdict.exception.text) == (rule, exception)
        assert verdict.blocked is (rule is not None and exception is None)


def test_a_verdict_says_which_list_and_line() -> None:
    verdict = matcher("! x\n||other.test^", "! *** b.txt ***\n\n||tracker.test/pixel.gif$3p").check(make_request())
    assert str(verdict.rule) == "2.txt:3 ||tracker.test/pixel.gif$3p"
    assert verdict.rule is not None
    assert verdict.rule.section == "b.txt"


def test_the_earlier_list_names_it() -> None:
    assert str(matcher(BLOCK, BLOCK).check(make_request()).rule) == f"1.txt:1 {BLOCK}"
    assert str(matcher("||a.test^", BLOCK, BLOCK).check(make_request()).rule) == f"2.txt:1 {BLOCK}"


@pytest.mark.parametrize(
    ("rules", "host", "named"),
    [
        pytest.param(BLOCK, "a.tracker.test", True, id="host below"),
        pytest.param(BLOCK, "Tracker.Test.", True, id="as it may be written"),
        pytest.param(BLOCK, "nottracker.test", False, id="another"),
        pytest.param(BLOCK + "$third-party", "tracker.test", True, id="third parties"),
        pytest.param(IMPORTANT, "tracker.test", True, id="important"),
        pytest.param("||tracker.test^$domain=~shop.test", "tracker.test", True, id="but for one page"),
        pytest.param(BLOCK + "$script", "tracker.test", False, id="one kind"),
        pytest.param(BLOCK + "$~third-party", "tracker.test", False, id="own pages only"),
        pytest.param(BLOCK + "$domain=shop.test", "tracker.test", False, id="some pages only"),
        pytest.param("||tracker.test/pixel", "tracker.test", False, id="a path"),
        pytest.param(BLOCK + "\n@@||tracker.test^", "tracker.test", False, id="excused"),
        pytest.param(BLOCK + "\n@@||tracker.test^$script", "tracker.test", True, id="excused for one kind"),
        pytest.param(BLOCK + "\n" + BLOCK + "$badfilter", "tracker.test", False, id="taken back"),
        pytest.param(BLOCK, "", False, id="no host"),
    ],
)
def test_a_host_without_an_address(rules: str, host: str, named: bool) -> None:
    assert (matcher(rules).host_rule(host) is not None) is named


STRANGE = matcher(
    "||tracker.test^\n/a*b^c*d\n/t^|\n||x*.test^\n@@||tracker.test/ok\n/(a|b)+tracker.*[0-9]{3,}/\n$script,domain=a.test\n://*?"
)


@given(
    st.one_of(st.text(max_size=80), st.text("htps:/@[]?#.%a1\\^*|\u00fc\n", max_size=60).map("https://".__add__)),
    st.text(max_size=20),
    st.text(max_size=20),
    st.sampled_from(["script", "connect", "", "document"]),
    st.booleans(),
)
@settings(max_examples=500, deadline=None)
def test_no_request_is_too_strange(url: str, host: str, page: str, kind: str, third_party: bool) -> None:
    request = Request(url, host, page, kind, third_party)
    verdict = STRANGE.check(request)
    assert verdict == STRANGE.check(request)
    assert isinstance(verdict, Verdict)
    STRANGE.host_rule(host)


@pytest.mark.parametrize(
    ("rule", "url"),
    [
        pytest.param("/" + "*a" * 200 + "*b", "https://s.test/" + "a" * 20_000, id="wildcards"),
        pytest.param("/" + "^*a" * 200 + "b|", "https://s.test/" + "/a" * 20_000, id="separators"),
        pytest.param("||a*" + "a^*" * 100 + "z", "https://" + "a." * 5000 + "test/", id="labels"),
        pytest.param("/(a+)+(a+)+tracker/", "https://s.test/" + "a" * 20_000 + "tracke", id="expression"),
    ],
)
def test_an_address_meant_to_hang_us_does_not(rule: str, url: str) -> None:
    start = time.perf_counter()
    matcher(rule).check(make_request(url, host="s.test"))
    assert time.perf_counter() - start < 2


@given(
    st.text("ab*^/.", min_size=1, max_size=8),
    st.sampled_from(["", "|", "||"]),
    st.booleans(),
    st.text("ab/.", max_size=9),
)
@settings(max_examples=1500, deadline=None)
def test_wildcards_mean_what_the_expression_for_them_means(body: str, anchor: str, end: bool, path: str) -> None:
    if body.startswith("*") or body.endswith("*") or (body[0] == "/" == body[-1] and len(body) > 2):
        return
    parts = {"*": ".*", "^": r"(?:[^\w.%-]|\Z)"}
    begin = {"": "", "|": r"\A", "||": r"\A[a-z]+://(?:[^/?]*\.)?"}[anchor]
    wanted = re.compile(begin + "".join(parts.get(c) or re.escape(c) for c in body) + (r"\Z" if end else ""), re.ASCII)
    address = address_of(f"https://a.b.ab/{path}", "")
    assert Pattern(anchor + body + "|" * end).fits(address) == (wanted.search(address.text) is not None)
