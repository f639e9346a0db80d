"""What browsers send on an ordinary day, planted full: requests, bodies, answers, sockets and reports."""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Awaitable
from typing import Any

import h2.config
import h2.connection

from tests.addons import reports
from tests.addons.program import within
from tests.trust.canary import TEXT, Scope
from tests.trust.patron import DESK, ELSEWHERE, PATIENCE, SITE, Closed, Patron, asked

SCOPES: tuple[Scope, ...] = ("site", "elsewhere")


def work(patron: Patron, forms: tuple[str, ...], bodies: tuple[str, ...]) -> list[Awaitable[object]]:
    found: list[Awaitable[object]] = []
    for scope in SCOPES:
        found += [requests(patron, form, scope) for form in forms]
        found += [plain_request(patron, form, scope) for form in forms]
        found += [over_http2(patron, form, scope) for form in forms]
        found += [answers(patron, form, scope) for form in forms]
        found += [sockets(patron, form, scope) for form in forms]
        found += [sent_bodies(patron, form, scope) for form in bodies]
        found += [labels(patron, host, scope) for host in patron.labels[scope]]
    return found


async def requests(patron: Patron, form: str, scope: Scope) -> None:
    """One request over TLS, with what stands in a CONNECT before it."""
    agent, password, value = (
        patron.plant(f"CONNECT, {channel}", form, scope) for channel in ("user agent", "credentials", "header value")
    )
    extra = (
        f"User-Agent: {TEXT[form](agent)}\r\nProxy-Authorization: Basic {TEXT[form](password)}\r\n"
        f"X-Reader: {TEXT[form](value)}\r\n"
    )
    async with patron.secure(patron.hosts[scope], extra=extra) as line:
        patron.register.arrived(agent, password, value)
        one = asked(patron, form, scope)
        await patron.ask(line, one.head(patron.hosts[scope]), *one.canaries)


async def plain_request(patron: Patron, form: str, scope: Scope) -> None:
    host = f"plain.{patron.hosts[scope]}"
    async with patron.line() as line:
        one = asked(patron, form, scope, "http://")
        await patron.ask(line, one.head(host, absolute=f"http://{host}"), *one.canaries)


async def over_http2(patron: Patron, form: str, scope: Scope) -> None:
    host = f"h2.{patron.hosts[scope]}"
    async with patron.secure(host, "h2") as line:
        one = asked(patron, form, scope, "HTTP/2")
        body = patron.plant("body, HTTP/2", form, scope)
        client = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True, header_encoding="utf-8"))
        client.initiate_connection()
        head = [(":method", "POST"), (":scheme", "https"), (":authority", host), (":path", one.target)]
        client.send_headers(1, head + [(name.lower(), value) for name, value in one.fields])
        client.send_data(1, TEXT[form](body).encode(), end_stream=True)
        await line.send(client.data_to_send())
        answered = False
        while not answered and (data := await within(line.reader.read(65536), PATIENCE)):
            # Whatever is said of stream 1, its end or the connection's included, is an answer.
            answered = any(getattr(event, "stream_id", 0) == 1 for event in client.receive_data(data))
            await line.send(client.data_to_send())
        patron.answered += answered
        patron.register.arrived(*one.canaries, body)


async def sent_bodies(patron: Patron, form: str, scope: Scope) -> None:
    """Bodies as they are, in a form's fields, and as an uploaded file with its name."""
    host = patron.hosts[scope]
    encoding, data, canary = patron.register.body("body", form, scope, patron.mode)
    fields = (f"Content-Encoding: {encoding}",) if encoding else ()
    posted = [(fields, data, [canary])]
    if form in TEXT:
        name, value, file, inside = (
            patron.plant(channel, form, scope) for channel in ("form field", "form value", "file name", "uploaded file")
        )
        spell = TEXT[form]
        posted.append(((_FORM,), f"{spell(name)}={spell(value)}".encode(), [name, value]))
        part = f'--b\r\nContent-Disposition: form-data; name="f"; filename="{spell(file)}.pdf"\r\n\r\n{spell(inside)}'
        posted.append(
            (("Content-Type: multipart/form-data; boundary=b",), f"{part}\r\n--b--\r\n".encode(), [file, inside])
        )
    async with patron.secure(host) as line:
        for further, body, canaries in posted:
            head = ["POST /catalog HTTP/1.1", f"Host: {host}", f"Content-Length: {len(body)}", *further, "", ""]
            await patron.ask(line, "\r\n".join(head).encode() + body, *canaries)


