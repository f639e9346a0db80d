"""Ask a server for a list: over TLS only, within limits of size, time and redirects, and only if it has changed.

Gives bytes. Whether they are a list is decided in `intake`, where they are kept in `shelf`.
"""

import asyncio
import socket
import ssl
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import certifi
import httpx

SIZE = 20_000_000
"""Bytes after unpacking. The largest list that is offered has a tenth of it."""
SECONDS = 120.0
"""For everything: names, connections, redirects, all bytes."""
SILENCE = 20.0
"""Seconds without a single byte."""
REDIRECTS = 5
_ONE_STEP = 1 << 18
"""Bytes unpacked at a time: a small piece of a gzip bomb must not become a large piece of memory."""
_REDIRECTS = frozenset({301, 302, 303, 307, 308})

type Progress = Callable[[int, int | None], None]
"""Bytes received, and how many are expected if the server says so."""


class FetchError(ValueError):
    """Why there is no answer, in words that go on a sentence that begins with the list's name."""


@dataclass(frozen=True, slots=True)
class Limits:
    size: int = SIZE
    seconds: float = SECONDS
    redirects: int = REDIRECTS


@dataclass(frozen=True, slots=True)
class Route:
    """How to reach the world from this library's network, and who we say we are."""

    agent: str
    """Such as "carrel/0.1.0"."""
    upstream: str = ""
    """The content filter's proxy, with user name and password in the address where it wants them."""
    trust: Path | None = None
    """PEM file of further authorities, such as the content filter's."""


@dataclass(frozen=True, slots=True)
class Validators:
    """What a server said about a copy, and wants to hear when it is asked for a newer one."""

    etag: str = ""
    last_modified: str = ""

    def headers(self) -> dict[str, str]:
        return {
            name: value
            for name, value in (("If-None-Match", self.etag), ("If-Modified-Since", self.last_modified))
            if value
        }


@dataclass(frozen=True, slots=True)
class Answer:
    content: bytes
    validators: Validators


async def fetch(
    address: str,
    known: Validators,
    route: Route,
    limits: Limits = Limits(),
    progress: Progress = lambda received, expected: None,
) -> Answer | None:
    """The list, or None if it is the one that is `known`. Raises FetchError."""
    with _in_our_words(route, limits):
        context = _trusting(route.trust)
        proxy = httpx.Proxy(route.upstream) if route.upstream else None
        if proxy is not None and proxy.url.scheme == "https":
            proxy.ssl_context = context  # for http:// httpx refuses one
        # Brotli and zstd can unfold much further than gzip, so neither is asked for.
        headers = {"User-Agent": route.agent, "Accept": "text/plain, */*;q=0.1", "Accept-Encoding": "gzip"}
        async with (
            asyncio.timeout(limits.seconds),
            httpx.AsyncClient(
                verify=context, proxy=proxy, trust_env=False, timeout=min(SILENCE, limits.seconds), headers=headers
            ) as client,
        ):
            for _ in range(limits.redirects + 1):
                async with client.stream("GET", address, headers=known.headers()) as response:
                    if response.status_code not in _REDIRECTS:
                        return await _read(response, known, limits, progress)
                    address = _next(response)
    raise FetchError(f"the server redirects more than {limits.redirects} times")


def _next(response: httpx.Response) -> str:
    try:
        target = response.request.url.join(response.headers["location"])
    except (KeyError, httpx.InvalidURL):
        raise FetchError("the server redirects to nowhere") from None
    if target.scheme != "https" or not target.host:
        raise FetchError("the server redirects to an address that is not https")
    return str(target)


async def _read(response: httpx.Response, known: Validators, limits: Limits, progress: Progress) -> Answer | None:
    if response.status_code == httpx.codes.NOT_MODIFIED and known.headers():
        return None
    if response.status_code != httpx.codes.OK:
        raise FetchError(f"the server answered {response.status_code}")
    length = response.headers.get("content-length", "")
    expected = int(length) if length.isdecimal() else None
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("identity", "gzip", "x-gzip", ""):
        raise FetchError("the server packed it in a way that was not asked for")
    unpacker = Unpacker(limits.size) if "gzip" in encoding else Plain(limits.size)
    received = 0
    async for piece in response.aiter_raw():
        received += len(piece)
        unpacker.feed(piece)
        progress(received, expected)
    return Answer(
        content=unpacker.finish(),
        validators=Validators(response.headers.get("etag", ""), response.headers.get("last-modified", "")),
    )


