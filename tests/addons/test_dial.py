"""What the guarded loop connects to: real sockets on several loopback addresses, and a resolver that the test answers.

127.0.0.2 plays the world (allowed), 127.0.0.1 the library's own network (not allowed).
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing

import pytest

from addons import dial
from addons.decide.gate import Gate
from addons.decide.sites import Catalogue
from addons.dial import DestinationRefused, Loop
from addons.settings import Proxy

WORLD, INSIDE = "127.0.0.2", "127.0.0.1"
type Work = Callable[[Loop], Awaitable[None]]


class Resolver:
    """Stands in for the system's: each name has a list of answers, one for each time it is asked."""

    def __init__(self) -> None:
        self.answers: dict[str, list[list[str]]] = {}
        self.asked: list[str] = []
        self.slow: dict[str, threading.Event] = {}

    def __call__(self, host: str, port: int, *_: object, **__: object) -> list[tuple[object, ...]]:
        self.asked.append(host)
        if host in self.slow:
            self.slow[host].wait(20)
        if host not in self.answers:
            raise socket.gaierror(socket.EAI_NONAME, "no such name")
        answers = self.answers[host]
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in answer]


@pytest.fixture
def resolver(monkeypatch: pytest.MonkeyPatch) -> Resolver:
    resolver = Resolver()
    monkeypatch.setattr(socket, "getaddrinfo", resolver)
    return resolver


@pytest.fixture
def port() -> Iterator[int]:
    """A port on which the world and the inside both listen, each saying which it is."""
    servers, number = _same_port(WORLD, INSIDE)
    for server, word in zip(servers, (b"world", b"inside"), strict=True):
        threading.Thread(target=_greet, args=(server, word), daemon=True).start()
    yield number
    for server in servers:
        server.shutdown(socket.SHUT_RDWR)
        server.close()


def _same_port(first: str, second: str) -> tuple[list[socket.socket], int]:
    """What is free on one address may be taken on the other: then another number is tried."""
    for _ in range(50):
        server = socket.create_server((first, 0))
        number: int = server.getsockname()[1]
        try:
            return [server, socket.create_server((second, number))], number
        except OSError:
            server.close()
    raise AssertionError("no port is free on both addresses")


def _greet(server: socket.socket, word: bytes) -> None:
    while True:
        try:
            line, _ = server.accept()
        except OSError:
            return
        with closing(line):
            line.sendall(word)


def run(work: Work, proxy: Proxy | None = None, *, exempt: tuple[str, int] | None = None) -> None:
    proxy = proxy or Proxy(destinations=(ipaddress.ip_network(WORLD),))

    async def guarded() -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, Loop)
        loop.guard(Gate(proxy, Catalogue(())), proxy, exempt)
        await asyncio.wait_for(work(loop), 15)

    with asyncio.Runner(loop_factory=Loop) as runner:
        runner.run(guarded())


async def greeting(loop: Loop, host: str, port: int) -> bytes:
    """As the door connects."""
    reader = asyncio.StreamReader(loop=loop)
    transport = await dial.connect(loop, lambda: asyncio.StreamReaderProtocol(reader, loop=loop), host, port)
    try:
        return await reader.read()
    finally:
        transport.close()


async def engine_greeting(host: str, port: int) -> bytes:
    """As the engine connects."""
    reader, writer = await asyncio.open_connection(host, port)
    try:
        return await reader.read()
    finally:
        writer.close()


def test_a_name_that_turns_inside_is_refused_from_then_on(
    resolver: Resolver, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dial, "CACHE_SECONDS", 0.0)
    resolver.answers["rebind.test"] = [[WORLD], [INSIDE]]

    async def work(loop: Loop) -> None:
        assert await greeting(loop, "rebind.test", port) == b"world"
        for _ in range(3):
            with pytest.raises(DestinationRefused):
                await greeting(loop, "rebind.test", port)
            with pytest.raises(DestinationRefused):
                await engine_greeting("rebind.test", port)

    run(work)


def test_each_connection_asks_once_and_goes_where_that_answer_said(resolver: Resolver, port: int) -> None:
    resolver.answers["rebind.test"] = [[WORLD], [INSIDE]]

    async def work(loop: Loop) -> None:
        assert await greeting(loop, "rebind.test", port) == b"world"
        assert await engine_greeting("rebind.test", port) == b"world"
        assert await engine_greeting("REBIND.test.", port) == b"world"
        assert resolver.asked == ["rebind.test"]

    run(work)


@pytest.mark.parametrize("answer", [[INSIDE, WORLD], [WORLD, INSIDE], [INSIDE, "10.0.0.1", WORLD, "0.0.0.0"]])  # noqa: S104 -- a destination
def test_of_mixed_answers_only_the_allowed_are_used(resolver: Resolver, port: int, answer: list[str]) -> None:
    resolver.answers["mixed.test"] = [answer]

    async def work(loop: Loop) -> None:
        assert await greeting(loop, "mixed.test", port) == b"world"
        assert await engine_greeting("mixed.test", port) == b"world"

    run(work)


