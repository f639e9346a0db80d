"""Carrel against bare mitmdump: throughput and processor time per request, interleaved rounds, ratios per round.

    python -m tests.bench [--rounds 5] [--requests 480]

One TLS origin, one load generator (a process of its own), both on loopback; 16 connections of 3 requests each, which
is what a browser does.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import signal
import socket
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from deploy.demo.run import free_port
from tests.browser.authority import Authority

HOST = "origin.test"
BODY = b"x" * 2048
CONNECTIONS = 16
PER_CONNECTION = 3


@dataclass
class Contender:
    name: str
    command: list[str]
    port: int
    process: subprocess.Popen[bytes] | None = None
    rates: list[float] = field(default_factory=list)
    costs: list[float] = field(default_factory=list)

    def cpu(self) -> float:
        """Processor seconds of the process so far (Linux's per-process clock)."""
        assert self.process is not None
        return time.clock_gettime((~self.process.pid << 3) | 2)


async def origin(port: int, authority: Authority) -> None:
    """Answer every request on a TLS port with the same 2 KiB."""
    head = f"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {len(BODY)}\r\n\r\n".encode()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            while await reader.readuntil(b"\r\n\r\n"):
                writer.write(head + BODY)
                await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", port, ssl=authority.context(HOST), backlog=512)
    async with server:
        await server.serve_forever()


async def load(proxy: int, requests: int) -> float:
    """Requests per second through one proxy."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    rounds = requests // PER_CONNECTION
    todo = iter(range(rounds))
    loop = asyncio.get_running_loop()

    async def worker() -> None:
        for _ in todo:
            reader, writer = await asyncio.open_connection("127.0.0.1", proxy)
            writer.write(f"CONNECT {HOST}:443 HTTP/1.1\r\nHost: {HOST}:443\r\n\r\n".encode())
            await reader.readuntil(b"\r\n\r\n")
            await writer.start_tls(context, server_hostname=HOST)
            for _ in range(PER_CONNECTION):
                writer.write(f"GET /x HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())
                await reader.readuntil(b"\r\n\r\n")
                await reader.readexactly(len(BODY))
            writer.close()

    begun = loop.time()
    await asyncio.gather(*(worker() for _ in range(CONNECTIONS)))
    return rounds * PER_CONNECTION / (loop.time() - begun)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--requests", type=int, default=480)
    parser.add_argument("--load", nargs=2, type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.load:
        print(asyncio.run(load(*options.load)))
        return
    with tempfile.TemporaryDirectory(prefix="carrel-bench-") as name, _contenders(Path(name)) as contenders:
        for contender in contenders:
            _round(contender, options.requests // 4)  # warm-up, not counted
        for number in range(options.rounds):
            for contender in contenders if number % 2 == 0 else contenders[::-1]:
                rate, cost = _round(contender, options.requests)
                contender.rates.append(rate)
                contender.costs.append(cost)
    _print(contenders)


def _round(contender: Contender, requests: int) -> tuple[float, float]:
    before = contender.cpu()
    command = [sys.executable, "-m", "tests.bench.proxies", "--load", str(contender.port), str(requests)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=120)
    return float(done.stdout), (contender.cpu() - before) / requests


@contextlib.contextmanager
def _contenders(folder: Path) -> Iterator[list[Contender]]:
    authority = Authority(folder / "origin")
    ca = authority.root
    origin_port = free_port()
    origin_pid = os.fork()
    if origin_pid == 0:
        asyncio.run(origin(origin_port, authority))
        os._exit(0)
    contenders = [
        _mitmdump(folder, ca, origin_port),
        _carrel(folder, ca, origin_port, "carrel, sealed", "elsewhere.test"),
        _carrel(folder, ca, origin_port, "carrel, opened", HOST),
    ]
    try:
        for contender in contenders:
            log = (folder / f"{contender.port}.log").open("wb")
            contender.process = subprocess.Popen(contender.command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
            _wait(contender)
        yield contenders
    finally:
        for contender in contenders:
            if contender.process:
                contender.process.terminate()
                contender.process.wait(20)
        os.kill(origin_pid, signal.SIGTERM)
        os.waitpid(origin_pid, 0)


def _mitmdump(folder: Path, ca: Path, origin_port: int) -> Contender:
    port = free_port()
    redirect = folder / "to_origin.py"  # the names of this bench are in no DNS
    redirect.write_text(f"def server_connect(data):\n    data.server.address = ('127.0.0.1', {origin_port})\n")
    options = [f"listen_port={port}", "listen_host=127.0.0.1", f"confdir={folder / 'mitm'}"]
    options += [f"ssl_verify_upstream_trusted_ca={ca}"]
    command = [str(Path(sys.executable).with_name("mitmdump")), "-q", "-s", str(redirect)]
    return Contender("mitmdump", command + [word for option in options for word in ("--set", option)], port)


def _carrel(folder: Path, ca: Path, origin_port: int, name: str, site: str) -> Contender:
    port = free_port()
    config = folder / f"{port}.toml"
    config.write_text(
        f'[data]\ndir = "{folder / str(port)}"\n'
        f'[proxy]\nlisten = "127.0.0.1:{port}"\ndestinations = ["127.0.0.0/8"]\ntrust = "{ca}"\n'
        f'hosts = {{ "{HOST}" = "127.0.0.1:{origin_port}" }}\n'
        f'[directory]\nuse = false\n[[site]]\nid = "site"\ndomains = ["{site}"]\n'
    )
    return Contender(name, [sys.executable, "-m", "deploy.cli", "proxy", "--config", str(config)], port)


def _wait(contender: Contender) -> None:
    for _ in range(200):
        assert contender.process is not None
        if contender.process.poll() is not None:
            raise SystemExit(f"{contender.name} ended with status {contender.process.returncode}")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", contender.port), 1):
            return
        time.sleep(0.1)
    raise SystemExit(f"{contender.name} did not listen")


def _print(contenders: list[Contender]) -> None:
    reference = contenders[0]
    print(f"{'proxy':16} {'requests/s':>11} {'x mitmdump':>11} {'CPU ms/request':>15} {'CPU x mitmdump':>15}")
    for one in contenders:
        rates = [a / b for a, b in zip(one.rates, reference.rates, strict=True)]
        costs = [a / b for a, b in zip(one.costs, reference.costs, strict=True)]
        print(
            f"{one.name:16} {statistics.median(one.rates):11.0f} {statistics.median(rates):11.2f} "
            f"{statistics.median(one.costs) * 1e3:15.3f} {statistics.median(costs):15.2f}"
        )


if __name__ == "__main__":
    main()
