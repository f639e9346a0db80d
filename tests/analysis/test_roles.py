"""Two passwords: admin reads and decides, staff reads and decides nothing. Through the whole application."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from datasette_auth_passwords.utils import hash_password

from deploy import dashboard
from tests.analysis.conftest import settings_for
from tests.analysis.test_dashboard import HASH, PASSWORD
from tests.analysis.test_decisions import ALL, FORM, SITE, WRITES, browser, rows, token

READER = "may look"
STAFF_HASH = hash_password(READER, salt="other", iterations=1000)
BOTH = {"password_hash": HASH, "staff_password_hash": STAFF_HASH}


async def log_in(one: httpx.AsyncClient, name: str, password: str) -> httpx.Response:
    given = {"username": name, "password": password, "csrftoken": await token(one, "/-/login")}
    return await one.post("/-/login", data=given)


@pytest.mark.parametrize("client", ["192.0.2.7", "127.0.0.1"])
@pytest.mark.parametrize(
    "keys", [pytest.param(BOTH, id="both"), pytest.param({"staff_password_hash": STAFF_HASH}, id="staff alone")]
)
async def test_staff_read_everything_and_decide_nothing(database: Path, keys: dict[str, str], client: str) -> None:
    before = [rows(database, sql) for sql in ALL]
    async with browser(database, (client, 4000), **keys) as one:
        assert (await one.get(SITE)).status_code == 302
        assert (await log_in(one, "staff", READER)).status_code == 302
        shown = await one.get(SITE)
        assert shown.status_code == 200
        assert "Allow for a time" not in shown.text
        assert "Protect again" not in shown.text
        assert (await one.get("/carrel/page_loads.json")).status_code == 200
        refused = await one.get(FORM)
        assert refused.status_code == 403
        assert "log in as admin" in refused.text
        own = one.cookies["ds_csrftoken"]
        for path, data in WRITES.items():
            for given in (data, {**data, "csrftoken": own}):
                assert (await one.post(path, data=given)).status_code == 403, path
        basic = httpx.BasicAuth("staff", READER)
        one.cookies.clear()
        for path, data in WRITES.items():
            assert (await one.post(path, data=data, auth=basic)).status_code == 403, path
    assert [rows(database, sql) for sql in ALL] == before


@pytest.mark.parametrize("name", ["admin", "root"])
async def test_admin_decides_also_under_the_former_name(database: Path, name: str) -> None:
    async with browser(database, ("192.0.2.7", 4000), **BOTH) as one:
        assert (await log_in(one, name, PASSWORD)).status_code == 302
        assert "Allow for a time" in (await one.get(SITE)).text
        sent = await one.post("/-/allow", data={**WRITES["/-/allow"], "csrftoken": await token(one)})
        assert sent.status_code == 302


async def test_a_password_opens_its_own_account_only(database: Path) -> None:
    async with browser(database, **BOTH) as one:
        for name, password in (("admin", READER), ("root", READER), ("staff", PASSWORD), ("nobody", READER)):
            wrong = await log_in(one, name, password)
            assert wrong.status_code == 200
            assert "That is not the password of this role." in wrong.text
            assert (await one.get("/")).status_code == 302


async def test_the_log_in_page_asks_for_a_role_only_where_there_are_two(database: Path) -> None:
    async with browser(database, **BOTH) as one:
        assert (await one.get("/-/login")).text.count('type="radio"') == 2
    for key, name in (("password_hash", "admin"), ("staff_password_hash", "staff")):
        async with browser(database, **{key: BOTH[key]}) as one:
            page = (await one.get("/-/login")).text
            assert 'type="radio"' not in page
            assert f'name="username" value="{name}"' in page


async def test_a_session_whose_account_is_gone_opens_nothing(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATASETTE_SECRET", "s" * 32)  # so that both processes sign with the same
    before = dashboard.datasette(settings_for(database.parent, **BOTH))
    cookies = {name: before.sign({"a": {"id": name}}, "actor") for name in ("staff", "admin", "root")}
    after = dashboard.datasette(settings_for(database.parent, staff_password_hash=STAFF_HASH))
    after._secret = before._secret
    transport = httpx.ASGITransport(app=after.app())
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as one:
        status = {name: (await one.get(SITE, cookies={"ds_actor": sign})).status_code for name, sign in cookies.items()}
        assert status["staff"] == 200
        assert 200 not in (status["admin"], status["root"])
        for sign in cookies.values():
            assert (
                await one.post("/-/protect", data=WRITES["/-/protect"], cookies={"ds_actor": sign})
            ).status_code == 403


@pytest.mark.parametrize(
    "given", ["plain text", "pbkdf2_sha256$many$a$b", "pbkdf2_sha256$1000$a", "pbkdf2_sha256$\u0663$a$b", "x$1$a$b"]
)
@pytest.mark.parametrize("key", BOTH)
def test_what_is_no_hash_is_said(database: Path, key: str, given: str) -> None:
    with pytest.raises(dashboard.DashboardError, match=rf"\[dashboard\] {key}: is not a hash"):
        dashboard.check_access(settings_for(database.parent, **{key: given}))


@pytest.mark.parametrize("key", BOTH)
def test_either_password_is_enough_to_listen_anywhere(database: Path, key: str) -> None:
    dashboard.check(settings_for(database.parent, listen="0.0.0.0:8001", **{key: BOTH[key]}))
