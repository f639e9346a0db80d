"""`carrel compare` as a librarian types it, on a database with months of counts."""

from __future__ import annotations

import csv
import io
import json
import shutil
import subprocess
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from addons.database import open_database
from analysis.documents import as_json
from deploy.cli_compare import compare
from tests.analysis import library

CONFIGURATION = '[library]\nname = "Anytown Public Library"\n[data]\ndir = "{folder}"\n'
FAST = "html,docx,xlsx,csv,json"


class Desk:
    def __init__(self, folder: Path) -> None:
        self.folder, self.out, self.config = folder, folder / "out", folder / "carrel.toml"
        self.config.write_text(CONFIGURATION.format(folder=folder))

    def compare(self, *words: str) -> Result:
        place = ["--config", str(self.config), "--out", str(self.out), "--made-on", "2026-11-24"]
        return CliRunner().invoke(compare, [*place, *words])

    def rows(self, name: str, folder: str = "comparison") -> list[dict[str, str]]:
        with (self.out / f"{folder}-csv" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))


@pytest.fixture(scope="session")
def counts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return library.make(tmp_path_factory.mktemp("counts") / "carrel.db")


@pytest.fixture
def desk(counts: Path, tmp_path: Path) -> Desk:
    shutil.copy(counts, tmp_path / "carrel.db")
    return Desk(tmp_path)


def test_html_and_csv_are_written_unless_told_otherwise(desk: Desk) -> None:
    done = desk.compare("sciencedirect", "smallpress")
    assert done.exit_code == 0, done.output
    printed = [Path(line) for line in done.output.splitlines()]
    assert printed[0] == desk.out / "comparison.html"
    assert {path for path in desk.out.rglob("*") if path.is_file()} == set(printed)
    assert {"comparison.csv", "recipients_by_category.csv", "lists.csv", "dictionary.csv", "README.txt"} <= {
        one.name for one in printed
    }
    assert [row["id"] for row in desk.rows("comparison")] == ["sciencedirect", "smallpress"]


def test_all_of_a_kind_are_compared_and_those_not_watched_are_named(desk: Desk) -> None:
    done = desk.compare("--kind", "vendor", "--format", FAST)
    assert done.exit_code == 0, done.output
    assert {row["kind"] for row in desk.rows("comparison", "comparison-vendor")} == {"vendor"}
    assert "No page load was watched in this time: Never Opened." in (desk.out / "comparison-vendor.html").read_text()
    assert [row["product"] for row in desk.rows("unwatched", "comparison-vendor")] == ["Never Opened"]


def test_a_product_of_the_directory_that_nobody_opened_yet_is_named(desk: Desk) -> None:
    done = desk.compare("sciencedirect", "smallpress", "springerlink", "--format", "csv")
    assert done.exit_code == 0, done.output
    assert [row["product"] for row in desk.rows("unwatched")] == ["SpringerLink"]


def test_the_page_says_what_makes_it_unsafe_in_every_format(desk: Desk) -> None:
    openpyxl = pytest.importorskip("openpyxl", reason="openpyxl is not installed")
    docx = pytest.importorskip("docx", reason="python-docx is not installed")
    assert desk.compare("anytown", "sciencedirect", "smallpress", "--format", FAST).exit_code == 0
    word = docx.Document(io.BytesIO((desk.out / "comparison.docx").read_bytes()))
    book = openpyxl.load_workbook(desk.out / "comparison.xlsx")
    assert book.sheetnames[0] == "Comparison"
    texts = {
        "html": (desk.out / "comparison.html").read_text("utf-8"),
        "json": (desk.out / "comparison.json").read_text("utf-8"),
        "csv": (desk.out / "comparison-csv" / "README.txt").read_text("utf-8"),
        "docx": " ".join(one.text for one in word.paragraphs),
    }
    for ending, text in texts.items():
        assert "Fewer than 20 page loads: Small Press Online" in text, ending
        assert "that any count is a score" in text, ending
    assert any("that any count is a score" in str(row[0].value) for row in book["Limits"].iter_rows())
    assert not any("DRAFT" in text for text in texts.values()), "nobody sends it to a vendor"


def test_the_word_file_lies_on_its_side_with_one_table_and_a_described_chart(desk: Desk) -> None:
    docx = pytest.importorskip("docx", reason="python-docx is not installed")
    assert desk.compare("sciencedirect", "smallpress", "--format", "docx").exit_code == 0
    word = docx.Document(io.BytesIO((desk.out / "comparison.docx").read_bytes()))
    assert all(section.page_width > section.page_height for section in word.sections)
    assert len(word.tables) == 1
    assert "w:tblHeader" in word.element.xml
    assert "Bars of recipients by category" in word.element.xml


