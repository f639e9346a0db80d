"""When a site's pages count as broken by protection."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from addons.decide.breakage import SIGNS, Signs, worse
from addons.decide.marks import Exchange
from addons.symptoms import RELOAD, RETRY, Symptom, Symptoms


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param(Signs(200, 4), Signs(50, 20), "errors", id="errors, five times as many"),
        pytest.param(Signs(200, 4), Signs(50, 1), "", id="as before"),
        pytest.param(Signs(200, 0, 10), Signs(60, 0, 30), "reloads", id="reloads"),
        pytest.param(Signs(200, 0, 0, 2), Signs(40, 0, 0, 9), "log_ins", id="log-ins"),
        pytest.param(Signs(19, 0), Signs(500, 400), "", id="nothing to compare with"),
        pytest.param(Signs(500, 0), Signs(19, 19), "", id="too few page loads since"),
        pytest.param(Signs(100, 0), Signs(100, 4), "", id="four of a hundred are no proof"),
        pytest.param(Signs(100_000, 20_000), Signs(100_000, 22_000), "", id="sure, but hardly more"),
        pytest.param(Signs(50, 50), Signs(50, 120), "errors", id="several on one page"),
    ],
)
def test_pages_are_broken_when_a_sign_has_become_frequent_beyond_chance(
    before: Signs, after: Signs, expected: str
) -> None:
    assert worse(before, after) == expected


COUNTS = st.builds(Signs, *(st.integers(0, 5000) for _ in range(4)))


@given(COUNTS, COUNTS)
def test_it_always_has_an_answer_and_a_site_without_more_signs_is_never_broken(before: Signs, after: Signs) -> None:
    assert worse(before, after) in ("", *SIGNS)
    assert worse(before, Signs(max(before.loads, after.loads), before.errors, before.reloads, before.log_ins)) == ""


def exchange(*, status: int = 200, dest: str = "document", method: str = "GET", client: str = "10.0.0.1") -> Exchange:
    return Exchange("a.test", "/", client, method, dest, "none", "", "text/html", status, "text/html", "")


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        pytest.param(exchange(status=500), Symptom(errors=1), id="a page that fails"),
        pytest.param(exchange(status=404, dest="script"), Symptom(errors=1), id="a script that is not there"),
        pytest.param(exchange(status=403, dest="empty"), Symptom(errors=1), id="a request of a script"),
        pytest.param(exchange(status=404, dest="image"), Symptom(), id="a picture that is not there"),
        pytest.param(exchange(), Symptom(), id="a page"),
    ],
)
def test_an_answer_shows_its_own_symptom(one: Exchange, expected: Symptom) -> None:
    assert Symptoms().of(one, "https://a.test/", "home", 1.0) == expected


def test_a_page_loaded_again_at_once_at_the_same_computer_is_a_reload() -> None:
    symptoms = Symptoms()
    assert not symptoms.of(exchange(), "https://a.test/x", "other", 1.0)
    assert not symptoms.of(exchange(client="10.0.0.2"), "https://a.test/x", "other", 2.0), "somebody else"
    assert not symptoms.of(exchange(), "https://a.test/y", "other", 2.0), "another page"
    assert symptoms.of(exchange(), "https://a.test/x", "other", 1.0 + RELOAD) == Symptom(reloads=1)
    assert not symptoms.of(exchange(), "https://a.test/x", "other", 1.0 + RELOAD + RELOAD + 0.1), "later"


def test_a_log_in_sent_again_is_one_that_did_not_work() -> None:
    symptoms = Symptoms()
    post = exchange(method="POST")
    assert not symptoms.of(post, "https://a.test/login", "account", 1.0)
    assert symptoms.of(post, "https://a.test/login", "account", RETRY) == Symptom(log_ins=1)
    assert not symptoms.of(post, "https://a.test/search", "search", 1.0)
    assert not symptoms.of(post, "https://a.test/search", "search", 2.0), "a search sent again is none"
