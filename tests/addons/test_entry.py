"""mitmdump itself, with our addons in it: a site of this machine is opened, everything else passes sealed."""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from addons.decide.policy import HEADER
from addons.entry import WARNING
from addons.settings import DESK
from tests.addons.visits import rows
from tests.browser.authority import Authority
from tests.browser.loop import Loop
from tests.browser.relay import Relay

MITMDUMP = Path(sys.executable).with_name("mitmdump")
ENTRY = Path(__file__).resolve().parents[2] / "addons" / "entry.py"
SECONDS = 40.0
CANARY = "canary-7f3a"


class Server:
    """Answers every request with a page, and shows a certificate for the name that it is given."""

    def __init__(self, loop: Loop, authority: Authority, name: str) -> None:
        self.heads: list[bytes] = []
        self._loop = loop
        context = authority.context(name)
        self._server = loop.run(asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=context))
        self.port: int = self._server.sockets[0].getsockname()[1]

    def close(self) -> None:
        self._loop.loop.call_soon_threadsafe(self._server.close)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            self.heads.append(await reader.readuntil(b"\r\n\r\n"))
            body = f"<!doctype html><p>{CANARY}".encode()
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n")
            writer.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


@dataclass
class Running:
    process: subprocess.Popen[bytes]
    port: int
    output: Path
    database: Path
    authority: Path
    """mitmproxy's own, which a browser of such an installation trusts."""

    def said(self) -> str:
        return self.output.read_text()

    def stop(self) -> str:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        self.process.wait(SECONDS)
        return self.said()

    def connection(self, host: str, port: int, name: str, *roots: Path) -> ssl.SSLSocket:
        """A tunnel to host and port through mitmdump, with TLS that asks for `name`; verified if roots are given."""
        raw = socket.create_connection(("127.0.0.1", self.port), timeout=SECONDS)
        raw.sendall(f"CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode())
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            byte = raw.recv(1)
            assert byte, head
            head += byte
        assert b" 200 " in head.partition(b"\r\n")[0], head
        context = ssl.create_default_context()
        for root in roots:
            context.load_verify_locations(root)
        return context.wrap_socket(raw, server_hostname=name)

    def ask(
        self, target: str, port: int, name: str, root: Path, *, method: str = "GET", to: str = "", body: bytes = b"",
        headers: dict[str, str] | None = None,
    ) -> http.client.HTTPResponse:  # fmt: skip
        client = http.client.HTTPConnection(name, port, timeout=SECONDS)
        client.sock = self.connection(to or name, port, name, root)
        client.request(method, target, body=body or None, headers=headers or {})
        response = client.getresponse()
        response.read()
        return response


@pytest.fixture(scope="module")
def loop() -> Iterator[Loop]:
    running = Loop()
    yield running
    running.close()


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("web"))


@pytest.fixture(scope="module")
def site(loop: Loop, web: Authority) -> Iterator[Server]:
    server = Server(loop, web, "localhost")
    yield server
    server.close()


@pytest.fixture(scope="module")
def stranger(loop: Loop, web: Authority) -> Iterator[Server]:
    server = Server(loop, web, "elsewhere.test")
    yield server
    server.close()


type Start = Callable[..., Running]


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory, web: Authority) -> Iterator[Start]:
    started: list[Running] = []

    def start_it(config: str = "", port: int = 0, **further: object) -> Running:
        folder = tmp_path_factory.mktemp("entry")
        (folder / "carrel.toml").write_text(
            '[privacy]\nk = 1\nrare = 1\n[data]\ndir = "data"\n[directory]\nuse = false\n'
            '[[site]]\nid = "here"\ndomains = ["localhost"]\n' + config
        )
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = port or probe.getsockname()[1]
        options = {
            "carrel": folder / "carrel.toml",
            "listen_host": "127.0.0.1",
            "listen_port": port,
            "confdir": folder / "confdir",
            "ssl_verify_upstream_trusted_ca": web.root,
            **further,
        }
        command = [str(MITMDUMP), "-s", str(ENTRY)]
        for name, value in options.items():
            command += ["--set", f"{name}={value}"]
        output = folder / "output.txt"
        with output.open("wb") as out:
            process = subprocess.Popen(
                command, cwd=folder, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT,
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
            )  # fmt: skip
        database = folder / "data" / "carrel.db"
        running = Running(process, port, output, database, folder / "confdir" / "mitmproxy-ca-cert.pem")
        started.append(running)
        return running

    yield start_it
    for one in started:
        if one.process.poll() is None:
            one.process.kill()
        one.process.wait(SECONDS)


def ready(running: Running) -> Running:
    end = time.monotonic() + SECONDS
    while time.monotonic() < end and running.process.poll() is None:
        # mitmdump listens a moment before it has read our file; until then it serves nobody.
        if WARNING in running.said():
            return running
        time.sleep(0.1)
    raise AssertionError(running.said())


