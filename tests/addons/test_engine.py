"""Opened connections, from outside: real TLS on both sides, HTTP/1.1 and HTTP/2, and every disagreement of names."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator

import httpx
import pytest
import websockets.asyncio.client

from tests.addons.patron import ask, browser, opened
from tests.addons.program import Line, stop_reading, within
from tests.addons.town import H2_SITE, SITE, Town
from tests.addons.world import MEGABYTE, ODD_ANSWERS

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
            assert await within(socket.recv()) == word.upper()


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
    await line.send(f"POST /answers-early HTTP/1.1\r\nHost: {SITE}\r\nContent-Length: 1000000\r\n\r\nstart".encode())
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

        async def body() -> AsyncIterator[bytes]:
            for _ in range(48):
                yield b"u" * MEGABYTE

        upload = await client.post(
            f"https://{SITE}/upload", content=body(), headers={"Content-Length": str(48 * MEGABYTE)}
        )
        assert upload.text == str(48 * MEGABYTE)
        assert town.program.resident() - before < 24 * MEGABYTE


async def test_a_deaf_client_stops_the_site(town: Town) -> None:
    line = await opened(town)
    stop_reading(line.writer)
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
