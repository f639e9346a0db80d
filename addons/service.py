"""What a service manager and a program tell each other (systemd's protocol): sockets that are open already, and signs
of life. It reads the environment and writes datagrams, nothing else; without a service manager every call does nothing.
"""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import MutableMapping
from time import monotonic

FIRST = 3
"""Where the passed descriptors begin: SD_LISTEN_FDS_START in sd_listen_fds(3)."""


def inherited(environment: MutableMapping[str, str] | None = None) -> dict[str, list[socket.socket]]:
    """The listening sockets that were passed to this process, by the name that their unit gives them.

    Handed out once: the variables are taken away, so that no child process believes that they are meant for it.
    """
    variables = os.environ if environment is None else environment
    pid, count, names = (variables.pop(name, "") for name in ("LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"))
    if pid != str(os.getpid()) or not count.isdecimal():
        return {}
    found: dict[str, list[socket.socket]] = {}
    named = names.split(":") if names else []
    for number in range(int(count)):
        os.set_inheritable(FIRST + number, False)
        one = socket.socket(fileno=FIRST + number)
        one.setblocking(False)
        found.setdefault(named[number] if number < len(named) else "", []).append(one)
    return found


def notify(*states: str, environment: MutableMapping[str, str] | None = None) -> bool:
    """Tell the service manager, such as `notify("READY=1")`. False: there is none, or it does not listen."""
    path = (os.environ if environment is None else environment).get("NOTIFY_SOCKET", "")
    if not path.startswith(("/", "@")):
        return False
    address = "\0" + path[1:] if path.startswith("@") else path
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
        sender.setblocking(False)  # a manager that is stuck must not hold up patrons
        sender.sendto("\n".join(states).encode(), address)
        return True
    return False


class Watchdog:
    """Signs of life, as often as asked for: call `alive` from the loop that must not hang, as often as you like."""

    def __init__(self, environment: MutableMapping[str, str] | None = None) -> None:
        variables = os.environ if environment is None else environment
        self._environment = variables
        wanted, pid = variables.get("WATCHDOG_USEC", ""), variables.get("WATCHDOG_PID", "")
        meant = wanted.isdecimal() and pid in ("", str(os.getpid()))
        self.seconds = int(wanted) / 4_000_000 if meant else 0.0
        """Between two signs: a quarter of the time after which the manager takes the program for hung; 0 for never."""
        self._next = 0.0

    def alive(self) -> None:
        now = monotonic()
        if self.seconds and now >= self._next:
            self._next = now + self.seconds
            notify("WATCHDOG=1", environment=self._environment)