@pytest.fixture(scope="module")
def mitmdump(start: Start) -> Running:
    return ready(start())


def test_it_says_what_the_door_would_add(mitmdump: Running) -> None:
    assert WARNING in mitmdump.said()


def test_what_is_not_a_sites_passes_with_its_own_certificate(
    mitmdump: Running, stranger: Server, web: Authority
) -> None:
    with mitmdump.connection("127.0.0.1", stranger.port, "elsewhere.test", web.root) as sealed:
        issuer = dict(part[0] for part in sealed.getpeercert()["issuer"])  # type: ignore[index,misc]
        assert issuer["commonName"] == "Loopback world of Carrel's tests"


@pytest.mark.parametrize(
    ("host", "name"),
    [
        pytest.param("localhost", "elsewhere.test", id="tunnel to a site, hello for another"),
        pytest.param("127.0.0.1", "localhost", id="tunnel to an address, hello for a site"),
    ],
)
def test_tunnel_and_hello_must_name_the_same_site(
    mitmdump: Running, site: Server, stranger: Server, web: Authority, host: str, name: str
) -> None:
    server = stranger if name == "elsewhere.test" else site
    with mitmdump.connection(host, server.port, name, web.root) as sealed:
        assert sealed.version()  # verified against the web's own root, which did not sign mitmproxy's certificates


def test_a_sites_page_is_opened_and_its_report_counted(mitmdump: Running, site: Server) -> None:
    before = len(site.heads)
    response = mitmdump.ask(
        f"/search?q={CANARY}", site.port, "localhost", mitmdump.authority,
        headers={"Sec-Fetch-Dest": "document", "Cookie": f"patron={CANARY}"},
    )  # fmt: skip
    policy = response.headers[HEADER]
    assert response.status == 200
    assert b"sec-gpc: 1" in site.heads[before].lower()
    found = re.search(rf"https://{re.escape(DESK)}(/r/\S+)", policy)
    assert found
    report = {
        "csp-report": {
            "document-uri": f"https://localhost:{site.port}/search?q={CANARY}",
            "blocked-uri": f"https://www.google-analytics.com/collect?t={CANARY}",
            "effective-directive": "img-src",
            "disposition": "report",
        }
    }
    answer = mitmdump.ask(
        found[1], 443, DESK, mitmdump.authority, method="POST", body=json.dumps(report).encode(),
        headers={"Content-Type": "application/csp-report"},
    )  # fmt: skip
    assert answer.status == 204
    mitmdump.stop()
    assert mitmdump.process.returncode == 0
    contacts = rows(mitmdump.database, "select site, section, third_party, kind, method, loads, requests from contacts")
    assert contacts == [("here", "search", "google-analytics.com", "image", "report", 1, 1)]
    assert rows(mitmdump.database, "select sum(loads), sum(with_third_party) from page_loads") == [(1, 1)]


def test_nothing_of_the_traffic_is_printed(mitmdump: Running) -> None:
    first, *further = mitmdump.stop().splitlines()
    assert first.endswith(f"Loading script {ENTRY}")
    assert further == [f"WARNING {WARNING}"]


def test_nothing_of_the_traffic_is_in_the_data_folder(mitmdump: Running) -> None:
    mitmdump.stop()
    for path in mitmdump.database.parent.rglob("*"):
        assert not path.is_file() or CANARY.encode() not in path.read_bytes()


def test_a_site_behind_the_librarys_own_proxy_is_opened_and_its_trackers_are_not(
    start: Start, loop: Loop, web: Authority
) -> None:
    page, tracker = "www-here-test.ezproxy.test", "www-google-analytics-com.ezproxy.test"
    servers = {name: Server(loop, web, name) for name in (page, tracker)}
    relay = Relay(loop, 9, {name: server.port for name, server in servers.items()})
    config = '[[site]]\nid = "vendor"\ndomains = ["here.test"]\n[rewriting]\nsuffixes = ["ezproxy.test"]\n'
    running = ready(start(config, mode=f"upstream:http://127.0.0.1:{relay.port}"))
    try:
        policy = running.ask("/", 443, page, running.authority, headers={"Sec-Fetch-Dest": "document"}).headers[HEADER]
        assert "form-action 'self';" in policy
        assert running.ask("/", 443, tracker, web.root).status == 200  # under its own certificate
        running.stop()
        assert rows(running.database, "select site, loads from page_loads") == [("vendor", 1)]
        assert b"ezproxy" not in running.database.read_bytes()
    finally:
        relay.close()
        for server in servers.values():
            server.close()


def test_a_broken_configuration_is_one_line_and_no_start(start: Start) -> None:
    running = start(config="colour = 1\n")
    assert running.process.wait(SECONDS) != 0
    assert "unknown key" in running.said()
    assert "Traceback" not in running.said()
    assert not running.database.exists()


def test_a_busy_port_ends_mitmdump(start: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        running = start(port=taken.getsockname()[1])
        assert running.process.wait(SECONDS) != 0
