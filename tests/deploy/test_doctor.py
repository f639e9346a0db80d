"""The doctor looks at real folders, a real database, and a real `carrel up`."""

import asyncio
import http.server
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from addons.ledger import Ledger
from addons.settings import Data, Directory, Privacy, Proxy, Settings, Site, load
from deploy import doctor, pki
from deploy.browsers import find
from deploy.demo.run import PROGRAM, free_port
from deploy.doctor import Check, checks, line

NOW = datetime.now(UTC)
CATALOG = Site("catalog", "Catalog", "catalog", domains=("catalog.test",))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Certificates and database in place, nothing running."""
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    pki.ensure(data / "ca", "Anytown", CATALOG.domains, NOW)
    ledger = Ledger(data / "carrel.db", Privacy())
    ledger.open([CATALOG], [])
    asyncio.run(ledger.close())
    closed = Proxy(listen=("127.0.0.1", free_port()))
    return Settings(proxy=closed, data=Data(data), directory=Directory(False), sites=(CATALOG,))


def found(name: str, settings: Settings, now: datetime = NOW) -> Check:
    return next(check for check in checks(settings, now) if check.name == name)


def test_a_stopped_but_sound_installation_fails_only_where_nothing_runs(settings: Settings) -> None:
    failed = [check.name for check in checks(settings, NOW) if check.ok is False]
    assert failed == ["proxy", "dashboard"]


def test_every_check_is_one_line(settings: Settings) -> None:
    said: list[str] = []
    assert doctor.run(settings, said.append) == 1
    assert all("\n" not in text for text in said)
    assert len(said) >= 10


def test_looking_changes_nothing(settings: Settings) -> None:
    def listing() -> list[tuple[str, int, int]]:
        found = sorted(settings.data.dir.rglob("*"))
        return [(path.name, path.stat().st_mode, path.stat().st_mtime_ns) for path in found]

    before = listing()
    list(checks(settings, NOW))
    assert listing() == before


def test_before_the_first_start_there_is_nothing_to_complain_of_but_what_does_not_run(tmp_path: Path) -> None:
    unused = Proxy(listen=("127.0.0.1", free_port()))
    settings = Settings(proxy=unused, data=Data(tmp_path / "none"), directory=Directory(False), sites=(CATALOG,))
    verdicts = {check.name: check.ok for check in checks(settings, NOW)}
    assert (verdicts["data folder"], verdicts["certificates"], verdicts["database"]) == (None, None, None)
    assert not (tmp_path / "none").exists()


def test_no_site_at_all_is_a_failure(settings: Settings) -> None:
    assert found("configuration", replace(settings, sites=())).ok is False


def test_the_directory_alone_is_worth_a_note(settings: Settings) -> None:
    assert found("configuration", replace(settings, sites=(), directory=Directory(True))).ok is None


def test_a_data_folder_that_others_may_read_fails(settings: Settings) -> None:
    settings.data.dir.chmod(0o755)
    check = found("data folder", settings)
    assert (check.ok, check.advice) == (False, f"chmod 700 {settings.data.dir}")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_data_folder_that_cannot_be_written_fails(settings: Settings) -> None:
    settings.data.dir.chmod(0o500)
    assert found("data folder", settings).ok is False


def test_keys_that_others_may_read_fail(settings: Settings) -> None:
    (settings.data.ca / "mitmproxy-ca.pem").chmod(0o640)
    check = found("private keys", settings)
    assert check.ok is False
    assert "mitmproxy-ca.pem" in check.message


def test_changed_domains_fail_with_what_to_do(settings: Settings) -> None:
    check = found("certificates", replace(settings, sites=(replace(CATALOG, domains=("new.test",)),)))
    assert check.ok is False
    assert "carrel ca new" in check.message


@pytest.mark.parametrize(
    ("days", "ok"),
    [pytest.param(1, True, id="new"), pytest.param(715, False, id="ends soon"), pytest.param(800, False, id="over")],
)
def test_days_left_are_watched(settings: Settings, days: int, ok: bool) -> None:
    assert found("certificates", settings, NOW + timedelta(days=days)).ok is ok


def test_a_clock_before_the_certificates_fails(settings: Settings) -> None:
    assert found("clock", settings).ok is True
    assert found("clock", settings, NOW - timedelta(days=400)).ok is False


@pytest.mark.parametrize("content", [b"no database", b"SQLite format 3\0" + b"\xff" * 4096])
def test_a_file_that_is_no_database_of_ours_fails(settings: Settings, content: bytes) -> None:
    for path in settings.data.dir.glob("carrel.db*"):
        path.unlink()
    settings.data.database.write_bytes(content)
    assert found("database", settings).ok is False
    assert settings.data.database.read_bytes() == content


def test_a_database_of_another_program_fails(settings: Settings) -> None:
    for path in settings.data.dir.glob("carrel.db*"):
        path.unlink()
    with sqlite3.connect(settings.data.database) as connection:
        connection.execute("create table loans (patron text)")
    assert found("database", settings).ok is False


def test_silence_of_a_running_proxy_fails(settings: Settings) -> None:
    hour_ago = NOW.timestamp() - 3600
    for path in settings.data.dir.glob("carrel.db*"):
        os.utime(path, (hour_ago, hour_ago))
    assert doctor.database(settings, running=True).ok is False
    assert doctor.database(settings, running=False).ok is True


def test_a_stranger_on_the_proxys_port_is_told_from_carrel(settings: Settings) -> None:
    with http.server.ThreadingHTTPServer(settings.proxy.listen, http.server.BaseHTTPRequestHandler) as stranger:
        thread = threading.Thread(target=stranger.serve_forever)
        thread.start()
        try:
            check = found("proxy", settings)
        finally:
            stranger.shutdown()
            thread.join()
    assert check.ok is False
    assert "something else" in check.message


def test_a_port_that_speaks_no_http_is_told_in_words(settings: Settings) -> None:
    with socket.create_server(settings.proxy.listen) as silent:
        threading.Thread(target=lambda: silent.accept()[0].sendall(b"SSH-2.0-server\r\n"), daemon=True).start()
        assert "nothing answers" in found("proxy", settings).message


@pytest.mark.parametrize("listening", [True, False])
def test_the_upstream_proxy_is_asked_if_there_is_one(settings: Settings, listening: bool) -> None:
    with socket.create_server(("127.0.0.1", 0)) as upstream:
        port = upstream.getsockname()[1]
        if not listening:
            upstream.close()
        with_filter = replace(settings, proxy=replace(settings.proxy, upstream=f"http://127.0.0.1:{port}"))
        assert found("upstream", with_filter).ok is listening
    assert "upstream" not in [check.name for check in checks(settings, NOW)]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    folder = tmp_path_factory.mktemp("running")
    path = folder / "carrel.toml"
    path.write_text(f"""
