"""The door, from outside: what it refuses, and what passes sealed. Every test speaks to the running program."""

from __future__ import annotations

import asyncio
import resource
import ssl
import struct

import pytest

from tests.addons.program import Line, settle, stop_reading, within
from tests.addons.town import SEALED, Town
from tests.addons.world import GREETING, MEGABYTE


async def open_line(town: Town) -> Line:
    return await Line.open(town.address)


# Refusals


@pytest.mark.parametrize(
    "target",
    [
        pytest.param("127.0.0.9:443", id="loopback literal"),
        pytest.param("127.9:443", id="loopback, two parts"),
        pytest.param("0x7f.9:443", id="loopback, hexadecimal part"),
        pytest.param("0x7f000009:443", id="loopback, hexadecimal"),
        pytest.param("2130706441:443", id="loopback, one number"),
        pytest.param("017700000011:443", id="loopback, octal"),
        pytest.param("[::ffff:127.0.0.9]:443", id="mapped"),
        pytest.param("[::ffff:7f00:9]:443", id="mapped, hexadecimal"),
        pytest.param("[::127.0.0.9]:443", id="IPv4-compatible"),
        pytest.param("[64:ff9b::7f00:9]:443", id="NAT64"),
        pytest.param("[64:ff9b:1::7f00:9]:443", id="local NAT64"),
        pytest.param("[2002:7f00:9::]:443", id="6to4"),
        pytest.param("[::]:443", id="unspecified IPv6"),
        pytest.param("0.0.0.0:443", id="unspecified"),
        pytest.param("0:443", id="unspecified, short"),
        pytest.param("10.0.0.1:443", id="private"),
        pytest.param("100.100.100.200:443", id="metadata in shared space"),
        pytest.param("169.254.169.254:443", id="metadata"),
        pytest.param("[fd00:ec2::254]:443", id="metadata IPv6"),
        pytest.param("168.63.129.16:443", id="metadata on a global address"),
        pytest.param("[fe80::1%25lo]:443", id="link-local with zone"),
        pytest.param("[fec0::1]:443", id="site-local"),
        pytest.param("224.0.0.1:443", id="multicast"),
        pytest.param("[ff02::1]:443", id="multicast IPv6"),
        pytest.param("255.255.255.255:443", id="broadcast"),
        pytest.param("inside.test:443", id="a name that leads inside"),
        pytest.param("INSIDE.test.:443", id="the same name, other spelling"),
        pytest.param("mapped.test:443", id="a name that leads inside, mapped"),
        pytest.param("self.test:443", id="the proxy itself, by name"),
        pytest.param("board.test:443", id="the dashboard, by name"),
        pytest.param("localhost:8443", id="another port"),
        pytest.param("echo.test:22", id="port 22"),
        pytest.param("echo.test:80", id="port 80"),
    ],
)
async def test_connect_is_refused(town: Town, target: str) -> None:
    line = await open_line(town)
    await line.send(f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n".encode())
    status, body = await line.answer()
    assert status in (400, 403), body
    assert await line.rest() == b""
    assert b"test" not in body  # the page repeats nothing of the request


@pytest.mark.parametrize(
    ("url", "status"),
    [
        pytest.param("http://127.0.0.9/", 403, id="loopback"),
        pytest.param("http://inside.test/", 502, id="a name that leads inside"),
        pytest.param("http://[::ffff:127.0.0.9]/", 403, id="mapped"),
        pytest.param("http://plain.test:25/", 403, id="port 25"),
        pytest.param("http://self.test/", 502, id="the proxy itself"),
        pytest.param("http://board.test/", 502, id="the dashboard"),
        pytest.param("https://plain.test/", 400, id="https without CONNECT"),
        pytest.param("ftp://plain.test/", 400, id="ftp"),
        pytest.param("/", 400, id="origin form"),
        pytest.param("*", 400, id="asterisk"),
        pytest.param("http:///", 400, id="no host"),
        pytest.param("http://plain.test:99999/", 400, id="no port"),
        pytest.param("http://[::1/", 400, id="broken literal"),
        pytest.param("http://plain.test:80:443/", 400, id="two ports"),
    ],
)
async def test_plain_request_is_refused(town: Town, url: str, status: int) -> None:
    line = await open_line(town)
    host = url.partition("://")[2].strip("/") or "plain.test"
    await line.send(f"GET {url} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
    assert (await line.answer())[0] == status
    line.close()


@pytest.mark.parametrize("name", ["127.0.0.2", "127.0.0.9"])
async def test_other_clients_get_403(town: Town, name: str) -> None:
    reader, writer = await asyncio.open_connection(*town.address, local_addr=(name, 0))
    line = Line(reader, writer)
    await line.send(b"CONNECT echo.test:443 HTTP/1.1\r\n\r\n")
    status, body = await line.answer()
    assert status == 403
    assert b"may not use this proxy" in body
    assert await line.rest() == b""


async def test_own_port_is_refused_by_every_name_of_this_machine(town: Town) -> None:
    for host in (f"127.0.0.1:{town.address[1]}", f"localhost:{town.address[1]}", f"[::1]:{town.dashboard}"):
        line = await open_line(town)
        await line.send(f"GET http://{host}/ HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        assert (await line.answer())[0] in (403, 502), host
        line.close()


# Bytes that are no request


@pytest.mark.parametrize(
    ("data", "status"),
    [
        pytest.param(b"\x00\x01\x02\xff" * 10 + b"\r\n\r\n", 400, id="garbage"),
        pytest.param(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"r" * 40 + b"\r\n\r\n", 400, id="TLS"),
        pytest.param(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400, id="HTTP/2 preface"),
        pytest.param(b"CONNECT echo.test:443\r\n\r\n", 400, id="no version"),
        pytest.param(b"CONNECT  echo.test:443 HTTP/1.1\r\n\r\n", 400, id="two spaces"),
        pytest.param(b"CONNECT echo.test HTTP/1.1\r\n\r\n", 400, id="no port"),
        pytest.param(b"CONNECT echo.test:443:443 HTTP/1.1\r\n\r\n", 400, id="two ports"),
        pytest.param(b"CONNECT user@echo.test:443 HTTP/1.1\r\n\r\n", 400, id="user"),
        pytest.param(b"CONNECT echo.test:+443 HTTP/1.1\r\n\r\n", 400, id="signed port"),
        pytest.param(b"CONNECT http://echo.test:443 HTTP/1.1\r\n\r\n", 400, id="absolute form"),
        pytest.param(b"connect echo.test:443 HTTP/1.1\r\n\r\n", 400, id="lower case"),
        pytest.param(b"\r\n\r\n", 400, id="empty"),
        pytest.param(b"CONNECT \xff\xfe:443 HTTP/1.1\r\n\r\n", 502, id="bytes that IDNA folds to a name"),
        pytest.param(b"GET http://plain.test/ HTTP/1.1\r\n\r\n", 400, id="no Host"),
    ],
)
async def test_what_is_no_request_is_answered_and_closed(town: Town, data: bytes, status: int) -> None:
    line = await open_line(town)
    await line.send(data)
    assert (await line.answer())[0] == status
    line.close()


async def test_a_long_head_is_431_and_the_answer_arrives_whole(town: Town) -> None:
    line = await open_line(town)
    line.writer.write(b"CONNECT echo.test:443 HTTP/1.1\r\nX: " + b"y" * (4 * MEGABYTE))
    status, body = await line.answer()
    assert status == 431
    assert body.endswith(b"</html>")


async def test_head_in_single_bytes(town: Town) -> None:
    line = await open_line(town)
    for byte in b"CONNECT echo.test:443 HTTP/1.1\r\nHost: echo.test:443\r\n\r\n":
        await line.send(bytes([byte]))
        await asyncio.sleep(0)
    assert " 200 " in await line.head()
    await line.send(b"hello")
    assert await within(line.reader.readexactly(5)) == b"hello"
    line.close()


# Sealed


@pytest.mark.parametrize("host", ["echo.test", "ECHO.test", "echo.test.", "Echo.Test."])
async def test_any_bytes_pass_unchanged(town: Town, host: str) -> None:
    line = await open_line(town)
    assert await line.connect(f"{host}:443") == 200
    data = bytes(range(256)) * 8192
    sending = asyncio.ensure_future(line.send(data))
    assert await within(line.reader.readexactly(len(data))) == data
    await sending
    line.close()


async def test_bytes_sent_with_the_connect_pass_too(town: Town) -> None:
    line = await open_line(town)
    data = bytes(range(256)) * 4096
    line.writer.write(b"CONNECT echo.test:443 HTTP/1.1\r\n\r\n" + data)
    assert " 200 " in await line.head()
    assert await within(line.reader.readexactly(len(data))) == data
    line.close()


async def test_the_server_may_speak_first(town: Town) -> None:
    for _ in range(50):
        line = await open_line(town)
        assert await line.connect("greet.test:443") == 200
        assert await within(line.reader.readexactly(len(GREETING))) == GREETING
        line.close()


async def test_a_hello_arrives_as_it_was_sent(town: Town) -> None:
    """No SNI, an extension nobody knows, an encrypted hello: what is sealed is not looked at."""
    line = await open_line(town)
    assert await line.connect("echo.test:443") == 200
    ech = struct.pack(">HH", 0xFE0D, 32) + b"e" * 32
    hello = b"\x03\x03" + b"r" * 32 + b"\x00\x00\x02\x13\x01\x01\x00" + struct.pack(">H", len(ech)) + ech
    record = b"\x16\x03\x01" + struct.pack(">H", len(hello) + 4) + b"\x01\x00" + struct.pack(">H", len(hello)) + hello
    await line.send(record)
    assert await within(line.reader.readexactly(len(record))) == record
    line.close()


async def test_sealed_tls_ends_at_the_origin(town: Town) -> None:
    line = await open_line(town)
    assert await line.connect(f"{SEALED}:443") == 200
    context = ssl.create_default_context(cafile=town.origins.authority.root)
    await line.secure(context, SEALED)
    seen = line.writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    file = town.origins.authority.folder / f"{SEALED}.pem"
    own = ssl.PEM_cert_to_DER_cert(
        "-----BEGIN CERTIFICATE-----" + file.read_text().split("-----BEGIN CERTIFICATE-----")[1]
    )
    assert seen == own
    await line.send(f"GET / HTTP/1.1\r\nHost: {SEALED}\r\n\r\n".encode())
    assert await line.answer() == (200, b"ok")
    line.close()


async def test_the_client_may_end_first(town: Town) -> None:
    line = await open_line(town)
    assert await line.connect("sum.test:443") == 200
    await line.send(b"x" * 100_000)
    line.writer.write_eof()
    assert await line.rest() == b"100000 bytes"


async def test_the_server_may_end_first(town: Town) -> None:
    line = await open_line(town)
    assert await line.connect("finish.test:443") == 200
    assert await line.rest() == b"done"
    await line.send(b"x" * 200_000)  # the way out is still open
    line.writer.write_eof()
    line.close()


async def test_resets_end_the_other_side(town: Town) -> None:
    line = await open_line(town)
    assert await line.connect("rude.test:443") == 200
    await line.send(b"hello, hello")
    assert await line.rest() == b""
    before = town.program.descriptors()
    for _ in range(20):
        line = await open_line(town)
        assert await line.connect("echo.test:443") == 200
        line.close()
    await settle(lambda: town.program.descriptors() <= before)


@pytest.mark.parametrize("early", [pytest.param(0, id="after 200"), pytest.param(100_000, id="with the CONNECT")])
async def test_a_deaf_server_stops_the_client(town: Town, early: int) -> None:
    line = await open_line(town)
    line.writer.write(b"CONNECT deaf.test:443 HTTP/1.1\r\n\r\n" + b"e" * early)
    assert " 200 " in await line.head()
    before = town.program.resident()
    sent = 0
    line.writer.transport.set_write_buffer_limits(0)
    while sent < 200 * MEGABYTE:
        line.writer.write(b"x" * MEGABYTE)
        try:
            await within(line.writer.drain(), 1.0)
        except TimeoutError:
            break
        sent += MEGABYTE
    assert sent < 64 * MEGABYTE
    assert town.program.resident() - before < 24 * MEGABYTE
    line.close()


async def test_a_deaf_client_stops_the_server(town: Town) -> None:
    line = await open_line(town)
    stop_reading(line.writer)
    await line.send(b"CONNECT pour.test:443 HTTP/1.1\r\n\r\n")
    await asyncio.sleep(0.3)
    before = town.program.resident()
    await asyncio.sleep(1.0)
    assert town.program.resident() - before < 4 * MEGABYTE
    line.close()


async def test_after_two_thousand_idle_tunnels_one_more_works(town: Town) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    wanted = min(2000, (hard - 500) // 3)
    lines: list[Line] = []
    try:
        for _ in range(wanted // 50):
            group = await asyncio.gather(*(open_line(town) for _ in range(50)))
            assert set(await asyncio.gather(*(line.connect("echo.test:443") for line in group))) == {200}
            lines += group
        one_more = await open_line(town)
        assert await one_more.connect("echo.test:443") == 200
        await one_more.send(b"still here")
        assert await within(one_more.reader.readexactly(10)) == b"still here"
        one_more.close()
    finally:
        for line in lines:
            line.close()
        await settle(lambda: town.program.descriptors() < 200)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


async def test_a_server_that_is_down_is_said_so(town: Town) -> None:
    line = await open_line(town)
    await line.send(b"CONNECT down.test:443 HTTP/1.1\r\n\r\n")
    status, body = await line.answer()
    assert status == 502
    assert b"could not be reached" in body
