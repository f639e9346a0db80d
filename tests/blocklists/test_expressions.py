"""Expressions of lists are matched as Python's own engine matches them, only without its bad days."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blocklists.expressions import Expression, ExpressionError

atoms = st.sampled_from(["a", "b", ".", r"\.", r"\d", r"\w", "[ab]", "[^a]", "[0-9b-]", r"\/", "B", "1", "-"])
repeats = st.sampled_from(["", "", "", "*", "+", "?", "{2}", "{1,}", "{0,2}", "+?"])
pieces = st.recursive(
    st.builds("{}{}".format, atoms, repeats),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map("".join),
        st.builds("({}|{}){}".format, inner, inner, repeats),
        st.builds("(?:{}){}".format, inner, repeats),
    ),
    max_leaves=6,
)
expressions = st.builds("{}{}{}".format, st.sampled_from(["", "", "^"]), pieces, st.sampled_from(["", "", "$"]))


def expression_or_reason(text: str, match_case: bool) -> Expression | str:
    try:
        return Expression(text, match_case=match_case)
    except ExpressionError as error:
        return str(error)


@given(expressions, st.text("abB1./-", max_size=12), st.booleans())
@settings(max_examples=1500, deadline=None)
def test_it_finds_what_re_finds(text: str, address: str, match_case: bool) -> None:
    expression = expression_or_reason(text, match_case)
    if isinstance(expression, str):
        assert expression in {"fits anything", "too large"}
        return
    subject = address if match_case else address.lower()
    wanted = re.search(text, subject, re.ASCII | (0 if match_case else re.IGNORECASE)) is not None
    assert expression.found_in(subject) == wanted
    if wanted:
        assert all(literal in subject.lower() for literal in expression.literals)


@pytest.mark.parametrize("text", [r"(a+)+b", r"(a|a)*b", r"(a*)*(a*)*b", r".*a.*a.*a.*a.*b", r"(?:a?){99}a{99}b"])
def test_no_expression_is_slow(text: str) -> None:
    start = time.perf_counter()
    assert not Expression(text + "X").found_in("a" * 4096)
    assert time.perf_counter() - start < 2


@given(st.text(max_size=40) | st.text("ab()[]{}*+?|\\^$-0,", max_size=40))
@settings(max_examples=500, deadline=None)
def test_any_text_is_an_expression_or_refused(text: str) -> None:
    expression = expression_or_reason(text, False)
    if isinstance(expression, Expression):
        expression.found_in("https://a.test/b?c=0")
