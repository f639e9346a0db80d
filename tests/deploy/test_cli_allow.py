"""`carrel allow` and `carrel protect` as somebody types them."""

from __future__ import annotations

import sqlite3
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from addons.ledger import Ledger
from addons.settings import Settings, load
from addons.tally import Standing
from deploy.cli import cli
from tests.addons.visits import close


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A configuration whose ledger knows one site, put back because its pages broke."""
    path = tmp_path / "carrel.toml"
    path.write_text(f"""[data]
dir = "{tmp_path / "data"}"
[[site]]
id = "reader"
domains = ["reader.test"]
""")
    settings: Settings = load(path)
    ledger = Ledger(settings.data.database, settings.privacy, today=lambda: date(2026, 11, 24))
    ledger.open(settings.sites, [])
    ledger.standing(settings.sites[0], Standing("block", "returned", 0, "2026-11-24", "its pages were loaded again"))
    close(ledger)
    return path


def carrel(config: Path, *words: str) -> Result:
    return CliRunner().invoke(cli, [*words, "--config", str(config)])


def test_a_rule_is_made_listed_and_ended(config: Path, tmp_path: Path) -> None:
    made = carrel(
        config, "allow", "reader", "Tracker.test", "--for", "2h", "--because", "books do not open", "--by", "ada"
    )
    assert made.exit_code == 0, made.output
    assert made.output.startswith("Pages of reader may contact tracker.test until 20")
    listed = carrel(config, "allow").output
    assert "reader  tracker.test  until 20" in listed
    assert "ada: books do not open" in listed
    assert "Ended" in carrel(config, "allow", "reader", "tracker.test", "--end").output
    assert carrel(config, "allow").output == "No allow rule holds now.\n"
    with sqlite3.connect(tmp_path / "data" / "carrel.db") as connection:
        assert connection.execute("select count(*) from decisions").fetchone() == (1,), "it stays on record"


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        pytest.param(("reader",), "name the site and the domain", id="no domain"),
        pytest.param(("reader", "x.test"), "an end and a reason", id="no end"),
        pytest.param(("reader", "x.test", "--for", "2h"), "an end and a reason", id="no reason"),
        pytest.param(("reader", "x.test", "--for", "soon", "--because", "y"), "30m, 2h, 3d or 1w", id="no duration"),
        pytest.param(("reader", "x.test", "--for", "0h", "--because", "y"), "30m, 2h, 3d or 1w", id="nothing"),
        pytest.param(("nobody", "x.test", "--for", "2h", "--because", "y"), "known are reader", id="no such site"),
    ],
)
def test_what_is_missing_is_said(config: Path, words: tuple[str, ...], complaint: str) -> None:
    done = carrel(config, "allow", *words)
    assert done.exit_code in (1, 2)
    assert complaint in done.output


def test_a_site_that_was_put_back_is_shown_and_protected_again(config: Path) -> None:
    shown = carrel(config, "protect").output
    assert shown == "reader  block  returned since 2026-11-24: its pages were loaded again\n"
    assert carrel(config, "protect", "reader").output == "reader is protected again.\n"
    assert "nothing to do" in carrel(config, "protect", "reader").output
