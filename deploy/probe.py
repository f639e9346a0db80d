"""Ask running servers who they are: the proxy, the desk behind it, the dashboard. For the doctor, so with short waits.

Every function returns what it found or raises OSError (ssl.SSLError is one).
"""

import http.client
import socket
import ssl
from dataclasses import dataclass
from pathlib import Path

from addons.settings import DESK, Listen

SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    via: str
    text: str

    @property
    def is_carrels(self) -> bool:
        return "carrel" in self.via.lower() or "Carrel" in self.text


def reachable(listen: Listen) -> Listen:
    """Where a program on this computer reaches something that listens there."""
    host, port = listen
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host), port  # noqa: S104  # compared, not bound


def get(server: Listen, target: str, host: str) -> Reply:
    """One plain HTTP request."""
    return _reply(http.client.HTTPConnection(*server, timeout=SECONDS), target, host)


def connect_status(proxy: Listen, authority: str) -> int:
    """How the proxy answers a CONNECT; the tunnel, if there is one, is closed at once."""
    with socket.create_connection(proxy, timeout=SECONDS) as connection:
        connection.sendall(f"CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n\r\n".encode())
        return _status(connection)


def desk(proxy: Listen, root: Path) -> Reply:
    """The desk's page over TLS, verified with the root that browsers have."""
    with socket.create_connection(proxy, timeout=SECONDS) as connection:
        connection.sendall(f"CONNECT {DESK}:443 HTTP/1.1\r\nHost: {DESK}:443\r\n\r\n".encode())
        status = _status(connection)
        if status != 200:
            return Reply(status, "", "")
        context = ssl.create_default_context(cafile=str(root))
        with context.wrap_socket(connection, server_hostname=DESK) as secured:
            client = http.client.HTTPConnection(DESK, timeout=SECONDS)
            client.sock = secured
            return _reply(client, "/", DESK)


def _reply(client: http.client.HTTPConnection, target: str, host: str) -> Reply:
    try:
        client.putrequest("GET", target, skip_host=True)
        client.putheader("Host", host)
        client.putheader("Connection", "close")
        client.endheaders()
        response = client.getresponse()
        text = response.read(65536).decode(errors="replace")
        return Reply(response.status, response.getheader("Via", ""), text)
    except http.client.HTTPException:
        raise ConnectionError("no HTTP answer") from None
    finally:
        client.close()


def _status(connection: socket.socket) -> int:
    # Byte by byte: what follows the head belongs to TLS.
    head = b""
    while not head.endswith(b"\r\n\r\n") and len(head) < 8192 and (byte := connection.recv(1)):
        head += byte
    words = head.split(b" ", 2)
    if len(words) < 2 or not words[0].startswith(b"HTTP/1.") or not words[1].isdigit():
        raise ConnectionError("no HTTP answer")
    return int(words[1])