def test_json_is_as_its_schema_says(desk: Desk) -> None:
    jsonschema = pytest.importorskip("jsonschema", reason="jsonschema is not installed")
    referencing = pytest.importorskip("referencing", reason="referencing is not installed")
    assert desk.compare("sciencedirect", "smallpress", "--format", "json").exit_code == 0
    given = json.loads((desk.out / "comparison.json").read_text("utf-8"))
    ours, theirs = as_json.schema("comparison"), as_json.schema("report")
    known = referencing.Registry().with_resource(theirs["$id"], referencing.Resource.from_contents(theirs))
    validator = jsonschema.Draft202012Validator(ours, registry=known)
    validator.validate(given)
    assert not validator.is_valid({**given, "score": 7})
    assert not validator.is_valid({**given, "parts": list(reversed(given["parts"]))})


def test_the_same_database_and_time_give_the_same_bytes(desk: Desk) -> None:
    def made() -> dict[str, bytes]:
        assert desk.compare("--kind", "vendor", "--format", FAST).exit_code == 0
        return {path.name: path.read_bytes() for path in desk.out.rglob("*") if path.is_file()}

    first = made()
    time.sleep(2.1)  # zip files count in steps of two seconds
    assert made() == first


def test_twelve_products_fit_on_one_printed_page(desk: Desk) -> None:
    _more_products(desk.folder / "carrel.db", 10)
    done = desk.compare("--kind", "vendor", "--format", "pdf")
    if done.exit_code and done.output.startswith("Error: PDF needs"):
        pytest.skip(done.output)
    assert done.exit_code == 0, done.output
    if not (reader := shutil.which("pdfinfo")):
        pytest.skip("pdfinfo is not installed: apt-get install poppler-utils")
    command = [reader, desk.out / "comparison-vendor.pdf"]
    said = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout
    assert "Pages:           1\n" in said
    assert "841.89 x 595.276" in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        pytest.param(("sciencedirect", "nowhere"), "there is no site 'nowhere'", id="unknown site"),
        pytest.param(("sciencedirect",), "two products or more", id="one site"),
        pytest.param(("sciencedirect", "sciencedirect"), "two products or more", id="one site twice"),
        pytest.param((), "give --kind vendor", id="nothing"),
        pytest.param(("--kind", "library"), "known is none", id="kind with nothing"),
        pytest.param(("--kind", "catalog"), "known is only anytown", id="kind with one"),
        pytest.param(("anytown", "--kind", "vendor"), "not both", id="both"),
        pytest.param(("--kind", "vendor", "--format", "odt"), "known are html", id="format"),
        pytest.param(("--kind", "vendor", "--until", "2020-01-01"), "nothing to compare", id="nothing watched"),
        pytest.param(("--kind", "vendor", "--since", "2026-11-02", "--until", "2026-11-01"), "swap", id="window"),
        pytest.param(("--kind", "vendor", "--template", "gone.html"), "cannot be read", id="template"),
    ],
)
def test_what_cannot_be_compared_is_said_in_one_line_and_writes_nothing(
    desk: Desk, words: tuple[str, ...], said: str
) -> None:
    done = desk.compare(*words)
    assert done.exit_code == 1
    assert said in done.output
    assert done.output.count("\n") == 1
    assert not desk.out.exists()


def test_no_database_is_said_in_one_line(tmp_path: Path) -> None:
    done = Desk(tmp_path).compare("a", "b")
    assert done.exit_code == 1
    assert "no database yet" in done.output


def test_a_hostile_name_is_only_text(desk: Desk) -> None:
    writer = open_database(desk.folder / "carrel.db")
    writer.conn.execute("update site set name = ?, vendor = '=1+1' where id = 'smallpress'", [library.HOSTILE])
    writer.conn.commit()
    writer.conn.close()
    assert desk.compare("sciencedirect", "smallpress", "--format", FAST).exit_code == 0
    assert "<script" not in (desk.out / "comparison.html").read_text("utf-8")
    assert {row["vendor"] for row in desk.rows("comparison")} == {"Elsevier", "'=1+1"}


def _more_products(path: Path, number: int) -> None:
    """As much as ScienceDirect has, under other names."""
    writer = open_database(path)
    ask = writer.conn.execute
    source = ask("select key from site where id = 'sciencedirect'").fetchone()[0]
    for one in range(number):
        ask(
            "insert into site (id, name, kind, vendor, product, domains, contract_from, contract_until) "
            "values (?, ?, 'vendor', 'A Vendor, part of a Group', '', '', '', '')",
            [f"p{one}", f"Research Platform {one}"],
        )
        key = ask("select key from site where id = ?", [f"p{one}"]).fetchone()[0]
        for table in ("page_load", "presence", "contact", "exposure"):
            columns = ", ".join(row[1] for row in ask(f"pragma table_info({table})") if row[1] != "site")
            ask(f"insert into {table} (site, {columns}) select {key}, {columns} from {table} where site = {source}")
    writer.conn.commit()
    writer.conn.close()
