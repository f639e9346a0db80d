"""Every site and every stranger of a harness: one TLS port for all names and one without TLS, on loopback.

An answer is said beforehand (`say`) and asked for by its number, so that any byte can be sent back. Knows no canary.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from tests.addons.http2 import serve_http2
from tests.addons.world import Origins, _echo_websocket, reset
from tests.browser.loop import Loop

PAGE = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 37\r\nServer: one\r\n\r\n"
    b"<!doctype html><title>a page</title>\n"
)
_ASKED = re.compile(rb"(?i)\r\nx-answer: (\d+)")
_LENGTH = re.compile(rb"(?i)\r\ncontent-length: (\d+)\r\n")


class Origin:
    def __init__(self, loop: Loop, folder: Path) -> None:
        self.origins = Origins(loop, folder)
        self.authority = self.origins.authority
        self.requests = 0
        self._answers: dict[int, tuple[bytes, str]] = {}
        serve = self.origins.serve
        self.secure = serve(self._serve, tls=self._any_name("http/1.1"))
        self.both = serve(self._either, tls=self._any_name("h2", "http/1.1"))
        self.plain = serve(self._serve)
        """Without TLS."""
        self.silent = serve(_silent)
        self.wrong_name = serve(self._serve, tls=self.origins.tls("another.test"))
        self.stranger = serve(self._serve, tls=self.origins.tls("badcert.papers.test", authority=self.origins.stranger))
        self.bad_http2 = serve(self.origins.bad_http2, tls=self.origins.tls("badh2.papers.test", "h2"))
        self.reset = serve(_reset_at_once)

    def say(self, answer: bytes, then: str = "") -> int:
        """Keep an answer; its number. then: `close` or `reset` the connection behind it."""
        number = len(self._answers) + 1
        self._answers[number] = (answer, then)
        return number

    def close(self) -> None:
        self.origins.close()

    def _any_name(self, *alpn: str) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.set_alpn_protocols(list(alpn))
        context.sni_callback = self._choose(alpn)
        return context

    def _choose(self, alpn: tuple[str, ...]) -> Callable[..., int | None]:
        made: dict[str, ssl.SSLContext] = {}

        def choose(connection: ssl.SSLSocket | ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> int | None:
            if name is None:
                return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
            if name not in made:
                made[name] = self.origins.tls(name, *alpn)
            connection.context = made[name]
            return None

        return choose

    async def _either(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if writer.get_extra_info("ssl_object").selected_alpn_protocol() == "h2":
            await serve_http2(reader, writer, lambda head: None)
        else:
            await self._serve(reader, writer)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            self.requests += 1
            if key := re.search(rb"(?i)\r\nsec-websocket-key: (\S+)", head):
                await _echo_websocket(writer, reader, key[1].decode(), head.decode("latin-1"))
                return
            if length := _LENGTH.search(head):
                await reader.readexactly(int(length[1]))
            elif b"chunked" in head.lower():
                with suppress(TimeoutError):
                    await asyncio.wait_for(reader.readuntil(b"0\r\n\r\n"), 2)
            asked = _ASKED.search(head)
            answer, then = self._answers[int(asked[1])] if asked else (PAGE, "")
            writer.write(answer)
            await writer.drain()
            if then == "reset":
                await asyncio.sleep(0.05)
                reset(writer)
            if then:
                return


async def _silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(100)
    await asyncio.sleep(60)


async def _reset_at_once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(10)
    reset(writer)
