"""CNAMEs behind a site's own host names: a tracker that a site calls by a name of its own (DESIGN, section 4.3).

Off the path of every request: `ask` leaves a name in a queue, `run` looks it up, `found` hears what stands behind it.
It asks only what it is told to ask, which is to be hosts of sites; it connects to nothing, judges nothing and logs
nothing. Packets go straight to the name servers, never through the loop's guarded `getaddrinfo`.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence

import dns.asyncbackend
import dns.asyncquery
import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.resolver

from addons.decide.parties import normal_host

Found = Callable[[str, tuple[str, ...]], None]
"""Takes a host and the names behind it, nearest first."""

CHAIN_LIMIT = 10
"""Names behind a host; browsers' own resolvers give up at about as many."""
SHORTEST, LONGEST = 60.0, 6 * 3600.0
"""Seconds for which an answer is kept, whatever its TTL says: trackers' names live for a minute or less."""
NOTHING = 900.0
"""Seconds for which it is kept that a host has no CNAME, or does not exist."""
FAILED = 60.0
"""Seconds until a host that could not be looked up is asked for again."""
ANSWER_SECONDS = 2.0
"""For one name server to answer one packet."""
TOTAL_SECONDS = 12.0
"""For a host, all its links, servers and attempts together."""
_ROUNDS = 2
_CONFIGURED = 60.0
"""Seconds after which the system's list of name servers is read again: networks change under a running proxy."""
_PAYLOAD = 1232
"""Bytes of an answer over UDP that pass everywhere (DNS flag day 2020)."""

_Link = tuple[dns.name.Name, float]