[proxy]
listen = "127.0.0.1:{free_port()}"
[dashboard]
listen = "127.0.0.1:{free_port()}"
[data]
dir = "{folder}/data"
[directory]
use = false
[[site]]
id = "catalog"
domains = ["catalog.test"]
""")
    command = [*PROGRAM, "up", "--config", str(path)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
    try:
        assert process.stdout
        assert "ready\n" in iter(process.stdout.readline, "")
        threading.Thread(target=process.stdout.read, daemon=True).start()
        wait_for(load(path).dashboard.listen)
        yield load(path)
    finally:
        process.terminate()
        assert process.wait(timeout=30) == 0


def wait_for(listen: tuple[str, int]) -> None:
    for _ in range(200):
        try:
            socket.create_connection(listen, timeout=1).close()
        except OSError:
            threading.Event().wait(0.1)
        else:
            return


def test_a_running_installation_passes_every_check(running: Settings) -> None:
    verdicts = {check.name: check.ok for check in checks(running)}
    browser = True if find("chromium") and shutil.which("certutil") else None
    assert verdicts == {
        "configuration": True,
        "data folder": True,
        "certificates": True,
        "private keys": True,
        "clock": True,
        "lists": None,  # none was fetched
        "database": True,
        "proxy": True,
        "desk": True,
        "gate": True,
        "dashboard": True,
        "core dumps": True,
        "service": None,
        "browser": browser,
    }


def test_a_root_that_browsers_should_not_have_is_found_by_a_real_handshake(running: Settings, tmp_path: Path) -> None:
    """As if the folder had been replaced while the proxy went on with the certificates it had read."""
    other = tmp_path / "data"
    pki.ensure(other / "ca", "Anytown", CATALOG.domains, datetime.now(UTC))
    check = doctor.desk_answers(replace(running, data=Data(other)))
    assert check.ok is False
    assert "does not fit root.pem" in check.message


def test_the_command_says_it_line_by_line_and_exits_accordingly(running: Settings) -> None:
    command = [sys.executable, "-P", "-m", "deploy.cli", "doctor", "--config", str(running.path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert all(text.startswith(("ok ", "note ")) for text in done.stdout.splitlines())


def test_a_line_shows_verdict_name_message_and_advice() -> None:
    assert line(Check("proxy", None, "refuses", "meant?")) == "note  proxy          refuses; meant?"
