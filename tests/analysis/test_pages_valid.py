"""The dashboard's own pages are valid HTML, by a strict parser and, where Java is, by the Nu validator."""

from __future__ import annotations

from pathlib import Path

import pytest
from datasette.app import Datasette

from tests.analysis import valid_html
from tests.analysis.test_pages import PAGES

OURS = [path for path in PAGES if path == "/" or path.startswith(("/-/", "/?"))]


@pytest.mark.parametrize("path", OURS)
async def test_a_page_parses_without_an_error(filled: Datasette, path: str) -> None:
    assert valid_html.complaints((await filled.client.get(path)).text) == []


async def test_the_nu_validator_finds_no_error(filled: Datasette, tmp_path: Path) -> None:
    for number, path in enumerate(OURS):
        (tmp_path / f"{number}.html").write_text((await filled.client.get(path)).text, encoding="utf-8")
    found = valid_html.checker(tmp_path)
    if found is None:
        pytest.skip("no Java: apt install default-jre-headless")
    names = {f"{number}.html": path for number, path in enumerate(OURS)}
    assert [f"{names[line.partition(':')[0]]} {line}" for line in found] == []