class Resolver:
    """Looks up CNAME chains, some at a time, and remembers them for their TTL. Use it from one event loop only."""

    def __init__(
        self,
        found: Found,
        *,
        nameservers: Sequence[tuple[str, int]] | None = None,
        now: Callable[[], float] = time.monotonic,
        limit: int = 2048,
        concurrency: int = 8,
    ) -> None:
        """`nameservers`: addresses and ports, in the order in which they are asked; the system's if None.

        limit: hosts that wait, and hosts that are remembered. `found` is called once for a host and a TTL, and only if
        there is a name behind the host.
        """
        self._found = found
        self._given = None if nameservers is None else tuple(nameservers)
        self._now = now
        self._limit = limit
        self._concurrency = concurrency
        self._queue: asyncio.Queue[str] = asyncio.Queue(limit)
        self._asked: set[str] = set()
        self._kept: OrderedDict[str, tuple[float, tuple[str, ...]]] = OrderedDict()
        self._system: tuple[tuple[str, int], ...] = ()
        self._read_at: float | None = None
        self._backend = dns.asyncbackend.get_backend("asyncio")  # named: guessing it would import what may be absent
        self.dropped = 0
        """Hosts that were not looked up because too many waited."""

    def ask(self, host: str) -> None:
        """Look this host up unless its answer is known or on its way. Returns at once and raises nothing."""
        if host in self._asked:
            return
        kept = self._kept.get(host)
        if kept and kept[0] > self._now():
            return
        if "." not in host or normal_host(host) != host or host.rpartition(".")[2].isdigit() or ":" in host:
            return  # no name of the public DNS
        try:
            self._queue.put_nowait(host)
        except asyncio.QueueFull:
            self.dropped += 1
        else:
            self._asked.add(host)

    def chain(self, host: str) -> tuple[str, ...]:
        """The names known to stand behind a host at this moment, nearest first; empty if none is known. Asks nobody."""
        kept = self._kept.get(host)
        return kept[1] if kept and kept[0] > self._now() else ()

    async def run(self) -> None:
        """Look up what is asked, until cancelled."""
        workers = [asyncio.ensure_future(self._work()) for _ in range(self._concurrency)]
        try:
            await asyncio.gather(*workers)
        finally:
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)

    async def _work(self) -> None:
        while True:
            host = await self._queue.get()
            try:
                chain, seconds = await self._looked_up(host)
            finally:
                self._asked.discard(host)
            self._kept[host] = (self._now() + seconds, chain)
            self._kept.move_to_end(host)
            while len(self._kept) > self._limit:
                self._kept.popitem(last=False)
            if chain:
                self._tell(host, chain)

    def _tell(self, host: str, chain: tuple[str, ...]) -> None:
        try:
            self._found(host, chain)
        except Exception as error:  # noqa: BLE001 - the listener's fault must not end the look-ups
            # Without the names: what a handler of this loop does with its text is not ours to know.
            context = {"message": "the listener of the resolver failed", "exception": error}
            asyncio.get_running_loop().call_exception_handler(context)

    async def _looked_up(self, host: str) -> tuple[tuple[str, ...], float]:
        """The chain, and the seconds for which it holds."""
        try:
            async with asyncio.timeout(TOTAL_SECONDS):
                links = await self._links(dns.name.from_text(host))
        except Exception:  # noqa: BLE001 - whatever a name server sends, the next host gets its turn
            return (), FAILED
        if not links:
            return (), NOTHING
        names = (normal_host(name.to_text(omit_final_dot=True)) for name, _ in links)
        seconds = min(max(min(ttl for _, ttl in links), SHORTEST), LONGEST)
        return tuple(name for name in names if name), seconds

    async def _links(self, name: dns.name.Name) -> list[_Link]:
        """Follow the CNAMEs. A chain that bites its own tail leads nowhere, so there is nothing behind the host."""
        links: list[_Link] = []
        seen = {name}
        while len(links) < CHAIN_LIMIT:
            try:
                answer = await self._answer(name)
            except (dns.exception.DNSException, OSError):
                if links:
                    break  # what is known of the chain is true, whatever comes after it
                raise
            given = _cnames(answer)
            if name not in given:
                break
            # Most name servers give the whole chain in one answer.
            while name in given and len(links) < CHAIN_LIMIT:
                name, ttl = given[name]
                if name in seen:
                    return []
                seen.add(name)
                links.append((name, ttl))
            if answer.rcode() == dns.rcode.NXDOMAIN or _has_address(answer, name):
                break
        return links

    async def _answer(self, name: dns.name.Name) -> dns.message.Message:
        """The first usable answer of a name server. Raises OSError or DNSException if there is none."""
        # Asked for addresses, not for CNAMEs: that is what browsers ask, and what is answered with the whole chain.
        query = dns.message.make_query(name, dns.rdatatype.A, use_edns=0, payload=_PAYLOAD)
        for _ in range(_ROUNDS):
            for address, port in self._servers():
                with contextlib.suppress(dns.exception.DNSException, OSError, EOFError):
                    answer = await self._exchange(query, address, port)
                    if answer.rcode() in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
                        return answer
        raise OSError("no answer")

    async def _exchange(self, query: dns.message.Message, address: str, port: int) -> dns.message.Message:
        try:
            return await dns.asyncquery.udp(
                query,
                address,
                timeout=ANSWER_SECONDS,
                port=port,
                backend=self._backend,
                raise_on_truncation=True,
                ignore_unexpected=True,
                ignore_errors=True,  # a forged or damaged packet must not keep the real answer from being read
            )
        except dns.message.Truncated:
            return await dns.asyncquery.tcp(query, address, timeout=ANSWER_SECONDS, port=port, backend=self._backend)

    def _servers(self) -> tuple[tuple[str, int], ...]:
        if self._given is not None:
            return self._given
        if self._read_at is None or self._now() - self._read_at >= _CONFIGURED:
            self._read_at = self._now()
            with contextlib.suppress(dns.exception.DNSException, OSError):
                system = dns.resolver.Resolver()
                # A zone ("%eth0") would need getaddrinfo; such servers are rarely the only ones.
                addresses = (server for server in system.nameservers if isinstance(server, str))
                self._system = tuple((address, system.port) for address in addresses if "%" not in address)
        return self._system


def _cnames(answer: dns.message.Message) -> dict[dns.name.Name, _Link]:
    """What the answer says of aliases: name -> (target, TTL)."""
    return {
        rrset.name: (rdata.target, float(rrset.ttl))
        for rrset in answer.answer
        if rrset.rdtype == dns.rdatatype.CNAME
        for rdata in rrset
    }


def _has_address(answer: dns.message.Message, name: dns.name.Name) -> bool:
    return any(rrset.name == name and rrset.rdtype == dns.rdatatype.A for rrset in answer.answer)
