"""LibreOffice opens what is made for word processors and spreadsheets, hostile names and all."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from analysis.documents import formats
from analysis.documents.model import Document

OFFICE, PICTURES, TEXT = (shutil.which(name) for name in ("soffice", "pdftoppm", "pdftotext"))
pytestmark = [
    pytest.mark.skipif(
        not OFFICE,
        reason="LibreOffice is not installed: apt-get install libreoffice-writer-nogui libreoffice-calc-nogui",
    ),
    pytest.mark.skipif(not (PICTURES and TEXT), reason="poppler is not installed: apt-get install poppler-utils"),
]


@pytest.mark.parametrize("which", ["full", "hostile"])
@pytest.mark.parametrize("ending", ["docx", "xlsx"])
def test_libreoffice_opens_and_prints_it(
    request: pytest.FixtureRequest, tmp_path: Path, which: str, ending: str
) -> None:
    document: Document = request.getfixturevalue(which)
    file = tmp_path / f"r.{ending}"
    file.write_bytes(formats.render(document, "r", [ending])[file.name])
    text = printed(file)
    assert "that any count is a score" in text
    assert "seldom-measured.example" in text.replace("-\n", "-")
    assert "Err:" not in text


def printed(file: Path) -> str:
    """Its text after LibreOffice set it; a first page that cannot be drawn fails here too."""
    assert OFFICE
    assert PICTURES
    assert TEXT
    profile = (file.parent / "profile").as_uri()
    command = [OFFICE, f"-env:UserInstallation={profile}", "--headless", "--convert-to", "pdf", "--outdir", file.parent]
    subprocess.run([*command, file], check=True, capture_output=True, timeout=120)
    made = file.with_suffix(".pdf")
    assert made.is_file(), "LibreOffice could not open it"
    subprocess.run([PICTURES, "-r", "40", "-l", "1", "-png", made, file.parent / "page"], check=True, timeout=60)
    assert list(file.parent.glob("page*.png"))
    return subprocess.run([TEXT, made, "-"], check=True, capture_output=True, text=True, timeout=60).stdout
