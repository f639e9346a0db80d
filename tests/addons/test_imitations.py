"""Look-alikes at the real door: counted without the host, and refused where the library says so."""

from __future__ import annotations

import socket
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from addons.decide.sites import Catalogue
from addons.imitations import Imitations
from addons.ledger import Ledger
from addons.settings import Privacy, Site
from deploy.demo.run import free_port
from tests.addons.program import Program
from tests.addons.visits import rows

SITE = Site("reader", "Reader", domains=("greatreadings.com",))
FALSE = "greatreadings.account-check.net"


async def test_a_clients_visit_is_counted_once_and_without_the_host(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "carrel.db", Privacy(k=1, rare=1))
    ledger.open([SITE], [])
    imitations = Imitations(Catalogue([SITE]), lambda _: False, ledger, refuse=False)
    assert not imitations.refuses("10.0.0.1", FALSE)  # not prepared yet: nothing is an imitation
    await imitations.prepare()
    for client in ("10.0.0.1", "10.0.0.1", "10.0.0.2"):
        assert not imitations.refuses(client, FALSE)
    assert not imitations.refuses("10.0.0.1", "www.greatreadings.com")
    assert not imitations.refuses("10.0.0.1", "news.example.org")
    assert await ledger.flush()
    assert rows(tmp_path / "carrel.db", "select imitated, trick, hits from lookalikes") == [("reader", "label", 2)]
    await ledger.close()
    assert b"account-check" not in (tmp_path / "carrel.db").read_bytes()


async def test_what_our_lists_know_imitates_nobody(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "carrel.db", Privacy(k=1, rare=1))
    ledger.open([SITE], [])
    imitations = Imitations(Catalogue([SITE]), lambda host: host == FALSE, ledger, refuse=True)
    await imitations.prepare()
    assert not imitations.refuses("10.0.0.1", FALSE)
    await ledger.close()


def answer(port: int, request: str) -> str:
    with closing(socket.create_connection(("127.0.0.1", port), 10)) as line:
        line.sendall(request.encode())
        return line.recv(65536).decode("latin-1")


@pytest.mark.parametrize("request_", [f"CONNECT {FALSE}:443 HTTP/1.1", f"GET http://{FALSE}/ HTTP/1.1"])
def test_a_library_may_refuse_them_with_words_that_a_patron_understands(tmp_path: Path, request_: str) -> None:
    port = free_port()
    program = Program(
        tmp_path,
        f'[proxy]\nlisten = "127.0.0.1:{port}"\nhosts = {{ "{FALSE}" = "127.0.0.1:9" }}\n[data]\ndir = "@DATA@"\n'
        '[protect]\nlookalikes = "block"\n[directory]\nuse = false\n'
        f'[[site]]\nid = "reader"\ndomains = ["{SITE.domains[0]}"]\n',
        ("127.0.0.1", port),
    )
    try:
        for _ in range(200):  # until the names are worked out
            said = answer(port, f"{request_}\r\nHost: {FALSE}\r\n\r\n")
            if "imitates" in said:
                break
            time.sleep(0.1)
        assert said.startswith("HTTP/1.1 403 ")
        assert "imitates the name of one of the library" in said
    finally:
        program.stop()
    with closing(sqlite3.connect(program.data / "carrel.db")) as connection:
        assert connection.execute("select imitated, trick, hits from lookalikes").fetchall() == [("reader", "label", 1)]
    assert "account-check" not in program.output()
