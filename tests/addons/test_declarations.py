"""Documents, verdicts, requests: taken down beside a ledger that counts, and kept apart from its counts."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from addons import correspondence, declarations
from addons.beside import StaffError
from addons.declarations import Document, Mention
from addons.ledger import Ledger
from deploy.purge import What, purge
from tests.addons.conftest import OpenLedger
from tests.addons.visits import close, finding, flush, rows, visit

DAY = date(2026, 11, 24)
HOTJAR = Mention("service", "Hotjar", "Hotjar")


def document(**more: str) -> Document:
    ordinary = {
        "site": "news", "sort": "policy", "title": "Privacy\n policy", "version": "1", "address": "https://x.test/",
        "read_on": "2026-11-24", "sha256": "a" * 64, "format": "html", "lists": "trackers 2026-11-24",
    }  # fmt: skip
    return Document(**(ordinary | more))


def decide(path: Path, domain: str = "hotjar.com", status: str = "by name", **more: str) -> None:
    ordinary: dict[str, Any] = {"because": "section 4", "by": "Ada", "today": "2026-11-24"}
    declarations.decide(path, "news", domain, status, **(ordinary | more))


def ask(path: Path, domain: str = "hotjar.com", asked: str = "remove", **more: Any) -> int:
    return correspondence.ask(path, more.pop("site", "news"), domain, asked, **({"asked_on": DAY} | more))


def test_of_a_document_its_marks_and_its_matches_are_kept(ledger_path: Path, open_ledger: OpenLedger) -> None:
    open_ledger()
    declarations.keep(ledger_path, document(), [HOTJAR, HOTJAR, Mention("domain", "x.test", "a.x.test")])
    assert declarations.documents(ledger_path, "news") == (document(title="Privacy policy"),)
    assert rows(ledger_path, "select sort, what, name, written from mentions order by what") == [
        ("policy", "domain", "x.test", "a.x.test"),
        ("policy", "service", "Hotjar", "Hotjar"),
    ]


def test_the_same_file_read_again_replaces_itself_and_another_does_not(
    ledger_path: Path, open_ledger: OpenLedger
) -> None:
    open_ledger()
    declarations.keep(ledger_path, document(), [HOTJAR])
    declarations.keep(ledger_path, document(lists="trackers 2026-12-01"), [])
    declarations.keep(ledger_path, document(sort="cookies"), [])
    declarations.keep(ledger_path, document(sha256="b" * 64), [])
    assert len(declarations.documents(ledger_path, "news")) == 3
    assert rows(ledger_path, "select * from mentions") == []
    assert declarations.forget(ledger_path, "news", "b" * 8) == 1
    assert declarations.forget(ledger_path, "news", "a" * 64) == 2


def test_a_verdict_stands_until_it_is_replaced_or_taken_back(ledger_path: Path, open_ledger: OpenLedger) -> None:
    open_ledger()
    decide(ledger_path, "www.Hotjar.com")
    decide(ledger_path, status="not found", because="it  is gone", document="Policy")
    (verdict,) = declarations.verdicts(ledger_path, "news")
    assert (verdict.third_party, verdict.status, verdict.because) == ("hotjar.com", "not found", "it is gone")
    assert (verdict.document, verdict.declared, verdict.decided_by) == ("Policy", "2026-11-24", "Ada")
    assert declarations.withdraw(ledger_path, "news", "hotjar.com")
    assert not declarations.withdraw(ledger_path, "news", "hotjar.com")
    assert declarations.verdicts(ledger_path, "news") == ()


def test_a_request_keeps_its_number_and_every_answer(ledger_path: Path, open_ledger: OpenLedger) -> None:
    open_ledger()
    assert ask(ledger_path, clause="7.2", wanted_by=date(2026, 12, 31), finding="session-replay") == 1
    assert ask(ledger_path, "tracker.test", "explain") == 2
    assert [one.outcome for one in correspondence.requests(ledger_path)] == ["open", "open"]
    correspondence.answer(ledger_path, 1, "soon", "promised", answered_on=date(2026, 11, 25))
    made = correspondence.answer(ledger_path, 1, "gone", "done", answered_on=date(2026, 12, 1))
    correspondence.answer(ledger_path, 1, "a mail that was found later", "refused", answered_on=DAY)
    assert (made.outcome, made.answer, made.answered_on, made.clause) == ("done", "gone", "2026-12-01", "7.2")
    assert correspondence.requests(ledger_path, "news")[0] == made
    assert correspondence.requests(ledger_path, "news")[0].wanted_by == "2026-12-31"
    assert [one.answer for one in correspondence.answers(ledger_path, 1)][1:] == ["soon", "gone"]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        pytest.param({"site": "nowhere"}, 'no site "nowhere"; known are news', id="site"),
        pytest.param({"domain": "https://x.test/"}, "write a host name only", id="address"),
        pytest.param({"asked": "apologize"}, "ask one of remove, after consent", id="what is asked"),
        pytest.param({"wanted_by": date(2026, 11, 1)}, "wanted before the request", id="days"),
        pytest.param({"clause": "x" * 2001}, "the clause is too long", id="length"),
    ],
)
def test_what_cannot_be_asked_is_said_in_one_line(
    ledger_path: Path, open_ledger: OpenLedger, arguments: dict[str, Any], complaint: str
) -> None:
    open_ledger()
    with pytest.raises(StaffError, match=complaint):
        ask(ledger_path, **arguments)
    assert correspondence.requests(ledger_path) == ()


def test_what_cannot_be_taken_down_is_said_in_one_line(ledger_path: Path, open_ledger: OpenLedger) -> None:
    with pytest.raises(StaffError, match="no database yet"):
        decide(ledger_path)
    open_ledger()
    for text, outcome, day, complaint in (
        ("gone", "perhaps", DAY, "an outcome is one of promised"),
        (" ", "done", DAY, "say what was answered"),
        ("gone", "done", DAY, "no request 7"),
    ):
        with pytest.raises(StaffError, match=complaint):
            correspondence.answer(ledger_path, 7, text, outcome, answered_on=day)
    number = ask(ledger_path)
    with pytest.raises(StaffError, match="cannot be older"):
        correspondence.answer(ledger_path, number, "gone", "done", answered_on=date(2026, 11, 1))
    for more, complaint in (
        ({"status": "maybe"}, "a verdict is one of by name"),
        ({"because": " "}, "needs a reason and a person"),
        ({"by": "x" * 501}, "the name is too long"),
    ):
        with pytest.raises(StaffError, match=complaint):
            decide(ledger_path, **more)
    for wrong, complaint in (
        (document(sort="letter"), "a document is one of policy, cookies, subprocessors"),
        (document(sha256="abc"), "is no SHA-256"),
        (document(title=" "), "needs a title"),
    ):
        with pytest.raises(StaffError, match=complaint):
            declarations.keep(ledger_path, wrong, [])
    with pytest.raises(StaffError, match="first eight"):
        declarations.forget(ledger_path, "news", "a")


def test_counts_go_on_beside_it_and_none_is_lost(ledger_path: Path, open_ledger: OpenLedger) -> None:
    ledger: Ledger = open_ledger(k=2)
    visit(ledger, finding())
    flush(ledger)
    visit(ledger, finding())
    declarations.keep(ledger_path, document(), [HOTJAR])
    ask(ledger_path)
    assert flush(ledger)
    assert rows(ledger_path, "select sum(loads) from page_loads") == [(2,)]
    close(ledger)


def test_a_site_that_is_purged_takes_all_of_it_along(ledger_path: Path, open_ledger: OpenLedger) -> None:
    ledger = open_ledger()
    visit(ledger, finding())
    close(ledger)
    declarations.keep(ledger_path, document(), [HOTJAR])
    decide(ledger_path)
    correspondence.answer(ledger_path, ask(ledger_path), "gone", "done", answered_on=DAY)
    purge(ledger_path, What(sites=("news",)), [])
    for table in ("site", "document", "mention", "disclosure", "request", "answer"):
        assert rows(ledger_path, f"select * from {table}") == []
