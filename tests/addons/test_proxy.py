"""The program as a whole, from outside: starting, refusing to start, ending, and what it says aloud."""

from __future__ import annotations

import asyncio
import hashlib
import os
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from deploy.demo.run import free_port
from tests.addons import town as towns
from tests.addons.program import Line, Program, stop_reading, within
from tests.addons.town import SEALED, SITE, Town
from tests.addons.world import Origins

CANARY = "Canary-7f3a"
ROOT = Path(__file__).parents[2]


def has_ipv6() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


# Starting


def contents(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def quiet_configuration(port: int) -> str:
    return f"""
[proxy]
listen = "127.0.0.1:{port}"
[data]
dir = "@DATA@"
[directory]
use = false
[[site]]
id = "vendor"
domains = ["{SITE}"]
"""


def one_line(program: Program) -> str:
    assert program.wait() == 1
    (line,) = program.complaint().splitlines()
    assert line.startswith("Error: ")
    return line


def test_a_second_start_is_one_line_and_leaves_the_first_one_s_data_as_it_was(tmp_path: Path) -> None:
    port = free_port()
    first = Program(tmp_path, quiet_configuration(port), ("127.0.0.1", port))
    try:
        before = contents(first.data)
        again = Program(
            tmp_path / "again", quiet_configuration(port).replace("@DATA@", str(first.data)), first.address, wait=False
        )
        assert f"127.0.0.1:{port} is in use" in one_line(again)
        assert contents(first.data) == before
    finally:
        assert first.stop() == 0
    assert not first.complaint()


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"not a database at all, but a letter\n" * 99, id="a letter"),
        pytest.param(None, id="foreign tables"),
    ],
)
def test_a_foreign_database_is_one_line_and_stays_as_it_was(tmp_path: Path, content: bytes | None) -> None:
    port = free_port()
    file = tmp_path / "data" / "carrel.db"
    file.parent.mkdir()
    if content is None:
        with closing(sqlite3.connect(file)) as database:
            database.execute("create table recipes (name text)")
            database.commit()
    else:
        file.write_bytes(content)
    before = contents(file.parent)
    line = one_line(Program(tmp_path, quiet_configuration(port), ("127.0.0.1", port), wait=False))
    assert "carrel.db" in line
    assert {name: value for name, value in contents(file.parent).items() if not name.startswith("ca/")} == before


def test_an_unknown_key_is_one_line_and_nothing_is_written(tmp_path: Path) -> None:
    port = free_port()
    configuration = quiet_configuration(port).replace("listen", "lisden")
    line = one_line(Program(tmp_path, configuration, ("127.0.0.1", port), wait=False))
    assert "carrel.toml" in line
    assert 'did you mean "listen"?' in line
    assert not (tmp_path / "data").exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_rights_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir(mode=0o500)
    port = free_port()
    assert "data" in one_line(Program(tmp_path, quiet_configuration(port), ("127.0.0.1", port), wait=False))


def test_a_file_in_the_data_folder_s_place_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")
    port = free_port()
    assert "data" in one_line(Program(tmp_path, quiet_configuration(port), ("127.0.0.1", port), wait=False))
    assert (tmp_path / "data").read_text() == "a file"


# Ending


@pytest.fixture
def short_lived(origins: Origins, tmp_path: Path) -> Iterator[Town]:
    town = towns.build(origins, tmp_path)
    yield town
    town.program.kill()


async def test_sigterm_ends_it_soon_with_everything_open(short_lived: Town) -> None:
    town = short_lived
    context = town.program.trusting()
    lines = [await Line.open(town.address) for _ in range(8)]
    for line in lines[:3]:  # sealed, one of them streaming, one half-closed
        assert await line.connect("echo.test:443") == 200
    assert await lines[3].connect("pour.test:443") == 200
    stop_reading(lines[3].writer)
    lines[0].writer.write_eof()
    for line in lines[4:6]:  # opened, one in the middle of an answer
        assert await line.connect(f"{SITE}:443") == 200
        await line.secure(context, SITE)
    town.origins.release.clear()
    await lines[4].send(f"GET /slow HTTP/1.1\r\nHost: {SITE}\r\n\r\n".encode())
    await within(lines[4].reader.readuntil(b"first half"))
    await lines[6].send(b"CONNECT unfini")
    assert await lines[7].connect("carrel.internal:443") == 200
    await lines[7].secure(context, "carrel.internal")
    async with httpx.AsyncClient(proxy=town.program.url, verify=context, http2=True) as client:
        assert (await client.get(f"https://{SITE}/")).status_code == 200
        started = time.monotonic()
        assert await asyncio.to_thread(town.program.stop) == 0
        assert time.monotonic() - started < 6
    town.origins.release.set()
    for line in lines:
        line.close()
    assert not town.program.complaint()


# What is said aloud


