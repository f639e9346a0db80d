"""Errors at every stage, each with canaries in it: bad TLS on either side, HTTP that is none, sites that fail."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable
from contextlib import suppress

from tests.addons.program import Line, within
from tests.trust.canary import TEXT, Scope
from tests.trust.patron import DESK, Closed, Patron

FAILING = ("badcert", "wrongname", "notls", "badh2", "reset", "down")
SLOW = ("silent",)
ANSWERS = {
    "reset in the middle": ("HTTP/1.1 200 OK\r\nX: {0}\r\nContent-Length: 9000\r\n\r\n{0}", "reset"),
    "ends in the middle": ("HTTP/1.1 200 OK\r\nX: {0}\r\nContent-Length: 9000\r\n\r\n{0}", "close"),
    "status is no number": ("HTTP/1.1 {0} OK\r\nX: {0}\r\n\r\n", "close"),
    "no colon": ("HTTP/1.1 200 OK\r\n{0}\r\n\r\n", "close"),
    "bad chunk": ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{0}\r\nbroken\r\n", "close"),
    "two lengths": ("HTTP/1.1 200 OK\r\nContent-Length: {0}\r\nContent-Length: 5\r\n\r\nhello", "close"),
    "bad encoding": ("HTTP/1.1 200 OK\r\nContent-Encoding: {0}, gzip\r\nContent-Length: 5\r\n\r\nhello", ""),
    "bad redirect": ("HTTP/1.1 302 Found\r\nLocation: http://[{0}/\r\nContent-Length: 0\r\n\r\n", ""),
    "garbage": ("\x00\x01{0}\xff\xfe", "close"),
    "header of 200 KB": ("HTTP/1.1 200 OK\r\nX: " + "{0} " * 2000 + "y" * 200_000 + "\r\n\r\n", "close"),
}
"""What a site answers that no browser could read: the canary stands at {0}."""
FIRST_LINES = {
    "method": "{0} /x HTTP/1.1\r\nHost: {1}\r\n\r\n",
    "version": "GET /x {0}\r\nHost: {1}\r\n\r\n",
    "no colon": "GET /x HTTP/1.1\r\nHost: {1}\r\n{0}\r\n\r\n",
    "length": "POST /x HTTP/1.1\r\nHost: {1}\r\nContent-Length: {0}\r\n\r\n",
    "chunk": "POST /x HTTP/1.1\r\nHost: {1}\r\nTransfer-Encoding: chunked\r\n\r\n{0}\r\nx",
    "transfer encoding": "POST /x HTTP/1.1\r\nHost: {1}\r\nTransfer-Encoding: {0}\r\n\r\n",
    "two hosts": "GET /x HTTP/1.1\r\nHost: {1}\r\nHost: {0}\r\n\r\n",
    "other host": "GET /{0} HTTP/1.1\r\nHost: {0}.test\r\n\r\n",
    "absolute address": "GET http://{0}.test/{0} HTTP/1.1\r\nHost: {1}\r\n\r\n",
    "folded": "GET /x HTTP/1.1\r\nHost: {1}\r\nX: a\r\n {0}\r\n\r\n",
    "control characters": "GET /x HTTP/1.1\r\nHost: {1}\r\nX: \x01{0}\x7f\r\n\r\n",
    "expectation": "POST /x HTTP/1.1\r\nHost: {1}\r\nExpect: {0}\r\nContent-Length: 2\r\n\r\nok",
    "upgrade": "GET /x HTTP/1.1\r\nHost: {1}\r\nUpgrade: {0}\r\nConnection: Upgrade\r\n\r\n",
    "HTTP/2 frames": "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x10\x01\x04\x00\x00\x00\x01{0}",
    "header of 80 KB": "GET /x HTTP/1.1\r\nHost: {1}\r\nX: {0}" + "y" * 80_000 + "\r\n\r\n",
}
"""What a client asks that is no request."""
DOOR = {
    "nothing": "{0}\r\n\r\n",
    "CONNECT, no port": "CONNECT {0} HTTP/1.1\r\n\r\n",
    "CONNECT, bad port": "CONNECT papers.test:{0} HTTP/1.1\r\n\r\n",
    "CONNECT, user": "CONNECT {0}@papers.test:443 HTTP/1.1\r\n\r\n",
    "CONNECT, label too long": "CONNECT {0}" + "a" * 70 + ".test:443 HTTP/1.1\r\n\r\n",
    "CONNECT, nobody there": "CONNECT {0}.nobody.test:443 HTTP/1.1\r\n\r\n",
    "CONNECT, a site's, nobody there": "CONNECT {0}.papers.test:443 HTTP/1.1\r\n\r\n",
    "absolute, no host": "GET http:///{0} HTTP/1.1\r\n\r\n",
    "absolute, other scheme": "GET gopher://papers.test/{0} HTTP/1.1\r\n\r\n",
    "absolute, password": "GET http://{0}:{0}@plain.papers.test/ HTTP/1.1\r\nHost: plain.papers.test\r\n\r\n",
    "absolute, brackets": "GET http://[{0}/ HTTP/1.1\r\nHost: x\r\n\r\n",
    "absolute, nobody there": "GET http://{0}.nobody.test/{0} HTTP/1.1\r\nHost: {0}.nobody.test\r\n\r\n",
    "absolute, hosts differ": "GET http://plain.papers.test/{0} HTTP/1.1\r\nHost: {0}.test\r\n\r\n",
    "origin form": "GET /{0} HTTP/1.1\r\nHost: {0}\r\n\r\n",
    "TLS to the door": "\x16\x03\x01\x00\x40{0}\r\n\r\n",
    "head of 80 KB": "GET http://plain.test/{0}" + "y" * 80_000,
}
"""What reaches the door itself."""


def work(patron: Patron, forms: tuple[str, ...], *, slow: bool) -> list[Awaitable[object]]:
    found: list[Awaitable[object]] = []
    for form in forms:
        for scope in ("site", "elsewhere"):
            found += [answer(patron, form, scope, name) for name in ANSWERS]
        found += [request(patron, form, name) for name in FIRST_LINES]
        found += [door(patron, form, name) for name in DOOR]
        found += [hello(patron, form, name) for name in ("SNI", "ALPN", "record", "no TLS", "after TLS")]
        found += [failing(patron, form, host) for host in (*FAILING, *(SLOW if slow else ()))]
    if slow:
        found += [half_a_head(patron, form) for form in forms[:3]]
    return found


async def answer(patron: Patron, form: str, scope: Scope, name: str) -> None:
    """A site that answers what nobody can read."""
    canary = patron.plant(f"broken answer: {name}", form, scope)
    text, then = ANSWERS[name]
    number = patron.origin.say(text.replace("{0}", TEXT[form](canary)).encode("latin-1"), then or "close")
    host = patron.hosts[scope]
    async with patron.secure(host) as line:
        head = f"GET /item/{TEXT[form](canary)} HTTP/1.1\r\nHost: {host}\r\nSec-Fetch-Dest: document\r\n"
        await patron.ask(line, f"{head}X-Answer: {number}\r\n\r\n".encode(), canary)


async def request(patron: Patron, form: str, name: str) -> None:
    """Inside an opened connection, and once more at the desk."""
    for host in (patron.hosts["site"], DESK):
        canary = patron.plant(f"broken request: {name}", form, "site" if host != DESK else "own pages")
        data = FIRST_LINES[name].replace("{0}", TEXT[form](canary)).replace("{1}", host)
        with suppress(*Closed):
            async with patron.secure(host) as line:
                await patron.ask(line, data.encode("latin-1"))
                await _ended(patron, line, canary)


async def door(patron: Patron, form: str, name: str) -> None:
    canary = patron.plant(f"at the door: {name}", form, "elsewhere")
    async with patron.line() as line:
        await line.send(DOOR[name].replace("{0}", TEXT[form](canary)).encode("latin-1"))
        await _ended(patron, line, canary)


async def hello(patron: Patron, form: str, name: str) -> None:
    """TLS that is none, or that names others than the CONNECT."""
    for host in (patron.hosts["site"], DESK):
        canary = patron.plant(f"TLS: {name}", form, "site" if host != DESK else "own pages")
        spelled = TEXT[form](canary)
        with suppress(*Closed):
            async with patron.line() as line:
                await line.connect(f"{host}:443")
                if name in ("SNI", "ALPN", "after TLS"):
                    context = patron.trusting(*((spelled[:200],) if name == "ALPN" else ()))
                    context.check_hostname = False
                    sni = f"{canary}.{host}" if name == "SNI" else host
                    with suppress(ssl.SSLError, ConnectionError):
                        await line.secure(context, sni)
                        if name == "after TLS":
                            await line.send(spelled.encode() + b"\r\n\r\n")
                    patron.register.arrived(canary)
                else:
                    before = b"\x16\x03\x01\x02\x00" if name == "record" else b""
                    await line.send(before + spelled.encode() + b"x" * 600)
                await _ended(patron, line, canary)


async def failing(patron: Patron, form: str, name: str) -> None:
    """A site that cannot be reached, or whose TLS is bad."""
    host = f"{name}.papers.test"
    canary = patron.plant(f"site fails: {name}", form, "site")
    async with patron.secure(host) as line:
        spelled = TEXT[form](canary)
        head = f"GET /search/{spelled}?q={spelled} HTTP/1.1\r\nHost: {host}\r\nCookie: {spelled}=1\r\n"
        await patron.ask(
            line, f"{head}Sec-Fetch-Dest: document\r\nReferer: https://{host}/{spelled}\r\n\r\n".encode(), canary
        )


async def half_a_head(patron: Patron, form: str) -> None:
    """Refused for taking too long, after half a minute."""
    canary = patron.plant("at the door: half a head", form, "elsewhere")
    async with patron.line() as line:
        await line.send(f"GET http://plain.test/{TEXT[form](canary)}".encode())
        await within(line.reader.read(4096), 40)
        patron.register.arrived(canary)


async def _ended(patron: Patron, line: Line, canary: str) -> None:
    """Answered, or closed over it. Silence is no proof."""
    with suppress(OSError, TimeoutError):
        if await asyncio.wait_for(line.reader.read(4096), 1.5) is not None:
            patron.answered += 1
            patron.register.arrived(canary)
            return
    if line.reader.at_eof():
        patron.register.arrived(canary)
