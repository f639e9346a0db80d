"""What a list is read as: rules in use, rules left out and why, headings and header. Never an exception."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blocklists.lines import Line, read_line
from blocklists.options import RuleError
from blocklists.rules import Parsed, Rule, parse

LIST = """[Adblock Plus 2.0]
! Title: Small list
! Version: 202611240000
! Expires: 4 days
! *** small/general.txt ***
||tracker.test^
/pixel.gif?
! a remark
! ---------- Others ----------!
@@||tracker.test/allowed^
shop.test##.banner
"""


def read(text: str) -> Parsed:
    return parse(text, "small.txt")


def test_a_rule_says_where_it_stands() -> None:
    rule = read(LIST).rule(5)
    assert rule == Rule("||tracker.test^", "small.txt", 6, "small/general.txt")
    assert str(rule) == "small.txt:6 ||tracker.test^"
    assert read(LIST).rule(9).section == "Others"


def test_header_and_counts_are_read() -> None:
    parsed = read(LIST)
    assert (parsed.title, parsed.version, parsed.expires) == ("Small list", "202611240000", "4 days")
    assert parsed.read == 3
    assert parsed.skipped == {"cosmetic": 1}


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        pytest.param("shop.test##.ad", "cosmetic", id="hides an element"),
        pytest.param("shop.test#@#.ad", "cosmetic", id="exception to hiding"),
        pytest.param("##.ad", "cosmetic", id="hides everywhere"),
        pytest.param("shop.test##+js(set, a, b)", "cosmetic", id="scriptlet"),
        pytest.param("shop.test$$script[tag-content]", "cosmetic", id="HTML filter"),
        pytest.param("||a.test^$removeparam=utm", "option removeparam", id="removeparam"),
        pytest.param("||a.test^$csp=script-src 'self'", "option csp", id="csp"),
        pytest.param("||a.test^$redirect-rule=noop.js", "option redirect-rule", id="redirect-rule"),
        pytest.param("@@||a.test^$redirect=noop.js", "option redirect", id="exception to a redirect only"),
        pytest.param("||a.test^$popup", "option popup", id="popups only"),
        pytest.param("@@||a.test^$generichide", "option generichide", id="generichide"),
        pytest.param("||a.test^$method=post", "option method", id="method"),
        pytest.param("||a.test^$frobnicate", "unknown option", id="unknown"),
        pytest.param("||a.test^$third-party,~third-party", "contradicting options", id="nothing is left"),
        pytest.param("||a.test^$domain=/^a/", "domains as an expression", id="domain expression"),
        pytest.param("||a.test^$domain=", "unreadable domain", id="empty domain"),
        pytest.param("$third-party", "names no address", id="no address"),
        pytest.param("|https://$third-party", "names no address", id="a scheme is no address"),
        pytest.param("/(?=a)tracker/", "expression: look-around or named group", id="look-ahead"),
        pytest.param(r"/(tracker)\1/", "expression: back-reference, word boundary or unknown escape", id="reference"),
        pytest.param("/(a|b)+/", "expression: no fixed text in it", id="no text"),
        pytest.param("/tracker(a{300}){300}/", "expression: too large", id="repeats of repeats"),
        pytest.param("/tracker(/", "expression: ends too early", id="broken"),
        pytest.param("some words of a page", "not a rule", id="text"),
        pytest.param("<!DOCTYPE html>", "not a rule", id="a web page"),
        pytest.param("word", "a bare word", id="word"),
        pytest.param("93.184.216.34 shop.test", "entry of a real address", id="hosts file that maps"),
        pytest.param("127.0.0.1 localhost", "name of the computer itself", id="localhost"),
        pytest.param("!#include other.txt", "directive", id="include"),
        pytest.param("||" + "a" * 20_000 + "^", "line too long", id="endless line"),
        pytest.param("||\u2603\u2603..\u00fc^", "not a host name", id="no IDN"),
    ],
)
def test_what_is_not_understood_is_counted_by_reason(line: str, reason: str) -> None:
    parsed = read(line)
    assert parsed.skipped == {reason: 1}
    assert parsed.read == 0


@pytest.mark.parametrize(
    "line",
    [
        "! remark", "!", "# remark", "#", "## remark", "########", "#### Section ####", "[Adblock Plus]",
        "", "   ", "! x ## y",
    ],
)  # fmt: skip
def test_remarks_are_neither_rules_nor_left_out(line: str) -> None:
    parsed = read(line)
    assert (parsed.read, parsed.skipped.total()) == (0, 0)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        pytest.param("0.0.0.0 a.test b.test\tc.test # remark ## x", ["a.test", "b.test", "c.test"], id="several names"),
        pytest.param("127.0.0.1\ta.test", ["a.test"], id="tab"),
        pytest.param("::1 a.test", ["a.test"], id="IPv6"),
        pytest.param("0.0.0.0 Z\u00e4hler.test.", ["xn--zhler-gra.test"], id="IDN and trailing dot"),
        pytest.param("a.test\nb.test", ["a.test", "b.test"], id="plain list of names"),
        pytest.param(
            "||A.Test^\r\n||b.test.^\r\n||c.test^ ", ["a.test", "b.test", "c.test"], id="case, dot, line ends"
        ),
        pytest.param("\ufeff||a.test^", ["a.test"], id="byte order mark"),
        pytest.param("||b\u00fccher.test^", ["xn--bcher-kva.test"], id="IDN"),
        pytest.param("||a.test", ["a.test"], id="without separator"),
        pytest.param("||a.test^*", ["a.test"], id="needless asterisk"),
    ],
)
def test_names_of_hosts_are_found(text: str, names: list[str]) -> None:
    parsed = read(text)
    assert sorted(parsed.indexes[False, False].plain) == names
    assert parsed.read == len(names)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        pytest.param("!#if env_firefox\n||a.test^\n!#endif\n||b.test^", ["b.test"], id="meant for another program"),
        pytest.param(
            "!#if !adguard\n||a.test^\n!#else\n||c.test^\n!#endif\n||b.test^", ["a.test", "b.test"], id="else"
        ),
        pytest.param(
            "!#if false\n!#if true\n||a.test^\n!#endif\n||c.test^\n!#endif\n||b.test^", ["b.test"], id="nested"
        ),
        pytest.param("!#endif\n!#else\n||b.test^", ["b.test"], id="nothing was opened"),
        pytest.param("!#if true && !false || x\n||b.test^", ["b.test"], id="words together, never closed"),
        pytest.param("!#if (true)\n||a.test^", [], id="brackets hold for nobody"),
    ],
)
def test_conditions_are_followed(text: str, names: list[str]) -> None:
    assert sorted(read(text).indexes[False, False].plain) == names


@pytest.mark.parametrize(
    ("line", "body", "options"),
    [
        pytest.param("/a$b/c.js$script", "/a$b/c.js", "script", id="dollar in the path"),
        pytest.param(r"/^https:\/\/a\.test\/x$/$script,3p", r"/^https:\/\/a\.test\/x$/", "script,3p", id="expression"),
        pytest.param("/path/*$image", "/path/*", "image", id="the asterisk keeps it from being an expression"),
        pytest.param("/path/$image", "/path/", "image", id="an expression"),
        pytest.param("*ads.js*", "ads.js", "", id="needless asterisks"),
        pytest.param("/caf\u00e9.js", "/caf%C3%A9.js", "", id="as browsers send it"),
    ],
)  # fmt: skip
def test_a_line_is_taken_apart(line: str, body: str, options: str) -> None:
    found = read_line(line)
    assert (found.body, found.option_text) == (body, options)


def test_two_ways_of_writing_a_rule_have_one_key() -> None:
    def key(text: str) -> str:
        line: Line = read_line(text)
        return line.key

    assert key("||a.test^$script,domain=x.test|y.test") == key("||A.test$from=y.test|x.test,script,badfilter")
    assert key("||a.test^$3p") == key("||a.test^$~1p") == key("||a.test^$third-party")
    assert key("||a.test^") != key("@@||a.test^")


text_like_rules = st.lists(
    st.one_of(
        st.text(max_size=60),
        st.text("|@/^*$.,~=!#[]()\\{}+?: ab1-\u00fc\t", max_size=40),
        st.builds(
            "{}{}{}".format,
            st.sampled_from(["||", "@@||", "|", "", "/", "0.0.0.0 ", "!#if ", "!"]),
            st.text("ab.^*/-|", max_size=20),
            st.sampled_from(["", "$script", "$domain=a|~b", "/$3p", "$badfilter", "$~image,important", "$_,x"]),
        ),
    ),
    max_size=20,
).map("\n".join)


@given(text_like_rules)
@settings(max_examples=400, deadline=None)
def test_no_text_is_too_strange_to_read(text: str) -> None:
    parsed = read(text)
    assert parsed.read >= 0
    again = read(parsed.text)
    assert (again.read, again.skipped, again.indexes) == (parsed.read, parsed.skipped, parsed.indexes)
    for number in range(len(parsed.starts)):
        assert parsed.rule(number).line == number + 1


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("||" + "a." * 9000 + "^", id="labels"),
        pytest.param("/" + "(" * 1000 + "a" + ")" * 1000 + "/", id="brackets"),
        pytest.param("/tracker" + "(a?){50}" * 30 + "/", id="repeats"),
        pytest.param("/tracker" + "(" * 19 + "a{9999}" + "){9999}" * 19 + "/", id="repeats of repeats"),
        pytest.param("! " + "- *" * 6000, id="heading"),
        pytest.param("/a" + "$a" * 9000, id="dollars"),
        pytest.param("||a.test^$domain=" + "a|" * 9000, id="domains"),
        pytest.param("!#if " + "!" * 9000 + "true" + "||" * 900, id="condition"),
        pytest.param("\u00fc" * 9000, id="not ASCII"),
    ],
)
def test_a_line_meant_to_hang_us_does_not(line: str) -> None:
    start = time.perf_counter()
    read("\n".join([line] * 50))
    assert time.perf_counter() - start < 5


def test_errors_of_single_lines_stay_one_kind() -> None:
    with pytest.raises(RuleError, match="not a rule"):
        read_line("two words")
