"""Every format: the same bytes again, the limits in full, and nothing that a hostile name could do."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import subprocess
import sys
import time
import zipfile
from html.parser import HTMLParser
from pathlib import Path

import pytest
from lxml import etree

from analysis import wording
from analysis.documents import as_json, drawing, formats
from analysis.documents.formats import Templates
from analysis.documents.model import Document, DocumentError, Figure
from tests.analysis.documents import making

docx = pytest.importorskip("docx", reason="python-docx is not installed")
openpyxl = pytest.importorskip("openpyxl", reason="openpyxl is not installed")
QUICK = ("html", "docx", "xlsx", "csv", "json")
FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\u202a-\u202e\ufffe\uffff]")


def pdf_or_skip(document: Document) -> bytes:
    try:
        import weasyprint  # noqa: F401
    except (ImportError, OSError):  # the package, or Pango beneath it
        pytest.skip("WeasyPrint or Pango is not installed: apt-get install libpango-1.0-0 libpangoft2-1.0-0")
    return formats.render(document, "r", ["pdf"])["r.pdf"]


def test_the_same_document_gives_the_same_bytes(made: Path) -> None:
    first = formats.render(making.full(made), "r", QUICK)
    time.sleep(2.1)  # zip files count in steps of two seconds
    assert formats.render(making.full(made), "r", QUICK) == first


def test_the_same_document_gives_the_same_pdf(made: Path, bare: Document) -> None:
    first = pdf_or_skip(bare)
    assert pdf_or_skip(making.document(made, "smallpress")) == first


@pytest.mark.parametrize("name", QUICK)
def test_limits_stand_in_full_in_every_format(bare: Document, name: str) -> None:
    said = words(formats.render(bare, "r", [name]))
    for line in (*wording.NOT_CLAIMED, *wording.BLIND_SPOTS):
        assert squeeze(line) in said


def test_limits_stand_in_full_in_the_pdf(bare: Document, tmp_path: Path) -> None:
    if not (reader := shutil.which("pdftotext")):
        pytest.skip("pdftotext is not installed: apt-get install poppler-utils")
    file = tmp_path / "r.pdf"
    file.write_bytes(pdf_or_skip(bare))
    said = squeeze(output(reader, "-raw", str(file), "-"))
    for line in (*wording.NOT_CLAIMED, *wording.BLIND_SPOTS):
        assert squeeze(line) in said


def test_a_pdf_states_the_date_of_making_title_and_language(bare: Document, tmp_path: Path) -> None:
    if not (reader := shutil.which("pdfinfo")):
        pytest.skip("pdfinfo is not installed: apt-get install poppler-utils")
    file = tmp_path / "r.pdf"
    file.write_bytes(pdf_or_skip(bare))
    said = output(reader, "-isodates", str(file))
    assert f"CreationDate:    {bare.made_on}" in said
    assert bare.title in said
    assert re.search(r"Tagged: +yes", said)


def test_html_holds_no_markup_from_outside_and_loads_nothing(hostile: Document) -> None:
    page = formats.render(hostile, "r", ["html"])["r.html"].decode()
    seen = Tags()
    seen.feed(page)
    assert not seen.names & {"script", "iframe", "img", "link", "object", "form"}
    assert not {name for name in seen.attributes if name.startswith("on") or name == "src"}
    assert all(target.startswith("#") for target in seen.targets)
    assert len(seen.identifiers) == len(set(seen.identifiers))
    assert not FORBIDDEN.search(page)
    assert "&lt;script&gt;" in page
    assert "{{ 7*7 }}" in page


def test_charts_are_well_formed_whatever_their_names(hostile: Document) -> None:
    figures = [block for part in hostile.parts for block in part.blocks if isinstance(block, Figure)]
    for figure in figures:
        names = {
            str(element.tag).rpartition("}")[2] for element in etree.fromstring(drawing.svg(figure).encode()).iter()
        }
        assert "script" not in names
        assert drawing.png(figure).startswith(b"\x89PNG")


def test_a_word_processor_gets_no_field_or_element_from_outside(hostile: Document) -> None:
    packed = formats.render(hostile, "r", ["docx"])["r.docx"]
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        body = archive.read("word/document.xml").decode()
        links = archive.read("word/_rels/document.xml.rels").decode()
    etree.fromstring(body.encode())
    assert "External" not in links
    allowed = {"TOC", "SEQ", "PAGE", "NUMPAGES"}
    assert {text.split()[0] for text in re.findall(r"<w:instrText[^>]*>([^<]*)<", body)} <= allowed
    assert not FORBIDDEN.search(body)


def test_a_workbook_runs_nothing_that_came_from_outside(hostile: Document) -> None:
    packed = formats.render(hostile, "r", ["xlsx"])["r.xlsx"]
    book = openpyxl.load_workbook(io.BytesIO(packed))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert not [cell for cell in cells if cell.data_type in ("f", "e")]
    risky = [cell for cell in cells if str(cell.value).startswith(("=", "+", "@", "-"))]
    assert {making.HOSTILE[1], making.HOSTILE[2], making.HOSTILE[3]} <= {cell.value for cell in risky}
    assert all(cell.quotePrefix for cell in risky if cell.data_type == "s")
    assert not [cell for cell in cells if cell.hyperlink]


def test_csv_files_hold_no_formula(hostile: Document) -> None:
    files = formats.render(hostile, "r", ["csv"])
    assert all(re.fullmatch(r"r-csv/[a-zA-Z_]+\.(csv|txt)", name) for name in files)
    for name, content in files.items():
        if name.endswith(".csv"):
            for row in csv.reader(io.StringIO(content.decode(), newline="")):
                assert not [cell for cell in row if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


@pytest.mark.parametrize("which", ["bare", "full", "hostile"])
def test_json_is_as_its_schema_says(request: pytest.FixtureRequest, which: str) -> None:
    jsonschema = pytest.importorskip("jsonschema", reason="jsonschema is not installed")
    schema = as_json.schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    given = json.loads(formats.render(request.getfixturevalue(which), "r", ["json"])["r.json"])
    validator = jsonschema.Draft202012Validator(schema)
    validator.validate(given)
    assert not validator.is_valid({**given, "parts": list(reversed(given["parts"]))})
    assert not validator.is_valid({**given, "score": 7})


def test_numbers_are_numbers_in_workbook_and_json(full: Document) -> None:
    files = formats.render(full, "r", ["xlsx", "json"])
    sheet = openpyxl.load_workbook(io.BytesIO(files["r.xlsx"]))["findings"]
    head = [cell.value for cell in sheet[1]]
    assert isinstance(sheet.cell(2, head.index("Page loads") + 1).value, int)
    assert sheet.freeze_panes == "B2"
    (findings,) = (
        block
        for part in json.loads(files["r.json"])["parts"]
        for block in part["blocks"]
        if block.get("id") == "findings"
    )
    assert isinstance(findings["rows"][0]["page_loads"], int)


def test_a_librarian_finds_headings_captions_and_repeated_header_rows(full: Document) -> None:
    word = docx.Document(io.BytesIO(formats.render(full, "r", ["docx"])["r.docx"]))
    headings = [one.text for one in word.paragraphs if one.style.name == "Heading 1"]
    assert headings == [part.heading for part in full.parts[1:]]
    captions = [one.text for one in word.paragraphs if one.style.name == "Caption"]
    assert captions[0] == "Table 1. Lists"
    body = word.element.xml
    assert body.count("<w:tblHeader") == sum(caption.startswith("Table") for caption in captions)
    alternatives = re.findall(r'<wp:docPr [^>]*descr="([^"]+)"', body)
    assert len(alternatives) == len(word.inline_shapes) == sum(caption.startswith("Figure") for caption in captions)
    assert word.core_properties.title == full.title
    assert word.core_properties.modified.date().isoformat() == full.made_on


def test_an_own_html_template_may_extend_ours(bare: Document) -> None:
    own = '{% extends "document.html" %}{% block before %}<p>Letterhead</p>{% endblock %}'
    page = formats.render(bare, "r", ["html"], Templates.read({"own.html": own.encode()}))["r.html"].decode()
    assert "<p>Letterhead</p>" in page
    assert "Limits, and what is not claimed" in page


@pytest.mark.parametrize(
    ("template", "said"),
    [
        pytest.param("{% for %}", "line 1", id="not a template"),
        pytest.param("{{ nothing.here }}", "nothing", id="unknown name"),
        pytest.param("{{ ''.__class__.__mro__ }}", "unsafe", id="out of the sandbox"),
        pytest.param('{% include "/etc/passwd" %}', "passwd", id="another file"),
    ],
)
def test_a_template_that_cannot_be_used_is_said_in_one_line(bare: Document, template: str, said: str) -> None:
    with pytest.raises(DocumentError, match=said) as failure:
        formats.render(bare, "r", ["html"], Templates(html=template))
    assert "\n" not in str(failure.value)


def test_an_own_template_escapes_what_it_prints(hostile: Document) -> None:
    page = formats.render(hostile, "r", ["html"], Templates(html="{{ document.title }}"))["r.html"].decode()
    assert "<script" not in page


def test_an_own_word_template_gives_its_styles_and_letterhead(bare: Document) -> None:
    own = docx.Document()
    own.add_paragraph("Anytown Public Library, 1 Main Street")
    own.styles["Heading 1"].font.name = "Georgia"
    packed = io.BytesIO()
    own.save(packed)
    made = formats.render(bare, "r", ["docx"], Templates.read({"own.docx": packed.getvalue()}))["r.docx"]
    word = docx.Document(io.BytesIO(made))
    assert word.paragraphs[0].text == "Anytown Public Library, 1 Main Street"
    assert word.styles["Heading 1"].font.name == "Georgia"


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        pytest.param("own.docx", b"no zip", "cannot be read", id="broken"),
        pytest.param("own.odt", b"", "ends in", id="unknown kind"),
        pytest.param("own.html", b"\xff\xfe\x00", "UTF-8", id="other encoding"),
    ],
)
def test_a_template_file_of_the_wrong_kind_is_said_in_one_line(
    bare: Document, name: str, content: bytes, said: str
) -> None:
    with pytest.raises(DocumentError, match=said):
        formats.render(bare, "r", ["docx", "html"], Templates.read({name: content}))


class Unloadable:
    """A finder that fails as the loader of system libraries does."""

    def find_spec(self, name: str, *_: object) -> None:
        if name == "weasyprint":
            raise OSError("cannot load library 'libpango-1.0-0'")


def test_without_weasyprint_or_pango_one_line_says_what_to_install(
    bare: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "weasyprint"]:
        monkeypatch.delitem(sys.modules, name)
    with monkeypatch.context() as absent:
        absent.setitem(sys.modules, "weasyprint", None)
        with pytest.raises(DocumentError, match=r"carrel\[pdf\]"):
            formats.render(bare, "r", ["pdf"])
    monkeypatch.setattr(sys, "meta_path", [Unloadable(), *sys.meta_path])
    with pytest.raises(DocumentError, match=r"apt-get install libpango-1.0-0"):
        formats.render(bare, "r", ["pdf"])


def test_an_unknown_format_is_said_with_those_that_are_known() -> None:
    with pytest.raises(DocumentError, match="html, pdf, docx, xlsx, csv, json"):
        formats.known("html,odt")


def output(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.attributes: set[str] = set()
        self.targets: list[str] = []
        self.identifiers: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.targets += [value or "" for name, value in attrs if name.endswith("href")]
        self.identifiers += [value or "" for name, value in attrs if name == "id"]


def words(files: dict[str, bytes]) -> str:
    """All text of the files, without markup and without space."""
    texts = []
    for name, content in files.items():
        if name.endswith((".docx", ".xlsx")):
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                parts = [archive.read(one) for one in archive.namelist() if one.endswith(".xml")]
            texts += ["".join(etree.fromstring(part).itertext()) for part in parts]
        elif name.endswith(".html"):
            texts.append(re.sub(r"&#39;", "'", re.sub(r"<[^>]+>", "", content.decode())))
        else:
            texts.append(content.decode())
    return squeeze("".join(texts))


def squeeze(text: str) -> str:
    return re.sub(r"[\s\u00a0-]+", "", text)
