"""Debian's Squid as a content filter on loopback: plain, or opening connections with an authority of its own."""

from __future__ import annotations

import asyncio
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Collection, Mapping
from contextlib import closing, suppress
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from deploy.demo.run import free_port
from tests.browser.authority import Authority
from tests.browser.loop import wait_for

FORGER = Path("/usr/lib/squid/security_file_certgen")
NAME = "filter.test"
BLOCK_PAGE = "http://127.0.0.1:80/blocked"
"""On the host that `[proxy] upstream` names."""


class Internet:
    """All that lies behind the filter: an HTTP proxy that knows which loopback port each name leads to."""

    def __init__(self, ports: Mapping[str, int]) -> None:
        self._ports = ports

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        method, target, _ = head.decode("latin-1").split(" ", 2)
        name = target.removeprefix("http://").partition("/")[0].partition(":")[0]
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._ports[name])
        except (KeyError, OSError):
            writer.write(b"HTTP/1.1 502 Nobody there\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            return
        if method == "CONNECT":
            writer.write(b"HTTP/1.1 200 Connected\r\n\r\n")
        else:
            far_writer.write(head)
        await asyncio.gather(_pump(reader, far_writer), _pump(far_reader, writer))


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()


class Squid:
    """Refuses the `banned` hosts, sends those who ask for `redirected` ones to a page of its own, passes the rest.

    It looks no name up: whatever it lets through goes to the internet, another proxy on loopback.
    """

    def __init__(
        self,
        internet: int,
        trusted: Path,
        *,
        banned: Collection[str],
        redirected: Collection[str] = (),
        opens: bool = False,
    ) -> None:
        """trusted: PEM file of the authority of the origins. opens: it ends the TLS itself."""
        program = shutil.which("squid", path="/usr/sbin:/usr/bin:/sbin:/bin")
        if program is None:
            pytest.skip("Squid is not installed: `apt-get install squid-openssl` installs what these tests need")
        if opens and not FORGER.exists():
            pytest.skip("this Squid cannot open connections: `apt-get install squid-openssl` brings one that can")
        # Not below pytest's own folder: started by root, Squid gives that right up and could not reach it.
        self.folder = Path(tempfile.mkdtemp(prefix="squid-"))
        self.port = free_port()
        self.authority = Authority(self.folder / "authority") if opens else None
        file = self.folder / "squid.conf"
        file.write_text(self._configuration(internet, trusted, banned, redirected))
        if opens:
            database = [str(FORGER), "-c", "-s", str(self.folder / "certificates"), "-M", "4MB"]
            subprocess.run(database, check=True, capture_output=True, timeout=20)
        for path in (self.folder, *self.folder.rglob("*")):
            path.chmod(0o777 if path.is_dir() else 0o666)
        self._log = self.folder / "output"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [program, "-N", "-f", str(file)], cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        if not wait_for(lambda: self._process.poll() is not None or self._listens(), 30) or not self._listens():
            said = self._log.read_text() + (self.folder / "cache.log").read_text()
            self.stop()
            raise AssertionError(f"Squid does not listen: {said}")

    def stop(self) -> None:
        """End it and clear up; may be called twice."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait(10)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _listens(self) -> bool:
        with suppress(OSError), closing(socket.create_connection(("127.0.0.1", self.port), 1)):
            return True
        return False

    def _configuration(self, internet: int, trusted: Path, banned: Collection[str], redirected: Collection[str]) -> str:
        lines = [
            f"visible_hostname {NAME}",
            *(f"{key} none" for key in ("access_log", "cache_store_log", "pid_filename")),
            f"cache_log {self.folder / 'cache.log'}",
            f"coredump_dir {self.folder}",
            "cache deny all",
            "cache_mem 8 MB",
            "pinger_enable off",
            "shutdown_lifetime 0 seconds",
            "connect_timeout 3 seconds",
            "never_direct allow all",
            "nonhierarchical_direct off",
            f"acl banned dstdomain {' '.join(banned)}",
            "http_access deny banned",
        ]
        if redirected:
            lines += [
                f"acl redirected dstdomain {' '.join(redirected)}",
                f"deny_info 302:{BLOCK_PAGE} redirected",
                "http_access deny redirected",
            ]
        lines.append("http_access allow all")
        lines.append(f"cache_peer 127.0.0.1 parent {internet} 0 no-query no-digest no-netdb-exchange")
        if self.authority:
            opening = "ssl-bump generate-host-certificates=on dynamic_cert_mem_cache_size=1MB"
            lines += [
                f"http_port 127.0.0.1:{self.port} {opening} tls-cert={self._signer(self.authority)}",
                f"sslcrtd_program {FORGER} -s {self.folder / 'certificates'} -M 4MB",
                "sslcrtd_children 2 startup=1 idle=1",
                "ssl_bump bump all",
                f"tls_outgoing_options cafile={self._readable(trusted)}",
            ]
        else:
            lines.append(f"http_port 127.0.0.1:{self.port}")
        return "\n".join([*lines, ""])

    def _readable(self, path: Path) -> Path:
        copy = self.folder / "origins.pem"
        copy.write_bytes(path.read_bytes())
        return copy

    def _signer(self, authority: Authority) -> Path:
        both = self.folder / "signer.pem"
        private = authority._key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        both.write_bytes(private + authority.root.read_bytes())
        return both