_FORM = "Content-Type: application/x-www-form-urlencoded"


async def answers(patron: Patron, form: str, scope: Scope) -> None:
    """What a site answers: cookies, fields, phrase, body, trailers; and a redirect, to itself or elsewhere."""
    host, spell = patron.hosts[scope], TEXT[form]
    put = {
        channel: patron.plant(f"answer, {channel}", form, scope)
        for channel in (
            "phrase",
            "cookie name",
            "cookie value",
            "header value",
            "file name",
            "body",
            "trailer",
            "chunk",
        )
    }
    said = {channel: spell(canary) for channel, canary in put.items()}
    body = f"<!doctype html><title>{said['body']}</title>"
    answer = (
        f"HTTP/1.1 200 {said['phrase']}\r\nContent-Type: text/html\r\nX-Reader: {said['header value']}\r\n"
        f'Set-Cookie: {said["cookie name"]}={said["cookie value"]}; Path=/\r\nETag: "{said["header value"]}"\r\n'
        f'Content-Disposition: inline; filename="{said["file name"]}.html"\r\n'
        f"Transfer-Encoding: chunked\r\nTrailer: X-End\r\n\r\n"
        f"{len(body):x};name={said['chunk']}\r\n{body}\r\n0\r\nX-End: {said['trailer']}\r\n\r\n"
    ).encode("latin-1")
    far, near = (patron.plant(f"Location, {where}", form, scope) for where in ("elsewhere", "the same host"))
    hop = (
        f"HTTP/1.1 302 Found\r\nLocation: https://{ELSEWHERE}/{spell(far)}?q={spell(far)}\r\nContent-Length: 0\r\n\r\n"
    )
    back = f"HTTP/1.1 301 Moved\r\nLocation: /log-in/{spell(near)}?r={spell(near)}\r\nContent-Length: 0\r\n\r\n"
    for data, canaries in ((answer, list(put.values())), (hop.encode(), [far]), (back.encode(), [near])):
        number = patron.origin.say(data)
        async with patron.secure(host) as line:
            found = await patron.ask(line, _navigation(host, number), *canaries)
            if data is answer and found.startswith(b"HTTP/1.1 200"):
                await within(line.reader.readuntil(b"0\r\n"), 5)


def _navigation(host: str, number: int) -> bytes:
    return (
        f"GET /item/1 HTTP/1.1\r\nHost: {host}\r\nSec-Fetch-Dest: document\r\nSec-Fetch-Site: none\r\n"
        f"Accept: text/html\r\nX-Answer: {number}\r\n\r\n"
    ).encode()


async def labels(patron: Patron, host: str, scope: Scope) -> None:
    """A host whose label is a canary: in CONNECT, in SNI, in a certificate, in Host, in a plain request."""
    canary = patron.register_label(host, scope)
    async with patron.secure(host) as line:
        await patron.ask(line, _navigation(host, patron.origin.say(b"HTTP/1.1 204 No\r\n\r\n")), canary)
    async with patron.line() as line:
        await patron.ask(line, f"GET http://{host}/ HTTP/1.1\r\nHost: {host}\r\n\r\n".encode(), canary)


async def sockets(patron: Patron, form: str, scope: Scope) -> None:
    """A WebSocket that says the canary, as text and as bytes; the site says it back in capitals."""
    host = patron.hosts[scope]
    async with patron.secure(host) as line:
        key, text, data = (
            patron.plant(f"WebSocket, {channel}", form, scope) for channel in ("protocol", "text", "bytes")
        )
        head = (
            f"GET /socket HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: c2FtcGxlIG5vbmNlIQ==\r\nSec-WebSocket-Version: 13\r\n"
            f"X-Protocol: {TEXT[form](key)}\r\n\r\n"
        )
        await patron.ask(line, head.encode(), key)
        for opcode, canary in ((1, text), (2, data)):
            await line.send(_frame(opcode, TEXT[form](canary).encode()))
            if (await within(line.reader.readexactly(2), PATIENCE))[0] & 15 in (1, 2):
                patron.register.arrived(canary)
            await within(line.reader.read(4096), PATIENCE)


