"""What the dashboard and the public's page listen with: a socket or a complaint in one line, and a quiet server."""

from __future__ import annotations

import contextlib
import signal
import socket
import threading
from collections.abc import Iterator

import uvicorn


class DashboardError(ValueError):
    """The dashboard, or the public's page, cannot start. One line: what is wrong, what to do."""


class QuietServer(uvicorn.Server):
    """Ends quietly: uvicorn would raise the signal again once it has stopped, and the exit status would not be 0."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        former = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield
        finally:
            for number, handler in former.items():
                signal.signal(number, handler)


def listening(host: str, port: int, key: str = "listen") -> socket.socket:
    """`key`: where the configuration says so."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise DashboardError(
            f"cannot listen on {host} port {port} ({error.strerror}); is another dashboard running? "
            f"Write another port as [dashboard] {key}"
        ) from None
    return listener
