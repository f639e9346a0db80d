"""What staff decide on the dashboard: written as the command writes it, and by nobody else."""

from __future__ import annotations

import re
import shutil
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest

from addons import beside, decisions
from deploy import dashboard
from tests.analysis.conftest import settings_for
from tests.analysis.test_dashboard import HASH, PASSWORD

FORM = "/-/allow?" + urlencode({"site": "sciencedirect", "third_party": "doubleclick.net"})
SITE = "/-/sites/sciencedirect"
FILLED = {
    "site": "sciencedirect",
    "third_party": "doubleclick.net",
    "length": "2h",
    "reason": "log-in needs it",
    "owner": "Ana",
}
RULES = "select site, third_party, reason, owner, until, since from decision order by site, third_party, until"


def rows(database: Path, sql: str = RULES) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute(sql).fetchall()


@asynccontextmanager
async def browser(
    database: Path, client: tuple[str, int] = ("127.0.0.1", 123), **keys: str
) -> AsyncIterator[httpx.AsyncClient]:
    app = dashboard.application(settings_for(database.parent, **keys))
    transport = httpx.ASGITransport(app=app, client=client)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8001") as one:
        yield one


async def token(one: httpx.AsyncClient, path: str = FORM) -> str:
    return re.findall(r'name="csrftoken" value="([^"]+)"', (await one.get(path)).text)[0]


async def test_the_form_and_the_command_write_equal_rows(database: Path, tmp_path: Path) -> None:
    other = Path(shutil.copy(database, tmp_path / "other.db"))
    async with browser(database) as one:
        sent = await one.post("/-/allow", data={**FILLED, "csrftoken": await token(one)})
        assert sent.status_code == 302
        assert sent.headers["location"] == f"{SITE}#protection"
        shown = (await one.get(SITE)).text
    assert "doubleclick.net is allowed on this site for 2 hours." in shown
    assert "log-in needs it" in shown
    until = next(str(row[4]) for row in rows(database) if row[3] == "Ana")
    end = datetime.strptime(until, "%Y-%m-%dT%H:%MZ").replace(tzinfo=UTC)
    assert timedelta(minutes=118) < end - datetime.now(UTC) <= timedelta(hours=2)
    decisions.allow(
        other, "sciencedirect", "doubleclick.net",
        until=end, reason="log-in needs it", owner="Ana", now=end - timedelta(hours=2),
    )  # fmt: skip
    assert rows(database) == rows(other)


async def test_a_new_rule_takes_the_place_of_the_former(database: Path) -> None:
    async with browser(database) as one:
        assert "A rule for it is in force" not in (await one.get(FORM)).text
        for reason in ("first", "second"):
            sent = await one.post("/-/allow", data={**FILLED, "reason": reason, "csrftoken": await token(one)})
            assert sent.status_code == 302
        assert "A rule for it is in force" in (await one.get(FORM)).text
    assert [row[2] for row in rows(database) if row[1] == "doubleclick.net"] == ["second"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        pytest.param({"reason": "  "}, "say why", id="no reason"),
        pytest.param({"reason": "x" * 501}, "at most 500 characters", id="a reason that is a book"),
        pytest.param({"owner": " "}, "Say who decides", id="nobody"),
        pytest.param({"owner": "x" * 101}, "at most 100 characters", id="a long name"),
        pytest.param({"length": "10y"}, "Choose how long", id="a length of their own"),
        pytest.param({"length": ""}, "Choose how long", id="no length"),
        pytest.param({"third_party": "co.uk"}, "is a public suffix", id="everybody in a country"),
        pytest.param({"third_party": "192.0.2.1"}, "is an IP address", id="an address"),
        pytest.param({"third_party": "(unlisted)"}, "is not a host name", id="nobody's name"),
    ],
)
async def test_the_same_checks_as_the_commands_hold(database: Path, given: dict[str, str], said: str) -> None:
    before = rows(database)
    async with browser(database) as one:
        refused = await one.post("/-/allow", data={**FILLED, **given, "csrftoken": await token(one)})
    assert refused.status_code == 400
    assert said in refused.text
    assert 'role="alert"' in refused.text
    assert rows(database) == before


async def test_a_site_that_is_not_known_is_not_found(database: Path) -> None:
    before = rows(database)
    async with browser(database) as one:
        assert (await one.get("/-/allow?site=nowhere&third_party=a.test")).status_code == 404
        assert (await one.get("/-/allow")).status_code == 404
        given = {**FILLED, "site": "nowhere", "csrftoken": await token(one)}
        assert (await one.post("/-/allow", data=given)).status_code == 404
    assert rows(database) == before


WRITES = {
    "/-/allow": FILLED,
    "/-/allow/end": {"site": "sciencedirect", "third_party": "altmetric.com"},
    "/-/protect": {"site": "sciencedirect"},
}
ALL = (RULES, "select * from protection order by site")


