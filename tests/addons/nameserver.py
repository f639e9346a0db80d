"""A name server on loopback, UDP and TCP on one port. It answers from a table, and misbehaves where it is told to."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from dataclasses import dataclass, field

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset


@dataclass(slots=True)
class Zone:
    """What the server knows. Names are absolute text without the last dot."""

    aliases: dict[str, str] = field(default_factory=dict)
    addresses: set[str] = field(default_factory=set)
    ttl: int = 300
    whole_chain: bool = True
    """Whether it follows its own aliases, as recursive servers do."""
    rcode: dns.rcode.Rcode = dns.rcode.NOERROR
    silent: bool = False
    truncated: bool = False
    """Over UDP it says only that the answer is too long."""
    forged: bytes = b""
    """Sent before each real answer: b"id" and b"name" for an answer to another question, or the bytes themselves."""


class NameServer(asyncio.DatagramProtocol):
    """Counts what it is asked, by name."""

    def __init__(self, zone: Zone) -> None:
        self.zone = zone
        self.asked: Counter[str] = Counter()
        self.over_tcp = 0
        self.at_once = self.most_at_once = 0
        self.delay = 0.0
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def address(self) -> tuple[str, int]:
        return ("127.0.0.1", self._port)

    async def open(self) -> NameServer:
        loop = asyncio.get_running_loop()
        self._tcp = await asyncio.start_server(self._stream, "127.0.0.1", 0)
        self._port = self._tcp.sockets[0].getsockname()[1]
        self._udp, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=self.address)
        return self

    async def close(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        self._udp.close()
        self._tcp.close()
        await asyncio.sleep(0)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.DatagramTransport)
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        task = asyncio.ensure_future(self._reply(data, addr))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _reply(self, data: bytes, addr: tuple[str, int]) -> None:
        query = dns.message.from_wire(data)
        self.asked[query.question[0].name.to_text(omit_final_dot=True)] += 1
        self.at_once += 1
        self.most_at_once = max(self.at_once, self.most_at_once)
        await asyncio.sleep(self.delay)
        self.at_once -= 1
        if self.zone.silent:
            return
        if self.zone.forged:
            self._transport.sendto(self._forgery(query), addr)
        if self.zone.truncated:
            answer = dns.message.make_response(query)
            answer.flags |= dns.flags.TC
        else:
            answer = self._answer(query)
        self._transport.sendto(answer.to_wire(max_size=65535), addr)

    def _forgery(self, query: dns.message.Message) -> bytes:
        if self.zone.forged not in (b"id", b"name"):
            return self.zone.forged
        other = query
        if self.zone.forged == b"name":
            other = dns.message.make_query("other.example.", "A")
            other.id = query.id
        forged = dns.message.make_response(other)
        if self.zone.forged == b"id":
            forged.id = query.id ^ 0x5555
        forged.answer.append(dns.rrset.from_text(other.question[0].name, 300, "IN", "CNAME", "forged.example."))
        return forged.to_wire()

    def _answer(self, query: dns.message.Message) -> dns.message.Message:
        answer = dns.message.make_response(query)
        answer.set_rcode(self.zone.rcode)
        if self.zone.rcode not in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
            return answer
        name = query.question[0].name.to_text(omit_final_dot=True).lower()
        said: set[str] = set()
        while name in self.zone.aliases and name not in said:
            said.add(name)
            target = self.zone.aliases[name]
            answer.answer.insert(0, dns.rrset.from_text(f"{name}.", self.zone.ttl, "IN", "CNAME", f"{target}."))
            name = target
            if not self.zone.whole_chain:
                return answer
        if name in self.zone.addresses:
            answer.answer.append(dns.rrset.from_text(f"{name}.", 30, "IN", "A", "192.0.2.1"))
        elif not said:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        return answer

    async def _stream(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            self.over_tcp += 1
            length = int.from_bytes(await reader.readexactly(2))
            wire = self._answer(dns.message.from_wire(await reader.readexactly(length))).to_wire(max_size=65535)
            writer.write(len(wire).to_bytes(2) + wire)
            await writer.drain()
        writer.close()
