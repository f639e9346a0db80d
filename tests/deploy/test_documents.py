"""The text of real files: what is visible counts, what cannot be read is explained in one line."""

from __future__ import annotations

import hashlib
import io
import os
import zipfile
from contextlib import suppress
from pathlib import Path

import pypdf
import pytest

from deploy import documents
from deploy.documents import DocumentError
from tests.deploy import vendor_documents
from tests.deploy.vendor_documents import MAKERS, PARAGRAPHS


@pytest.mark.parametrize("form", MAKERS)
def test_the_text_is_read_whatever_the_file_is_called(form: str, tmp_path: Path) -> None:
    file = MAKERS[form](tmp_path / "document.bin")
    read = documents.read(file)
    assert read.format == form
    assert read.sha256 == hashlib.sha256(file.read_bytes()).hexdigest()
    assert [one for one in PARAGRAPHS if one not in read.text] == []


def test_what_a_page_does_not_show_is_no_text(tmp_path: Path) -> None:
    text = documents.read(vendor_documents.page(tmp_path / "page.html")).text
    assert [
        name for name in ("Taboola", "outbrain", "Mixpanel", "Criteo", "facebook", "Snowplow") if name in text
    ] == []


@pytest.mark.parametrize(
    ("source", "text"),
    [
        pytest.param("<p>Google<p>Analytics", "Google\n\nAnalytics", id="two paragraphs"),
        pytest.param("<td>Google</td><td>Analytics</td>", "Google\n\n\n\nAnalytics", id="two cells"),
        pytest.param("Goo<b>gle</b> Analytics", "Google Analytics", id="bold"),
        pytest.param("Google\n   Analytics", "Google Analytics", id="line broken in the source"),
        pytest.param("Google<br>Analytics", "Google\nAnalytics", id="line break"),
        pytest.param("<head><title>x</title><body>Google", "Google", id="head not closed"),
        pytest.param("<script>a<b>c</script>Google", "Google", id="script"),
        pytest.param("Dun &amp; Bradstreet", "Dun & Bradstreet", id="entity"),
    ],
)
def test_a_page_is_read_as_it_is_seen(source: str, text: str) -> None:
    assert documents.html(source).strip() == text


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("Médiamétrie counts. ".encode() * 9, id="UTF-8"),
        pytest.param(("Médiamétrie counts. " * 9).encode("utf-16"), id="UTF-16 with its mark"),
        pytest.param(("Médiamétrie counts. " * 9).encode("cp1252"), id="Windows"),
        pytest.param(
            b'<html><meta charset="iso-8859-2"><p>' + "Médiamétrie counts.".encode("iso-8859-2"), id="as the page says"
        ),
        pytest.param(
            b"From: <Saved by Blink>\r\nMIME-Version: 1.0\r\n"
            b'Content-Type: multipart/related; boundary="--x"\r\n\r\n----x\r\n'
            b"Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
            b"<html><body><p>M=C3=A9diam=C3=A9trie counts.</p></body></html>\r\n----x--\r\n",
            id="page saved by Chrome in one file",
        ),
    ],
)  # fmt: skip
def test_letters_are_read_in_their_encoding(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(content)
    assert "Médiamétrie counts." in documents.read(tmp_path / "file").text


def test_a_word_broken_at_the_end_of_a_line_is_read_both_ways(tmp_path: Path) -> None:
    text = documents.read(
        vendor_documents.pdf(tmp_path / "a.pdf", ("Google Ana-", "lytics and google-", "analytics.com"))
    ).text
    assert "Google Analytics" in text
    assert "google-\nanalytics.com" in text


def locked(path: Path) -> None:
    writer = pypdf.PdfWriter(clone_from=vendor_documents.pdf(path))
    writer.encrypt("secret", algorithm="RC4-128")
    writer.write(path)


def test_a_pdf_that_may_be_read_but_not_changed_is_read(tmp_path: Path) -> None:
    file = vendor_documents.pdf(tmp_path / "a.pdf")
    writer = pypdf.PdfWriter(clone_from=file)
    writer.encrypt("", "owner", algorithm="AES-256")
    writer.write(file)
    assert PARAGRAPHS[1] in documents.read(file).text


def scanned(path: Path) -> None:
    writer = pypdf.PdfWriter()
    writer.add_blank_page(595, 842)
    writer.write(path)


def bomb(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("word/document.xml", b"\0" * (documents.LARGEST + 1))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param(b"", "holds no text", id="empty"),
        pytest.param(b" \n 42 \n", "holds no text", id="no letter"),
        pytest.param(b"\xd0\xcf\x11\xe0 old", "an old Office file; save it as DOCX or PDF", id="doc"),
        pytest.param(b"{\\rtf1 x}", "rich text", id="rtf"),
        pytest.param(b"\x89PNG\r\n", "a picture", id="screenshot"),
        pytest.param(b"\x7fELF\0\0\0", "neither HTML, PDF, DOCX nor plain text", id="program"),
        pytest.param(b"PK\x03\x04 broken", "no Word file", id="broken zip"),
        pytest.param(b"%PDF-1.7 broken", "a damaged PDF", id="broken PDF"),
        pytest.param(locked, "locked with a password", id="locked PDF"),
        pytest.param(scanned, "holds no text; it may be a scan", id="scanned PDF"),
        pytest.param(bomb, "unpacks to more than 50 MB", id="zip that unpacks without end"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_explained_in_one_line(content: object, said: str, tmp_path: Path) -> None:
    file = tmp_path / "file"
    if isinstance(content, bytes):
        file.write_bytes(content)
    else:
        assert callable(content)
        content(file)
    with pytest.raises(DocumentError, match=said) as caught:
        documents.read(file)
    assert str(caught.value).startswith(f"{file}: ")
    assert "\n" not in str(caught.value)


def test_a_spreadsheet_is_no_word_file(tmp_path: Path) -> None:
    file = tmp_path / "list.xlsx"
    with zipfile.ZipFile(file, "w") as packed:
        packed.writestr("xl/workbook.xml", "<x/>")
    with pytest.raises(DocumentError, match="no Word file"):
        documents.read(file)


def test_a_word_file_cannot_read_other_files(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("Hotjar secret")
    made = io.BytesIO(vendor_documents.word(tmp_path / "a.docx").read_bytes())
    file = tmp_path / "b.docx"
    with zipfile.ZipFile(made) as old, zipfile.ZipFile(file, "w") as new:
        for one in old.infolist():
            content = old.read(one)
            if one.filename == "word/document.xml":
                entity = f'<!DOCTYPE x [<!ENTITY e SYSTEM "{secret.as_uri()}">]>'.encode()
                content = content.replace(b"<w:document", entity + b"<w:document", 1)
                content = content.replace(b"Privacy policy", b"Privacy &e; policy", 1)
            new.writestr(one, content)
    with suppress(DocumentError):  # refused is as good
        assert "secret" not in documents.read(file).text


def test_a_file_that_is_not_there_is_explained(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="cannot be read"):
        documents.read(tmp_path / "nowhere.pdf")
    os.mkdir(tmp_path / "folder")
    with pytest.raises(DocumentError, match="cannot be read"):
        documents.read(tmp_path / "folder")
