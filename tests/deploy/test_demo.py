"""The demo: its pages lead nowhere outside, its table adds up, and the whole of it runs with real browsers."""

import asyncio
import os
import re
import shutil
import signal
import sqlite3
import subprocess
from collections.abc import Callable, Collection, Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import IO

import httpx
import pytest

from addons import settings
from addons.decide.judge import Finding
from addons.ledger import Ledger
from addons.settings import Privacy, Site
from blocklists.owners import load as load_knowledge
from deploy.browsers import find, only_to
from deploy.demo import run
from deploy.demo.outcome import Row, compare, lines, page_loads
from deploy.demo.pages import NOTICE, PAGES, SITE_HOSTS, TAGS, THIRD_PARTY_HOSTS, answer
from deploy.demo.world import NAMES, World

NOW = datetime.now(UTC)
PROXY, DASHBOARD = ("127.0.0.1", 18080), ("127.0.0.1", 18001)


@pytest.mark.parametrize("host", NAMES)
def test_pages_and_services_name_no_host_that_is_not_the_demos_own(host: str) -> None:
    for page in [page for page in PAGES if page.host == host] or [PAGES[0]]:
        found = answer(host, page.path)
        assert found is not None
        assert set(re.findall(r"https?://([^/\"')]+)", found.body.decode(errors="replace"))) <= set(NAMES)


@pytest.mark.parametrize("host", THIRD_PARTY_HOSTS)
def test_every_service_of_the_demo_is_in_the_lists(host: str) -> None:
    assert load_knowledge().service_of(host), "the demo would show an unlisted name"


def test_pages_say_that_nothing_is_sent_to_anybody() -> None:
    for page in PAGES:
        found = answer(page.host, page.path)
        assert found is not None
        assert NOTICE.replace("'", "&#x27;") in found.body.decode()


def test_every_service_is_on_some_page() -> None:
    assert {tag for page in PAGES for tag in page.tags} == set(TAGS)
    everything = b"".join(found.body for host in NAMES for page in PAGES if (found := answer(host, page.path)))
    assert [host for host in THIRD_PARTY_HOSTS if f"https://{host}/".encode() not in everything] == []


def test_the_configuration_is_one_that_carrel_reads(tmp_path: Path) -> None:
    with World(tmp_path, NOW) as world:
        (tmp_path / "carrel.toml").write_text(run.config_text(world, PROXY, DASHBOARD, tmp_path / "data"))
        found = settings.load(tmp_path / "carrel.toml")
    assert sorted(domain for site in found.sites for domain in site.domains) == sorted(SITE_HOSTS)
    assert found.proxy.hosts == dict.fromkeys(NAMES, ("127.0.0.1", world.port))
    assert (found.proxy.listen, found.dashboard.listen, found.directory.use) == (PROXY, DASHBOARD, False)
    assert found.proxy.trust == world.authority


def test_the_browser_is_told_to_reach_nothing_but_the_demos_names() -> None:
    assert '"a.test": 1' in only_to(["a.test"], ("::1", 8080))
    assert '"PROXY [::1]:8080" : "PROXY 127.0.0.1:9"' in only_to(["a.test"], ("::1", 8080))


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """Two page loads; the first contacted a listed tracker."""
    path, site, day = tmp_path / "carrel.db", Site("catalog", "Catalog", domains=("catalog.test",)), date(2026, 11, 24)

    async def write() -> None:
        ledger = Ledger(path, Privacy(k=1, rare=1), today=lambda: day)
        ledger.open([site], [])
        finding = Finding(
            "a.test",
            True,
            "A",
            "Owner A",
            "Owner A",
            "analytics",
            "l",
            "1",
            "a.test",
            "third",
            "script",
            "report",
            "allowed",
        )
        for contacted in (True, False):
            ledger.page_load(day, site, "search", "unknown")
            if contacted:
                ledger.with_third_party(day, site, "search", "unknown")
                ledger.contact(day, site, "search", "unknown", finding, new_load=True)
                ledger.presence(day, site, "search", "unknown", finding)
        await ledger.flush()
        await ledger.close()

    asyncio.run(write())
    return path


def counted(**visits: int) -> tuple[list[str], Callable[[Collection[str]], int]]:
    table = {name.replace("_", "."): count for name, count in visits.items()}

    def total(hosts: Collection[str]) -> int:
        return sum(table[host] for host in hosts)

    return list(table), total


