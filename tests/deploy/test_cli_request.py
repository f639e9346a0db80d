"""`carrel request` as a librarian types it."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from addons import correspondence
from analysis import asked
from deploy.cli import cli
from tests.deploy.test_cli_disclose import World


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def request(world: World, *words: str) -> Result:
    command, *rest = words
    return CliRunner().invoke(cli, ["request", command, "--config", str(world.config), *rest])


def test_a_request_goes_its_way(world: World) -> None:
    assert request(world, "list").output == "Nothing was asked yet.\n"
    added = request(
        world, "add", "sciencedirect", "doubleclick.net", "after-consent", "--clause", "7.2", "--wanted-by",
        "2026-12-31", "--asked-on", "2026-11-24", "--finding", "before-choice",
    )  # fmt: skip
    assert added.output == "Request 1: doubleclick.net: load it only after the patron agreed.\n"
    answered = request(world, "answer", "1", "With release 9.", "--outcome", "partly-done", "--on", "2026-11-25")
    assert answered.output == "Request 1 (sciencedirect, doubleclick.net): partly done.\n"
    assert request(world, "list", "sciencedirect").output == (
        "1  sciencedirect  doubleclick.net: load it only after the patron agreed (2026-11-24, clause 7.2, answer "
        "wanted by 2026-12-31): partly done\n"
        "   2026-11-25  partly done: With release 9.\n"
    )
    assert request(world, "list", "anytown").output == "Nothing was asked yet.\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["add", "sciencedirect", "x.test", "remove", "--finding", "bad"], "--finding: known are search-terms"),
        (["add", "nowhere", "x.test", "remove"], 'there is no site "nowhere"'),
        (["answer", "9", "gone", "--outcome", "done"], "there is no request 9"),
        (["list", "nowhere"], 'there is no site "nowhere"'),
    ],
)
def test_what_cannot_be_asked_is_said_in_one_line(words: list[str], said: str, world: World) -> None:
    done = request(world, *words)
    assert done.exit_code in (1, 2)
    assert said in done.output


def test_the_dashboard_words_a_request_as_the_command_does() -> None:
    """The two rooms may not know each other, so each has the words."""
    assert asked.ASKED == correspondence.ASKED
