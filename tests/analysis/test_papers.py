"""The report from a site's page: only by a form of ours, one at a time, and a word where it cannot be made."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Collection
from datetime import date

import httpx
import pytest
from datasette.app import Datasette

from analysis.dashboard import papers
from analysis.dashboard.papers import Papers, PapersError

PAGE, FORM = "/-/sites/sciencedirect", "/-/sites/sciencedirect/report"


async def send(
    server: Datasette, fields: dict[str, str], *, token: bool = True, site: str = "same-origin"
) -> httpx.Response:
    transport = httpx.ASGITransport(app=server.app(), client=("127.0.0.1", 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as browser:
        text = (await browser.get(PAGE)).text
        found = re.findall(r'name="csrftoken" value="([^"]+)"', text)
        given = {"csrftoken": found[0]} if token else {}
        return await browser.post(FORM, data={**given, **fields}, headers={"sec-fetch-site": site})


async def test_one_format_is_one_file_of_the_time_that_was_asked_for(filled: Datasette) -> None:
    response = await send(filled, {"since": "2026-11", "until": "2026-11", "format-json": "1"})
    assert response.status_code == 200
    assert response.headers["content-disposition"].startswith('attachment; filename="sciencedirect.json"')
    assert "November 2026" in response.json()["title"]


@pytest.mark.parametrize(
    ("token", "site"),
    [
        pytest.param(False, "same-origin", id="without our token"),
        pytest.param(True, "cross-site", id="from another site"),
    ],
)
async def test_a_form_that_is_not_ours_makes_nothing(filled: Datasette, token: bool, site: str) -> None:
    assert (await send(filled, {"format-json": "1"}, token=token, site=site)).status_code == 403


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({}, id="no format"),
        pytest.param({"since": "2026-13", "format-json": "1"}, id="no month"),
        pytest.param({"since": "2030-01", "format-json": "1"}, id="nothing watched"),
    ],
)
async def test_what_cannot_be_made_leads_back_with_a_word(filled: Datasette, fields: dict[str, str]) -> None:
    response = await send(filled, fields)
    assert response.status_code == 302
    assert response.headers["location"] == f"{PAGE}#make-report"


async def test_a_get_makes_nothing(filled: Datasette) -> None:
    assert (await filled.client.get(FORM)).status_code == 403


async def test_never_two_at_once() -> None:
    begun, over = threading.Event(), threading.Event()

    def slowly(site: str, since: date | None, until: date | None, formats: Collection[str]) -> tuple[str, bytes]:
        begun.set()
        over.wait(10)
        return "r.html", b""

    offered = Papers(slowly, lambda site: ((), ()))
    first = asyncio.create_task(offered.made("a", None, None, ["html"]))
    await asyncio.to_thread(begun.wait, 10)
    with pytest.raises(PapersError, match="Another report"):
        await offered.made("a", None, None, ["html"])
    over.set()
    assert await first == ("r.html", b"")
    assert (await offered.made("a", None, None, ["html"]))[0] == "r.html"


async def test_without_an_offer_there_is_no_form(filled: Datasette, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Make the report</button>" in (await filled.client.get(PAGE)).text
    monkeypatch.setattr(papers, "_offered", {})
    assert "Make the report</button>" not in (await filled.client.get(PAGE)).text
    assert (await filled.client.get(FORM)).status_code == 404
