"""Digests reach a mail server and a webhook on this computer; nothing is told twice, and no secret is said."""

from __future__ import annotations

import json
import stat
import threading
from collections.abc import Iterator
from datetime import date, timedelta
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from click.testing import CliRunner

from addons.settings import Settings, parse
from analysis.alerts.kinds import Alert
from deploy import telling
from deploy.cli_alerts import alerts
from deploy.demo.run import free_port
from tests.analysis import library

TODAY = date(2026, 11, 24)
SECRET = "s3cr3t-canary"
NEW = Alert("newcomer", "2026-11", "t.example is new on Site", "First counted in November 2026.", "s", "t.example")
OTHER = Alert("contract", "2026-11-20", "The contract for Site ends", "Less than 90 days are left.", "s")


class Mail:
    def __init__(self) -> None:
        self.got: list[bytes] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802  # aiosmtpd's name
        self.got.append(envelope.content)
        return "250 OK"


class Hook(ThreadingHTTPServer):
    status = 200

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.got: list[tuple[dict[str, str], bytes]] = []


class Answer(BaseHTTPRequestHandler):
    server: Hook

    def do_POST(self) -> None:  # http.server's name
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.got.append((dict(self.headers), body))
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, *_: Any) -> None: ...


@pytest.fixture
def mail() -> Iterator[tuple[Mail, int]]:
    handler, port = Mail(), free_port()
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    yield handler, port
    controller.stop()


@pytest.fixture
def hook() -> Iterator[Hook]:
    server = Hook()
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def settings(folder: Path, *to: str, digest: str = "daily") -> Settings:
    table = {"library": {"name": "Anytown"}, "data": {"dir": str(folder)}, "alerts": {"to": list(to), "digest": digest}}
    return parse(table, None)


def webhook(hook: Hook) -> str:
    return f"json://user:{SECRET}@127.0.0.1:{hook.server_port}/{SECRET}"


def by_mail(port: int) -> str:
    return f"mailto://127.0.0.1:{port}?from=carrel@library.test&to=it@library.test&mode=insecure"


def test_a_digest_arrives_by_mail_and_names_no_other_host(mail: tuple[Mail, int], tmp_path: Path) -> None:
    handler, port = mail
    sent = telling.send(settings(tmp_path, by_mail(port)), [NEW, OTHER], TODAY)
    assert [one.reached for one in sent.told] == [True]
    message = message_from_bytes(handler.got[0], policy=policy.default)
    assert message["subject"] == "Carrel at Anytown: 2 alerts"
    text = "".join(part.get_content() for part in message.walk() if part.get_content_maintype() == "text")
    assert NEW.title in text
    assert OTHER.text in text
    assert not [word for word in (b"http", b"github", b"<img", b"apprise") if word in handler.got[0].lower()]


def test_a_digest_arrives_at_a_webhook_and_names_no_other_host(hook: Hook, tmp_path: Path) -> None:
    telling.send(settings(tmp_path, webhook(hook)), [NEW], TODAY)
    ((headers, body),) = hook.got
    found = json.loads(body)
    assert found["title"] == "Carrel at Anytown: 1 alert"
    assert NEW.text in found["message"]
    assert not found.get("attachments")
    assert not [word for word in (b"http", b"github", b"apprise") if word in body.lower()]
    assert headers["User-Agent"] == "Carrel"


def test_nothing_is_told_twice_and_nothing_new_is_not_sent(hook: Hook, tmp_path: Path) -> None:
    given = settings(tmp_path, webhook(hook))
    telling.send(given, [NEW], TODAY)
    later = TODAY + timedelta(days=1)
    assert telling.send(given, [NEW], later).told == ()
    assert telling.send(given, [NEW, OTHER], later).number == 1
    assert len(hook.got) == 2
    assert NEW.title.encode() not in hook.got[1][1]
    state = tmp_path / telling.STATE
    assert stat.S_IMODE(state.stat().st_mode) == 0o600
    for word in (SECRET, "t.example", "Site", ":00"):
        assert word not in state.read_text()


