"""`carrel export`: the table of products, a summary for another library, and several of them merged."""

from __future__ import annotations

import csv
import io
import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import jsonschema
import openpyxl
import pytest
from click.testing import CliRunner, Result

from analysis.exchange import summary
from analysis.kept_by_hand import COLUMNS
from deploy.cli_export import export
from tests.analysis import library

DAY = ("--made-on", "2026-11-24")
CONFIGURATION = """
[library]
name = "Anytown Public Library"
contact = "privacy@anytownlibrary.example"
[rewriting]
suffixes = ["proxy.anytown.example"]
[[site]]
id = "anytown"
name = "Anytown catalog"
kind = "catalog"
domains = ["anytown.bibliocommons.com"]
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return library.make(tmp_path_factory.mktemp("made") / "carrel.db")


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    shutil.copy(made, tmp_path / "carrel.db")
    (tmp_path / "carrel.toml").write_text(f'{CONFIGURATION}\n[data]\ndir = "{tmp_path}"\n')
    return tmp_path


def run(folder: Path, *arguments: str | Path) -> Result:
    return CliRunner().invoke(export, ["--config", str(folder / "carrel.toml"), *map(str, arguments)])


def test_the_table_of_products_is_the_same_in_every_format(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "carrel.db")) as connection, connection:
        connection.execute("update site set name = '=HYPERLINK(\"http://x.test\")' where id = 'anytown'")
        connection.execute("update third_party set service = '+cmd' where domain = 'syndetics.com'")
    done = run(folder, "--products", "--format", "csv,xlsx,json", "--out", folder / "out", *DAY)
    assert done.exit_code == 0, done.output
    rows = list(csv.DictReader(io.StringIO((folder / "out/products.csv").read_text("utf-8"))))
    found = json.loads((folder / "out/products.json").read_text("utf-8"))["products"]
    sheet = openpyxl.load_workbook(folder / "out/products.xlsx").active
    assert [row["id"] for row in rows] == [row["id"] for row in found] == [cell.value for cell in sheet["A"][1:]]
    assert tuple(rows[0]) == tuple(COLUMNS)
    assert rows[0]["product"].startswith("'=")
    assert rows[0]["covers_and_enrichment"].startswith("'+cmd") or "\n+cmd" in rows[0]["covers_and_enrichment"]
    assert {cell.data_type for row in sheet for cell in row} <= {"s", "n"}  # no formula
    assert sheet["B2"].quotePrefix
    product = next(row for row in found if row["id"] == "sciencedirect")
    assert product["https"] == "not recorded"
    assert product["analytics"] == "Google Analytics (google-analytics.com)"
    assert product["session_replay"] == "Hotjar (hotjar.com)"
    assert "ThreatMetrix (threatmetrix.com)" in product["behind_own_names"]
    assert product["social"] == "none seen"
    assert product["highest_received"] == "search terms or item"
    assert "demdex.net" not in product["after_refusal"]
    assert "disclosed by name" in product["disclosed"]
    assert (product["page_loads"], product["percent"]) == (839, 94.0)


def test_it_writes_the_same_bytes_again(folder: Path) -> None:
    for name in ("one", "two"):
        run(folder, "--products", "--format", "csv,xlsx,json", "--out", folder / name, *DAY)
    for form in ("csv", "xlsx", "json"):
        assert (folder / f"one/products.{form}").read_bytes() == (folder / f"two/products.{form}").read_bytes()


def test_a_summary_goes_out_and_comes_back_merged(folder: Path) -> None:
    named, unnamed = folder / "named.json", folder / "unnamed.json"
    assert run(folder, "--summary", named, *DAY).exit_code == 0
    assert run(folder, "--summary", unnamed, "--anonymous", *DAY).exit_code == 0
    for path in (named, unnamed):
        jsonschema.validate(json.loads(path.read_text()), summary.schema())
    assert "Anytown Public Library" in named.read_text()
    text = unnamed.read_text().lower()
    assert "anytown" not in text
    assert "privacy@" not in text
    assert [one["id"] for one in json.loads(text)["products"]] == ["sciencedirect"]
    for hidden in ("seldom-measured", "(unlisted)", "smallpress", "2026-11-23"):
        assert hidden not in named.read_text()
    merged = run(folder, "--merge", named, unnamed)
    lines = list(csv.DictReader(io.StringIO(merged.output)))
    assert (lines[0]["product"], lines[0]["libraries"]) == ("ScienceDirect", "2")
    assert "<table>" in run(folder, "--merge", "--format", "html", named, unnamed).output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param([], "choose one of", id="nothing chosen"),
        pytest.param(["--products", "--merge"], "choose one of", id="two chosen"),
        pytest.param(["--merge"], "needs the summaries", id="nothing to merge"),
        pytest.param(["--products", "--anonymous"], "--anonymous belongs", id="an anonymous table"),
        pytest.param(["--products", "--format", "pdf"], "there is no format 'pdf'", id="another format"),
        pytest.param(["--products", "--format", ","], "there is no format", id="no format"),
        pytest.param(["--merge", "carrel.toml"], "is not JSON that can be read", id="no summary"),
        pytest.param(["--merge", "missing.json"], "cannot be read", id="no file"),
    ],
)
def test_what_cannot_be_done_is_said(
    folder: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], said: str
) -> None:
    monkeypatch.chdir(folder)
    done = run(folder, *arguments)
    assert done.exit_code in (1, 2)
    assert said in done.output
    assert "Traceback" not in done.output


def test_an_empty_database_has_nothing_to_tell(tmp_path: Path) -> None:
    library.empty(tmp_path / "carrel.db")
    (tmp_path / "carrel.toml").write_text(f'{CONFIGURATION}\n[data]\ndir = "{tmp_path}"\n')
    assert "nothing to tell yet" in run(tmp_path, "--summary", tmp_path / "a.json").output
    assert "no page load was watched yet" in run(tmp_path, "--products", "--out", tmp_path / "out").output
    assert not (tmp_path / "a.json").exists()
