"""The demo: its pages lead nowhere outside, and the whole of it runs with real browsers."""

import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

import dns.message
import dns.query
import dns.rcode
import httpx
import pytest

from addons import settings
from addons.run import scope
from blocklists.owners import load as load_knowledge
from deploy.browsers import find, only_to
from deploy.demo import run
from deploy.demo.config import config_text
from deploy.demo.names import CATALOG, CLOAKED, JOURNALS, METRICS, RELAYED, SITES, behind, relayed
from deploy.demo.nameserver import NameServer
from deploy.demo.outcome import page_loads
from deploy.demo.pages import NAMES, NOTICE, PAGES, SITE_HOSTS, THIRD_PARTY_HOSTS, VISITS, answer
from deploy.demo.services import TAGS
from deploy.demo.world import World

NOW = datetime.now(UTC)
MORE = "And on how many was there more than that?"
AGREED = "Carrel and the demo's servers agree on 18 of 18 third parties and 15 of 15 further counts."
PROXY, DASHBOARD = ("127.0.0.1", 18080), ("127.0.0.1", 18001)


@pytest.mark.parametrize("host", NAMES)
def test_pages_and_services_name_no_host_that_is_not_the_demos_own(host: str) -> None:
    for page in [page for page in PAGES if page.host == host] or [PAGES[0]]:
        found = answer(host, page.path)
        assert found is not None
        assert set(re.findall(r"https?://([^/\"')]+)", found.body.decode(errors="replace") + found.location)) <= {
            *NAMES
        }


@pytest.mark.parametrize("host", THIRD_PARTY_HOSTS)
def test_every_service_of_the_demo_is_in_the_lists(host: str) -> None:
    assert load_knowledge().service_of(behind(host)), "the demo would show an unlisted name"


def test_pages_say_that_nothing_is_sent_to_anybody() -> None:
    for page in PAGES:
        found = answer(page.host, page.path)
        assert found is not None
        assert NOTICE.replace("'", "&#x27;") in found.body.decode()


def test_every_service_is_on_some_page() -> None:
    assert {tag for page in PAGES for tag in page.tags} == set(TAGS)
    answers = [found for host in NAMES for page in PAGES if (found := answer(host, page.path))]
    everything = b"".join(found.body + found.location.encode() for found in answers)
    assert [host for host in THIRD_PARTY_HOSTS if f"https://{host}/".encode() not in everything] == []


def test_every_page_is_visited_and_the_tracker_behind_the_catalogs_name_more_than_once() -> None:
    visited = {(behind(one.host), one.path) for one in VISITS}
    assert visited == {(page.host, page.path) for page in PAGES}
    # What stands behind a name is known from the second contact on.
    assert sum(METRICS in found.body.decode() for one in VISITS if (found := answer(one.host, one.path))) > 2


def test_ezproxy_keeps_the_browser_to_itself() -> None:
    for host in RELAYED:
        for one in VISITS:
            found = answer(host, one.path)
            assert found
            assert not any(f"https://{original}/" in found.body.decode() for original in RELAYED.values())
    page = answer(relayed(JOURNALS), "/article/5")
    assert page
    assert f"https://{relayed('www.googletagmanager.com')}/gtag/" in page.body.decode()


def test_the_name_server_knows_the_aliases_and_survives_what_it_cannot_read() -> None:
    with NameServer(CLOAKED) as server:
        for damaged in (b"", b"no packet"):
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as plain:
                plain.sendto(damaged, ("127.0.0.1", server.port))

        def ask(name: str) -> dns.message.Message:
            return dns.query.udp(dns.message.make_query(name, "A"), "127.0.0.1", timeout=5, port=server.port)

        assert ask(CATALOG).rcode() == dns.rcode.NXDOMAIN
        assert not server.answered
        (alias,) = ask(METRICS.upper()).answer
        assert alias[0].to_text() == f"{CLOAKED[METRICS]}."
        assert list(server.answered) == [METRICS]


def test_the_configuration_is_one_that_carrel_reads(tmp_path: Path) -> None:
    with World(tmp_path, NOW) as world:
        (tmp_path / "carrel.toml").write_text(config_text(world, PROXY, DASHBOARD, tmp_path / "data"))
        found = settings.load(tmp_path / "carrel.toml")
    assert sorted(domain for site in found.sites for domain in site.domains) == sorted(SITE_HOSTS)
    assert found.proxy.hosts == dict.fromkeys(NAMES, ("127.0.0.1", world.port))
    assert (found.proxy.listen, found.dashboard.listen, found.directory.use) == (PROXY, DASHBOARD, False)
    assert found.proxy.trust == world.authority
    assert found.proxy.nameserver == ("127.0.0.1", world.nameserver.port)
    assert {domain: site.id for site in found.sites for domain in site.domains} == SITES


def test_carrel_undoes_what_ezproxy_makes_of_the_names(tmp_path: Path) -> None:
    with World(tmp_path, NOW) as world:
        (tmp_path / "carrel.toml").write_text(config_text(world, PROXY, DASHBOARD, tmp_path / "data"))
        catalogue = scope(settings.load(tmp_path / "carrel.toml"))
    assert {name: catalogue.place(name).host for name in RELAYED} == RELAYED


def test_the_browser_is_told_to_reach_nothing_but_the_demos_names() -> None:
    assert '"a.test": 1' in only_to(["a.test"], ("::1", 8080))
    assert '"PROXY [::1]:8080" : "PROXY 127.0.0.1:9"' in only_to(["a.test"], ("::1", 8080))


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
    assert said[-1] == AGREED
    for line in (
        "google-analytics.com +Google +analytics +17 +17",
        "tracker behind the site's own name +catalog +omtrdc.net +4 +4",
        "relayed by the library's EZproxy +journals-two +google-analytics.com +4 +4",
        "received what was searched for +catalog +facebook.com +2 +2",
        "sent patrons on to sign in +journals-two +openathens.net +1 +1",
        "choice in the cookie notice +reader-one +accepted +1 +1",
        "choice in the cookie notice +journals-two +refused +4 +4",
        "choice in the cookie notice +journals-two +undecided +3 +3",
    ):
        assert any(re.fullmatch(line, one) for one in said), line
    assert not list(home.iterdir()), "the home of whoever runs the demo was touched"
    assert page_loads(keep / "data" / "carrel.db") == len(VISITS) - 1, "the page that only leads to a log-in is no load"
    with closing(sqlite3.connect(keep / "data" / "carrel.db")) as connection:
        in_the_end = connection.execute("select sum(loads) from presences").fetchone()[0]
    parties = said[: said.index(MORE)]
    assert in_the_end == sum(int(line.split()[-1]) for line in parties if re.search(r" \d+ +\d+$", line))
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
        assert f"{AGREED}\n" in said
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