def test_what_could_not_be_sent_is_tried_again(hook: Hook, tmp_path: Path) -> None:
    given = settings(tmp_path, webhook(hook))
    hook.status = 500
    (failed,) = telling.send(given, [NEW], TODAY).told
    assert failed.reason == "it answered with an error"
    hook.status = 200
    assert telling.send(given, [NEW], TODAY).told[0].reached


def test_one_that_fails_does_not_make_others_hear_it_twice(hook: Hook, tmp_path: Path) -> None:
    given = settings(tmp_path, webhook(hook), f"json://127.0.0.1:{free_port()}")
    assert [one.reason for one in telling.send(given, [NEW], TODAY).told] == ["", "nothing listens there"]
    assert [one.reached for one in telling.send(given, [NEW], TODAY + timedelta(days=1)).told] == [False]
    assert len(hook.got) == 1


@pytest.mark.parametrize(
    ("digest", "days", "due"), [("daily", 0, False), ("daily", 1, True), ("weekly", 6, False), ("weekly", 7, True)]
)
def test_a_digest_comes_no_more_often_than_asked(hook: Hook, tmp_path: Path, digest: str, days: int, due: bool) -> None:
    given = settings(tmp_path, webhook(hook), digest=digest)
    telling.send(given, [NEW], TODAY)
    assert bool(telling.send(given, [NEW, OTHER], TODAY + timedelta(days=days)).told) is due


def test_what_is_over_and_comes_again_is_new(hook: Hook, tmp_path: Path) -> None:
    given = settings(tmp_path, webhook(hook))
    for day, present in enumerate(([NEW], [], [NEW])):
        telling.send(given, present, TODAY + timedelta(days=day))
    assert len(hook.got) == 2


def test_a_damaged_memory_tells_again(hook: Hook, tmp_path: Path) -> None:
    (tmp_path / telling.STATE).write_text("[1")
    assert telling.send(settings(tmp_path, webhook(hook)), [NEW], TODAY).told[0].reached


def test_the_test_says_who_was_reached_and_no_secret(
    hook: Hook, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    addresses = [
        webhook(hook),
        f"tgram://123456789:{SECRET}abcdefghijklmnopqrstuvwxyz0/1",
        f"json://u:{SECRET}@127.0.0.1:{free_port()}",
        f"nosuch://{SECRET}",
    ]
    file = tmp_path / "carrel.toml"
    file.write_text(
        f"[data]\ndir = {json.dumps(str(tmp_path))}\n[alerts]\nto = {json.dumps([addresses[0], *addresses[2:]])}\n"
    )
    result = CliRunner().invoke(alerts, ["test", "--config", str(file)])
    assert result.exit_code == 1
    lines = result.output.splitlines()
    assert lines[0].endswith(f"(json, 127.0.0.1:{hook.server_port}): reached")
    assert lines[1].endswith("not reached: nothing listens there")
    assert lines[2].startswith("address 3: not reached: this address is not understood")
    labels = "".join(one.label for one in telling._addresses(addresses))
    for text in (result.output, caplog.text, labels):
        assert SECRET not in text
        assert "123456789" not in text


def test_send_and_list_on_a_real_database(hook: Hook, tmp_path: Path) -> None:
    library.make(tmp_path / "carrel.db")
    file = tmp_path / "carrel.toml"
    file.write_text(f"[data]\ndir = {json.dumps(str(tmp_path))}\n[alerts]\nto = [{json.dumps(webhook(hook))}]\n")
    shown = CliRunner().invoke(alerts, ["--config", str(file)])
    listed = CliRunner().invoke(alerts, ["list", "--config", str(file)])
    assert (listed.exit_code, "put back to observing" in listed.output) == (0, True)
    assert shown.exit_code in (0, 2)
    sent = CliRunner().invoke(alerts, ["send", "--config", str(file)])
    assert (sent.exit_code, "reached" in sent.output) == (0, True)
    again = CliRunner().invoke(alerts, ["send", "--config", str(file)])
    assert again.output == "nothing new, or not due yet: nothing was sent\n"
    assert len(hook.got) == 1


def test_without_addresses_it_says_what_to_write(tmp_path: Path) -> None:
    file = tmp_path / "carrel.toml"
    file.write_text("")
    result = CliRunner().invoke(alerts, ["send", "--config", str(file)])
    assert result.exit_code == 1
    assert "[alerts] to: is empty" in result.output
