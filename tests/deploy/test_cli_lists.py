"""`carrel lists` as somebody types it: in this process, and as the real program behind a content filter."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from blocklists import sources
from blocklists.shelf import Shelf
from deploy.cli_lists import lists
from tests.blocklists.listserver import Filter, ListServer, rules
from tests.browser.loop import Loop, wait_for

ROOT = Path(__file__).parents[2]
EASYPRIVACY = "https://easylist.to/easylist/easyprivacy.txt"
LIST = b"""[Adblock Plus 2.0]
! Version: 202611240642
! Title: EasyPrivacy
! *** easylist:easyprivacy/easyprivacy_trackingservers.txt ***
||google-analytics.com^
||stats.google-analytics.com^$third-party
||tracker.test^
! *** easylist:easyprivacy/easyprivacy_general.txt ***
/analytics.js?id=
! *** easylist:easyprivacy/easyprivacy_allowlist.txt ***
@@||google-analytics.com/allowed.js$script,domain=shop.test
"""


class World:
    """A configuration of its own, a list server, and the content filter that is the only way to it."""

    def __init__(self, folder: Path, loop: Loop) -> None:
        self.folder = folder
        self.server = ListServer(loop, folder)
        self.filter = Filter(loop, self.server.listen(self.server.authority.context("easylist.to")), "carrel:s@cret")
        self.config = folder / "carrel.toml"
        self.config.write_text(
            f"""[proxy]