class Plain:
    """Collects bytes up to a limit."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._content = bytearray()

    def feed(self, piece: bytes) -> None:
        self._content += piece
        if len(self._content) > self._size:
            raise FetchError(f"it is larger than {self._size / 1_000_000:g} MB")

    def finish(self) -> bytes:
        return bytes(self._content)


class Unpacker(Plain):
    """Unpacks gzip in small steps, so that a bomb is noticed while it is small."""

    def __init__(self, size: int) -> None:
        super().__init__(size)
        self._packed = 0
        self._gzip = zlib.decompressobj(wbits=31)

    def feed(self, piece: bytes) -> None:
        # Bytes that unpack to nothing have no end of their own either.
        self._packed += len(piece)
        if self._packed > self._size:
            raise FetchError(f"it is larger than {self._size / 1_000_000:g} MB")
        while piece:
            if self._gzip.eof:  # gzip files may be put one behind another
                self._gzip = zlib.decompressobj(wbits=31)
            try:
                super().feed(self._gzip.decompress(piece, _ONE_STEP))
            except zlib.error:
                raise FetchError("it came damaged (gzip)") from None
            piece = self._gzip.unconsumed_tail or self._gzip.unused_data

    def finish(self) -> bytes:
        # What unfolds from the last bytes may still wait inside.
        while not self._gzip.eof and (rest := self._gzip.decompress(b"", _ONE_STEP)):
            super().feed(rest)
        if not self._gzip.eof:
            raise FetchError("it is incomplete (gzip)")
        return super().finish()


def _trusting(trust: Path | None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=certifi.where())
    if trust is not None:
        try:
            context.load_verify_locations(trust)
        except OSError:  # includes ssl.SSLError
            raise FetchError(f"{trust} cannot be read as certificates; check [proxy] trust") from None
    return context


@contextmanager
def _in_our_words(route: Route, limits: Limits) -> Iterator[None]:
    """Errors of the network in one line of plain words. The library's own text could hold the upstream's password."""
    try:
        yield
    except TimeoutError:
        raise FetchError(f"it took longer than {limits.seconds:g} seconds") from None
    except httpx.TimeoutException:
        raise FetchError(f"{_far_end(route)} was silent for too long") from None
    except httpx.ProxyError as error:
        status = str(error)[:3]
        reason = f" ({status})" if status.isdecimal() else ""
        hint = "; write its user name and password into [proxy] upstream" if status == "407" else ""
        raise FetchError(f"the upstream proxy refused{reason}{hint}") from None
    except httpx.ConnectError as error:
        raise FetchError(_no_connection(error, route)) from None
    except (httpx.NetworkError, httpx.ProtocolError) as error:
        if "location header" in str(error):  # httpx looks at redirects before we do
            raise FetchError("the server redirects to nowhere") from None
        raise FetchError("the connection ended before the list was complete") from None
    except httpx.InvalidURL:
        raise FetchError("its address is not one that can be fetched") from None
    except httpx.HTTPError as error:
        raise FetchError(f"it could not be fetched ({type(error).__name__})") from None


def _no_connection(error: BaseException, route: Route) -> str:
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return (
                f"the server's certificate is not trusted ({cause.verify_message}); if the library's content filter "
                "opens connections, name its authority in [proxy] trust"
            )
        if isinstance(cause, ssl.SSLError):
            return "the server does not speak TLS as it should"
        if isinstance(cause, socket.gaierror):
            return f"the name of {_far_end(route)} is not known here"
    return f"{_far_end(route)} cannot be reached"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        if isinstance(error, BaseExceptionGroup):
            yield from error.exceptions
        error = error.__cause__ or error.__context__


def _far_end(route: Route) -> str:
    if not route.upstream:
        return "the server"
    parts = urlsplit(route.upstream)
    return f"the upstream proxy {parts.hostname}:{parts.port}"
