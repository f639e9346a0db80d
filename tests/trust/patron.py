"""A patron's side, byte by byte: connections from any computer, whole requests with a canary in every place.

Sends and reads; what was answered is reported to the register, nothing is judged.
"""

from __future__ import annotations

import asyncio
import base64
import re
import ssl
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from tests.addons.program import Line, within
from tests.trust.canary import TEXT, Planted, Register, Scope
from tests.trust.lodging import Lodging
from tests.trust.origin import Origin

DESK = "carrel.internal"
SITE, ELSEWHERE = "papers.test", "strangers.test"
"""Not the names of the browsers' world: those lead elsewhere."""
_TOKEN = re.compile(rb"https://carrel\.internal/r/([\w-]+)")
TOKENS = {"plain", "other case", "percent", "percent, twice", "hex", "HEX", "UTF-16LE, percent", "UTF-16BE, percent"}
"""Forms that HTTP allows in a header's name."""
Closed = (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError, IndexError)
"""How an answer fails to come: the other side ended the connection, or said nothing that can be read."""


PATIENCE = 3.0
"""Seconds for an answer. What takes longer is sent, but not known to have been read."""


@dataclass(slots=True)
class Patron:
    """One mode of one running program, seen from its computers."""

    mode: str
    register: Register
    lodging: Lodging
    origin: Origin
    proxy: tuple[str, int]
    computers: list[str]
    hosts: dict[Scope, str]
    """Whom to ask in and out of scope."""
    labels: dict[Scope, list[str]]
    """Hosts whose label is a canary; the proxy is told where they are."""
    desk_port: int = 0
    dashboard_port: int = 0
    tokens: list[str] = field(default_factory=list)
    answered: int = 0
    _turn: int = 0

    def plant(self, channel: str, form: str = "plain", scope: Scope = "site") -> str:
        """The canary itself; in its form: `TEXT[form](canary)`."""
        return self.register.plant(channel, form, scope, self.mode)

    def register_label(self, host: str, scope: Scope) -> str:
        """The canary that is this host's first label."""
        canary = host.partition(".")[0]
        self.register.planted[canary] = Planted("host label", "plain", scope, self.mode)
        return canary

    def trusting(self, *alpn: str) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=self.origin.authority.root)
        context.load_verify_locations(self.lodging.root)
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        if alpn:
            context.set_alpn_protocols(list(alpn))
        return context

    @asynccontextmanager
    async def line(self, port: int = 0) -> AsyncIterator[Line]:
        self._turn += 1
        computer = self.computers[self._turn % len(self.computers)]
        self.register.arrived(computer)
        line = Line(*await asyncio.open_connection(self.proxy[0], port or self.proxy[1], local_addr=(computer, 0)))
        try:
            yield line
        finally:
            line.close()

    @asynccontextmanager
    async def secure(self, host: str, *alpn: str, extra: str = "") -> AsyncIterator[Line]:
        async with self.line() as line:
            status = await line.connect(f"{host}:443", extra)
            if status != 200:
                raise ConnectionRefusedError(status)
            await line.secure(self.trusting(*alpn), host)
            yield line

    async def ask(self, line: Line, data: bytes, *canaries: str) -> bytes:
        """Send, wait for an answer or the end; the head of the answer and its body."""
        ended = True
        answer = b""
        try:
            await line.send(data)
            answer = await within(line.reader.readuntil(b"\r\n\r\n"), PATIENCE)
            if length := re.search(rb"(?i)\r\ncontent-length: (\d+)", answer):
                answer += await within(line.reader.readexactly(int(length[1])), PATIENCE)
        except asyncio.LimitOverrunError:
            answer = b""  # a head longer than this reader's patience: answered all the same
        except asyncio.IncompleteReadError as end:
            answer += end.partial
        except TimeoutError:
            ended = False  # neither answered nor refused: not known to have been read
        except OSError:
            pass
        if ended:
            self.answered += 1
            self.register.arrived(*canaries)
        self.tokens += [hit[1].decode() for hit in _TOKEN.finditer(answer)]
        return answer


async def each(work: list[Awaitable[object]], at_once: int = 24, seconds: float = 45) -> None:
    """All of them, some at a time. What a patron cannot get is no failure here."""
    turn = asyncio.Semaphore(at_once)

    async def one(part: Awaitable[object]) -> None:
        async with turn:
            with suppress(*Closed):
                await asyncio.wait_for(part, seconds)

    await asyncio.gather(*(one(part) for part in work))


@dataclass(slots=True)
class Asked:
    """A request with a canary in each of its places."""

    target: str
    fields: list[tuple[str, str]]
    canaries: list[str]

    def head(self, host: str, method: str = "GET", *, absolute: str = "", further: tuple[str, ...] = ()) -> bytes:
        lines = [f"{method} {absolute}{self.target} HTTP/1.1", f"Host: {host}"]
        lines += [f"{name}: {value}" for name, value in self.fields]
        return "\r\n".join([*lines, *further, "", ""]).encode("latin-1")


def asked(patron: Patron, form: str, scope: Scope, how: str = "") -> Asked:
    """how: a word behind each channel's name, such as `HTTP/2`."""
    canaries: list[str] = []

    def put(channel: str) -> str:
        canaries.append(patron.plant(f"{channel}{how and ', ' + how}", form, scope))
        return TEXT[form](canaries[-1])

    target = f"/search/{put('path')}/page?{put('query name')}={put('query value')}&q={put('search term')}"
    if how != "HTTP/2":
        target += f"#{put('fragment')}"
    credentials = base64.b64encode(f"reader:{put('credentials of the site')}".encode()).decode()
    fields = [
        ("User-Agent", f"Mozilla/5.0 ({put('user agent')})"),
        ("Referer", f"https://{SITE}/from/{put('referrer')}?q={put('referrer, query')}"),
        ("Cookie", f"{put('cookie name')}=1; session={put('cookie value')}"),
        ("X-Reader", put("header value")),
        ("Authorization", f"Basic {credentials}"),
        ("X-Forwarded-For", put("forwarded address")),
        ("Accept-Language", f"{put('language')};q=0.5"),
        ("Sec-Fetch-Dest", "document"),
        ("Sec-Fetch-Site", "none"),
        ("Accept", "text/html"),
    ]
    if form in TOKENS:
        name = put("header name")
        fields.append((name.lower() if how == "HTTP/2" else name, "1"))
    return Asked(target, fields, canaries)
