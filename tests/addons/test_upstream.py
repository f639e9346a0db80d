"""The content filter in the path: everything goes through it, and what it refuses is refused."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import socket
import ssl
from collections.abc import Iterator

import pytest
from mitmproxy import connection
from mitmproxy.proxy import server_hooks

from addons.dial import Loop as GuardedLoop
from addons.guard import Inward
from addons.tunnel import End
from addons.upstream import FarEnd, Upstream
from tests.addons import town as towns
from tests.addons.program import Line, within
from tests.addons.town import H2_SITE, SEALED, SITE, Town
from tests.addons.world import Origins
from tests.browser.loop import Loop

REFUSAL = b"HTTP/1.1 403 Filtered\r\nContent-Length: 8\r\nConnection: keep-alive\r\n\r\nfiltered"


class Filter:
    """A small content filter: an HTTP proxy with a list of names that it refuses, and keep-alive after refusals."""

    def __init__(self, origins: Origins, ports: dict[str, int], tls: ssl.SSLContext | None) -> None:
        self.ports = ports
        self.heads: list[str] = []
        self.port = origins.serve(self.serve, tls=tls)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            self.heads.append(head)
            method, target, _ = head.split(" ", 2)
            name = target.removeprefix("http://").partition("/")[0].partition(":")[0]
            if name not in self.ports:
                writer.write(REFUSAL)
                await writer.drain()
                continue
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.ports[name])
            if method == "CONNECT":
                writer.write(b"HTTP/1.1 200 Through the filter\r\n\r\n")
            else:
                far_writer.write(head.encode("latin-1"))
            await asyncio.gather(_pump(reader, far_writer), _pump(far_reader, writer))
            return

    def asked_for(self, name: str) -> list[str]:
        return [head for head in self.heads if name in head.partition("\r\n")[0]]


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.write_eof() if writer.can_write_eof() else None


@pytest.fixture(scope="module", params=["http://127.0.0.1", "http://carrel:s%40cret@127.0.0.1", "https://localhost"])
def filtered(
    request: pytest.FixtureRequest, origins: Origins, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Town, Filter, str]]:
    folder = tmp_path_factory.mktemp("filtered")
    filter_ = Filter(origins, {}, origins.tls("localhost") if request.param.startswith("https") else None)
    town = towns.build(origins, folder, extra=f'upstream = "{request.param}:{filter_.port}"')
    filter_.ports.update(
        (name, town.pins[name]) for name in (SITE, H2_SITE, SEALED, "echo.test", "greet.test", "plain.test")
    )
    try:
        yield town, filter_, "Basic " + base64.b64encode(b"carrel:s@cret").decode() if "@" in request.param else ""
        assert town.program.stop() == 0, town.program.output()
    finally:
        town.program.kill()


async def test_sealed_traffic_goes_through_the_filter(filtered: tuple[Town, Filter, str]) -> None:
    town, filter_, credentials = filtered
    line = await Line.open(town.address)
    line.writer.write(
        b"CONNECT echo.test:443 HTTP/1.1\r\nHost: echo.test:443\r\nUser-Agent: Browser/1\r\n"
        b"Proxy-Connection: keep-alive\r\n\r\nearly"
    )
    assert "Through the filter" in await line.head()
    data = b"early" + bytes(range(256)) * 1000
    await line.send(data[5:])
    assert await within(line.reader.readexactly(len(data))) == data
    head = filter_.asked_for("echo.test")[-1]
    assert "User-Agent: Browser/1" in head
    assert (f"Proxy-Authorization: {credentials}" in head) == bool(credentials)
    line.close()


async def test_opened_and_plain_traffic_goes_through_the_filter(filtered: tuple[Town, Filter, str]) -> None:
    town, filter_, credentials = filtered
    line = await Line.open(town.address)
    assert await line.connect(f"{SITE}:443") == 200
    await line.secure(town.program.trusting(), SITE)
    await line.send(f"GET /filtered HTTP/1.1\r\nHost: {SITE}\r\n\r\n".encode())
    assert await line.answer() == (200, b"ok")
    line.close()
    plain = await Line.open(town.address)
    await plain.send(b"GET http://plain.test/filtered-plain HTTP/1.1\r\nHost: plain.test\r\n\r\n")
    assert await plain.answer() == (200, b"ok")
    plain.close()
    for name in (f"{SITE}:443", "plain.test"):
        head = filter_.asked_for(name)[-1]
        assert (f"proxy-authorization: {credentials}".lower() in head.lower()) == bool(credentials)
    # What the filter adds for itself is not for the site.
    assert "proxy-authorization" not in town.origins.arrived("GET /filtered ")[-1].lower()


async def test_the_filter_s_refusal_reaches_the_patron_and_ends_the_connection(
    filtered: tuple[Town, Filter, str],
) -> None:
    town, filter_, _ = filtered
    line = await Line.open(town.address)
    # The second CONNECT would reach the filter without anyone here having judged it.
    second = b"CONNECT echo.test:22 HTTP/1.1\r\n\r\n"
    await line.send(b"CONNECT deaf.test:443 HTTP/1.1\r\n\r\n" + second)
    assert await line.answer() == (403, b"filtered")
    line.writer.write(second)
    assert await line.rest() == b""
    assert not filter_.asked_for("echo.test:22")


async def test_the_filter_s_refusal_of_a_site_is_a_readable_page(filtered: tuple[Town, Filter, str]) -> None:
    town, _, _ = filtered
    line = await Line.open(town.address)
    assert await line.connect("down.vendor.test:443") == 200
    await line.secure(town.program.trusting(), "down.vendor.test")
    await line.send(b"GET /Canary HTTP/1.1\r\nHost: down.vendor.test\r\n\r\n")
    status, body = await line.answer()
    assert status == 502
    assert b"content filter did not let this connection through" in body
    line.close()


@pytest.mark.parametrize(
    "head",
    [
        pytest.param("X: y\n\nCONNECT echo.test:22 HTTP/1.1", id="bare line feeds"),
        pytest.param("X: y\n\nCONNECT echo.test:22 HTTP/1.1\n", id="bare line feeds at the end"),
        pytest.param("User-Agent: y\n\nCONNECT echo.test:22 HTTP/1.1", id="in a header that passes"),
        pytest.param("Content-Length: 100", id="a length"),
        pytest.param("Transfer-Encoding: chunked", id="chunks"),
        pytest.param("Host: echo.test:22", id="another host"),
    ],
)
async def test_nothing_rides_along_in_the_head(filtered: tuple[Town, Filter, str], head: str) -> None:
    town, filter_, _ = filtered
    line = await Line.open(town.address)
    await line.send(f"CONNECT echo.test:443 HTTP/1.1\r\n{head}\r\n\r\n".encode())
    assert "Through the filter" in await line.head()
    sent = filter_.heads[-1]
    assert sent.startswith("CONNECT echo.test:443 HTTP/1.1\r\nHost: echo.test:443\r\n")
    for trace in ("echo.test:22", "\n\n", "content-length", "transfer-encoding"):
        assert trace not in sent.lower()
    line.close()


async def test_a_head_of_two_lines_in_one_is_no_request(filtered: tuple[Town, Filter, str]) -> None:
    town, filter_, _ = filtered
    line = await Line.open(town.address)
    await line.send(b"CONNECT echo.test:443 HTTP/1.1\n\nCONNECT\techo.test:22\tHTTP/1.1\r\n\r\n")
    assert (await line.answer())[0] == 400
    assert not filter_.asked_for("echo.test:22")


@pytest.mark.parametrize("target", ["inside.test:443", "127.0.0.9:443", "board.test:443"])
async def test_names_that_lead_inside_stop_here_already(filtered: tuple[Town, Filter, str], target: str) -> None:
    town, filter_, _ = filtered
    line = await Line.open(town.address)
    await line.send(f"CONNECT {target} HTTP/1.1\r\n\r\n".encode())
    assert (await line.answer())[0] == 403
    plain = await Line.open(town.address)
    host = target.partition(":")[0]
    await plain.send(f"GET http://{host}/ HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
    assert (await plain.answer())[0] == 403
    assert not filter_.asked_for(host)
    plain.close()


async def test_nothing_goes_around_the_filter(filtered: tuple[Town, Filter, str]) -> None:
    """A name that the filter knows nothing of is not looked for elsewhere, pinned as it is."""
    town, _, _ = filtered
    for target in ("sum.test:443", "rude.test:443"):
        line = await Line.open(town.address)
        await line.send(f"CONNECT {target} HTTP/1.1\r\n\r\n".encode())
        assert await line.answer() == (403, b"filtered")
        line.close()


async def test_a_site_s_name_that_leads_inside_stops_here_already(filtered: tuple[Town, Filter, str]) -> None:
    town, filter_, _ = filtered
    line = await Line.open(town.address)
    assert await line.connect("inside.vendor.test:443") == 200
    await line.secure(town.program.trusting(), "inside.vendor.test")
    await line.send(b"GET / HTTP/1.1\r\nHost: inside.vendor.test\r\n\r\n")
    assert (await line.answer())[0] == 403
    assert not filter_.asked_for("inside.vendor.test")
    line.close()


@pytest.mark.parametrize(
    ("answer", "passes"),
    [
        pytest.param([b"HTTP/1.1 200 OK\r\n\r\nhello"], True, id="at once"),
        pytest.param([b"HT", b"TP/1.0 200 OK\r\nX: y\r\n", b"\r", b"\n", b"hello"], True, id="in pieces"),
        pytest.param([b"HTTP/1.1 407 No\r\nContent-Length: 5\r\n\r\n", b"hello"], False, id="asks for a password"),
        pytest.param([b"HTTP/1.1 200\r\n\r\nhello"], True, id="without a phrase"),
        pytest.param([b"SSH-2.0-x 200 ok\r\n\r\nhello"], False, id="no HTTP"),
    ],
)
async def test_the_answer_is_passed_on_whole(aside: Loop, answer: list[bytes], passes: bool) -> None:
    """The far end alone, with the proxy on the other side of a socket pair of our own making."""
    loop = asyncio.get_running_loop()
    client_line, near = await _pair(End(loop))
    filter_line, far = await _pair(FarEnd(loop, b"early"))
    near.transport.pause_reading()
    near.tie(far)
    for piece in answer:
        await filter_line.send(piece)
        await asyncio.sleep(0.01)
    whole = b"".join(answer)
    assert await within(client_line.reader.readexactly(len(whole))) == whole
    if passes:
        assert await within(filter_line.reader.readexactly(5)) == b"early"
        await client_line.send(b"more")
        assert await within(filter_line.reader.readexactly(4)) == b"more"
    else:
        with contextlib.suppress(ConnectionError):  # closed already, where the refusal said how long it is
            await client_line.send(b"more")
            await asyncio.sleep(0.05)
            filter_line.writer.write_eof()
        assert await filter_line.rest() == b""
    for line in (client_line, filter_line):
        line.close()


async def _pair(end: End) -> tuple[Line, End]:
    ours, theirs = socket.socketpair()
    await asyncio.get_running_loop().connect_accepted_socket(lambda: end, theirs)
    return Line(*await asyncio.open_connection(sock=ours)), end


def test_addresses_of_upstream_proxies_are_read() -> None:
    upstream = Upstream("http://us%20er:pa%3Ass@[2001:db8::1]:3128", None)
    assert upstream.address == ("2001:db8::1", 3128)
    assert upstream.mode == "upstream:http://[2001:db8::1]:3128"
    assert upstream.credentials == "us er:pa:ss"
    assert (
        upstream.head("2001:db8::2", 443, b"CONNECT x HTTP/1.1\r\nProxy-Authorization: own").count(b"Proxy-Auth") == 1
    )


@pytest.mark.parametrize(
    ("url", "address", "passes"),
    [
        pytest.param("http://filter.test:3128", ("filter.test", 3128), True, id="the filter"),
        pytest.param("http://Filter.test:3128", ("filter.test", 3128), True, id="in other letters"),
        pytest.param("http://[2001:db8::1]:3128", ("2001:db8::1", 3128), True, id="an address"),
        pytest.param("http://filter.test:3128", ("filter.test", 443), False, id="another port"),
        pytest.param("http://filter.test:3128", ("vendor.test", 3128), False, id="another host"),
        pytest.param("http://filter.test:3128", None, False, id="nobody"),
    ],
)
def test_the_engine_connects_to_the_filter_and_to_nobody_else(
    url: str, address: tuple[str, int] | None, passes: bool
) -> None:
    loop = GuardedLoop()
    try:
        server = connection.Server(address=address)
        data = server_hooks.ServerConnectionHookData(server, connection.Client(peername=("", 0), sockname=("", 0)))
        Inward(Upstream(url, None), loop).server_connect(data)
        assert (server.error is None) is passes
    finally:
        loop.close()


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        pytest.param([b"HTTP/1.1 200 OK\r\n\r\n"], [200], id="agrees"),
        pytest.param(
            [b"HTTP/1.1 403 No\r\n", b"\r\n", b"HTTP/1.1 200 OK\r\n\r\n"],
            [403],
            id="refuses",
        ),
        pytest.param([b"SSH-2.0-x 200 ok\r\n\r\n"], [0], id="no HTTP"),
        pytest.param([b"HTTP/1.1 403 No\r\n"], [], id="in the middle"),
    ],
)
async def test_the_answer_s_status_is_told_once(aside: Loop, answer: list[bytes], status: list[int]) -> None:
    loop = asyncio.get_running_loop()
    told: list[int] = []
    client_line, near = await _pair(End(loop))
    filter_line, far = await _pair(FarEnd(loop, b"", told.append))
    near.tie(far)
    for piece in answer:
        await filter_line.send(piece)
        await asyncio.sleep(0.01)
    assert told == status
    for line in (client_line, filter_line):
        line.close()
