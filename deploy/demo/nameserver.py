"""The demo's name server: aliases over UDP on loopback, and when each was asked for. It knows no address.

The browser never asks it, and the proxy only what stands behind the sites' own names.
"""

import socket
import threading
import time
from collections.abc import Mapping
from typing import Self

import dns.exception
import dns.flags
import dns.message
import dns.rcode
import dns.rrset

TTL = 3600
"""Seconds; longer than any demo, so that an alias is known for good once it was asked for."""


class NameServer:
    """A context manager: inside it, questions are answered at 127.0.0.1:`port`."""

    def __init__(self, aliases: Mapping[str, str]) -> None:
        self._aliases = aliases
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.settimeout(0.2)
        self.port: int = self._socket.getsockname()[1]
        self.answered: dict[str, float] = {}
        """When (seconds, monotonic) each alias was told for the first time."""
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        self._thread.join(timeout=5)
        self._socket.close()

    def _serve(self) -> None:
        while not self._ending.is_set():
            try:
                wire, client = self._socket.recvfrom(4096)
                self._socket.sendto(self._answer(dns.message.from_wire(wire)), client)
            except (OSError, dns.exception.DNSException):  # a time-out among them; a bad packet is nobody's business
                continue

    def _answer(self, query: dns.message.Message) -> bytes:
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.RA
        name = query.question[0].name.to_text(omit_final_dot=True).lower() if query.question else ""
        if target := self._aliases.get(name):
            answer.answer.append(dns.rrset.from_text(f"{name}.", TTL, "IN", "CNAME", f"{target}."))
            self.answered.setdefault(name, time.monotonic())
        else:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        return answer.to_wire()
