"""`carrel report` as a librarian types it, on a database with months of counts."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from addons import settings as configuration
from deploy import report_inputs
from deploy.cli import cli
from tests.analysis import library

CONFIGURATION = """[library]
name = "Anytown Public Library"
[data]
dir = "{folder}"
[privacy]
k = 12
[[site]]
id = "sciencedirect"
name = "ScienceDirect"
vendor = "Elsevier"
domains = ["sciencedirect.com"]
permitted = ["altmetric.com"]
"""


class Desk:
    def __init__(self, folder: Path) -> None:
        self.folder, self.out = folder, folder / "out"
        self.config = folder / "carrel.toml"
        self.config.write_text(CONFIGURATION.format(folder=folder))

    def report(self, *words: str) -> Result:
        place = ["--config", str(self.config), "--out", str(self.out), "--made-on", "2026-11-24"]
        return CliRunner().invoke(cli, ["report", *place, *words])

    def rows(self, name: str, site: str = "sciencedirect") -> list[dict[str, str]]:
        with (self.out / f"{site}-csv" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def text(self, number: str, site: str = "sciencedirect") -> str:
        document = json.loads((self.out / f"{site}.json").read_text("utf-8"))
        return json.dumps(next(part for part in document["parts"] if part["number"] == number), ensure_ascii=False)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    library.make(tmp_path / "carrel.db")
    return Desk(tmp_path)


def test_html_and_csv_are_written_unless_told_otherwise(desk: Desk) -> None:
    done = desk.report("sciencedirect")
    assert done.exit_code == 0, done.output
    printed = [Path(line) for line in done.output.splitlines()]
    assert printed[0] == desk.out / "sciencedirect.html"
    assert {path for path in desk.out.rglob("*") if path.is_file()} == set(printed)
    assert {"findings.csv", "behind_own_names.csv", "own_hosts.csv", "dictionary.csv"} <= {one.name for one in printed}


def test_every_format_is_written(desk: Desk) -> None:
    done = desk.report("smallpress", "--format", "html,docx,xlsx,csv,json")
    assert done.exit_code == 0, done.output
    assert {Path(line).suffix for line in done.output.splitlines()} == {
        ".html", ".docx", ".xlsx", ".csv", ".txt", ".json",
    }  # fmt: skip
    assert (desk.out / "smallpress.docx").read_bytes().startswith(b"PK")


def test_a_pdf_is_written_where_its_parts_are_installed(desk: Desk) -> None:
    done = desk.report("smallpress", "--format", "pdf")
    if done.exit_code and done.output.startswith("Error: PDF needs"):
        pytest.skip(done.output)
    assert (desk.out / "smallpress.pdf").read_bytes().startswith(b"%PDF")


def test_a_pdf_without_weasyprint_is_refused_in_one_line(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    done = desk.report("smallpress", "--format", "html,pdf")
    assert done.exit_code == 1
    assert "carrel[pdf]" in done.output
    assert done.output.count("\n") == 1
    assert not desk.out.exists(), "nothing is written unless all is"


def test_the_report_has_what_staff_read_asked_and_decided(desk: Desk) -> None:
    assert desk.report("sciencedirect", "--format", "csv,json").exit_code == 0
    disclosed = {row["recipient"]: row for row in desk.rows("disclosed")}
    assert disclosed["google-analytics.com"]["status"] == "disclosed by name"
    assert disclosed["hotjar.com"]["status"] == "not found"
    assert disclosed["altmetric.com"]["permitted"] == "yes"
    assert "library staff" in disclosed["altmetric.com"]["decided_by"]
    assert [row["asked"] for row in desk.rows("requests")] == [
        "remove it",
        "explain what it is for and what it receives",
    ]
    assert desk.rows("requests")[0]["answer"] == "It was removed with release 9."
    decided = [(row["decided_by"], row["until"]) for row in desk.rows("decisions") if row["about"] == "altmetric.com"]
    assert decided == [("library staff", "2099-01-01"), ("library staff", "")], "a rule, and a verdict"
    controls = {row["recipient"]: row for row in desk.rows("controls")}
    assert (controls["doubleclick.net"]["state"], controls["doubleclick.net"]["since"]) == ("both", "2026-11")
    assert controls["altmetric.com"]["since"] == "2026-11-20"
    assert "badges are part of the contract" in controls["altmetric.com"]["breakage"]
    assert controls["demdex.net"]["breakage"] == "", "a rule that has ended lets nothing pass"
    assert "with protection: 40 page loads, 3 errors" in desk.text("9")
    assert "Put back to observing on 20 November 2026" in desk.text("2")
    assert desk.rows("standards")
    assert "12" in desk.text("C")


def test_staff_are_named_only_where_somebody_asks_for_it(desk: Desk) -> None:
    assert desk.report("sciencedirect", "--format", "csv,json", "--with-names").exit_code == 0
    decided = [row["decided_by"] for row in desk.rows("decisions") if row["about"] == "altmetric.com"]
    assert decided == ["Ana, desk", "Ada"]
    assert "Ada" in {row["recipient"]: row["decided_by"] for row in desk.rows("disclosed")}["altmetric.com"]


def test_other_products_are_left_out_where_somebody_asks_for_it(desk: Desk) -> None:
    assert desk.report("sciencedirect", "--format", "csv,json").exit_code == 0
    assert len(desk.rows("comparison")) > 1
    assert desk.report("sciencedirect", "--format", "csv,json", "--alone").exit_code == 0
    assert desk.rows("comparison") == []
    assert "No comparison was made" in desk.text("10")


def test_a_site_of_which_nothing_was_recorded_says_so(desk: Desk) -> None:
    assert desk.report("smallpress", "--format", "csv,json").exit_code == 0
    assert {row["status"] for row in desk.rows("disclosed", "smallpress")} == {"not compared"}
    assert "no document was given" in desk.text("6", "smallpress")
    assert desk.rows("requests", "smallpress") == []
    assert "No decision is recorded here" in desk.text("E", "smallpress")


def test_what_the_asker_states_stands_in_the_report(desk: Desk) -> None:
    done = desk.report(
        "sciencedirect", "--format", "json,csv", "--status", "sent", "--prepared-for", "The account manager",
        "--answer-by", "2027-01-15", "--before-after", "2026-11-10",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    assert "SENT TO VENDOR" in desk.text("0")
    assert "The account manager" in desk.text("0")
    assert "15 January 2027" in desk.text("11")
    assert desk.rows("before_after")


def test_templates_of_the_library_are_used(desk: Desk) -> None:
    own = desk.folder / "own.html"
    own.write_text('{% extends "document.html" %}{% block before %}<p>Letterhead</p>{% endblock %}')
    assert desk.report("smallpress", "--format", "html", "--template", str(own)).exit_code == 0
    assert "<p>Letterhead</p>" in (desk.out / "smallpress.html").read_text("utf-8")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nowhere"], "there is no site 'nowhere'; page loads were watched of: anytown, sciencedirect, smallpress"),
        (["smallpress", "--format", "odt"], "--format: known are html, pdf, docx, xlsx, csv, json"),
        (["smallpress", "--since", "2026-11-02", "--until", "2026-11-01"], "swap the two"),
        (["smallpress", "--template", "/nowhere/own.html"], "/nowhere/own.html: cannot be read"),
        (["smallpress", "--template", __file__], "a template ends in .html"),
    ],
)
def test_what_cannot_be_made_is_said_in_one_line(words: list[str], said: str, desk: Desk) -> None:
    done = desk.report(*words)
    assert done.exit_code == 1
    assert said in done.output
    assert done.output.count("\n") == 1
    assert not desk.out.exists()


def test_without_a_database_one_line_says_what_to_do(tmp_path: Path) -> None:
    done = Desk(tmp_path).report("sciencedirect")
    assert done.exit_code == 1
    assert "start `carrel up`" in done.output


def test_a_folder_that_cannot_be_written_to_is_said_in_one_line(desk: Desk) -> None:
    desk.out.mkdir()
    (desk.out / "smallpress-csv").write_text("a file is in the way")
    done = desk.report("smallpress")
    assert done.exit_code == 1
    assert "name another folder with --out" in done.output


def test_the_digest_of_the_configuration_knows_no_secret(tmp_path: Path) -> None:
    """A hash of a secret would let a reader of the report guess it."""
    digests = set()
    for number, (word, account) in enumerate((("one", ""), ("two", "ana:secret@"), ("three", "ben@"))):
        file = tmp_path / f"{number}.toml"
        file.write_text(
            f'[dashboard]\npassword_hash = "{word}"\n[proxy]\nupstream = "http://{account}filter.example:3128"\n'
        )
        digests.add(report_inputs.digest(configuration.load(file)))
    assert len(digests) == 1
    other = tmp_path / "other.toml"
    other.write_text('[proxy]\nupstream = "http://filter.example:3129"\n')
    assert report_inputs.digest(configuration.load(other)) not in digests
