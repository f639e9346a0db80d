"""The dashboard as a process: who may read it, that it sees what the ledger writes, and that it ends when told."""

from __future__ import annotations

import asyncio
import http.client
import re
import signal
import socket
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from datasette_auth_passwords.utils import hash_password

from addons import settings as configuration
from addons.database import open_database
from deploy import dashboard
from deploy.demo.run import free_port
from tests.analysis import library
from tests.analysis.conftest import settings_for
from tests.analysis.test_pages import PAGES

PASSWORD = "a carrel of one's own"
HASH = hash_password(PASSWORD, salt="salt", iterations=1000)


@contextmanager
def served(folder: Path, *lines: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    port = free_port()
    file = folder / "carrel.toml"
    text = [f'[data]\ndir = "{folder}"', "[dashboard]", f'listen = "127.0.0.1:{port}"', *lines]
    file.write_text("\n".join(text))
    command = dashboard.command(configuration.load(file))
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                time.sleep(0.05)
        yield process, port
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def test_it_leaves_no_core_dump_of_what_staff_looked_at(database: Path) -> None:
    with served(database.parent) as (process, _):
        limits = Path(f"/proc/{process.pid}/limits").read_text("utf-8")
    assert re.search(r"^Max core file size +0 +0 ", limits, re.MULTILINE)


def test_a_real_process_serves_logs_nothing_and_ends_on_sigterm_within_two_seconds(database: Path) -> None:
    with served(database.parent) as (process, port):
        assert httpx.get(f"http://127.0.0.1:{port}/").status_code == 200
        assert httpx.get(f"http://127.0.0.1:{port}/-/sites/secret-reading").status_code == 404
        idle = http.client.HTTPConnection("127.0.0.1", port)
        idle.request("GET", "/-/coverage")  # a browser that keeps its connection
        idle.getresponse().read()
        begun = time.monotonic()
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=10)
        assert time.monotonic() - begun < 2
        assert process.returncode == 0
        assert output == ""


def test_new_counts_show_on_reload_while_another_process_writes(database: Path) -> None:
    with served(database.parent) as (_, port):
        address = f"http://127.0.0.1:{port}/"
        assert "of 1,891 page loads" in httpx.get(address).text
        writer = open_database(database)
        library.add_page_loads(writer, "anytown", "2026-11", 109, 109)
        library.add_presence(writer, "anytown", "2026-11", "brand-new.example", 60)
        text = httpx.get(address).text
        assert "of 2,000 page loads" in text
        assert "brand-new.example" in text
        assert httpx.get(f"{address}-/third-parties/brand-new.example").status_code == 200
        rows = httpx.get(f"{address}carrel/page_loads.json?_shape=array&_size=max")
        assert sum(row["loads"] for row in rows.json()) == 2000
        writer.conn.close()
        assert "of 2,000 page loads" in httpx.get(address).text


async def test_a_log_in_opens_everything_and_nothing_is_open_without_it(database: Path) -> None:
    server = dashboard.datasette(settings_for(database.parent, password_hash=HASH))
    transport = httpx.ASGITransport(app=server.app())
    others = [
        "/.json",
        "/carrel.json",
        "/carrel/page_loads.json",
        "/carrel/page_loads.csv",
        "/-/versions",
        "/-/plugins",
    ]
    inside = [page for page in PAGES if page != "/-/login"] + others
    async with httpx.AsyncClient(transport=transport, base_url="http://dashboard.anytown.example") as browser:
        for path in inside:
            refused = await browser.get(path)
            assert refused.status_code == 302, path
            assert refused.headers["location"] == "/-/login"
        form = (await browser.get("/-/login")).text
        token = re.findall(r'name="csrftoken" value="([^"]+)"', form)[0]
        wrong = await browser.post("/-/login", data={"username": "root", "password": "guess", "csrftoken": token})
        assert "That is not the password." in wrong.text
        assert (await browser.get("/")).status_code == 302
        right = await browser.post("/-/login", data={"username": "root", "password": PASSWORD, "csrftoken": token})
        assert right.status_code == 302
        for path in inside:
            shown = await browser.get(path)
            assert shown.status_code == 200, path
            assert "salt$" not in shown.text
        assert "Log out" in (await browser.get("/")).text


