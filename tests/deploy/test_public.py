"""The page for the public as an application: four files, strict headers, no database at the reader's call."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest

from addons import settings as configuration
from analysis.exchange import summary
from deploy import public
from deploy.demo.run import free_port
from deploy.listening import DashboardError
from tests.analysis import library

TODAY = date(2026, 11, 24)
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or ""
KEYS: dict[str, Any] = {
    "library": {"name": "Anytown Public Library", "contact": "privacy@anytown.example"},
    "site": [{"id": "anytown", "name": "Anytown catalog", "kind": "catalog", "domains": ["anytown.bibliocommons.com"]}],
}


def settings_for(folder: Path, **dashboard: str) -> configuration.Settings:
    return configuration.parse({**KEYS, "data": {"dir": str(folder)}, "dashboard": dashboard}, None)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return library.make(tmp_path_factory.mktemp("made") / "carrel.db")


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    shutil.copy(made, tmp_path / "carrel.db")
    return tmp_path


def browser(app: Any) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://library.example")


async def test_it_serves_one_page_and_its_figures(folder: Path) -> None:
    async with browser(public.application(settings_for(folder), today=lambda: TODAY)) as one:
        page, figures = await one.get("/"), await one.get("/figures.json")
        for answer in (
            page,
            figures,
            await one.get("/public.css"),
            await one.get("/carrel.svg"),
            await one.get("/nothing"),
        ):
            policy = answer.headers["content-security-policy"]
            assert policy.startswith("default-src 'none'")
            assert "unsafe" not in policy
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert answer.headers["referrer-policy"] == "no-referrer"
            assert "set-cookie" not in answer.headers
    for words in (
        "Anytown Public Library",
        "October 2026",
        "mailto:privacy@anytown.example",
        "carrel.internal",
        "90 days",
    ):
        assert words in page.text
    assert "<script" not in page.text
    assert " style=" not in page.text
    assert summary.read(figures.content).library == "Anytown Public Library"


@pytest.mark.parametrize("path", ["/carrel", "/carrel.json?sql=select+1", "/-/sites/anytown", "/-/login", "/carrel.db"])
async def test_nothing_else_is_there(folder: Path, path: str) -> None:
    async with browser(public.application(settings_for(folder), today=lambda: TODAY)) as one:
        assert (await one.get(path)).status_code == 404
        assert (await one.post("/", data={"a": "b"})).status_code == 405


async def test_readers_do_not_make_the_database_work(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[date] = []
    real = public.make
    monkeypatch.setattr(public, "make", lambda settings, today: made.append(today) or real(settings, today))
    clock = [0.0]
    async with browser(public.application(settings_for(folder), today=lambda: TODAY, now=lambda: clock[0])) as one:
        for _ in range(5):
            assert (await one.get("/")).status_code == 200
        assert len(made) == 1
        clock[0] += public.AGE
        (folder / "carrel.db").rename(folder / "away.db")
        assert (await one.get("/")).status_code == 200  # the former figures stay good
        assert len(made) == 2


async def test_without_a_database_it_says_so_and_no_path(tmp_path: Path) -> None:
    async with browser(public.application(settings_for(tmp_path), today=lambda: TODAY)) as one:
        answer = await one.get("/")
    assert answer.status_code == 503
    assert str(tmp_path) not in answer.text


def test_where_it_listens_must_be_said(folder: Path) -> None:
    with pytest.raises(DashboardError, match=r'such as public = "127\.0\.0\.1:8002"') as failure:
        public.serve(settings_for(folder))
    assert "\n" not in str(failure.value)


def test_a_busy_port_is_said(folder: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(DashboardError, match=r"\[dashboard\] public"):
            public.serve(settings_for(folder, public=f"127.0.0.1:{other.getsockname()[1]}"))


@contextmanager
def served(folder: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    port = free_port()
    file = folder / "carrel.toml"
    file.write_text(
        f'[library]\nname = "Anytown Public Library"\ncontact = "privacy@anytown.example"\n[data]\ndir = "{folder}"\n'
        f'[dashboard]\npublic = "127.0.0.1:{port}"\n[[site]]\nid = "anytown"\nname = "Anytown catalog"\n'
        'kind = "catalog"\ndomains = ["anytown.bibliocommons.com"]\n'
    )
    command = [sys.executable, "-P", "-m", "deploy.cli", "dashboard", "--public", "--config", str(file)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                time.sleep(0.05)
        yield process, f"http://127.0.0.1:{port}/"
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def test_the_command_serves_says_nothing_and_ends_on_sigterm(folder: Path) -> None:
    with served(folder) as (process, here):
        assert httpx.get(here).status_code == 200
        assert httpx.get(f"{here}secret-reading").status_code == 404
        process.terminate()
        output, _ = process.communicate(timeout=10)
        assert (process.returncode, output) == (0, "")


@pytest.mark.skipif(not CHROMIUM, reason="needs Chromium")
def test_it_fits_asks_nobody_and_has_no_barrier(folder: Path) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")
    from playwright.sync_api import sync_playwright

    elsewhere: list[str] = []
    complaints: list[str] = []
    with served(folder) as (_, here), sync_playwright() as play:
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
        chromium = play.chromium.launch(executable_path=CHROMIUM, args=["--disable-background-networking", *sandbox])
        for width, scheme in ((1280, "light"), (390, "dark"), (320, "light")):
            for bypass in (False, True):  # axe-core is itself a script, which the policy would not let in
                context = chromium.new_context(
                    viewport={"width": width, "height": 900}, color_scheme=scheme, bypass_csp=bypass
                )
                page = context.new_page()
                page.on("request", lambda one: None if one.url.startswith(here) else elsewhere.append(one.url))
                page.on("console", lambda said: complaints.append(said.text))
                page.goto(here)
                assert page.evaluate("document.documentElement.scrollWidth") <= width
                if bypass:
                    found = axe.Axe().run(page)
                    assert found.violations_count == 0, found.generate_report()
        chromium.close()
    assert elsewhere == []
    assert complaints == []
