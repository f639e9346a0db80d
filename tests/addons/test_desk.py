"""carrel.internal, from outside: whatever is sent there, it answers, and stays up."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing

import pytest

from tests.addons.program import Line, settle, within
from tests.addons.town import SITE, Town
from tests.addons.world import MEGABYTE

DESK = "carrel.internal"


async def at_desk(town: Town) -> Line:
    line = await Line.open(town.address)
    assert await line.connect(f"{DESK}:443") == 200
    await line.secure(town.program.trusting(), DESK)
    return line


async def post(line: Line, path: str, body: bytes, *, url: str = "") -> tuple[int, bytes]:
    head = (
        f"POST {url}{path} HTTP/1.1\r\nHost: {DESK}\r\nContent-Type: application/csp-report\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    line.writer.write(head.encode("latin-1") + body)
    return await line.answer()


REPORTS = [
    pytest.param(b"", id="empty"),
    pytest.param(b"\x00\xff\xfe", id="no text"),
    pytest.param(b"null", id="null"),
    pytest.param(b'{"csp-report": null}', id="no report"),
    pytest.param(b'{"csp-report": {"blocked-uri": 5}}', id="a number"),
    pytest.param(b'{"csp-report": {"blocked-uri": "https://["}}', id="broken address"),
    pytest.param(b"[" * 60_000, id="deep"),
    pytest.param(b'{"csp-report": {"blocked-uri": "https://Canary-desk.test/"}}', id="unknown token"),
    pytest.param(b"1" * 60_000, id="a long number"),
    pytest.param(b'"\\ud800"', id="half a surrogate"),
]


@pytest.mark.parametrize("body", REPORTS)
@pytest.mark.parametrize("token", ["unknown", "%00", "%2e%2e", "a" * 2000])
async def test_any_report_is_answered_204(town: Town, token: str, body: bytes) -> None:
    line = await at_desk(town)
    for _ in range(2):  # and the connection stays good
        assert (await post(line, f"/r/{token}", body))[0] == 204
    line.close()


async def test_reports_come_over_plain_http_too(town: Town) -> None:
    line = await Line.open(town.address)
    assert (await post(line, "/r/unknown", b"{}", url=f"http://{DESK}"))[0] == 204
    await line.send(f"GET http://{DESK}/root.pem HTTP/1.1\r\nHost: {DESK}\r\n\r\n".encode())
    status, body = await line.answer()
    assert (status, body) == (200, town.program.root.read_bytes())
    await line.send(f"GET http://{DESK}/ HTTP/1.1\r\nHost: {DESK}\r\n\r\n".encode())
    status, body = await line.answer()
    assert status == 200
    assert b"Loopback library" in body
    line.close()


@pytest.mark.parametrize("host", ["CARREL.internal", "carrel.internal.", "carrel.internal:80"])
async def test_other_spellings_of_the_desk_are_the_desk(town: Town, host: str) -> None:
    line = await Line.open(town.address)
    await line.send(f"GET http://{host}/ HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
    status, body = await line.answer()
    assert status == 200
    assert b"Loopback library" in body
    line.close()


async def test_an_endless_report_is_cut_short_and_not_kept(town: Town) -> None:
    line = await at_desk(town)
    before = town.program.resident()
    head = f"POST /r/unknown HTTP/1.1\r\nHost: {DESK}\r\nContent-Length: {50 * MEGABYTE}\r\n\r\n"
    await line.send(head.encode())
    sending = asyncio.ensure_future(line.send(b"x" * (50 * MEGABYTE)))
    assert (await line.answer())[0] == 204
    assert town.program.resident() - before < 16 * MEGABYTE
    line.close()
    await asyncio.gather(sending, return_exceptions=True)


async def test_an_endless_report_over_plain_http_is_not_kept(town: Town) -> None:
    line = await Line.open(town.address)
    before = town.program.resident()
    head = f"POST http://{DESK}/r/unknown HTTP/1.1\r\nHost: {DESK}\r\nContent-Length: {100 * MEGABYTE}\r\n\r\n"
    await line.send(head.encode())
    line.writer.write(b"x" * (90 * MEGABYTE))
    with pytest.raises((TimeoutError, ConnectionError, asyncio.IncompleteReadError)):
        await within(line.reader.readexactly(1), 1.0)
    assert town.program.resident() - before < 24 * MEGABYTE
    line.close()


async def test_the_notice_and_the_certificate(town: Town) -> None:
    line = await at_desk(town)
    await line.send(f"GET / HTTP/1.1\r\nHost: {DESK}\r\n\r\n".encode())
    status, body = await line.answer()
    assert status == 200
    assert b"Loopback library" in body
    await line.send(f"GET /root.pem HTTP/1.1\r\nHost: {DESK}\r\n\r\n".encode())
    assert await line.answer() == (200, town.program.root.read_bytes())
    await line.send(f"GET /../../etc/passwd HTTP/1.1\r\nHost: {DESK}\r\n\r\n".encode())
    assert (await line.answer())[0] == 404
    line.close()


@pytest.mark.parametrize("data", [b"\x00garbage\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\x16\x03\x01\x00\x05hello"])
async def test_garbage_inside_tls_ends_the_connection_only(town: Town, data: bytes) -> None:
    line = await at_desk(town)
    await line.send(data)
    line.writer.write_eof() if line.writer.can_write_eof() else None
    line.close()
    again = await at_desk(town)
    assert (await post(again, "/r/unknown", b"{}"))[0] == 204
    again.close()


async def test_plain_bytes_behind_the_connect_end_the_connection(town: Town) -> None:
    line = await Line.open(town.address)
    assert await line.connect(f"{DESK}:443") == 200
    await line.send(b"GET / HTTP/1.1\r\n\r\n" + b"x" * 1000)
    assert b"200" not in await line.rest()


async def test_a_hello_sent_ahead_of_the_answer_does_not_hang(town: Town) -> None:
    line = await Line.open(town.address)
    await line.send(f"CONNECT {DESK}:443 HTTP/1.1\r\n\r\n".encode() + b"\x16\x03\x01\x00\x05hello")
    await within(line.rest())
    line.close()


async def test_a_request_right_behind_the_handshake_is_not_lost(town: Town) -> None:
    for _ in range(30):
        line = await at_desk(town)
        assert (await post(line, "/r/unknown", b"{}"))[0] == 204
        line.close()


async def test_a_page_s_report_is_counted_and_a_stranger_s_is_not(town: Town) -> None:
    site = await Line.open(town.address)
    assert await site.connect(f"{SITE}:443") == 200
    await site.secure(town.program.trusting(), SITE)
    await site.send(f"GET /page HTTP/1.1\r\nHost: {SITE}\r\nSec-Fetch-Dest: document\r\n\r\n".encode())
    head = await site.head()
    token = head.partition(f"https://{DESK}/r/")[2].split(";")[0].split()[0]
    assert token
    site.close()
    line = await at_desk(town)
    body = (
        b'{"csp-report": {"document-uri": "https://vendor.test/page", '
        b'"blocked-uri": "https://third.example/pixel?Canary", '
        b'"effective-directive": "img-src"}}'
    )
    assert (await post(line, f"/r/{token}", body))[0] == 204
    assert (await post(line, f"/r/{token[::-1]}", body.replace(b"third", b"stranger")))[0] == 204
    line.close()
    await settle(lambda: parties(town))
    assert parties(town) == {"third.example"}


def parties(town: Town) -> set[str]:
    with closing(sqlite3.connect(f"file:{town.program.data / 'carrel.db'}?mode=ro", uri=True)) as database:
        return {row[0] for row in database.execute("select third_party from contacts")}