def test_the_next_address_is_tried_when_one_is_dead(resolver: Resolver, port: int) -> None:
    resolver.answers["two.test"] = [["127.0.0.3", WORLD]]
    proxy = Proxy(destinations=(ipaddress.ip_network("127.0.0.2/31"),))

    async def work(loop: Loop) -> None:
        assert await greeting(loop, "two.test", port) == b"world"

    run(work, proxy)


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "::ffff:127.0.0.1", "::1", "10.1.2.3", "169.254.169.254", "::", "0.0.0.0", "fe80::1%lo"],  # noqa: S104 -- a destination
)
def test_literals_inside_are_refused_without_asking_anyone(resolver: Resolver, host: str) -> None:
    async def work(loop: Loop) -> None:
        assert not loop.allows_literal(host, 443)
        with pytest.raises(DestinationRefused):
            await greeting(loop, host, 443)
        assert not resolver.asked

    run(work)


def test_pinned_names_are_judged_like_any_other(resolver: Resolver, port: int) -> None:
    proxy = Proxy(
        destinations=(ipaddress.ip_network(WORLD),),
        hosts={"pinned.test": (WORLD, port), "inside.test": (INSIDE, port), "portless.test": (WORLD, None)},
    )

    async def work(loop: Loop) -> None:
        for name, asked in (("pinned.test", 443), ("Pinned.Test.", 443), ("portless.test", port)):
            assert await greeting(loop, name, asked) == b"world"
        with pytest.raises(DestinationRefused):
            await greeting(loop, "inside.test", 443)
        assert not resolver.asked

    run(work, proxy)


def test_own_ports_are_refused_on_every_address_of_this_machine(resolver: Resolver, port: int) -> None:
    proxy = Proxy(destinations=(ipaddress.ip_network("0.0.0.0/0"), ipaddress.ip_network("::/0")))
    resolver.answers["self.test"] = [[INSIDE]]

    async def work(loop: Loop) -> None:
        assert await greeting(loop, "self.test", port) == b"inside"
        loop.never_to({port})
        for host in ("127.0.0.1", "127.0.0.77", "0.0.0.0", "::ffff:127.0.0.1", "::ffff:0.0.0.0"):  # noqa: S104 -- a destination
            assert not loop.may_connect(host, port), host
        assert loop.may_connect("192.0.2.1", port)
        assert loop.may_connect("127.0.0.1", port + 1)
        loop._cache.clear()
        with pytest.raises(DestinationRefused):
            await greeting(loop, "self.test", port)

    run(work, proxy)


def test_the_upstream_proxy_may_stand_inside_and_nothing_else_there(resolver: Resolver, port: int) -> None:
    resolver.answers["filter.test"] = [[INSIDE]]

    async def work(loop: Loop) -> None:
        assert await greeting(loop, "filter.test", port) == b"inside"
        for host, other in (("filter.test", port + 1), ("127.0.0.1", port)):
            with pytest.raises(DestinationRefused):
                await greeting(loop, host, other)

    run(work, exempt=("filter.test", port))


def test_an_upstream_proxy_that_is_this_proxy_is_refused(resolver: Resolver, port: int) -> None:
    resolver.answers["me.test"] = [[INSIDE]]

    async def work(loop: Loop) -> None:
        loop.never_to({port})
        with pytest.raises(OSError, match="no address"):
            await greeting(loop, "me.test", port)

    run(work, exempt=("me.test", port))


def test_a_dead_name_server_holds_up_nobody_else_and_not_the_end(resolver: Resolver, port: int) -> None:
    dead = threading.Event()
    names = [f"dead{number}.test" for number in range(64)]
    resolver.slow.update(dict.fromkeys(names, dead))
    resolver.answers["alive.test"] = [[WORLD]]

    async def work(loop: Loop) -> None:
        waiting = [asyncio.ensure_future(greeting(loop, name, port)) for name in names]
        await asyncio.sleep(0.05)
        assert await asyncio.wait_for(greeting(loop, "alive.test", port), 2) == b"world"
        assert await asyncio.wait_for(asyncio.to_thread(lambda: "the ledger"), 2) == "the ledger"
        for task in waiting:
            task.cancel()

    started = time.monotonic()
    run(work)
    assert time.monotonic() - started < 5
    dead.set()


def test_all_who_wait_for_a_name_share_one_look_up(resolver: Resolver, port: int) -> None:
    resolver.answers["slow.test"] = [[WORLD]]
    resolver.slow["slow.test"] = threading.Event()

    async def work(loop: Loop) -> None:
        waiting = [asyncio.ensure_future(greeting(loop, "slow.test", port)) for _ in range(10)]
        await asyncio.sleep(0.05)
        waiting[0].cancel()  # a patron who leaves takes nobody's answer away
        resolver.slow["slow.test"].set()
        assert await asyncio.gather(*waiting[1:]) == [b"world"] * 9
        assert resolver.asked == ["slow.test"]

    run(work)


def test_a_name_that_does_not_exist_is_an_ordinary_error(resolver: Resolver) -> None:
    async def work(loop: Loop) -> None:
        for host in ("nowhere.test", "nowhere.test"):
            with pytest.raises(OSError, match="no such name"):
                await greeting(loop, host, 443)

    run(work)


def test_names_are_forgotten_when_their_time_is_over(
    resolver: Resolver, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolver.answers = {name: [[WORLD]] for name in ("first.test", "second.test")}

    async def work(loop: Loop) -> None:
        await greeting(loop, "first.test", port)
        await greeting(loop, "second.test", port)
        assert {host for host, _ in loop._cache} == {"first.test", "second.test"}
        later = loop.time() + 31
        with monkeypatch.context() as patch:  # for no longer than this call: timers live by the same clock
            patch.setattr(loop, "time", lambda: later)
            loop._keep(("fourth.test", port), [])
        assert {host for host, _ in loop._cache} == {"fourth.test"}

    run(work)
