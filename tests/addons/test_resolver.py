"""The resolver against a name server on loopback, with ordinary tasks and with eager ones, as mitmproxy has them."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import dns.rcode
import pytest

from addons import resolver as resolvers
from addons.decide.gate import Gate
from addons.decide.sites import Catalogue
from addons.dial import Loop
from addons.resolver import CHAIN_LIMIT, Resolver
from addons.settings import Proxy
from tests.addons.nameserver import NameServer, Zone

HOST = "metrics.site.example"
CHAIN = {HOST: "site.example.data.tracker.test", "site.example.data.tracker.test": "edge.tracker.test"}
ADDRESSES = {"edge.tracker.test"}


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - the product has no event to wait for here
            await asyncio.sleep(0.005)


class Desk:
    """A resolver, what it found, and a clock that stands still."""

    def __init__(self, **options: Any) -> None:
        self.found: list[tuple[str, tuple[str, ...]]] = []
        self.time = 1000.0
        self.resolver = Resolver(self.hear, now=lambda: self.time, **options)
        self.running = asyncio.ensure_future(self.resolver.run())

    def hear(self, host: str, chain: tuple[str, ...]) -> None:
        self.found.append((host, chain))

    async def idle(self) -> None:
        """Until nothing is asked any more."""
        await until(lambda: not self.resolver._asked)

    async def ask(self, *hosts: str) -> list[tuple[str, tuple[str, ...]]]:
        before = len(self.found)
        for host in hosts:
            self.resolver.ask(host)
        await self.idle()
        return self.found[before:]

    async def close(self) -> None:
        self.running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self.running


type MakeServer = Callable[..., Awaitable[NameServer]]
type MakeDesk = Callable[..., Desk]


@pytest.fixture(params=["ordinary tasks", "eager tasks"], autouse=True)
async def tasks(request: pytest.FixtureRequest) -> AsyncIterator[None]:
    loop = asyncio.get_running_loop()
    if request.param == "eager tasks":
        loop.set_task_factory(asyncio.eager_task_factory)
    yield
    loop.set_task_factory(None)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resolvers, "ANSWER_SECONDS", 0.1)
    monkeypatch.setattr(resolvers, "TOTAL_SECONDS", 1.0)


@pytest.fixture
async def serve() -> AsyncIterator[MakeServer]:
    servers: list[NameServer] = []

    async def make(zone: Zone) -> NameServer:
        servers.append(await NameServer(zone).open())
        return servers[-1]

    yield make
    for server in servers:
        await server.close()


@pytest.fixture
async def open_desk() -> AsyncIterator[MakeDesk]:
    desks: list[Desk] = []

    def make(*servers: NameServer, **options: Any) -> Desk:
        desks.append(Desk(nameservers=[server.address for server in servers], **options))
        return desks[-1]

    yield make
    for desk in desks:
        await desk.close()


@pytest.mark.parametrize("whole", [True, False], ids=["one answer", "link by link"])
async def test_the_names_behind_a_host_come_in_order(serve: MakeServer, open_desk: MakeDesk, whole: bool) -> None:
    server = await serve(Zone(CHAIN, ADDRESSES, whole_chain=whole))
    desk = open_desk(server)
    assert await desk.ask(HOST) == [(HOST, ("site.example.data.tracker.test", "edge.tracker.test"))]
    assert desk.resolver.chain(HOST) == ("site.example.data.tracker.test", "edge.tracker.test")
    assert server.asked.total() == (1 if whole else 3)


async def test_capitals_and_odd_characters_in_targets_do_no_harm(serve: MakeServer, open_desk: MakeDesk) -> None:
    desk = open_desk(await serve(Zone({HOST: "EDGE.Tracker.TEST", "b.site.example": "bad\\032name.tracker.test"})))
    assert await desk.ask(HOST) == [(HOST, ("edge.tracker.test",))]
    assert await desk.ask("b.site.example") == []


@pytest.mark.parametrize(
    "zone",
    [
        pytest.param(Zone({}, {HOST}), id="an address and no alias"),
        pytest.param(Zone(), id="no such name"),
        pytest.param(Zone({HOST: HOST}), id="alias of itself"),
        pytest.param(Zone({HOST: "a.test", "a.test": "b.test", "b.test": "a.test"}), id="loop further on"),
        pytest.param(Zone({HOST: "a.test", "a.test": HOST}, whole_chain=False), id="loop over several answers"),
        pytest.param(Zone(CHAIN, rcode=dns.rcode.SERVFAIL), id="server failure"),
        pytest.param(Zone(CHAIN, rcode=dns.rcode.REFUSED), id="refused"),
        pytest.param(Zone(CHAIN, silent=True), id="silence"),
    ],
)
async def test_nothing_is_told_where_nothing_stands_behind(serve: MakeServer, open_desk: MakeDesk, zone: Zone) -> None:
    server = await serve(zone)
    desk = open_desk(server)
    assert await desk.ask(HOST) == []
    assert desk.resolver.chain(HOST) == ()
    questions = server.asked.total()
    await desk.ask(HOST)
    assert server.asked.total() == questions, "asked again at once"


async def test_a_chain_whose_end_does_not_exist_is_still_told(serve: MakeServer, open_desk: MakeDesk) -> None:
    desk = open_desk(await serve(Zone(CHAIN)))
    assert await desk.ask(HOST) == [(HOST, ("site.example.data.tracker.test", "edge.tracker.test"))]


async def test_a_chain_without_end_is_cut(serve: MakeServer, open_desk: MakeDesk) -> None:
    long = {f"n{n}.test": f"n{n + 1}.test" for n in range(50)}
    for whole in (True, False):
        server = await serve(Zone(long, whole_chain=whole))
        found = await open_desk(server).ask("n0.test")
        assert found == [("n0.test", tuple(f"n{n}.test" for n in range(1, CHAIN_LIMIT + 1)))]
        assert server.asked.total() <= CHAIN_LIMIT


async def test_a_truncated_answer_is_fetched_over_tcp(serve: MakeServer, open_desk: MakeDesk) -> None:
    server = await serve(Zone(CHAIN, ADDRESSES, truncated=True))
    assert len(await open_desk(server).ask(HOST)) == 1
    assert server.over_tcp == 1


@pytest.mark.parametrize(
    "forged", [b"id", b"name", b"\x00", b"\xff" * 40], ids=["wrong id", "wrong name", "short", "noise"]
)
async def test_a_forged_packet_is_passed_over(serve: MakeServer, open_desk: MakeDesk, forged: bytes) -> None:
    desk = open_desk(await serve(Zone(CHAIN, ADDRESSES, forged=forged)))
    assert await desk.ask(HOST) == [(HOST, ("site.example.data.tracker.test", "edge.tracker.test"))]


@pytest.mark.parametrize("bad", [Zone(silent=True), Zone(rcode=dns.rcode.SERVFAIL)], ids=["silent", "failing"])
async def test_the_next_name_server_is_asked(serve: MakeServer, open_desk: MakeDesk, bad: Zone) -> None:
    desk = open_desk(await serve(bad), await serve(Zone(CHAIN, ADDRESSES)))
    assert len(await desk.ask(HOST)) == 1


async def test_a_lost_packet_is_sent_again(serve: MakeServer, open_desk: MakeDesk) -> None:
    server = await serve(Zone(CHAIN, ADDRESSES, silent=True))
    desk = open_desk(server)
    desk.resolver.ask(HOST)
    await until(lambda: bool(server.asked))
    await asyncio.sleep(0.02)
    server.zone.silent = False
    await desk.idle()
    assert len(desk.found) == 1


async def test_all_silent_servers_together_take_no_longer_than_promised(
    serve: MakeServer, open_desk: MakeDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resolvers, "TOTAL_SECONDS", 0.25)
    desk = open_desk(*[await serve(Zone(silent=True)) for _ in range(4)])
    began = asyncio.get_running_loop().time()
    await desk.ask(HOST)
    assert asyncio.get_running_loop().time() - began < 0.5


async def test_what_failed_is_asked_again_sooner_than_what_is_not_there(serve: MakeServer, open_desk: MakeDesk) -> None:
    failing, empty = await serve(Zone(CHAIN, rcode=dns.rcode.SERVFAIL)), await serve(Zone())
    for server, seconds in ((failing, resolvers.FAILED), (empty, resolvers.NOTHING)):
        desk = open_desk(server)
        await desk.ask(HOST)
        questions = server.asked.total()
        desk.time += seconds - 1
        await desk.ask(HOST)
        assert server.asked.total() == questions
        desk.time += 2
        await desk.ask(HOST)
        assert server.asked.total() > questions


@pytest.mark.parametrize(
    ("ttl", "kept"),
    [
        pytest.param(0, 60, id="none"),
        pytest.param(5, 60, id="seconds"),
        pytest.param(300, 300, id="minutes"),
        pytest.param(10_000_000, resolvers.LONGEST, id="months"),
    ],
)
async def test_a_host_is_told_once_for_its_ttl(serve: MakeServer, open_desk: MakeDesk, ttl: int, kept: float) -> None:
    server = await serve(Zone(CHAIN, ADDRESSES, ttl=ttl))
    desk = open_desk(server)
    await desk.ask(HOST)
    desk.time += kept - 1
    assert await desk.ask(HOST, HOST) == []
    assert server.asked.total() == 1
    desk.time += 2
    assert desk.resolver.chain(HOST) == ()
    assert len(await desk.ask(HOST)) == 1
    assert server.asked.total() == 2


async def test_the_same_host_asked_many_times_is_looked_up_once(serve: MakeServer, open_desk: MakeDesk) -> None:
    server = await serve(Zone(CHAIN, ADDRESSES))
    desk = open_desk(server)
    assert len(await desk.ask(*[HOST] * 500)) == 1
    assert server.asked.total() == 1


async def test_too_many_hosts_are_dropped_and_the_cache_stays_small(serve: MakeServer, open_desk: MakeDesk) -> None:
    desk = open_desk(await serve(Zone({f"h{n}.test": "t.test" for n in range(40)})), limit=10)
    await asyncio.sleep(0)
    await desk.ask(*[f"h{n}.test" for n in range(20)])
    assert desk.resolver.dropped >= 9
    await desk.ask("h38.test")
    await desk.ask("h39.test")
    assert len(desk.resolver._kept) == 10
    assert desk.resolver.chain("h39.test") == ("t.test",)


async def test_only_so_many_are_asked_at_a_time(serve: MakeServer, open_desk: MakeDesk) -> None:
    server = await serve(Zone({f"h{n}.test": "t.test" for n in range(30)}))
    server.delay = 0.01
    found = await open_desk(server, concurrency=3).ask(*[f"h{n}.test" for n in range(30)])
    assert len(found) == 30
    assert server.most_at_once == 3


@pytest.mark.parametrize(
    "host",
    [
        "",
        ".",
        "localhost",
        "192.0.2.1",
        "2001:db8::1",
        "UPPER.example",
        "a..b",
        "x" * 70 + ".test",
        "\x00.test",
        "a.test.",
        "ü.test",
    ],
)
async def test_what_is_no_name_is_not_asked(serve: MakeServer, open_desk: MakeDesk, host: str) -> None:
    server = await serve(Zone())
    await open_desk(server).ask(host)
    assert not server.asked


async def test_asking_before_it_runs_is_remembered(serve: MakeServer) -> None:
    server = await serve(Zone(CHAIN, ADDRESSES))
    found: list[str] = []
    resolver = Resolver(lambda host, chain: found.append(host), nameservers=[server.address])
    resolver.ask(HOST)
    running = asyncio.ensure_future(resolver.run())
    await until(lambda: bool(found))
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
    assert found == [HOST]


async def test_a_failing_listener_does_not_end_the_look_ups(serve: MakeServer) -> None:
    server = await serve(Zone({"a.test": "t.test", "b.test": "t.test"}))
    heard: list[str] = []
    complaints: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))

    def found(host: str, chain: tuple[str, ...]) -> None:
        heard.append(host)
        raise RuntimeError

    resolver = Resolver(found, nameservers=[server.address], concurrency=1)
    running = asyncio.ensure_future(resolver.run())
    resolver.ask("a.test")
    resolver.ask("b.test")
    await until(lambda: len(heard) == 2)
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
    assert len(complaints) == 2
    assert "a.test" not in repr(complaints)


async def test_it_stops_in_the_middle_of_a_look_up(serve: MakeServer, open_desk: MakeDesk) -> None:
    desk = open_desk(await serve(Zone(silent=True)))
    desk.resolver.ask(HOST)
    await asyncio.sleep(0.02)
    async with asyncio.timeout(1):
        await desk.close()
    assert desk.running.cancelled()


async def test_no_name_reaches_a_log(serve: MakeServer, open_desk: MakeDesk, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for zone in (
        Zone(CHAIN, ADDRESSES),
        Zone(silent=True),
        Zone(CHAIN, forged=b"\xff"),
        Zone(rcode=dns.rcode.SERVFAIL),
    ):
        await open_desk(await serve(zone)).ask(HOST, "canary.site.example")
    assert "site.example" not in caplog.text
    assert "tracker.test" not in caplog.text


async def test_the_systems_name_servers_are_read(open_desk: MakeDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    class System:
        nameservers = ("192.0.2.53", "fe80::1%eth0", object(), "2001:db8::53")
        port = 53

    monkeypatch.setattr("dns.resolver.Resolver", System)
    resolver = Resolver(lambda host, chain: None)
    assert resolver._servers() == (("192.0.2.53", 53), ("2001:db8::53", 53))


def test_it_works_in_the_guarded_loop_without_its_getaddrinfo(monkeypatch: pytest.MonkeyPatch) -> None:
    """The product's own loop refuses loopback by name and by address; name servers are not reached through it."""
    calls: list[Any] = []

    async def getaddrinfo(self: Loop, *args: Any, **kwargs: Any) -> Any:
        calls.append(args)
        raise OSError("refused")

    async def main() -> list[tuple[str, tuple[str, ...]]]:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, Loop)
        loop.set_task_factory(asyncio.eager_task_factory)
        server = await NameServer(Zone(CHAIN, ADDRESSES, truncated=True)).open()
        loop.guard(Gate(Proxy(), Catalogue([])), Proxy(), None)
        monkeypatch.setattr(Loop, "getaddrinfo", getaddrinfo)
        desk = Desk(nameservers=[server.address])
        found = await desk.ask(HOST)
        await desk.close()
        await server.close()
        assert server.over_tcp == 1
        return found

    with asyncio.Runner(loop_factory=Loop) as runner:
        assert len(runner.run(main())) == 1
    assert calls == []