@pytest.mark.parametrize("path", WRITES)
async def test_another_web_page_can_send_nothing(database: Path, path: str) -> None:
    """Not without our cookie (which Datasette alone would let pass), nor with a guess, nor with both from elsewhere."""
    before = [rows(database, sql) for sql in ALL]
    async with browser(database) as one:
        own = await token(one)
        cookies = {"cookie": f"ds_csrftoken={one.cookies['ds_csrftoken']}"}
        one.cookies.clear()
        for data, headers in (
            (WRITES[path], {}),
            ({**WRITES[path], "csrftoken": own}, {}),
            ({**WRITES[path], "csrftoken": "guess"}, cookies),
            ({**WRITES[path], "csrftoken": own}, {**cookies, "sec-fetch-site": "cross-site"}),
            ({**WRITES[path], "csrftoken": own}, {**cookies, "sec-fetch-site": "same-site"}),
        ):
            refused = await one.post(path, data=data, headers=headers)
            assert refused.status_code in (400, 403), (data, headers)
            one.cookies.clear()
        assert [rows(database, sql) for sql in ALL] == before
        sent = await one.post(path, data={**WRITES[path], "csrftoken": own}, headers=cookies)
        assert sent.status_code == 302
    assert [rows(database, sql) for sql in ALL] != before


@pytest.mark.parametrize("path", ["/-/allow/end", "/-/protect"])
async def test_looking_changes_nothing(database: Path, path: str) -> None:
    before = [rows(database, sql) for sql in ALL]
    async with browser(database) as one:
        assert (await one.get(path, params=WRITES[path])).status_code == 403
    assert [rows(database, sql) for sql in ALL] == before


@pytest.mark.parametrize(
    ("client", "headers"),
    [
        pytest.param("192.0.2.7", {}, id="another computer"),
        pytest.param("2001:db8::7", {}, id="another computer, IPv6"),
        pytest.param("127.0.0.1", {"x-forwarded-for": "192.0.2.7"}, id="somebody behind a proxy here"),
        pytest.param("127.0.0.1", {"forwarded": "for=192.0.2.7"}, id="the same, as RFC 7239 says it"),
    ],
)
async def test_without_a_password_only_this_computer_decides(
    database: Path, client: str, headers: dict[str, str]
) -> None:
    before = rows(database)
    async with browser(database, (client, 4000)) as one:
        shown = await one.get(SITE, headers=headers)
        assert shown.status_code == 200
        assert "Allow for a time" not in shown.text
        assert "Protect again" not in shown.text
        assert "carrel protect sciencedirect" in shown.text
        refused = await one.get(FORM, headers=headers)
        assert refused.status_code == 403
        assert "decides nothing here" in refused.text
        assert (await one.post("/-/allow", data=FILLED, headers=headers)).status_code == 403
    assert rows(database) == before


async def test_with_a_password_only_who_is_logged_in_decides_from_anywhere(database: Path) -> None:
    before = rows(database)
    async with browser(database, ("192.0.2.7", 4000), password_hash=HASH) as one:
        for answer in (await one.get(FORM), await one.post("/-/allow", data=FILLED)):
            assert answer.status_code == 302
            assert answer.headers["location"] == "/-/login"
        assert rows(database) == before
        given = {"username": "root", "password": PASSWORD, "csrftoken": await token(one, "/-/login")}
        assert (await one.post("/-/login", data=given)).status_code == 302
        assert "Allow for a time" in (await one.get(SITE)).text
        sent = await one.post("/-/allow", data={**FILLED, "csrftoken": await token(one)})
        assert sent.status_code == 302
    assert len(rows(database)) == len(before) + 1


async def test_a_rule_is_ended_and_stays_in_the_list(database: Path) -> None:
    async with browser(database) as one:
        assert "badges are part of the contract" in (await one.get(SITE)).text
        given = {**WRITES["/-/allow/end"], "csrftoken": await token(one, SITE)}
        assert (await one.post("/-/allow/end", data=given)).status_code == 302
        shown = (await one.get(SITE)).text
    assert "The rule for altmetric.com has ended." in shown
    assert "badges are part of the contract" not in shown
    assert "badges are part of the contract" in {row[2] for row in rows(database)}


async def test_a_site_is_protected_again_as_the_command_does(database: Path, tmp_path: Path) -> None:
    other = Path(shutil.copy(database, tmp_path / "other.db"))
    async with browser(database) as one:
        given = {"site": "sciencedirect", "csrftoken": await token(one, SITE)}
        assert (await one.post("/-/protect", data=given)).status_code == 302
        shown = (await one.get(SITE)).text
    assert "To be protected again" in shown
    assert decisions.protect_again(other, "sciencedirect")
    assert rows(database, ALL[1]) == rows(other, ALL[1])


async def test_a_busy_database_is_said_and_what_was_typed_stays(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(beside, "BUSY_SECONDS", 0.05)
    async with browser(database) as one:
        own = await token(one)
        with closing(sqlite3.connect(database, isolation_level=None)) as writer:
            writer.execute("begin immediate")
            refused = await one.post("/-/allow", data={**FILLED, "csrftoken": own})
            writer.execute("rollback")
        assert "try again in a moment" in refused.text
        assert 'value="log-in needs it"' in refused.text
        assert (await one.post("/-/allow", data={**FILLED, "csrftoken": own})).status_code == 302