def _frame(opcode: int, data: bytes) -> bytes:
    mask = os.urandom(4)
    size = bytes([128 | len(data)]) if len(data) < 126 else b"\xfe" + struct.pack(">H", len(data))
    return bytes([128 | opcode]) + size + mask + bytes(byte ^ mask[i % 4] for i, byte in enumerate(data))


async def report(patron: Patron, form: str) -> None:
    """Reports as browsers post them, in both of their forms, with canaries in every field and in fields of nobody's."""
    spell = TEXT[form]

    def put(channel: str) -> tuple[str, str]:
        canary = patron.plant(f"report, {channel}", form, "site")
        return canary, spell(canary)

    names = "page path,page query,third party's path,third party's query,host,referrer,source file,sample,policy"
    places = {name: put(name) for name in [*names.split(","), "extra key", "extra value", "agent", "directive"]}
    say = {name: spelled for name, (_, spelled) in places.items()}
    label = places["host"][0]
    page = f"https://{patron.hosts['site']}/search/{say['page path']}?q={say['page query']}"
    blocked = f"https://{{}}/{say[names.split(',')[2]]}/p.gif?u={say[names.split(',')[3]]}"
    further: dict[str, Any] = {
        "referrer": f"https://{SITE}/{say['referrer']}",
        "source-file": f"https://{SITE}/{say['source file']}.js",
        "script-sample": say["sample"],
        "original-policy": f"default-src 'self'; report-uri {say['policy']}",
        say["extra key"]: [{"deep": {say["extra value"]: say["extra value"]}}],
    }
    posted = []
    for third in (f"{label}.google-analytics.com", f"{label}.unlisted-{form.encode().hex()[:8]}.test", f"{label}.test"):
        one = reports.chromium_uri(blocked.format(third), "img-src", page, **further)
        posted.append(json.dumps({"csp-report": one}).encode())
        two = reports.chromium_api(blocked.format(third), "connect-src", page, sample=say["sample"])
        posted.append(reports.batch(two | {"user_agent": say["agent"], say["extra key"]: say["extra value"]}))
    odd = reports.chromium_uri(blocked.format("x.test"), say["directive"], page)
    posted.append(json.dumps({"csp-report": odd, say["extra key"]: 1}).encode())
    posted += [posted[0][:-5], say["sample"].encode(), posted[0] + b" " * 70_000]
    unknown = patron.plant("report, token", form, "site")
    canaries = [canary for canary, _ in places.values()]
    async with patron.secure(DESK) as line:
        for body in posted:
            token = patron.tokens[len(canaries) % len(patron.tokens)] if patron.tokens else "A" * 22
            if len(body) > 65_000:
                token = spell(unknown)
            head = (
                f"POST /r/{token} HTTP/1.1\r\nHost: {DESK}\r\nContent-Type: application/csp-report\r\n"
                f"User-Agent: {say['agent']}\r\nReferer: {page}\r\nContent-Length: {len(body)}\r\n\r\n"
            )
            try:
                answer = await patron.ask(line, head.encode("latin-1") + body)
            except Closed:
                break
            if answer.startswith(b"HTTP/1.1 204"):
                patron.register.spent["reports answered"] += 1
                patron.register.arrived(*canaries, *((unknown,) if len(body) > 65_000 else ()))


async def packed_report(patron: Patron, form: str) -> None:
    """A report that is no text: as UTF-16, or packed."""
    encoding, data, canary = patron.register.body("report, packed", form, "site", patron.mode)
    token = patron.tokens[0] if patron.tokens else "A" * 22
    async with patron.secure(DESK) as line:
        head = f"POST /r/{token} HTTP/1.1\r\nHost: {DESK}\r\nContent-Encoding: {encoding or 'identity'}\r\n"
        head += f"Content-Length: {len(data)}\r\n\r\n"
        await patron.ask(line, head.encode() + data, canary)