@pytest.mark.parametrize("path", dashboard.CLOSED)
async def test_what_nobody_needs_is_closed(database: Path, path: str) -> None:
    for settings in (settings_for(database.parent), settings_for(database.parent, password_hash=HASH)):
        transport = httpx.ASGITransport(app=dashboard.application(settings))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as browser:
            assert (await browser.get(path)).status_code == 404
            assert (await browser.get(f"{path}.json")).status_code == 404


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:8001", 200),
        ("localhost", 200),
        ("localhost:8001", 200),
        ("[::1]:8001", 200),
        ("[::1]", 200),
        ("rebound.example", 403),
        ("rebound.example:8001", 403),
        ("127.0.0.1.rebound.example", 403),
        ("", 403),
    ],
)
async def test_without_a_password_it_answers_to_loopback_names_only(database: Path, host: str, status: int) -> None:
    transport = httpx.ASGITransport(app=dashboard.application(settings_for(database.parent)))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as browser:
        assert (await browser.get("/-/coverage", headers={"host": host})).status_code == status


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        pytest.param({"listen": "0.0.0.0:8001"}, "there is no password", id="everybody"),
        pytest.param({"listen": "[::]:8001"}, "there is no password", id="everybody, IPv6"),
        pytest.param({"listen": "192.0.2.7:8001"}, "there is no password", id="the library's network"),
        pytest.param({"password_hash": "plain text"}, "is not a hash", id="a password in place of its hash"),
        pytest.param({"password_hash": "pbkdf2_sha256$many$a$b"}, "is not a hash", id="a broken hash"),
    ],
)
def test_it_refuses_to_be_open_to_others(database: Path, keys: dict[str, str], said: str) -> None:
    with pytest.raises(dashboard.DashboardError, match=said) as failure:
        dashboard.serve(settings_for(database.parent, **keys))
    assert dashboard.MAKE_HASH in str(failure.value)
    assert "\n" not in str(failure.value)


def test_with_a_password_it_may_listen_anywhere(database: Path) -> None:
    dashboard.check(settings_for(database.parent, listen="0.0.0.0:8001", password_hash=dashboard.password_hash("x")))


def test_a_missing_database_is_said_in_one_line_by_the_process(tmp_path: Path) -> None:
    with served(tmp_path) as (process, _):
        output, _ = process.communicate(timeout=20)
    assert process.returncode == 1
    assert output == f"no database yet at {tmp_path / 'carrel.db'}; start `carrel up` or `carrel proxy` first\n"


def test_a_busy_port_is_said_in_one_line(database: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(dashboard.DashboardError, match="is another dashboard running") as failure:
            dashboard.serve(settings_for(database.parent, listen=f"127.0.0.1:{other.getsockname()[1]}"))
    assert "\n" not in str(failure.value)


@pytest.mark.parametrize("content", [b"not a database, but long enough to look", b""])
def test_a_foreign_file_is_left_alone(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "carrel.db"
    file.write_bytes(content)
    with pytest.raises(dashboard.DashboardError):
        dashboard.check(settings_for(tmp_path))
    assert file.read_bytes() == content
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("name", ["a folder?with=signs#and 100%", "ordinary"])
def test_any_folder_name_works(made: Path, tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    folder.mkdir()
    (folder / "carrel.db").write_bytes(made.read_bytes())
    dashboard.check(settings_for(folder))
    server = dashboard.datasette(settings_for(folder))
    assert asyncio.run(server.client.get("/")).status_code == 200


async def test_the_file_cannot_be_opened_for_writing(database: Path) -> None:
    server = dashboard.datasette(settings_for(database.parent))
    with pytest.raises(sqlite3.OperationalError, match="read-only"):
        await server.get_database("carrel").execute_write("delete from site")