upstream = "http://carrel:s%40cret@127.0.0.1:{self.filter.port}"
trust = "{self.server.authority.root}"
[data]
dir = "{folder / "data"}"
[[site]]
id = "catalog"
name = "Anytown catalog"
domains = ["catalog.anytown.test"]
own = ["images.anytown.test"]
disclosed = ["tracker.test"]
"""
        )
        self.shelf = Shelf(folder / "data" / "lists")

    def carrel(self, *arguments: str) -> Result:
        """A command of the group, in this process."""
        command, *rest = arguments
        return CliRunner().invoke(lists, [command, "--config", str(self.config), *rest])

    def program(self, *arguments: str) -> list[str]:
        return [sys.executable, "-c", "from deploy.cli_lists import lists; lists()", *arguments]

    def environment(self) -> dict[str, str]:
        return {"PATH": "/usr/bin:/bin", "HOME": str(self.folder), "PYTHONPATH": str(ROOT), "TERM": "xterm"}

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """The same as a process of its own."""
        command, *rest = arguments
        return subprocess.run(
            self.program(command, "--config", str(self.config), *rest),
            env=self.environment(),
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def brought(self, content: bytes, *options: str) -> Result:
        file = self.folder / "brought.txt"
        file.write_bytes(content)
        return self.carrel("update", "--from-file", str(file), "--name", "easyprivacy", *options)


@pytest.fixture(scope="module")
def aside() -> Iterator[Loop]:
    loop = Loop()
    yield loop
    loop.close()


@pytest.fixture
def world(tmp_path: Path, aside: Loop) -> Iterator[World]:
    world = World(tmp_path, aside)
    yield world
    world.server.close()
    world.filter.close()


def test_update_fetches_the_default_list_through_the_content_filter(world: World) -> None:
    done = world.run("update")
    assert (done.returncode, done.stderr) == (0, "")
    licence, asking, told = done.stdout.splitlines()
    assert licence.startswith("easyprivacy: EasyPrivacy (trackers")
    assert "licence GPL-3.0-or-later OR CC-BY-SA-3.0-or-later, see https://" in licence
    assert asking == f"easyprivacy: asking {EASYPRIVACY}"
    assert told == "easyprivacy: version 202611240642 is in use: 100 rules, 0 lines skipped"
    assert world.filter.asked == ["CONNECT easylist.to:443 HTTP/1.1"]
    assert "\nUser-Agent: carrel/0" in world.server.heads[0]
    (copy,) = world.shelf.copies()
    assert (copy.rules, copy.address) == (100, EASYPRIVACY)
    assert world.shelf.folder.stat().st_mode & 0o777 == 0o700


def test_a_second_update_asks_whether_there_is_anything_new(world: World) -> None:
    world.carrel("update")
    again = world.carrel("update")
    assert again.exit_code == 0
    assert "easyprivacy: version 202611240642, the newest, stays in use" in again.output
    assert "licence" not in again.output


def test_opt_in_lists_come_by_name_with_their_licence_first_and_are_kept_up_to_date(world: World) -> None:
    first = world.carrel("update", "EasyList")
    assert first.output.splitlines()[0].startswith("easylist: EasyList (advertising); licence GPL-3.0-or-later")
    assert [copy.name for copy in world.shelf.copies()] == ["easylist"]
    world.carrel("update")
    assert [copy.name for copy in world.shelf.copies()] == ["easylist", "easyprivacy"]
    assert sum("GET /easylist/easylist.txt " in head for head in world.server.heads) == 2


def test_failures_are_one_line_each_and_the_other_lists_come_all_the_same(world: World) -> None:
    done = world.run("update", "peter-lowe", "easylist")  # the filter's certificate is for easylist.to only
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("Error: peter-lowe: the server's certificate is not trusted (Hostname mismatch")
    assert line.endswith("; it is not on this machine yet")
    assert [copy.name for copy in world.shelf.copies()] == ["easylist"]
    assert "s@cret" not in done.stdout + done.stderr
    assert "s%40cret" not in done.stdout + done.stderr


def test_all_asks_for_every_list(world: World) -> None:
    world.carrel("update", "--all")
    assert len(world.filter.asked) == len(list(sources.load()))


def test_a_web_page_in_place_of_the_list_leaves_the_good_copy_in_use(world: World) -> None:
    world.carrel("update")
    world.server.behaviour = "/html"
    failed = world.carrel("update")
    assert failed.exit_code == 1
    assert failed.stderr == (
        "Error: easyprivacy: it is a web page, not a list; a filter or a sign-in page may stand in the way; "
        "version 202611240642 of " + world.shelf.copies()[0].fetched + " stays in use\n"
    )


def test_a_bar_is_drawn_where_somebody_watches(world: World) -> None:
    controller, terminal = pty.openpty()
    process = subprocess.Popen(
        world.program("update", "--config", str(world.config)),
        env=world.environment(),
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
    )
    os.close(terminal)
    seen = b""
    while True:
        try:
            piece = os.read(controller, 65536)
        except OSError:  # the terminal's other end is closed
            break
        if not piece:
            break
        seen += piece
    assert process.wait(60) == 0
    assert "━".encode() in seen
    assert b"easyprivacy: version 202611240642 is in use" in seen
    assert b"asking" not in seen


def test_killed_while_a_list_arrives_the_good_copy_is_in_use_and_the_next_update_works(world: World) -> None:
    world.carrel("update")
    good = world.shelf.copies()
    world.server.behaviour = "/drip"
    process = subprocess.Popen(
        world.program("update", "--config", str(world.config)), env=world.environment(), stdout=subprocess.DEVNULL
    )
    asked = len(world.server.heads)
    assert wait_for(lambda: len(world.server.heads) > asked)
    time.sleep(0.1)
    process.send_signal(signal.SIGKILL)
    process.wait(20)
    assert world.shelf.copies() == good
    world.server.behaviour, world.server.content, world.server.etag = "", rules(101, "2"), '"two"'
    assert world.carrel("update").exit_code == 0
    assert world.shelf.copies()[0].version == "2"


def test_a_file_is_taken_for_a_list_that_is_named(world: World) -> None:
    done = world.brought(LIST)
    assert done.exit_code == 0, done.output
    assert "easyprivacy: version 202611240642 is in use: 5 rules, 0 lines skipped" in done.output
    assert world.filter.asked == []
    assert world.shelf.copies()[0].address == "file brought.txt"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param(["--from-file", "x.txt"], "--from-file and --name belong together", id="no name"),
        pytest.param(["--name", "easylist"], "--from-file and --name belong together", id="no file"),
        pytest.param(["easylist", "--from-file", "x", "--name", "easylist"], "takes one list", id="names besides"),
        pytest.param(["easylst"], 'did you mean "easylist"?', id="unknown list"),
        pytest.param(
            ["--from-file", "no-such-file.txt", "--name", "easylist"],
            "easylist: no-such-file.txt cannot be read (No such file or directory); it is not on this machine yet",
            id="no such file",
        ),
    ],
)
def test_wrong_arguments_are_answered_in_one_line(world: World, arguments: list[str], words: str) -> None:
    done = world.carrel("update", *arguments)
    assert done.exit_code in (1, 2)
    assert words in done.stderr.splitlines()[-1]
    assert world.filter.asked == []


def test_a_smaller_list_is_taken_only_when_it_is_asked_for(world: World) -> None:
    world.carrel("update")
    refused = world.brought(rules(10, "2"))
    assert refused.exit_code == 1
    assert "it shrank from 100 to 10 rules" in refused.stderr
    assert world.brought(rules(10, "2"), "--accept-smaller").exit_code == 0


def test_show_lists_what_is_here_what_comes_along_and_what_may_be_fetched(world: World) -> None:
    world.brought(LIST)
    lines = world.carrel("show").output.splitlines()
    assert lines[0].split() == ["name", "version", "date", "rules", "skipped", "licence", "choice", "address"]
    rows = {line.split()[0]: line for line in lines[1:]}
    assert {"trackers", "library-services", "vendors", "easyprivacy", "easylist", "peter-lowe"} <= rows.keys()
    assert "shipped" in rows["trackers"]
    assert "202611240642" in rows["easyprivacy"]
    assert "default" in rows["easyprivacy"]
    assert rows["easyprivacy"].endswith("file brought.txt")
    assert "not here" in rows["easylist"]
    assert "opt-in" in rows["easylist"]
    assert rows["easylist"].endswith("https://easylist.to/easylist/easylist.txt")


def test_show_with_a_lists_name_gives_its_details(world: World) -> None:
    assert "not on this machine; fetch it with: carrel lists update easylist" in world.carrel("show", "easylist").output
    world.brought(LIST + b"example.test##.banner\n")
    output = world.carrel("show", "EasyPrivacy").output
    assert f"sha256 {world.shelf.copies()[0].sha256}" in output
    assert "5 rules read" in output
    assert "1 skipped: " in output


def test_show_with_a_domain_says_all_that_is_known_and_from_where(world: World) -> None:
    world.brought(LIST)
    output = world.carrel("show", "www.google-analytics.com").output
    facts = output.splitlines()
    assert facts[0] == "name          www.google-analytics.com"
    assert facts[1] == "domain        google-analytics.com  [public suffix list]"
    assert "Google Analytics  [trackers 20" in output
    assert ": google-analytics.com]" in output
    assert "analytics  [" in output
    assert "||google-analytics.com^  [easyprivacy:5, easylist:easyprivacy/easyprivacy_trackingservers.txt]" in output
    assert "@@||google-analytics.com/allowed.js$script,domain=shop.test  [easyprivacy:11, easylist:" in output
    assert "stats.google-analytics.com" not in output


def test_show_names_rules_for_hosts_below_the_name(world: World) -> None:
    world.brought(LIST)
    output = world.carrel("show", "google-analytics.com").output
    assert "||stats.google-analytics.com^$third-party  [easyprivacy:6, easylist:easyprivacy/" in output


@pytest.mark.parametrize(
    ("name", "words"),
    [
        pytest.param("catalog.anytown.test", "catalog (Anytown catalog): its pages are opened", id="opened"),
        pytest.param("images.anytown.test", "catalog (Anytown catalog): its own content, passed sealed", id="own"),
        pytest.param("tracker.test", "catalog (Anytown catalog): disclosed as a third party", id="disclosed"),
        pytest.param("ars.els-cdn.com", "ScienceDirect): its own content, passed sealed", id="shipped directory"),
        pytest.param("github.io", "a public suffix", id="public suffix"),
        pytest.param("nobody.test", "none of the curated lists names it", id="unknown"),
        pytest.param("WWW.Google-Analytics.COM.", "www.google-analytics.com", id="in any case"),
    ],
)
def test_show_knows_sites_and_what_nobody_knows(world: World, name: str, words: str) -> None:
    done = world.carrel("show", name)
    assert done.exit_code == 0
    assert words in done.output


@pytest.mark.parametrize("name", ["https://tracker.test/", "not a name", "10.0.0.1", "*.tracker.test"])
def test_show_refuses_what_is_no_name_in_one_line(world: World, name: str) -> None:
    done = world.run("show", name)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "write a host name only" in done.stderr or 'leave out "*."' in done.stderr


def test_rollback_goes_back_and_forward(world: World) -> None:
    world.brought(rules(100, "1"))
    world.brought(rules(110, "2"))
    back = world.carrel("rollback", "easyprivacy")
    assert back.output.startswith("easyprivacy: version 1 of 20")
    assert "default, rolled back" in world.carrel("show").output
    assert world.carrel("rollback", "easyprivacy").output.startswith("easyprivacy: version 2 of 20")


def test_rollback_without_an_earlier_copy_is_said_in_one_line(world: World) -> None:
    world.brought(LIST)
    done = world.run("rollback", "easyprivacy")
    assert (done.returncode, done.stderr) == (1, "Error: there is no earlier copy of easyprivacy to go back to\n")


def test_remove_takes_a_list_away(world: World) -> None:
    world.brought(LIST)
    assert world.carrel("remove", "easyprivacy").output == "easyprivacy: is not in use any more\n"
    assert world.shelf.copies() == ()
    assert world.carrel("remove", "easyprivacy").exit_code == 1


@pytest.mark.parametrize("command", sorted(lists.commands))
def test_every_command_explains_itself_with_an_example(command: str) -> None:
    assert "Example: carrel lists" in CliRunner().invoke(lists, [command, "--help"]).output
