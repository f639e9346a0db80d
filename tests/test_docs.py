"""The papers at the top level against the program: commands, settings and views."""

from __future__ import annotations

import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import click
import pytest

from addons.database import open_database
from addons.settings import _SECTIONS, _SITE, Settings
from deploy.cli import cli

ROOT = Path(__file__).resolve().parents[1]
PAPERS = ("README.md", "PRIVACY.md", "SECURITY.md", "CHANGELOG.md")


def commands(group: click.Group, *words: str) -> Iterator[tuple[str, click.Command]]:
    for name, command in sorted(group.commands.items()):
        yield " ".join((*words, name)), command
        if isinstance(command, click.Group):
            yield from commands(command, *words, name)


COMMANDS = list(commands(cli))


@pytest.mark.parametrize(("name", "command"), COMMANDS, ids=[name for name, _ in COMMANDS])
def test_every_command_has_help_with_an_example(name: str, command: click.Command) -> None:
    assert command.help
    assert f"Example: carrel {name}" in command.help


@pytest.mark.parametrize(("name", "command"), COMMANDS, ids=[name for name, _ in COMMANDS])
def test_every_option_says_what_it_does(name: str, command: click.Command) -> None:
    for parameter in command.params:
        assert not isinstance(parameter, click.Option) or parameter.help


def test_the_help_in_the_readme_is_the_programs() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "cogapp", "--check", "README.md"],
        cwd=ROOT, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, "run `.venv/bin/cog -r README.md`\n" + done.stdout + done.stderr


def test_the_readme_shows_every_command() -> None:
    readme = (ROOT / "README.md").read_text()
    assert [name for name, _ in COMMANDS if f"### `carrel {name}`" not in readme] == []


KEYS = [(f"[{section}]", key) for section, (_, keys) in _SECTIONS.items() for key in keys]
KEYS += [("[[site]]", key) for key in _SITE]


def test_the_readmes_table_has_every_setting_and_no_other() -> None:
    rows = re.findall(r"^\| `(\[+\w+\]+)` `(\w+)` \|", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert sorted(rows) == sorted(KEYS)


@pytest.mark.parametrize(
    ("section", "key"),
    [(section, key) for section, (_, keys) in _SECTIONS.items() for key in keys if (section, key) != ("data", "dir")],
)
def test_the_readmes_defaults_are_the_programs(section: str, key: str) -> None:
    found = re.search(rf"^\| `\[{section}\]` `{key}` \| `(.*?)` \|", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert found
    assert found[1] == written(getattr(getattr(Settings(), section), key))


def written(value: object) -> str:
    """A value as it stands in a configuration file."""
    match value:
        case bool():
            return str(value).lower()
        case (str() as host, int() as port):
            return f'"{host}:{port}"'
        case tuple():
            return "[" + ", ".join(written(one) if isinstance(one, int) else f'"{one}"' for one in value) + "]"
        case str() | None:
            return f'"{value or ""}"'
    return str(value)


def test_the_privacy_paper_has_every_view_and_column_and_no_other(tmp_path: Path) -> None:
    assert documented((ROOT / "PRIVACY.md").read_text()) == views(tmp_path / "carrel.db")


def documented(text: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    view = ""
    for first, columns in re.findall(r"^\| (`\w+`|) ?\| ((?:`\w+`(?:, )?)+) \|", text, re.MULTILINE):
        view = first.strip("`") or view
        found.setdefault(view, set()).update(re.findall(r"`(\w+)`", columns))
    return found


def views(path: Path) -> dict[str, set[str]]:
    open_database(path).close()
    with closing(sqlite3.connect(path)) as connection:
        names = [name for (name,) in connection.execute("select name from sqlite_schema where type = 'view'")]
        return {
            name: {column for (column,) in connection.execute("select name from pragma_table_info(?)", [name])}
            for name in names
        }


@pytest.mark.parametrize("paper", PAPERS)
def test_every_link_to_a_file_leads_somewhere(paper: str) -> None:
    text = (ROOT / paper).read_text()
    targets = re.findall(r"\]\((?!https?:)([^)#]+)", text)
    assert [target for target in targets if not (ROOT / target).exists()] == []


@pytest.mark.parametrize("paper", PAPERS)
def test_papers_fit_on_a_screen(paper: str) -> None:
    long = [
        line for line in (ROOT / paper).read_text().splitlines() if len(line) > 130 and not line.startswith(("|", "!["))
    ]
    assert long == []


def test_the_changelog_begins_with_this_version() -> None:
    project = re.search(r'^version = "(.*)"$', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    latest = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert project
    assert latest
    assert latest[1] == project[1]
