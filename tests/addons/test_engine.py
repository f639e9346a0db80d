"""Opened connections, from outside: real TLS on both sides, HTTP/1.1 and HTTP/2, and every disagreement of names."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import ssl
import time
from collections.abc import Iterable
from contextlib import closing

import h2.config
import h2.connection
import h2.events
import httpx
import pytest
import websockets.asyncio.client

from tests.addons.program import Line, within
from tests.addons.town import H2_SITE, OTHER_SITE, SITE, Town
from tests.addons.world import MEGABYTE, ODD_ANSWERS


async def opened(town: Town, host: str = SITE, *alpn: str) -> Line:
    """A connection to a site, its TLS ended by the proxy."""
    line = await Line.open(town.address)
    assert await line.connect(f"{host}:443") == 200
    await line.secure(town.program.trusting(*alpn), host)
    return line


async def ask(line: Line, path: str, host: str = SITE, *fields: str) -> tuple[int, bytes]:
    head = "\r\n".join([f"GET {path} HTTP/1.1", f"Host: {host}", *fields])
    await line.send(f"{head}\r\n\r\n".encode("latin-1"))
    return await line.answer()


class BrowserTls(ssl.SSLContext):
    """httpx asks for HTTP/1.1 first, where browsers ask for HTTP/2."""

    def set_alpn_protocols(self, alpn_protocols: Iterable[str]) -> None:
        super().set_alpn_protocols(sorted(alpn_protocols))


def browser(town: Town, *, http2: bool) -> httpx.AsyncClient:
    context = BrowserTls(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(town.program.root)
    return httpx.AsyncClient(proxy=town.program.url, verify=context, http2=http2, timeout=20)


# The ordinary case


@pytest.mark.parametrize("http2", [pytest.param(False, id="HTTP/1.1"), pytest.param(True, id="HTTP/2")])
@pytest.mark.parametrize("host", [pytest.param(SITE, id="to HTTP/1.1"), pytest.param(H2_SITE, id="to HTTP/2")])
async def test_a_page_arrives(town: Town, host: str, http2: bool) -> None:
    async with browser(town, http2=http2) as client:
        answers = await asyncio.gather(*(client.get(f"https://{host}/p{n}") for n in range(8)))
        upload = await client.post(f"https://{host}/upload", content=b"u" * 300_000)
    assert {answer.status_code for answer in answers} == {200}
    assert {answer.http_version for answer in answers} == {"HTTP/2" if http2 else "HTTP/1.1"}
    assert "300000" in upload.text


async def test_the_certificate_names_the_host_alone_and_the_chain_ends_at_the_root(town: Town) -> None:
    line = await opened(town)
    shown = line.writer.get_extra_info("ssl_object").getpeercert()
    assert shown["subjectAltName"] == (("DNS", SITE),)
    line.close()


@pytest.mark.parametrize("spelling", ["VENDOR.test", "vendor.test.", "Vendor.Test."])
async def test_other_spellings_of_the_host_are_the_same_site(town: Town, spelling: str) -> None:
    line = await Line.open(town.address)
    assert await line.connect(f"{spelling}:443") == 200
    await line.secure(town.program.trusting(), SITE)
    assert await ask(line, "/") == (200, b"ok")
    line.close()


async def test_sites_are_told_that_patrons_object_to_sale_and_sharing(town: Town) -> None:
    line = await opened(town)
    await ask(line, "/gpc-opened")
    assert "sec-gpc: 1" in town.origins.arrived("/gpc-opened")[0].lower()
    line.close()
    plain = await Line.open(town.address)
    await plain.send(b"GET http://plain.test/gpc-plain HTTP/1.1\r\nHost: plain.test\r\n\r\n")
    assert (await plain.answer())[0] == 200
    assert "sec-gpc" not in town.origins.arrived("/gpc-plain")[0].lower()
    plain.close()


async def test_offers_of_http3_do_not_pass(town: Town) -> None:
    async with browser(town, http2=False) as client:
        assert "alt-svc" not in (await client.get(f"https://{SITE}/")).headers


async def test_websocket_messages_pass(town: Town) -> None:
    async with websockets.asyncio.client.connect(
        f"wss://{SITE}/socket", proxy=town.program.url, ssl=town.program.trusting(), compression=None
    ) as socket:
        for word in ("one", "two", "three" * 40):
            await socket.send(word)
            assert await within(socket.recv()) == word.upper()  # type: ignore[arg-type]


@pytest.mark.parametrize("path", ODD_ANSWERS)
@pytest.mark.parametrize("http2", [pytest.param(False, id="HTTP/1.1"), pytest.param(True, id="HTTP/2")])
async def test_odd_answers_of_real_servers_pass(town: Town, path: str, http2: bool) -> None:
    async with browser(town, http2=http2) as client:
        answer = await client.get(f"https://{SITE}{path}", timeout=3)
    assert (answer.status_code // 100, answer.text) == (2, "ok")


# Streaming


async def test_the_first_half_arrives_before_the_second_is_sent(town: Town) -> None:
    for http2 in (False, True):
        town.origins.release.clear()
        async with browser(town, http2=http2) as client, client.stream("GET", f"https://{SITE}/slow") as answer:
            chunks = answer.aiter_raw()
            assert await within(anext(chunks)) == b"first half"
            town.origins.release.set()
            assert b"".join([chunk async for chunk in chunks]) == b"other half"


@pytest.mark.parametrize("http2", [False, True])
async def test_trailers_are_left_out_and_break_nothing(town: Town, http2: bool) -> None:
    async with browser(town, http2=http2) as client:
        for _ in range(2):  # the connection stays good
            assert (await client.get(f"https://{SITE}/trailers", headers={"TE": "trailers"})).text == "whole"


async def test_trailers_of_a_request_break_nothing(town: Town) -> None:
    line = await opened(town)
    head = f"POST /upload HTTP/1.1\r\nHost: {SITE}\r\nTransfer-Encoding: chunked\r\n\r\n"
    for _ in range(2):
        await line.send(head.encode() + b"5\r\nhello\r\n0\r\nX-Trailer: y\r\n\r\n")
        assert await line.answer() == (200, b"5")
    line.close()


async def test_an_answer_may_come_before_the_upload_ends(town: Town) -> None:
    line = await opened(town)
    await line.send(f"POST /early HTTP/1.1\r\nHost: {SITE}\r\nContent-Length: 1000000\r\n\r\nstart".encode())
    assert await line.answer() == (200, b"early")
    line.close()


async def test_big_bodies_are_not_kept(town: Town) -> None:
    async with browser(town, http2=False) as client:
        await client.get(f"https://{SITE}/")
        before = town.program.resident()
        async with client.stream("GET", f"https://{SITE}/big") as answer:
            received = 0
            async for chunk in answer.aiter_raw():
                received += len(chunk)
        assert received == 64 * MEGABYTE

        async def body() -> object:
            for _ in range(48):
                yield b"u" * MEGABYTE

        upload = await client.post(
            f"https://{SITE}/upload", content=body(), headers={"Content-Length": str(48 * MEGABYTE)}
        )
        assert upload.text == str(48 * MEGABYTE)
        assert town.program.resident() - before < 24 * MEGABYTE


async def test_a_deaf_client_stops_the_site(town: Town) -> None:
    line = await opened(town)
    line.writer.transport.pause_reading()
    await line.send(f"GET /big HTTP/1.1\r\nHost: {SITE}\r\n\r\n".encode())
    await asyncio.sleep(0.5)
    before = town.program.resident()
    await asyncio.sleep(0.5)
    assert town.program.resident() - before < 8 * MEGABYTE
    line.close()


class Hello:
    """A TLS client without a socket, to send its bytes as no library would."""

    def __init__(self, context: ssl.SSLContext, name: str) -> None:
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.incoming, self.outgoing, server_hostname=name)

    async def shake(self, line: Line) -> None:
        """Finish the handshake whose first message is on its way."""
        while True:
            try:
                self.tls.do_handshake()
            except ssl.SSLWantReadError:
                self.incoming.write(await within(line.reader.read(65536)))
            else:
                break
        await line.send(self.outgoing.read())

    def first(self) -> bytes:
        with contextlib.suppress(ssl.SSLWantReadError):
            self.tls.do_handshake()
        return self.outgoing.read()


async def test_a_hello_may_come_with_the_connect(town: Town) -> None:
    line, hello = await Line.open(town.address), Hello(town.program.trusting(), SITE)
    line.writer.write(f"CONNECT {SITE}:443 HTTP/1.1\r\n\r\n".encode() + hello.first())
    assert " 200 " in await line.head()
    await hello.shake(line)
    line.close()


async def test_a_hello_may_come_in_single_bytes(town: Town) -> None:
    line, hello = await Line.open(town.address), Hello(town.program.trusting(), SITE)
    assert await line.connect(f"{SITE}:443") == 200
    for byte in hello.first():
        await line.send(bytes([byte]))
        await asyncio.sleep(0.0005)
    await hello.shake(line)
    line.close()


# Names that disagree


@pytest.mark.parametrize("sni", [OTHER_SITE, "www.vendor.test", "elsewhere.test", "carrel.internal"])
async def test_another_name_in_the_hello_closes_the_connection(town: Town, sni: str) -> None:
    line = await Line.open(town.address)
    assert await line.connect(f"{SITE}:443") == 200
    with pytest.raises((ssl.SSLError, ConnectionError)):
        await line.secure(town.program.trusting(), sni)


async def test_a_hello_without_name_closes_the_connection(town: Town) -> None:
    line = await Line.open(town.address)
    assert await line.connect(f"{SITE}:443") == 200
    with pytest.raises((ssl.SSLError, ConnectionError)):
        await line.secure(town.program.trusting(), None)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"GET /inside-connect HTTP/1.1\r\nHost: vendor.test\r\n\r\n", id="HTTP"),
        pytest.param(b"GET http://plain.test/inside-connect HTTP/1.1\r\nHost: plain.test\r\n\r\n", id="absolute form"),
        pytest.param(b"CONNECT echo.test:443 HTTP/1.1\r\nHost: echo.test\r\n\r\n", id="CONNECT"),
        pytest.param(b"CONNECT inside.test:443 HTTP/1.1\r\nHost: inside.test\r\n\r\n", id="CONNECT inside"),
        pytest.param(b"SSH-2.0-client\r\n", id="SSH"),
        pytest.param(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00", id="HTTP/2 in the clear"),
        pytest.param(b"\x00\x01\x02\x03 garbage \xff\r\n\r\n", id="garbage"),
    ],
)
async def test_plain_bytes_inside_an_opened_connect_are_closed(town: Town, data: bytes) -> None:
    line = await Line.open(town.address)
    assert await line.connect("plain.vendor.test:443") == 200
    await line.send(data)
    answer = await line.rest()
    assert b"200" not in answer
    assert not town.origins.arrived("/inside-connect")


@pytest.mark.parametrize(
    "host",
    [OTHER_SITE, "elsewhere.test", "vendor.test:8443", "vendor.test, catalog.test", "carrel.internal", "user@vendor.test", "127.0.0.1", ""],
)
async def test_another_host_in_the_request_is_421(town: Town, host: str) -> None:
    line = await opened(town)
    status, _ = await ask(line, "/disagrees", host)
    assert status in (400, 421)
    assert not town.origins.arrived("/disagrees")
    line.close()


async def test_another_authority_in_http2_is_421(town: Town) -> None:
    async with browser(town, http2=True) as client:
        answer = await client.get(f"https://{SITE}/disagrees2", headers={"Host": OTHER_SITE})
        assert answer.status_code == 421
        assert (await client.get(f"https://{SITE}/agrees")).status_code == 200
        with pytest.raises(httpx.HTTPError):
            await client.post(f"https://{SITE}/disagrees2", headers={"Host": OTHER_SITE}, content=b"body")
        assert not town.origins.arrived("/disagrees2")


async def test_an_absolute_address_of_another_host_is_421(town: Town) -> None:
    for address in (f"https://{OTHER_SITE}/disagrees3", "http://inside.test/disagrees3", "https://vendor.test:22/disagrees3"):
        line = await opened(town)
        assert (await ask(line, address))[0] == 421, address
        line.close()
    assert not town.origins.arrived("/disagrees3")


ENDS = (h2.events.ResponseReceived, h2.events.StreamReset, h2.events.ConnectionTerminated)


async def test_http2_with_two_hosts_is_421(town: Town) -> None:
    line = await opened(town, SITE, "h2")
    client = h2.connection.H2Connection(h2.config.H2Configuration(validate_outbound_headers=False))
    client.initiate_connection()
    fields = [(":method", "GET"), (":scheme", "https"), (":path", "/disagrees4"), (":authority", SITE), ("host", OTHER_SITE)]
    client.send_headers(1, fields, end_stream=True)
    await line.send(client.data_to_send())
    found: list[h2.events.Event] = []
    while not any(isinstance(event, ENDS) for event in found):
        found += client.receive_data(await within(line.reader.read(65536)))
    status = [dict(event.headers)[b":status"] for event in found if isinstance(event, h2.events.ResponseReceived)]
    assert status in ([], [b"400"], [b"421"]), status
    assert not town.origins.arrived("/disagrees4")
    line.close()


async def test_a_site_s_name_that_leads_inside_is_a_readable_page(town: Town) -> None:
    async with browser(town, http2=True) as client:
        answer = await client.get("https://inside.vendor.test/")
    assert answer.status_code == 502
    assert "could not be reached" in answer.text


async def test_a_connect_inside_an_opened_connection_leads_nowhere(town: Town) -> None:
    for target in ("echo.test:443", "inside.test:443", f"{SITE}:443"):
        line = await opened(town)
        await line.send(f"CONNECT {target} HTTP/1.1\r\nHost: {SITE}\r\n\r\n".encode())
        assert b" 200 " not in await line.rest()


@pytest.mark.parametrize(
    "smuggled",
    [
        pytest.param("Content-Length: 5\r\nTransfer-Encoding: chunked", id="length and chunks"),
        pytest.param("Content-Length: 5\r\nContent-Length: 6", id="two lengths"),
        pytest.param("Transfer-Encoding: chunked, identity", id="two codings"),
        pytest.param("Transfer-Encoding: xchunked", id="unknown coding"),
        pytest.param("Transfer-Encoding : chunked", id="space before colon"),
        pytest.param("Content-Length: +5", id="signed length"),
        pytest.param("Content-Length: 0x5", id="hexadecimal length"),
        pytest.param("Content-Length: -1", id="negative length"),
    ],
)
async def test_requests_of_two_lengths_go_nowhere(town: Town, smuggled: str) -> None:
    line = await opened(town)
    await line.send(
        f"POST /smuggle HTTP/1.1\r\nHost: {SITE}\r\n{smuggled}\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\n"
        f"Host: {SITE}\r\n\r\n".encode()
    )
    await asyncio.sleep(0.1)
    line.writer.write_eof() if line.writer.can_write_eof() else None
    assert not town.origins.arrived("/smuggle ")
    line.close()


# Plain HTTP on one connection


async def test_each_request_of_a_plain_connection_is_judged(town: Town) -> None:
    for second in (
        "GET http://inside.test/second HTTP/1.1\r\nHost: inside.test",
        "GET http://127.0.0.9/second HTTP/1.1\r\nHost: 127.0.0.9",
        "GET http://plain.test:25/second HTTP/1.1\r\nHost: plain.test:25",
        "GET http://plain.test/second HTTP/1.1\r\nHost: inside.test",
        "GET https://vendor.test/second HTTP/1.1\r\nHost: vendor.test",
        "GET /second HTTP/1.1\r\nHost: inside.test",
        "CONNECT echo.test:443 HTTP/1.1\r\nHost: echo.test:443",
        "CONNECT inside.test:443 HTTP/1.1\r\nHost: inside.test:443",
        "CONNECT carrel.internal:443 HTTP/1.1\r\nHost: carrel.internal:443",
        f"CONNECT {SITE}:22 HTTP/1.1\r\nHost: {SITE}:22",
    ):
        line = await Line.open(town.address)
        await line.send(b"GET http://plain.test/first HTTP/1.1\r\nHost: plain.test\r\n\r\n")
        assert await line.answer() == (200, b"ok")
        await line.send(f"{second}\r\n\r\n".encode())
        status, _ = await line.answer()
        assert status in (400, 403, 502), second
        assert not town.origins.arrived("second"), second
        line.close()


async def test_a_site_s_connect_after_a_plain_request_is_opened_as_any_other(town: Town) -> None:
    line = await Line.open(town.address)
    await line.send(b"GET http://plain.test/ HTTP/1.1\r\nHost: plain.test\r\n\r\n")
    assert await line.answer() == (200, b"ok")
    assert await line.connect(f"{SITE}:443") == 200
    await line.secure(town.program.trusting(), SITE)
    assert await ask(line, "/") == (200, b"ok")
    line.close()


# Failures that a patron meets


@pytest.mark.parametrize(
    ("host", "words"),
    [
        pytest.param("badcert.vendor.test", "certificate is not valid", id="unknown authority"),
        pytest.param("wrongname.vendor.test", "certificate is not valid", id="another name"),
        pytest.param("down.vendor.test", "could not be reached", id="nobody listens"),
        pytest.param("reset.vendor.test", "", id="reset"),
        pytest.param("plain.vendor.test", "", id="no TLS"),
        pytest.param("badh2.vendor.test", "", id="broken HTTP/2"),
    ],
)
@pytest.mark.parametrize("http2", [False, True])
async def test_a_site_that_fails_gives_a_readable_page(town: Town, host: str, words: str, http2: bool) -> None:
    async with browser(town, http2=http2) as client:
        answer = await client.get(f"https://{host}/Canary-path?q=Canary-query")
    assert answer.status_code in (502, 504)
    assert "This page cannot be opened" in answer.text
    assert words in answer.text
    assert "Canary" not in answer.text
    assert host not in answer.text


@pytest.mark.parametrize("path", ["/reset", "/bad-head", "/bad-chunk", "/garbage"])
@pytest.mark.parametrize("http2", [False, True])
async def test_an_answer_that_breaks_does_not_look_whole(town: Town, path: str, http2: bool) -> None:
    async with browser(town, http2=http2) as client:
        try:
            answer = await client.get(f"https://{SITE}{path}?q=Canary-query")
        except httpx.HTTPError:
            return
    assert answer.status_code == 502
    assert "Canary" not in answer.text


# What is counted


async def test_a_refused_request_is_no_page_load_of_the_site_it_names(town: Town) -> None:
    before = loads(town)
    navigation = ("Sec-Fetch-Dest: document", "Accept: text/html")
    line = await opened(town)
    assert (await ask(line, "/", OTHER_SITE, *navigation))[0] == 421
    line.close()
    plain = await Line.open(town.address)
    await plain.send(f"GET http://127.0.0.1/ HTTP/1.1\r\nHost: {OTHER_SITE}\r\n{navigation[0]}\r\n\r\n".encode())
    assert (await plain.answer())[0] == 400
    plain.close()
    line = await opened(town)
    assert (await ask(line, "/page", SITE, *navigation))[0] == 200
    line.close()
    end = time.monotonic() + 10
    while loads(town) == before and time.monotonic() < end:
        await asyncio.sleep(0.2)
    after = loads(town)
    assert after.get("vendor", 0) == before.get("vendor", 0) + 1
    assert after.get("catalog", 0) == before.get("catalog", 0)


def loads(town: Town) -> dict[str, int]:
    with closing(sqlite3.connect(f"file:{town.program.data / 'carrel.db'}?mode=ro", uri=True)) as database:
        return dict(database.execute("select site, sum(loads) from page_loads group by site"))
