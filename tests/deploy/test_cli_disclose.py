"""`carrel disclose` as a librarian types it, on a database with months of counts and with real documents."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from addons.database import open_database
from deploy.cli import cli
from tests.analysis import library
from tests.deploy import vendor_documents
from tests.deploy.vendor_documents import MAKERS, PARAGRAPHS

CONFIGURATION = """[data]
dir = "{folder}"
[[site]]
id = "sciencedirect"
name = "ScienceDirect"
kind = "vendor"
vendor = "Elsevier"
domains = ["sciencedirect.com"]
permitted = ["altmetric.com"]
"""


class World:
    def __init__(self, folder: Path) -> None:
        self.database = library.make(folder / "carrel.db")
        self.config = folder / "carrel.toml"
        self.config.write_text(CONFIGURATION.format(folder=folder))
        with closing(open_database(self.database)) as database, database.conn:
            for table in ("mention", "document", "disclosure", "answer", "request"):
                database.conn.execute(f"delete from {table}")

    def run(self, *words: str) -> Result:
        command, *rest = words
        return CliRunner().invoke(cli, [command, "--config", str(self.config), *rest])

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        with closing(sqlite3.connect(self.database)) as connection:
            return connection.execute(sql).fetchall()


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


@pytest.mark.parametrize("form", MAKERS)
def test_a_document_is_read_and_only_its_matches_are_kept(form: str, world: World, tmp_path: Path) -> None:
    file = MAKERS[form](tmp_path / f"policy.{form}")
    done = world.run(
        "disclose", "sciencedirect", "--policy", str(file), "--title", "Privacy policy", "--version",
        "1 September 2026", "--address", "https://vendor.example/privacy", "--read-on", "2026-11-20",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    assert f"read as {form}" in done.output
    assert "services: DoubleClick, Google Analytics, Hotjar, New Relic" in done.output
    assert "companies: New Relic\n" in done.output
    assert "kinds of service: error monitoring" in done.output
    assert world.rows("select sort, title, version, address, read_on, format from documents") == [
        ("policy", "Privacy policy", "1 September 2026", "https://vendor.example/privacy", "2026-11-20", form)
    ]
    kept = world.database.read_bytes()
    for sentence in PARAGRAPHS:
        for word in ("Anyvendor", "Recordings", "sessions", "criteo", "unclear", "readers"):
            assert word in " ".join(PARAGRAPHS)
            assert word.encode() not in kept, sentence


def test_what_was_seen_is_compared_with_what_was_read(world: World, tmp_path: Path) -> None:
    before = world.run("disclose", "sciencedirect")
    assert before.exit_code == 0, before.output
    assert "No document was read yet" in before.output
    assert "not found" not in before.output
    world.run("disclose", "sciencedirect", "--policy", str(vendor_documents.pdf(tmp_path / "p.pdf")))
    said = world.run("disclose", "sciencedirect").output.splitlines()
    assert "google-analytics.com (Google Analytics): disclosed by name; not permitted by contract" in said
    assert "  in the privacy policy: “Google Analytics”" in said
    assert "altmetric.com (Altmetric): not found; permitted by contract" in said
    assert "doubleclick.net (Google Ads): disclosed by name; not permitted by contract" in said
    assert [line for line in said if line.startswith("els-cdn.com")] == [], "the vendor's own"
    assert [line for line in said if line.startswith("(")] == [], "nobody"


def test_a_librarians_verdict_decides_and_says_so(world: World) -> None:
    done = world.run(
        "disclose", "sciencedirect", "--verdict", "demdex.net", "by-category", "--because", "“ad partners”",
        "--by", "Ada",
    )  # fmt: skip
    assert done.output == "demdex.net on sciencedirect: by category, decided by Ada: “ad partners”\n"
    assert "demdex.net (Adobe Audience Manager): disclosed by category only; decided by the library (Ada, " in (
        world.run("disclose", "sciencedirect").output
    )
    assert world.run("disclose", "sciencedirect", "--withdraw", "demdex.net").output.endswith("is taken back.\n")
    assert "There is no verdict" in world.run("disclose", "sciencedirect", "--withdraw", "demdex.net").output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        pytest.param(["nowhere", "--policy", "{file}"], 'no site "nowhere"; known are sciencedirect', id="site"),
        pytest.param(["sciencedirect", "--policy", "nowhere.pdf"], "cannot be read", id="file"),
        pytest.param(["sciencedirect", "--policy", "{file}", "--cookies", "{file}"], "one thing at a time", id="two"),
        pytest.param(["sciencedirect", "--verdict", "x.test", "by-name"], "needs a reason and a person", id="reason"),
        pytest.param(["sciencedirect", "--verdict", "x.test", "perhaps"], "'perhaps' is not one of", id="status"),
        pytest.param(["sciencedirect", "--forget", "x"], "first eight or more digits", id="hash"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_said_in_one_line(words: list[str], said: str, world: World, tmp_path: Path) -> None:
    file = str(vendor_documents.text(tmp_path / "p.txt"))
    done = world.run("disclose", *(word.format(file=file) for word in words))
    assert done.exit_code in (1, 2)
    assert said in done.output
    assert "Traceback" not in done.output
    assert world.rows("select * from documents") == []


def test_a_short_document_is_doubted(world: World, tmp_path: Path) -> None:
    (tmp_path / "p.txt").write_text("Please switch JavaScript on.")
    done = world.run("disclose", "sciencedirect", "--cookies", str(tmp_path / "p.txt"))
    assert done.exit_code == 0
    assert "Only 4 words: is this the whole document?" in done.output


def test_a_document_can_be_forgotten(world: World, tmp_path: Path) -> None:
    world.run("disclose", "sciencedirect", "--policy", str(vendor_documents.text(tmp_path / "p.txt")))
    ((sha256,),) = world.rows("select sha256 from documents")
    assert world.run("disclose", "sciencedirect", "--forget", str(sha256)[:12]).output == "Documents forgotten: 1.\n"
    assert world.rows("select * from mentions") == []
