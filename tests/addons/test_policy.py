"""The policy header: allows what is the site's own, names everything else, changes nothing on the page."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from addons.decide.policy import HEADER, observing
from addons.settings import DESK, Site

SITE = Site("vendor", "Vendor", domains=("vendor.test", "vendor2.test"), own=("vendor-cdn.test",))


def directives(policy: str) -> dict[str, list[str]]:
    return {words[0]: words[1:] for words in (part.split() for part in policy.split(";"))}


def test_nothing_on_the_page_changes() -> None:
    assert HEADER == "Content-Security-Policy-Report-Only"


def test_reports_go_to_the_desk_under_the_pages_token() -> None:
    assert directives(observing(SITE, "Tok-en_1"))["report-uri"] == [f"https://{DESK}/r/Tok-en_1"]


@pytest.mark.parametrize("directive", ["default-src", "form-action"])
@pytest.mark.parametrize("domain", [*SITE.domains, *SITE.own])
def test_own_hosts_on_any_port_are_not_reported(directive: str, domain: str) -> None:
    sources = directives(observing(SITE, "T"))[directive]
    assert {"'self'", f"{domain}:*", f"*.{domain}:*"} <= set(sources)


@pytest.mark.parametrize("domain", [*SITE.domains, *SITE.own])
def test_own_sockets_are_not_reported(domain: str) -> None:
    assert {f"wss://{domain}:*", f"wss://*.{domain}:*"} <= set(directives(observing(SITE, "T"))["default-src"])


@pytest.mark.parametrize("word", ["'unsafe-inline'", "'unsafe-eval'", "data:", "blob:", "about:"])
def test_what_is_no_contact_is_not_reported(word: str) -> None:
    assert word in directives(observing(SITE, "T"))["default-src"]


@pytest.mark.parametrize("word", ["*", "https:", "http:", "wss:", "ws:"])
def test_nothing_allows_every_host(word: str) -> None:
    policy = directives(observing(SITE, "T"))
    assert word not in policy["default-src"] + policy["form-action"]


@given(st.text("ABCabc012-_", min_size=1))
def test_a_header_is_one_line_of_plain_text(token: str) -> None:
    policy = observing(SITE, token)
    assert policy.isascii()
    assert policy.isprintable()
    assert "," not in policy  # would begin a second policy
    assert list(directives(policy)) == ["default-src", "form-action", "report-uri"]
