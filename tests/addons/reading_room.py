"""The running program and two computers of a reading room, told apart by their addresses."""

from __future__ import annotations

import asyncio
import re
import sqlite3
import ssl
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from cryptography import x509

from deploy.demo.run import free_port
from tests.addons.program import Line, Program, within
from tests.addons.town import SEALED, SITE
from tests.addons.world import Origins, echo

DESK = "carrel.internal"
HERE, THERE = "127.0.0.1", "127.0.0.3"
PLAIN_SITE = "plain.vendor.test"
IMITATION = "vend\u043er.test".encode("idna").decode()  # with a Cyrillic letter
BOTH_WAYS = ("http", "https")


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    fields: dict[str, str]
    text: str

    @property
    def token(self) -> str:
        found = re.search(r'name="token" value="(\w+)"', self.text)
        return found[1] if found else ""


class Room:
    def __init__(self, origins: Origins, folder: Path, further: str = "", *, privacy: str = "") -> None:
        self.origins = origins
        self.privacy = privacy
        port, self.desk_port = free_port(), free_port()
        ports = {
            SITE: origins.serve(origins.http, tls=origins.tls(SITE)),
            SEALED: origins.serve(origins.http, tls=origins.tls(SEALED)),
            IMITATION: origins.serve(echo),
            PLAIN_SITE: origins.serve(origins.http),
        }
        hosts = "\n".join(f'"{name}" = "127.0.0.1:{number}"' for name, number in ports.items())
        self.program = Program(
            folder,
            f"""
[library]
name = "Loopback library"
contact = "privacy@loopback.test"
[proxy]
listen = "127.0.0.1:{port}"
clients = ["{HERE}/32", "{THERE}/32"]
destinations = ["127.0.0.0/8"]
trust = "{origins.authority.root}"
[proxy.hosts]
{hosts}
[privacy]
k = 1
rare = 1
{privacy}
[dashboard]
listen = "127.0.0.1:{free_port()}"
[desk]
listen = "127.0.0.1:{self.desk_port}"
[data]
dir = "@DATA@"
[directory]
use = false
[[site]]
id = "vendor"
name = "Vendor's papers"
vendor = "Pressco"
domains = ["{SITE}"]
own = ["vendor-content.test"]
{further}
""",
            ("127.0.0.1", port),
        )
        self.both = ssl.create_default_context(cafile=origins.authority.root)
        """Trusts the site itself and Carrel."""
        self.both.load_verify_locations(self.program.root)

    async def line(self, computer: str = HERE, port: int = 0) -> Line:
        host, proxy = self.program.address
        return Line(*await asyncio.open_connection(host, port or proxy, local_addr=(computer, 0)))

    async def secure(self, host: str, computer: str = HERE) -> Line:
        line = await self.line(computer)
        assert await line.connect(f"{host}:443") == 200
        await line.secure(self.both, host)
        return line

    async def desk(self, path: str = "/en/", computer: str = HERE, *, scheme: str = "https", **fields: str) -> Answer:
        return await self.send("GET", path, computer, scheme, b"", fields)

    async def post(
        self, path: str, form: dict[str, str], computer: str = HERE, *, scheme: str = "https", **fields: str
    ) -> Answer:
        fields = {"Content-Type": "application/x-www-form-urlencoded"} | fields
        return await self.send("POST", path, computer, scheme, urlencode(form).encode(), fields)

    async def send(
        self, method: str, path: str, computer: str, scheme: str, body: bytes, fields: dict[str, str]
    ) -> Answer:
        line = await self.secure(DESK, computer) if scheme == "https" else await self.line(computer)
        named = {name.replace("_", "-"): value for name, value in fields.items()}
        named |= {"Host": DESK} | ({"Content-Length": str(len(body))} if body else {})
        target = path if scheme == "https" else f"http://{DESK}{path}"
        head = "".join(f"{name}: {value}\r\n" for name, value in named.items())
        await line.send(f"{method} {target} HTTP/1.1\r\n{head}\r\n".encode() + body)
        return await answer(line)

    async def choose(self, watched: str, computer: str = HERE, *, scheme: str = "https", **fields: str) -> Answer:
        token = (await self.desk(computer=computer, scheme=scheme)).token
        return await self.post("/en/choice", {"token": token, "watched": watched}, computer, scheme=scheme, **fields)

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        with closing(sqlite3.connect(f"file:{self.program.data / 'carrel.db'}?mode=ro", uri=True)) as database:
            return database.execute(sql).fetchall()

    def tables(self) -> dict[str, list[tuple[object, ...]]]:
        """Everything that the database holds."""
        names = [str(name) for (name,) in self.rows("select name from sqlite_schema where type = 'table' order by 1")]
        return {name: self.rows(f"select * from {name}") for name in names}


async def answer(line: Line) -> Answer:
    head = await line.head()
    first, *lines = head.rstrip().split("\r\n")
    fields = {name.lower(): value for name, _, value in (one.partition(": ") for one in lines)}
    body = await within(line.reader.readexactly(int(fields.get("content-length", "0"))))
    line.close()
    return Answer(int(first.split(" ")[1]), fields, body.decode())


def opened(line: Line) -> bool:
    """Whether the TLS of this connection was ended by Carrel and not by the site."""
    certificate = line.writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    return "Loopback world" not in x509.load_der_x509_certificate(certificate).issuer.rfc4514_string()


async def page(line: Line, host: str = SITE, path: str = "/page") -> str:
    """Head of the answer for a document."""
    await line.send(f"GET {path} HTTP/1.1\r\nHost: {host}\r\nSec-Fetch-Dest: document\r\n\r\n".encode())
    head = await line.head()
    await within(line.reader.readexactly(int(re.findall(r"(?i)content-length: (\d+)", head)[0])))
    return head
