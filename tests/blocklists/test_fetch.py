"""Fetching from a server that misbehaves in every way, over real TLS on the loopback."""

from __future__ import annotations

import asyncio
import time
import tracemalloc
from pathlib import Path

import pytest

from blocklists.fetch import Answer, FetchError, Limits, Route, Validators, fetch
from tests.blocklists.listserver import Filter, ListServer, rules
from tests.browser.loop import Loop

QUICK = Limits(size=1_000_000, seconds=1.0)
NOTHING = Validators()


@pytest.fixture
def route(server: ListServer) -> Route:
    return Route(agent="carrel/1.2.3", trust=server.authority.root)


async def got(server: ListServer, route: Route, path: str, known: Validators = NOTHING) -> Answer | None:
    return await fetch(server.address(path), known, route, QUICK)


async def complaint(server: ListServer, route: Route, path: str) -> str:
    with pytest.raises(FetchError) as caught:
        await fetch(server.address(path), NOTHING, route, QUICK)
    assert "\n" not in str(caught.value)
    return str(caught.value)


async def test_a_list_arrives_with_what_its_server_says_about_it(server: ListServer, route: Route) -> None:
    answer = await got(server, route, "/list.txt")
    assert answer == Answer(rules(100), Validators('"one"', "Tue, 24 Nov 2026 06:42:00 GMT"))


async def test_the_server_learns_program_and_version_and_nothing_else(server: ListServer, route: Route) -> None:
    await got(server, route, "/list.txt")
    lines = {line.partition(":")[0].lower(): line for line in server.heads[0].split("\r\n")[1:] if line}
    assert lines["user-agent"] == "User-Agent: carrel/1.2.3"
    assert lines.keys() == {"host", "accept", "accept-encoding", "connection", "user-agent"}


async def test_a_packed_list_is_unpacked(server: ListServer, route: Route) -> None:
    server.packed = True
    answer = await got(server, route, "/list.txt")
    assert answer is not None
    assert answer.content == rules(100)


async def test_gzip_in_several_parts_is_one_list(server: ListServer, route: Route) -> None:
    answer = await got(server, route, "/gzip-parts")
    assert answer is not None
    assert answer.content == rules(50) + rules(50, "", first=50)


async def test_a_list_that_is_known_is_not_sent_again(server: ListServer, route: Route) -> None:
    known = Validators('"one"', "Tue, 24 Nov 2026 06:42:00 GMT")
    assert await got(server, route, "/list.txt", known) is None
    assert "If-Modified-Since: Tue, 24 Nov 2026 06:42:00 GMT" in server.heads[0]


async def test_a_new_etag_brings_the_new_list(server: ListServer, route: Route) -> None:
    server.content, server.etag = rules(110), '"two"'
    answer = await got(server, route, "/list.txt", Validators('"one"'))
    assert answer == Answer(rules(110), Validators('"two"', "Tue, 24 Nov 2026 06:42:00 GMT"))


async def test_what_is_known_is_told_again_after_a_redirect(server: ListServer, route: Route) -> None:
    assert await got(server, route, "/hops/2", Validators('"one"')) is None
    assert len(server.heads) == 3


async def test_progress_is_told_with_what_is_expected(server: ListServer, route: Route) -> None:
    steps: list[tuple[int, int | None]] = []
    await fetch(server.address("/list.txt"), NOTHING, route, QUICK, lambda *step: steps.append(step))
    assert steps[-1] == (len(rules(100)), len(rules(100)))


@pytest.mark.parametrize(
    ("path", "words"),
    [
        pytest.param("/truncated", "the connection ended before the list was complete", id="shorter than said"),
        pytest.param("/chunks-cut", "the connection ended before the list was complete", id="cut between chunks"),
        pytest.param("/reset", "the connection ended before the list was complete", id="reset"),
        pytest.param("/gzip-cut", "it is incomplete (gzip)", id="gzip cut"),
        pytest.param("/gzip-garbage", "it came damaged (gzip)", id="not gzip"),
        pytest.param("/gzip-tail", "it came damaged (gzip)", id="garbage behind gzip"),
        pytest.param("/gzip-twice", "the server packed it in a way that was not asked for", id="packed twice"),
        pytest.param("/brotli", "the server packed it in a way that was not asked for", id="brotli"),
        pytest.param("/status/500", "the server answered 500", id="500"),
        pytest.param("/status/404", "the server answered 404", id="404"),
        pytest.param("/status/206", "the server answered 206", id="a part that was not asked for"),
        pytest.param("/status/304", "the server answered 304", id="304 without a question"),
        pytest.param("/redirect//redirect/", "the server redirects more than 5 times", id="redirect loop"),
        pytest.param("/hops/6", "the server redirects more than 5 times", id="six redirects"),
        pytest.param("/status/301", "the server redirects to nowhere", id="redirect to nowhere"),
        pytest.param(
            "/redirect/http://localhost/list.txt", "the server redirects to an address that is not https", id="http"
        ),
        pytest.param("/redirect/file:///etc/passwd", "the server redirects to an address that is not https", id="file"),
        pytest.param(
            "/redirect/https://localhost:port/", "the server redirects to nowhere", id="redirect to no address"
        ),
        pytest.param("/silence", "it took longer than 1 seconds", id="silence"),
        pytest.param("/drip", "it took longer than 1 seconds", id="slow drip"),
        pytest.param("/drip-head", "it took longer than 1 seconds", id="slow drip of headers"),
        pytest.param("/endless", "it is larger than 1 MB", id="without end"),
        pytest.param("/bomb", "it is larger than 1 MB", id="gzip bomb"),
        pytest.param("/endless-nothing", "it is larger than 1 MB", id="gzip of nothing without end"),
    ],
)
async def test_misbehaviour_is_named_in_one_line(server: ListServer, route: Route, path: str, words: str) -> None:
    if path == "/redirect//redirect/":
        server.behaviour = "/redirect//list.txt"
    begun = time.monotonic()
    said = await complaint(server, route, path)
    assert said == words or (path == "/silence" and "silent" in said)
    assert time.monotonic() - begun < 5


