"""The HTML report in a real Chromium: it asks nobody for anything, fits a phone, and axe-core finds nothing."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from analysis.documents import formats
from analysis.documents.model import Document

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or ""


@pytest.mark.skipif(not CHROMIUM, reason="needs Chromium")
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("which", ["full", "hostile"])
def test_it_fits_asks_nobody_and_has_no_barrier(
    request: pytest.FixtureRequest, tmp_path: Path, which: str, width: int
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")
    from playwright.sync_api import sync_playwright

    document: Document = request.getfixturevalue(which)
    file = tmp_path / "r.html"
    file.write_bytes(formats.render(document, "r", ["html"])["r.html"])
    asked: list[str] = []
    complaints: list[str] = []
    with sync_playwright() as play:
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--disable-background-networking", *sandbox])
        page = browser.new_context(viewport={"width": width, "height": 900}, bypass_csp=True).new_page()
        page.on("request", lambda one: asked.append(one.url))
        page.on("console", lambda said: complaints.append(said.text))
        page.on("dialog", lambda dialog: complaints.append(dialog.message))
        page.goto(file.as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        found = axe.Axe().run(page)
        browser.close()
    assert asked == [file.as_uri()]
    assert complaints == []
    assert found.violations_count == 0, found.generate_report()
