"""What is taken for a list, and what is not."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from datetime import date

import pytest

from blocklists.intake import RefusedError, examine, refuse_shrunk
from blocklists.rules import parse
from tests.blocklists.listserver import WHOLE, rules

TODAY = date(2026, 11, 24)


@dataclass(frozen=True, slots=True)
class Lines:
    """What a parser would say, made up where only the numbers matter."""

    read: int = 1
    version: str = ""
    skipped: Counter[str] = field(default_factory=Counter)


def test_a_list_is_described_by_what_is_in_it() -> None:
    content = rules(12)
    found = examine(content, "mine", lambda text, name: Lines(12, "202611240642", Counter(cosmetic=2)), TODAY)
    assert (found.rules, found.version, found.skipped) == (12, "202611240642", {"cosmetic": 2})
    assert found.sha256 == hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize("version", ["", "%timestamp%", "x" * 100 + "1", "<b>1</b>", "1\n2"])
def test_a_list_without_a_sensible_version_has_the_day_it_came(version: str) -> None:
    assert examine(rules(1), "mine", lambda text, name: Lines(version=version), TODAY).version == "2026-11-24"


@pytest.mark.parametrize(
    ("path", "words"),
    [
        pytest.param("/html", "it is a web page, not a list", id="a web page called text"),
        pytest.param("/html-late", "it is a web page, not a list", id="a web page behind blanks"),
        pytest.param("/json", "it is data of another kind", id="JSON"),
        pytest.param("/json-list", "it is data of another kind", id="a JSON list"),
        pytest.param("/empty", "it is empty", id="empty"),
        pytest.param("/blank", "it is empty", id="blank"),
        pytest.param("/picture", "it is not UTF-8 text", id="a picture"),
        pytest.param("/nul", "it is not text", id="zeros in text"),
        pytest.param("/zip-within", "it is a packed file", id="gzip that nobody unpacked"),
        pytest.param("/latin-1", "it is not UTF-8 text", id="Latin-1"),
        pytest.param("/utf-16", "it is UTF-16", id="UTF-16"),
    ],
)
def test_what_is_no_list_is_refused_before_it_is_parsed(path: str, words: str) -> None:
    def never(text: str, name: str) -> Lines:
        raise AssertionError

    with pytest.raises(RefusedError, match=words):
        examine(WHOLE[path][1], "mine", never, TODAY)


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        pytest.param(Lines(0), "there is no rule in it", id="no rule"),
        pytest.param(Lines(2, skipped=Counter({"not a rule": 98})), "98 of its lines are no rules", id="hardly a rule"),
    ],
)
def test_text_without_rules_is_refused(lines: Lines, words: str) -> None:
    with pytest.raises(RefusedError, match=words):
        examine(b"some text\n", "mine", lambda text, name: lines, TODAY)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Dear patron,\nthe network is closed\nfor the night.\nGoodbye\n", id="a letter"),
        pytest.param("2026-11-24 06:42:01 GET /list 200\n" * 9, id="a log"),
        pytest.param("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n", id="a certificate"),
        pytest.param("Not Found\n", id="an error"),
    ],
)
def test_text_that_is_no_list_does_not_get_past_the_real_parser(text: str) -> None:
    with pytest.raises(RefusedError, match=r"there is no rule in it|it does not parse"):
        examine(text.encode(), "mine", parse, TODAY)


def test_a_list_that_mostly_hides_parts_of_pages_is_a_list() -> None:
    text = "||tracker.test^\n" + "example.test##.banner\n" * 99
    assert examine(text.encode(), "mine", parse, TODAY).skipped == {"cosmetic": 99}


def test_a_parser_that_gives_up_is_quoted_in_one_line() -> None:
    def parse(text: str, name: str) -> Lines:
        raise ValueError("line 3:\n  what is this")

    with pytest.raises(RefusedError, match=r"\Ait does not parse \(line 3: what is this\)\Z"):
        examine(b"some text\n", "mine", parse, TODAY)


@pytest.mark.parametrize(("now", "refused"), [(79, True), (80, False), (100, False), (300, False)])
def test_a_list_may_lose_a_fifth_of_its_rules_and_no_more(now: int, refused: bool) -> None:
    if refused:
        with pytest.raises(RefusedError, match="it shrank from 100 to 79 rules"):
            refuse_shrunk(now, 100)
    else:
        refuse_shrunk(now, 100)
