"""The pages in a real Chromium, wide and on a phone, light and dark: it asks nobody else, nothing breaks or spills."""

from __future__ import annotations

import os
import re
import shutil
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from tests.analysis.test_dashboard import served
from tests.analysis.test_pages import PAGES

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or ""
QUIET = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"]
SEEN_ELSEWHERE = {"/-/dashboards/charts/most_seen", "/carrel?_show_hidden=1", "/carrel/presences", "/carrel/coverages"}


@pytest.mark.skipif(not CHROMIUM, reason="needs Chromium")
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_pages_load_from_here_alone_and_fit(database: Path, width: int, scheme: str) -> None:
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    elsewhere: list[str] = []
    complaints: list[str] = []
    with served(database.parent) as (_, port), sync_playwright() as play:
        here = f"http://127.0.0.1:{port}"
        browser = play.chromium.launch(executable_path=CHROMIUM, args=[*QUIET, *sandbox])
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme="dark" if scheme == "dark" else "light"
        )
        page = context.new_page()
        page.on("request", lambda asked: None if asked.url.startswith((here, "data:")) else elsewhere.append(asked.url))
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        for path in PAGES:
            if path in SEEN_ELSEWHERE:
                continue
            page.goto(here + path)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, path
            ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
            assert (ground == "rgb(20, 24, 27)") == (scheme == "dark"), path
        page.goto(f"{here}/-/dashboards/charts")
        page.wait_for_function("document.querySelectorAll('svg.marks').length == 5", timeout=20_000)
        assert page.locator(".vega-actions a").count() == 0
        browser.close()
    assert elsewhere == []
    assert complaints == []


OURS = [path for path in PAGES if not path.startswith("/carrel") and not path.startswith("/-/dashboards")]


@pytest.mark.skipif(not CHROMIUM, reason="needs Chromium")
@pytest.mark.parametrize(("width", "scheme"), [(1280, "dark"), (390, "light")])
def test_axe_finds_no_barrier(database: Path, width: int, scheme: str) -> None:
    """Datasette's own pages under /carrel are as Datasette makes them."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    with served(database.parent) as (_, port), sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=[*QUIET, *sandbox])
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme="dark" if scheme == "dark" else "light",
            bypass_csp=True,
        )
        page = context.new_page()
        for path in (*OURS, "/-/dashboards/charts", "/-/sites/none"):
            page.goto(f"http://127.0.0.1:{port}{path}")
            found = axe.Axe().run(page)
            assert found.violations_count == 0, f"{path}: {found.generate_report()}"
        browser.close()


@pytest.mark.skipif(not CHROMIUM, reason="needs Chromium")
def test_a_reader_takes_the_report_away_without_scripts(database: Path, tmp_path: Path) -> None:
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    with served(database.parent) as (_, port), sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=[*QUIET, *sandbox])
        page = browser.new_context(java_script_enabled=False).new_page()
        page.goto(f"http://127.0.0.1:{port}/-/sites/sciencedirect?since=2026-10")
        with page.expect_download() as one:
            page.get_by_role("button", name="Make the report").click()
        assert one.value.suggested_filename == "sciencedirect.html"
        one.value.save_as(tmp_path / "report.html")
        page.get_by_label("XLSX").check()
        page.get_by_label("JSON").check()
        with page.expect_download() as several:
            page.get_by_role("button", name="Make the report").click()
        several.value.save_as(tmp_path / "report.zip")
        for name in ("HTML", "XLSX", "JSON"):
            page.get_by_label(name).uncheck()
        page.get_by_role("button", name="Make the report").click()
        page.get_by_text("Choose at least one format.").wait_for()  # raises if it does not come
        page.goto((tmp_path / "report.html").as_uri())
        assert "ScienceDirect" in page.get_by_role("heading", level=1).inner_text()
        browser.close()
    with zipfile.ZipFile(tmp_path / "report.zip") as packed:
        assert {Path(name).suffix for name in packed.namelist()} == {".html", ".xlsx", ".json"}
        assert packed.testzip() is None


@pytest.mark.skipif(not CHROMIUM, reason="needs Chromium")
def test_staff_allow_end_and_protect_without_scripts(database: Path) -> None:
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    with served(database.parent) as (_, port), sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=[*QUIET, *sandbox])
        page = browser.new_context(java_script_enabled=False).new_page()
        page.goto(f"http://127.0.0.1:{port}/-/sites/sciencedirect")
        page.get_by_role("link", name=re.compile("Allow for a time.*doubleclick.net")).first.click()
        page.get_by_label("a day").check()
        page.get_by_label("Why?").fill("log-in needs it")
        page.get_by_label("Who decides?").fill("Ana")
        page.get_by_role("button", name="Allow it").click()
        assert page.url.endswith("/-/sites/sciencedirect#protection")
        page.get_by_text("doubleclick.net is allowed on this site for a day.").wait_for()  # raises if it does not come
        row = page.get_by_role("row").filter(has_text="log-in needs it")
        row.get_by_role("button", name="End it now").click()
        page.get_by_text("The rule for doubleclick.net has ended.").wait_for()  # raises if it does not come
        assert page.get_by_role("row").filter(has_text="log-in needs it").count() == 0
        page.get_by_role("button", name="Protect again").click()
        page.get_by_text("This site is protected again").wait_for()  # raises if it does not come
        assert page.get_by_role("button", name="Protect again").count() == 0
        browser.close()
