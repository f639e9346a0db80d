"""Signs of life and passed sockets, with real sockets and, for what belongs to a process, a process of its own."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from addons import service
from addons.service import Watchdog, inherited, notify

CHILD = """
import os, sys
os.environ["LISTEN_PID"] = sys.argv[1] or str(os.getpid())
from addons.service import inherited
found = inherited()
print({name: [one.getsockname()[1] for one in sockets] for name, sockets in found.items()})
print([os.get_inheritable(one.fileno()) for sockets in found.values() for one in sockets])
print(sorted(name for name in os.environ if name.startswith("LISTEN_")), inherited())
"""


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[socket.socket]:
    """What a service manager listens on."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        listener.settimeout(1)
        yield listener


def at(manager: socket.socket, **more: str) -> dict[str, str]:
    return {"NOTIFY_SOCKET": manager.getsockname(), **more}


def child(pid: str, sockets: list[socket.socket], names: str) -> list[str]:
    """Start a process that finds these sockets from descriptor 3 on, as a service manager does it."""
    given = [one.fileno() for one in sockets]
    # Out of the way first: one of them may stand where another has to go.
    shell = "; ".join(f"exec {100 + n}<&{fd}" for n, fd in enumerate(given))
    shell += "; " + "; ".join(f"exec {service.FIRST + n}<&{100 + n}" for n, _ in enumerate(given))
    shell += '; exec "$0" "$@"'
    environment = {**os.environ, "LISTEN_FDS": str(len(given)), "LISTEN_FDNAMES": names}
    done = subprocess.run(
        ["/bin/bash", "-c", shell, sys.executable, "-c", CHILD, pid],
        pass_fds=given,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.splitlines()


@pytest.fixture
def listeners() -> Iterator[list[socket.socket]]:
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:
        yield [one, other]


def ports(listeners: list[socket.socket]) -> list[int]:
    return [one.getsockname()[1] for one in listeners]


def test_passed_sockets_come_by_name(listeners: list[socket.socket]) -> None:
    proxy, desk = ports(listeners)
    assert child("", listeners, "proxy:desk")[0] == str({"proxy": [proxy], "desk": [desk]})


def test_sockets_of_one_name_stay_together(listeners: list[socket.socket]) -> None:
    assert child("", listeners, "proxy:proxy")[0] == str({"proxy": ports(listeners)})


def test_sockets_without_a_name_are_found_too(listeners: list[socket.socket]) -> None:
    assert child("", listeners, "")[0] == str({"": ports(listeners)})


def test_children_neither_get_the_sockets_nor_believe_that_they_do(listeners: list[socket.socket]) -> None:
    _, inheritable, left = child("", listeners, "proxy:desk")
    assert (inheritable, left) == ("[False, False]", "[] {}")


def test_sockets_meant_for_another_process_are_left_alone(listeners: list[socket.socket]) -> None:
    assert child("1", listeners, "proxy:desk") == ["{}", "[]", "[] {}"]


@pytest.mark.parametrize("count", ["", "-1", "two"])
def test_without_a_number_nothing_was_passed(count: str) -> None:
    assert inherited({"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": count}) == {}


def test_the_manager_is_told(manager: socket.socket) -> None:
    assert notify("READY=1", "STATUS=up", environment=at(manager))
    assert manager.recv(100) == b"READY=1\nSTATUS=up"


def test_a_manager_with_an_abstract_address_is_told() -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        name = f"carrel-test-{os.getpid()}"
        listener.bind("\0" + name)
        assert notify("READY=1", environment={"NOTIFY_SOCKET": "@" + name})
        assert listener.recv(100) == b"READY=1"


@pytest.mark.parametrize("path", ["", "/nowhere/at/all", "vsock:2:9"])
def test_without_a_manager_nothing_happens(path: str) -> None:
    assert not notify("READY=1", environment={"NOTIFY_SOCKET": path})


def test_a_manager_that_does_not_read_holds_nothing_up(manager: socket.socket) -> None:
    sent = 0
    while notify("WATCHDOG=1", environment=at(manager)):
        sent += 1
        assert sent < 100_000
    assert sent > 0


def test_signs_of_life_come_as_often_as_wanted_and_no_oftener(
    manager: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1000.0
    monkeypatch.setattr(service, "monotonic", lambda: now)
    dog = Watchdog(at(manager, WATCHDOG_USEC="8000000", WATCHDOG_PID=str(os.getpid())))
    manager.setblocking(False)
    signs = 0
    for _ in range(100):  # ten seconds, asked ten times a second
        dog.alive()
        now += 0.1
        try:
            assert manager.recv(100) == b"WATCHDOG=1"
            signs += 1
        except BlockingIOError:
            pass
    assert signs == 5


@pytest.mark.parametrize(
    "variables",
    [
        pytest.param({}, id="not wanted"),
        pytest.param({"WATCHDOG_USEC": "soon"}, id="not a number"),
        pytest.param({"WATCHDOG_USEC": "8000000", "WATCHDOG_PID": "1"}, id="of another process"),
    ],
)
def test_no_sign_of_life_is_given_where_none_is_wanted(manager: socket.socket, variables: dict[str, str]) -> None:
    Watchdog(at(manager, **variables)).alive()
    manager.setblocking(False)
    with pytest.raises(BlockingIOError):
        manager.recv(100)
