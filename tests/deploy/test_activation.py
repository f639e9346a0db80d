"""The real proxy under a stand-in for systemd: it serves the socket that was passed to it, and gives signs of life."""

from __future__ import annotations

import contextlib
import inspect
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from addons.door import Door
from addons.settings import DESK
from deploy import probe

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.skipif(
    "sockets" not in inspect.signature(Door.open).parameters, reason="the door takes no sockets in this version"
)


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        listener.settimeout(60)
        yield listener


def started(folder: Path, passed: socket.socket, manager: socket.socket, configured: int) -> subprocess.Popen[bytes]:
    config = folder / "carrel.toml"
    config.write_text(
        f'[proxy]\nlisten = "127.0.0.1:{configured}"\n[data]\ndir = "{folder / "data"}"\n[directory]\nuse = false\n'
        '[[site]]\nid = "catalog"\ndomains = ["catalog.test"]\n'
    )
    # LISTEN_PID has to be the program's own number, which the shell has that becomes the program.
    shell = f'exec 3<&{passed.fileno()}; export LISTEN_PID=$$; exec "$0" "$@"'
    return subprocess.Popen(
        ["/bin/bash", "-c", shell, sys.executable, "-m", "deploy.cli", "proxy", "--config", str(config)],
        pass_fds=[passed.fileno()],
        cwd=folder,
        env={
            "PATH": "/usr/bin:/bin",
            "HOME": str(folder),
            "PYTHONPATH": str(ROOT),
            "NOTIFY_SOCKET": manager.getsockname(),
            "WATCHDOG_USEC": "2000000",
            "LISTEN_FDS": "1",
            "LISTEN_FDNAMES": "proxy",
        },
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def test_the_passed_socket_is_served_and_the_manager_hears_of_it(tmp_path: Path, manager: socket.socket) -> None:
    with socket.create_server(("127.0.0.1", 0)) as passed:
        port = passed.getsockname()[1]
        process = started(tmp_path, passed, manager, configured=port)
        try:
            early = socket.create_connection(("127.0.0.1", port), timeout=60)
            early.sendall(f"GET http://{DESK}/ HTTP/1.1\r\nHost: {DESK}\r\n\r\n".encode())
            assert manager.recv(100) == b"READY=1"
            with early:  # asked before the program was ready: the request waited in the socket
                assert early.recv(100).startswith(b"HTTP/1.1 200")
            assert probe.get(("127.0.0.1", port), f"http://{DESK}/", DESK).is_carrels
            assert [manager.recv(100) for _ in range(3)] == [b"WATCHDOG=1"] * 3
            os.kill(process.pid, signal.SIGTERM)
            said = manager.recv(100)
            while said == b"WATCHDOG=1":
                said = manager.recv(100)
            assert said == b"STOPPING=1"
            assert process.wait(20) == 0
        finally:
            process.kill()
            process.wait()


def test_a_program_that_hangs_gives_no_sign_of_life(tmp_path: Path, manager: socket.socket) -> None:
    with socket.create_server(("127.0.0.1", 0)) as passed:
        process = started(tmp_path, passed, manager, configured=passed.getsockname()[1])
        try:
            assert manager.recv(100) == b"READY=1"
            assert manager.recv(100) == b"WATCHDOG=1"
            os.kill(process.pid, signal.SIGSTOP)
            time.sleep(0.5)
            manager.setblocking(False)
            with contextlib.suppress(BlockingIOError):  # what was sent before the stop
                while manager.recv(100):
                    pass
            manager.settimeout(2)  # as long as systemd would wait
            with pytest.raises(TimeoutError):
                manager.recv(100)
        finally:
            process.kill()
            process.wait()
