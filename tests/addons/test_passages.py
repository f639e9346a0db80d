"""Which client has, or just had, a connection to which host; and for how long that is remembered."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from addons import passages as module
from addons.passages import BLOCKED, LINGER, STOPPED_UPSTREAM, Passages

HERE, THERE = "10.0.0.1", "10.0.0.2"


def test_an_open_connection_is_seen() -> None:
    passages = Passages()
    passages.begin(HERE, "a.test")
    assert passages.seen(HERE, "a.test", 1e9)


@pytest.mark.parametrize(
    ("client", "host"),
    [pytest.param(THERE, "a.test", id="another client's"), pytest.param(HERE, "b.test", id="another host")],
)
def test_only_this_clients_connection_to_this_host_counts(client: str, host: str) -> None:
    passages = Passages()
    passages.begin(HERE, "a.test")
    assert not passages.seen(client, host, 0.0)


@pytest.mark.parametrize(("after", "seen"), [(0.0, True), (LINGER, True), (LINGER + 0.1, False)])
def test_an_ended_connection_lingers(after: float, seen: bool) -> None:
    passages = Passages()
    passages.begin(HERE, "a.test")
    passages.end(HERE, "a.test", 100.0)
    assert passages.seen(HERE, "a.test", 100.0 + after) is seen


def test_a_host_is_connected_until_its_last_connection_ends() -> None:
    passages = Passages()
    passages.begin(HERE, "a.test")
    passages.begin(HERE, "a.test")
    passages.end(HERE, "a.test", 0.0)
    assert passages.seen(HERE, "a.test", LINGER * 2)
    passages.end(HERE, "a.test", 0.0)
    assert not passages.seen(HERE, "a.test", LINGER * 2)


def test_what_has_lingered_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    passages = Passages()
    for number in range(100):
        passages.begin(HERE, f"{number}.test")
        passages.end(HERE, f"{number}.test", float(number))
    assert len(passages._ended) <= LINGER + 1
    monkeypatch.setattr(module, "_MAX_ENDED", 5)
    for number in range(100):
        passages.begin(HERE, f"{number}.test")
        passages.end(HERE, f"{number}.test", 100.0)
    assert len(passages._ended) == 5


def test_who_watches_is_told_of_each_beginning() -> None:
    told: list[tuple[str, str]] = []
    passages = Passages(lambda client, host: told.append((client, host)))
    passages.begin(HERE, "a.test")
    passages.begin(HERE, "a.test")
    passages.end(HERE, "a.test", 0.0)
    assert told == [(HERE, "a.test")] * 2


@given(st.lists(st.tuples(st.booleans(), st.sampled_from([HERE, THERE]), st.sampled_from(["a.test", "b.test"]))))
def test_beginnings_and_ends_balance(events: list[tuple[bool, str, str]]) -> None:
    passages = Passages()
    left: dict[tuple[str, str], int] = {}
    for begins, client, host in events:
        if begins:
            passages.begin(client, host)
            left[client, host] = left.get((client, host), 0) + 1
        elif left.get((client, host)):
            passages.end(client, host, 0.0)
            left[client, host] -= 1
    for (client, host), number in left.items():
        assert passages.seen(client, host, LINGER * 2) is (number > 0)


def test_a_refused_connection_is_no_connection() -> None:
    passages = Passages()
    assert passages.refused(HERE, "a.test", 100.0) == ""
    passages.refuse(HERE, "a.test", STOPPED_UPSTREAM, 100.0)
    assert not passages.seen(HERE, "a.test", 100.0)
    assert passages.refused(HERE, "a.test", 100.0 + LINGER) == STOPPED_UPSTREAM
    assert passages.refused(HERE, "a.test", 100.1 + LINGER) == ""
    for client, host in ((THERE, "a.test"), (HERE, "b.test")):
        assert passages.refused(client, host, 100.0) == ""


def test_one_connection_that_was_made_outweighs_all_refusals() -> None:
    passages = Passages()
    passages.begin(HERE, "a.test")
    passages.refuse(HERE, "a.test", BLOCKED, 100.0)
    assert passages.refused(HERE, "a.test", 100.0) == ""
    passages.end(HERE, "a.test", 100.0)
    passages.refuse(HERE, "a.test", BLOCKED, 110.0)
    assert passages.refused(HERE, "a.test", 110.0) == ""
    assert passages.refused(HERE, "a.test", 100.1 + LINGER) == BLOCKED


def test_refusals_are_forgotten_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[str, str]] = []
    passages = Passages(lambda client, host: told.append((client, host)))
    for number in range(100):
        passages.refuse(HERE, f"{number}.test", BLOCKED, float(number))
    assert len(passages._refused) <= LINGER + 1
    assert len(told) == 100
    monkeypatch.setattr(module, "_MAX_ENDED", 5)
    for number in range(100):
        passages.refuse(HERE, f"{number}.test", BLOCKED, 100.0)
    assert len(passages._refused) == 5