async def test_five_redirects_are_followed(server: ListServer, route: Route) -> None:
    answer = await got(server, route, "/hops/5")
    assert answer is not None
    assert answer.content == rules(100)


async def test_a_redirect_to_another_https_server_is_followed(server: ListServer, route: Route) -> None:
    other = server.listen(server.authority.context("localhost"))
    answer = await got(server, route, f"/redirect/https://localhost:{other}/list.txt")
    assert answer is not None


async def test_a_gzip_bomb_never_becomes_large(server: ListServer, route: Route) -> None:
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        await complaint(server, route, "/bomb")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak - before < 10_000_000


async def test_a_certificate_of_a_stranger_is_refused(server: ListServer, route: Route) -> None:
    port = server.listen(server.stranger.context("localhost"))
    with pytest.raises(FetchError, match=r"certificate is not trusted \(.+\); .*\[proxy\] trust"):
        await fetch(f"https://localhost:{port}/list.txt", NOTHING, route, QUICK)
    assert server.heads == []


async def test_a_certificate_for_another_name_is_refused(server: ListServer, route: Route) -> None:
    port = server.listen(server.authority.context("elsewhere.test"))
    with pytest.raises(FetchError, match=r"certificate is not trusted \(Hostname mismatch"):
        await fetch(f"https://localhost:{port}/list.txt", NOTHING, route, QUICK)


async def test_without_trust_the_librarys_own_authority_is_a_stranger(server: ListServer) -> None:
    assert "not trusted" in await complaint(server, Route(agent="carrel/1"), "/list.txt")


async def test_trust_that_is_no_certificate_is_named(server: ListServer, tmp_path: Path) -> None:
    (tmp_path / "trust.pem").write_text("nothing")
    assert "check [proxy] trust" in await complaint(
        server, Route("carrel/1", trust=tmp_path / "trust.pem"), "/list.txt"
    )


async def test_a_server_without_tls_is_named(server: ListServer, route: Route) -> None:
    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 No\r\n\r\n")
        writer.close()

    port = server.listen(None, plain)
    with pytest.raises(FetchError, match="the server does not speak TLS as it should"):
        await fetch(f"https://localhost:{port}/list.txt", NOTHING, route, QUICK)


async def test_nobody_there_is_said(route: Route) -> None:
    with pytest.raises(FetchError, match="the server cannot be reached"):
        await fetch("https://localhost:1/list.txt", NOTHING, route, QUICK)


async def test_an_unknown_name_is_said(route: Route) -> None:
    with pytest.raises(FetchError, match=r"the name of the server is not known here|longer than|cannot be reached"):
        await fetch("https://lists.invalid/list.txt", NOTHING, route, QUICK)


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_everything_goes_through_the_upstream_proxy(server: ListServer, beside: Loop, scheme: str) -> None:
    tls = server.authority.context("localhost") if scheme == "https" else None
    filter_ = Filter(beside, server.listen(server.authority.context("lists.test")), "carrel:s@cret", tls)
    try:
        route = Route("carrel/1", f"{scheme}://carrel:s%40cret@localhost:{filter_.port}", server.authority.root)
        answer = await fetch("https://lists.test/list.txt", NOTHING, route, QUICK)
        assert answer is not None
        assert answer.content == rules(100)
        assert filter_.asked == ["CONNECT lists.test:443 HTTP/1.1"]
        assert "s@cret" not in server.heads[0]
    finally:
        filter_.close()


async def test_an_upstream_that_wants_a_password_is_said_without_the_one_it_was_given(
    server: ListServer, beside: Loop
) -> None:
    filter_ = Filter(beside, server.port, "carrel:right")
    try:
        route = Route("carrel/1", f"http://carrel:wr0ng@127.0.0.1:{filter_.port}", server.authority.root)
        said = await complaint(server, route, "/list.txt")
        assert said == "the upstream proxy refused (407); write its user name and password into [proxy] upstream"
    finally:
        filter_.close()


async def test_an_upstream_that_is_not_there_is_said_without_its_password(server: ListServer) -> None:
    said = await complaint(server, Route("carrel/1", "http://carrel:secret@127.0.0.1:1"), "/list.txt")
    assert said == "the upstream proxy 127.0.0.1:1 cannot be reached"


async def test_the_environments_proxy_is_not_used(
    server: ListServer, route: Route, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert await got(server, route, "/list.txt") is not None
