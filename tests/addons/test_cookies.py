"""Cookies of known services on a site's own requests, and sign-ins elsewhere: found by table, nothing else leaves."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from addons.decide.cookies import Known, cookie_pairs, known_cookies
from addons.decide.sign_in import provider
from addons.settings import Site
from blocklists import cookies, owners, sign_in
from blocklists.curated_file import CuratedError

TABLE = cookies.load()
KNOWLEDGE = owners.load()
SIGN_INS = sign_in.load()
SITE = Site("press", "Press", domains=("northern.test",), owner="Northern")


@pytest.mark.parametrize(
    ("name", "pattern", "service", "lifetime"),
    [
        ("_ga", "_ga", "Google Analytics", "years"),
        ("_ga_8RX4C0QKJD", "_ga_*", "Google Analytics", "years"),
        ("_gat_UA-1234567-1", "_gat_*", "Google Analytics", "session"),
        ("_gid", "_gid", "Google Analytics", "day"),
        ("_fbp", "_fbp", "Meta Pixel", "month"),
        ("_gcl_au", "_gcl_au", "Google Ads", "month"),
        ("_hjSessionUser_482910", "_hjSessionUser_*", "Hotjar", "year"),
        ("ajs_anonymous_id", "ajs_anonymous_id", "Segment", "year"),
        ("mp_8f14e45fceea167a5a36dedd4bea2543_mixpanel", "mp_*_mixpanel", "Mixpanel", "year"),
        ("AMCV_4D6368F454EC41940A4C98A6%40AdobeOrg", "AMCV_*", "Adobe Experience Cloud", "years"),
        ("s_vi", "s_vi", "Adobe Analytics", "years"),
        ("utag_main", "utag_main", "Tealium", "year"),
        ("_pk_id.3.1f4a", "_pk_id*", "Matomo", "year"),
        ("hubspotutk", "hubspotutk", "HubSpot", "month"),
        ("__hstc", "__hstc", "HubSpot", "month"),
        ("visitor_id482910", "visitor_id*", "Salesforce Pardot", "year"),
        ("visitor_id482910-hash", "visitor_id*-hash", "Salesforce Pardot", "year"),
        ("__cf_bm", "__cf_bm", "Cloudflare", "session"),
    ],
)
def test_a_known_cookie_gives_its_row(name: str, pattern: str, service: str, lifetime: str) -> None:
    assert known_cookies([name], TABLE) == {Known(service, pattern, lifetime)}


@pytest.mark.parametrize(
    "name", ["JSESSIONID", "ga", "_gax", "CGISESSID", "session", "_GA", "mp__mixpanel", "x" * 5000]
)
def test_a_sites_own_cookie_gives_nothing(name: str) -> None:
    assert known_cookies([name], TABLE) == frozenset()


def test_neither_name_nor_value_leaves() -> None:
    found = known_cookies("sid=4711; _ga_SECRET1=GS1.1.999; mp_canary_mixpanel=%7B%22id%22%3A%22jane%22%7D", TABLE)
    assert {row.pattern for row in found} == {"_ga_*", "mp_*_mixpanel"}
    for secret in ("SECRET1", "canary", "999", "jane"):
        assert secret not in repr(found)


def test_the_table_is_large_enough_and_each_pattern_finds_itself() -> None:
    assert len(TABLE.cookies) >= 60
    for cookie in TABLE.cookies:
        found = TABLE.cookie_of(cookie.pattern.replace("*", "x1"))
        assert found is not None
        assert found.service == cookie.service, cookie.pattern


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        pytest.param('pattern="*"\nservice="a"\npurpose="analytics"\nlifetime="day"', "pattern", id="everything"),
        pytest.param('pattern="a*b*c"\nservice="a"\npurpose="analytics"\nlifetime="day"', r"one \*", id="two stars"),
        pytest.param('pattern="abc"\nservice="a"\npurpose="fun"\nlifetime="day"', "purpose", id="purpose"),
        pytest.param('pattern="abc"\nservice="a"\npurpose="analytics"\nlifetime="week"', "lifetime", id="lifetime"),
    ],
)
def test_a_wrong_row_is_refused_with_its_place(tmp_path: Path, text: str, complaint: str) -> None:
    (tmp_path / "cookies.toml").write_text(f'version = "2026-11-24"\n[[cookie]]\n{text}\n')
    with pytest.raises(CuratedError, match=rf"cookies\.toml: cookie .*{complaint}"):
        cookies.load(tmp_path)


@given(st.text())
def test_any_header_is_read(header: str) -> None:
    patterns = {cookie.pattern for cookie in TABLE.cookies}
    assert all(name == name.strip() for name, _ in cookie_pairs(header))
    assert {row.pattern for row in known_cookies(header, TABLE)} <= patterns


def test_a_huge_header_takes_little_time() -> None:
    start = time.perf_counter()
    known_cookies(";".join(f"a{n}=b" for n in range(50_000)), TABLE)
    assert time.perf_counter() - start < 1


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        pytest.param("https://accounts.google.com/o/oauth2/v2/auth?client_id=1", "Google sign-in", id="listed host"),
        pytest.param("https://login.openathens.net/auth/x", "OpenAthens", id="library's"),
        pytest.param("https://www.facebook.com/v18.0/dialog/oauth?client_id=1", "Facebook Login", id="path decides"),
        pytest.param("https://www.facebook.com/anytownlibrary", "", id="the same host's other pages"),
        pytest.param("https://idp.hilltop.test/idp/profile/SAML2/SSO", "Shibboleth, at an institution", id="shib"),
        pytest.param("https://tenant.b2clogin.com/x/oauth2", "Microsoft sign-in", id="tenant"),
        pytest.param("https://id.northern.test/idp/profile/SAML2/Redirect/SSO", "", id="the site's own"),
        pytest.param("https://www.example.test/login", "", id="some other page"),
        pytest.param("about:blank", "", id="no address"),
        pytest.param("https://[", "", id="broken"),
    ],
)
def test_a_hop_to_a_sign_in_is_named(target: str, expected: str) -> None:
    assert provider(SITE, target, KNOWLEDGE, SIGN_INS) == expected