def test_agreement_is_found(database: Path) -> None:
    hosts, visits = counted(a_test=1, c_test=0)
    rows = compare(database, hosts, visits)
    assert rows == [Row("a.test", "Owner A", "analytics", 1, 1)]
    assert list(lines(rows, page_loads(database)))[-1].endswith("agree on 1 of 1 third parties.")
    assert page_loads(database) == 2


@pytest.mark.parametrize(
    ("visits", "row"),
    [
        pytest.param({"a_test": 2}, "a.test", id="counted too few"),
        pytest.param({"a_test": 1, "b_test": 1}, "b.test", id="not seen at all"),
        pytest.param({"a_test": 0}, "a.test", id="counted but not contacted"),
    ],
)
def test_a_difference_is_shown(database: Path, visits: dict[str, int], row: str) -> None:
    hosts, seen = counted(**visits)
    rows = compare(database, hosts, seen)
    assert [line.split()[0] for line in lines(rows, 2) if line.endswith("differs")] == [row]


def test_without_a_database_there_are_no_page_loads(tmp_path: Path) -> None:
    assert page_loads(tmp_path / "none.db") == 0
    assert not (tmp_path / "none.db").exists()


def test_without_a_browser_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    said: list[str] = []
    assert run.run(False, None, None, said.append) == 1
    assert said == ["There is no browser that the demo could drive: apt install chromium (or firefox-esr)"]


@pytest.mark.skipif(find() is None, reason="no browser is installed")
def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").touch()
    said: list[str] = []
    assert run.run(False, tmp_path, None, said.append) == 1
    assert "is not empty" in said[0]
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def needs(kind: str) -> pytest.MarkDecorator:
    missing = find(kind) is None or not shutil.which("certutil")
    return pytest.mark.skipif(missing, reason=f"{kind} or certutil (libnss3-tools) is not installed")


@needs("chromium")
def test_what_carrel_records_is_what_the_servers_saw(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The whole chain: real TLS, the real program in a process of its own, a real browser, the database it left."""
    home, keep = tmp_path / "home", tmp_path / "kept"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    said: list[str] = []
    assert run.run(False, keep, "chromium", said.append) == 0, said
    assert said[-1] == "Carrel and the demo's servers agree on 17 of 17 third parties."
    assert any(re.search(r"google-analytics\.com +Google +analytics +9 +9$", line) for line in said)
    assert not list(home.iterdir()), "the home of whoever runs the demo was touched"
    assert page_loads(keep / "data" / "carrel.db") == len(PAGES)
    with closing(sqlite3.connect(keep / "data" / "carrel.db")) as connection:
        in_the_end = connection.execute("select sum(loads) from presences").fetchone()[0]
    assert in_the_end == sum(int(line.split()[-1]) for line in said if re.search(r" \d+ +\d+$", line))
    # What patrons searched for went through the proxy, and into every tracker's report; it must lie nowhere.
    for path in keep.rglob("*"):
        if path.is_file():
            assert not re.search(rb"divorce|rare.skin|debt.advice|hiv", path.read_bytes()), path


@needs("firefox")
def test_the_command_leaves_the_dashboard_open_until_it_is_ended_and_tidies_up(tmp_path: Path) -> None:
    environment = {**os.environ, "TMPDIR": str(tmp_path), "PYTHONUNBUFFERED": "1"}
    command = [*run.PROGRAM, "demo", "--browser", "firefox"]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True, start_new_session=True)
    try:
        assert process.stdout
        said = list(iter_until(process.stdout, "Ctrl+C"))
        assert "Carrel and the demo's servers agree on 17 of 17 third parties.\n" in said
        address = re.search(r"http://127\.0\.0\.1:\d+/", said[-1])
        assert address
        assert httpx.get(address[0], trust_env=False).status_code == 200
    finally:
        process.send_signal(signal.SIGTERM)
        rest, _ = process.communicate(timeout=30)
    assert (process.returncode, rest) == (0, "Stopped.\n")
    assert not list(tmp_path.iterdir()), "a folder was left behind"


def iter_until(stream: IO[str], words: str) -> Iterator[str]:
    for line in stream:
        yield line
        if words in line:
            return
