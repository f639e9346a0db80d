"""Names that disagree, from outside: CONNECT, hello, Host and address of every request must name one site."""

from __future__ import annotations

import asyncio
import sqlite3
import ssl
from contextlib import closing

import h2.config
import h2.connection
import h2.events
import httpx
import pytest

from tests.addons.patron import ask, browser, opened
from tests.addons.program import Line, settle, within
from tests.addons.town import OTHER_SITE, SITE, Town

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
    [
        OTHER_SITE,
        "elsewhere.test",
        "vendor.test:8443",
        "vendor.test, catalog.test",
        "carrel.internal",
        "user@vendor.test",
        "127.0.0.1",
        "",
    ],
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
    for address in (
        f"https://{OTHER_SITE}/disagrees3",
        "http://inside.test/disagrees3",
        "https://vendor.test:22/disagrees3",
    ):
        line = await opened(town)
        assert (await ask(line, address))[0] == 421, address
        line.close()
    assert not town.origins.arrived("/disagrees3")


ENDS = (h2.events.ResponseReceived, h2.events.StreamReset, h2.events.ConnectionTerminated)


async def test_http2_with_two_hosts_is_421(town: Town) -> None:
    line = await opened(town, SITE, "h2")
    client = h2.connection.H2Connection(h2.config.H2Configuration(validate_outbound_headers=False))
    client.initiate_connection()
    fields = [
        (":method", "GET"),
        (":scheme", "https"),
        (":path", "/disagrees4"),
        (":authority", SITE),
        ("host", OTHER_SITE),
    ]
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
    await settle(lambda: loads(town) != before)
    after = loads(town)
    assert after.get("vendor", 0) == before.get("vendor", 0) + 1
    assert after.get("catalog", 0) == before.get("catalog", 0)


def loads(town: Town) -> dict[str, int]:
    with closing(sqlite3.connect(f"file:{town.program.data / 'carrel.db'}?mode=ro", uri=True)) as database:
        return dict(database.execute("select site, sum(loads) from page_loads group by site"))