async def test_nothing_of_the_traffic_is_said_whatever_goes_wrong(short_lived: Town) -> None:
    town = short_lived
    context = town.program.trusting()

    async def misuse(target: str, *data: bytes, secure: str = "", sni: str = "") -> None:
        line = await Line.open(town.address)
        try:
            if target and await line.connect(target, f"X-{CANARY}: {CANARY}\r\n") == 200 and secure:
                await line.secure(context, sni or secure)
            for piece in data:
                await line.send(piece)
            await within(line.rest(), 0.4)
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            pass
        finally:
            line.close()

    def get(path: str, host: str = SITE) -> bytes:
        return (
            f"GET {path}?q={CANARY} HTTP/1.1\r\nHost: {host}\r\nCookie: {CANARY}={CANARY}\r\nReferer: https://{CANARY}/\r\n"
            f"User-Agent: {CANARY}\r\n\r\n"
        ).encode()

    await asyncio.gather(
        *(misuse(f"{SITE}:443", get(path), secure=SITE) for path in ("/reset", "/bad-head", "/bad-chunk", "/garbage")),
        *(
            misuse(f"{name}.vendor.test:443", get("/", f"{name}.vendor.test"), secure=f"{name}.vendor.test")
            for name in ("badcert", "wrongname", "plain", "badh2", "reset", "down")
        ),
        misuse(f"{SITE}:443", get(f"/{CANARY}", f"{CANARY}.test"), secure=SITE),
        misuse(f"{SITE}:443", secure=SITE, sni=f"{CANARY.lower()}.vendor.test"),
        misuse(f"{SITE}:443", f"\x16\x03\x01\x02\x00{CANARY}".encode("latin-1") + b"x" * 600),
        misuse(f"{SITE}:443", CANARY.encode() + b" \r\n\r\n"),
        misuse(f"{SITE}:443", f"GET /{CANARY} HTTP/1.1\r\nno colon {CANARY}\r\n\r\n".encode(), secure=SITE),
        misuse(f"{SITE}:443", f"POST / HTTP/1.1\r\nContent-Length: {CANARY}\r\n\r\n".encode(), secure=SITE),
        misuse(f"{CANARY}.test:443"),
        misuse(f"{CANARY}.vendor.test:443", get("/", f"{CANARY}.vendor.test"), secure=f"{CANARY}.vendor.test"),
        misuse("rude.test:443", CANARY.encode()),
        misuse("", f"{CANARY}\r\n\r\n".encode()),
        misuse("", f"GET http://{CANARY}.test/{CANARY} HTTP/1.1\r\nHost: {CANARY}.test\r\n\r\n".encode()),
        misuse("", f"GET http://plain.test/bad-chunk HTTP/1.1\r\nHost: plain.test\r\nX: {CANARY}\r\n\r\n".encode()),
        misuse("", f"GET http://plain.test/bad-head HTTP/1.1\r\nHost: plain.test\r\nX: {CANARY}\r\n\r\n".encode()),
        misuse("carrel.internal:443", CANARY.encode(), secure="carrel.internal"),
        misuse(
            "carrel.internal:443", f"POST /r/{CANARY} HTTP/1.1\r\nContent-Length: {CANARY}\r\n\r\n".encode(),
            secure="carrel.internal",
        ),
        misuse("carrel.internal:443", CANARY.encode()),
    )  # fmt: skip
    h2 = town.program.trusting("h2")
    line = await Line.open(town.address)
    assert await line.connect(f"{SITE}:443") == 200
    await line.secure(h2, SITE)
    await line.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\x00\x00\x0b\x01\x04\x00\x00\x00\x01" + CANARY.encode())
    await within(line.rest())
    again = await Line.open(town.address)
    assert await again.connect("echo.test:443") == 200
    again.close()
    assert town.program.stop() == 0
    said = town.program.output()
    for trace in (CANARY, CANARY.lower(), ".test", "127.0.0.1:", "http", "/"):
        assert trace not in said.partition("ready\n")[2], said
    for path in town.program.data.rglob("*"):
        if path.is_file():
            assert CANARY.lower().encode() not in path.read_bytes().lower(), path
    assert not town.program.complaint()


@pytest.mark.parametrize("end", ["raise ValueError(C)", "raise SystemError(C) from OSError(C)", "{}[C]"])
def test_an_uncaught_error_keeps_its_text_to_itself(end: str) -> None:
    code = (
        "import asyncio, logging, sys, warnings; from addons import quiet; C = 'Canary' + '-7f3a'; quiet.install();"
        "class Bad(logging.Handler):\n    def emit(self, record): raise RuntimeError(C)\n"
    )
    code = code.replace(";class", "\nclass") + (
        "logging.getLogger('mitmproxy.proxy').error('%s', C); logging.getLogger('x').error(C, stack_info=True)\n"
        "try: raise OSError(C)\nexcept OSError: logging.getLogger('x').error(C, exc_info=True)\n"
        "warnings.warn(C)\nlogging.getLogger().addHandler(Bad())\n" + end
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False, timeout=30
    )
    assert done.returncode == 1
    assert CANARY not in done.stdout + done.stderr
    assert "OSError at" in done.stderr


# IPv6


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no ::1")
async def test_it_listens_and_connects_on_ipv6(origins: Origins, tmp_path: Path) -> None:
    from tests.addons import world

    port = origins.serve(world.echo, address="::1")
    town = towns.build(origins, tmp_path, listen="::1", pins={"six.test": f"[::1]:{port}"})
    try:
        line = await Line.open(("::1", town.address[1]))
        assert await line.connect("six.test:443") == 200
        await line.send(b"hello")
        assert await within(line.reader.readexactly(5)) == b"hello"
        line.close()
        opened = await Line.open(("::1", town.address[1]))
        assert await opened.connect(f"{SITE}:443") == 200
        await opened.secure(town.program.trusting(), SITE)
        opened.close()
        refused = await Line.open(("::1", town.address[1]))
        await refused.send(
            f"GET http://[::1]:{town.address[1]}/ HTTP/1.1\r\nHost: [::1]:{town.address[1]}\r\n\r\n".encode()
        )
        assert (await refused.answer())[0] in (403, 502)
        refused.close()
        assert f"[::1]:{town.address[1]}" in town.program.output()
        assert town.program.stop() == 0
    finally:
        town.program.kill()


async def test_the_certificate_of_what_is_sealed_is_the_origin_s(town: Town) -> None:
    """The trap: Carrel's own root is not trusted here, so an opened connection would fail."""
    import ssl

    line = await Line.open(town.address)
    assert await line.connect(f"{SEALED}:443") == 200
    await line.secure(ssl.create_default_context(cafile=town.origins.authority.root), SEALED)
    line.close()
