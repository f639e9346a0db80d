# ruff: noqa: E501 (one cookie header, one line)
"""The choice in consent tools' cookies, as the tools write them."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from addons.decide.consent import STATES, state
from blocklists import consent_tools, owners
from blocklists.curated_file import CuratedError

TOOLS = consent_tools.load()
CLOSED = "OptanonAlertBoxClosed=2026-11-24T10:12:14.123Z"


def tcf(*purposes: int, version: int = 2) -> str:
    """A consent string of the IAB's framework with these purposes granted."""
    before = 132 if version == 1 else 152
    bits = f"{version:06b}" + "1" * 5 + "0" * (before - 11)
    bits += "".join("1" if purpose in purposes else "0" for purpose in range(1, 25)) + "0" * 60
    bits += "0" * (-len(bits) % 6)
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return "".join(letters[int(bits[at : at + 6], 2)] for at in range(0, len(bits), 6)) + ".YAAAAAAAAAAA"


def b64(value: object) -> str:
    return base64.b64encode(json.dumps(value).encode()).decode()


def js(value: object) -> str:
    return quote(json.dumps(value, separators=(",", ":")))


def onetrust(groups: str) -> str:
    return f"OptanonConsent=isGpcEnabled=1&datestamp=Tue+Nov+24&version=202406.1.0&groups={quote(groups)}&AwaitingReconsent=false"


def cookiebot(statistics: str, marketing: str, method: str = "explicit") -> str:
    text = (
        f"{{stamp:'x==',necessary:true,preferences:false,statistics:{statistics},marketing:{marketing},"
        f"method:'{method}',ver:1,utc:1732451180123,region:'de'}}"
    )
    return f"CookieConsent={quote(text)}"


CASES = [
    ("", "unknown", "nothing"),
    ("JSESSIONID=4711; lang=en", "unknown", "no tool"),
    # OneTrust
    (onetrust("C0001:1,C0002:1,C0003:1,C0004:1") + f"; {CLOSED}", "accepted", "OneTrust all"),
    (onetrust("C0001:1,C0002:0,C0003:0,C0004:0") + f"; {CLOSED}", "refused", "OneTrust necessary only"),
    (onetrust("C0001:1,C0002:0,C0003:1,C0004:0") + f"; {CLOSED}", "refused", "OneTrust functional only"),
    (onetrust("C0001:1,C0002:1,C0003:0,C0004:0") + f"; {CLOSED}", "accepted", "OneTrust analytics only"),
    (onetrust("1:1,2:0,3:0,4:0") + f"; {CLOSED}", "refused", "OneTrust old numbers"),
    (onetrust("C0001:1,BG12:1") + f"; {CLOSED}", "accepted", "OneTrust own group"),
    (onetrust("C0001:1,C0002:1,C0004:1"), "undecided", "OneTrust before a choice"),
    (f"OptanonConsent=version%3D202406.1.0; {CLOSED}", "unknown", "OneTrust without groups"),
    (f"eupubconsent-v2={tcf(1, 7)}; " + onetrust("C0001:1") + f"; {CLOSED}", "accepted", "OneTrust with TCF"),
    # Cookiebot
    (cookiebot("true", "true"), "accepted", "Cookiebot all"),
    (cookiebot("true", "false"), "accepted", "Cookiebot statistics"),
    (cookiebot("false", "false"), "refused", "Cookiebot necessary"),
    (cookiebot("true", "true", "implied"), "undecided", "Cookiebot implied"),
    ("CookieConsent=0", "refused", "Cookiebot 0"),
    ("CookieConsent=-1", "undecided", "Cookiebot out of region"),
    # TrustArc
    (
        "notice_behavior=expressed,eu; notice_gdpr_prefs=0,1,2:; notice_preferences=2:; cmapi_cookie_privacy=permit 1,2,3",
        "accepted",
        "TrustArc all",
    ),
    (
        "notice_behavior=expressed,eu; notice_gdpr_prefs=0:; notice_preferences=0:; cmapi_cookie_privacy=permit 1 required",
        "refused",
        "TrustArc required",
    ),
    ("notice_gdpr_prefs=0|1|2:; cmapi_cookie_privacy=permit_1|2|3; notice_preferences=2:", "accepted", "TrustArc bars"),
    ("notice_gdpr_prefs=0::implied,eu; notice_preferences=0:", "refused", "TrustArc suffix"),
    ("notice_behavior=implied,us; cmapi_cookie_privacy=permit 1,2,3", "undecided", "TrustArc implied"),
    ("notice_behavior=expressed,eu", "undecided", "TrustArc before a choice"),
    # Osano
    (
        f"osano_consentmanager={js({'ESSENTIAL': 'ACCEPT', 'ANALYTICS': 'ACCEPT', 'MARKETING': 'DENY'})}",
        "accepted",
        "Osano readable",
    ),
    (
        f"osano_consentmanager={js({'ESSENTIAL': 'ACCEPT', 'ANALYTICS': 'DENY', 'MARKETING': 'DENY'})}",
        "refused",
        "Osano denied",
    ),
    (
        "osano_consentmanager=t5e_8v4OumSWIPLrZ4C41VM5pbZtizjk9iq9tINRny; osano_consentmanager_uuid=4be6aa08",
        "unknown",
        "Osano encrypted",
    ),
    ("cookieconsent_status=allow", "accepted", "Osano banner"),
    ("cookieconsent_status=deny", "refused", "Osano banner denied"),
    ("cookieconsent_status=dismiss", "undecided", "Osano banner dismissed"),
    # Didomi
    (
        f"didomi_token={b64({'user_id': 'u', 'purposes': {'enabled': ['analytics-1', 'cookies'], 'disabled': []}, 'version': 2})}",
        "accepted",
        "Didomi",
    ),
    (
        f"didomi_token={b64({'user_id': 'u', 'purposes': {'enabled': [], 'disabled': ['cookies']}, 'version': 2})}",
        "refused",
        "Didomi refused",
    ),
    (f"didomi_token={b64({'user_id': 'u', 'created': 'x', 'version': 2})}", "undecided", "Didomi before a choice"),
    ("didomi_token=%%%", "unknown", "Didomi broken"),
    # TCF
    (f"euconsent-v2={tcf(*range(1, 11))}", "accepted", "TCF all"),
    (f"euconsent-v2={tcf()}", "refused", "TCF none"),
    (f"euconsent-v2={tcf(8)}", "accepted", "TCF measurement"),
    (f"euconsent={tcf(1, 5, version=1)}", "accepted", "TCF 1"),
    (f"euconsent={tcf(version=1)}", "refused", "TCF 1 none"),
    ("euconsent-v2=C", "unknown", "TCF too short"),
    # Others
    ("uc_user_interaction=false", "undecided", "Usercentrics"),
    (f"klaro={js({'matomo': True, 'session': True})}", "accepted", "Klaro"),
    (f"klaro={js({'matomo': False, 'own-thing': False, 'session': True})}", "refused", "Klaro refused"),
    (
        "cookieyes-consent=consentid:abc,consent:yes,action:yes,necessary:yes,functional:yes,analytics:yes,performance:yes,advertisement:yes",
        "accepted",
        "CookieYes",
    ),
    (
        "cookieyes-consent=consentid:abc,consent:no,action:yes,necessary:yes,functional:no,analytics:no,performance:no,advertisement:no",
        "refused",
        "CookieYes refused",
    ),
    (
        "cookieyes-consent=consentid:abc,consent:,action:,necessary:yes,functional:no,analytics:no",
        "undecided",
        "CookieYes before a choice",
    ),
    ("cookielawinfo-checkbox-analytics=yes; viewed_cookie_policy=yes", "accepted", "CookieYes old"),
    ("cookielawinfo-checkbox-analytics=yes", "undecided", "CookieYes old before a choice"),
    ("cmplz_banner-status=dismissed; cmplz_statistics=allow; cmplz_marketing=deny", "accepted", "Complianz"),
    (
        "cmplz_banner-status=dismissed; cmplz_statistics=deny; cmplz_marketing=deny; cmplz_policy_id=12",
        "refused",
        "Complianz refused",
    ),
    ("cmplz_policy_id=12", "undecided", "Complianz before a choice"),
    (
        f"CookieControl={js({'necessaryCookies': ['a'], 'optionalCookies': {'analytics': 'accepted'}, 'interactedWith': True})}",
        "accepted",
        "Civic",
    ),
    (
        f"CookieControl={js({'necessaryCookies': ['a'], 'optionalCookies': {'analytics': 'revoked'}, 'interactedWith': True})}",
        "refused",
        "Civic refused",
    ),
    (
        f"cookiefirst-consent={js({'necessary': True, 'performance': False, 'functional': True, 'advertising': False})}",
        "refused",
        "CookieFirst",
    ),
    (f"cc_cookie={js({'categories': ['necessary', 'analytics'], 'revision': 0})}", "accepted", "open source"),
    (f"cc_cookie={js({'categories': ['necessary'], 'revision': 0})}", "refused", "open source refused"),
    (
        f"_iub_cs-1234567={js({'timestamp': 'x', 'purposes': {'1': True, '4': False, '5': False}})}",
        "refused",
        "iubenda",
    ),
    ("__hs_cookie_cat_pref=1:true,2:false,3:true", "accepted", "HubSpot"),
    ("__hs_cookie_cat_pref=1:false,2:false,3:true", "refused", "HubSpot refused"),
    ("tarteaucitron=!gtag=wait!analytics=false", "undecided", "tarteaucitron"),
    (
        f"ppms_privacy_1a={js({'visitorId': 'x', 'consents': {'analytics': {'status': 0}, 'remarketing': {'status': 0}}})}",
        "refused",
        "Piwik PRO",
    ),
    ("TC_PRIVACY=0%40012%7C26%7C42%40%404%401%2C2%40%401592900933049", "accepted", "TrustCommander"),
    (f"cookieConsent={js({'Essential': 1, 'Analytics': 0})}", "refused", "Aspen"),
    # Several tools
    (f"CookieConsent=0; euconsent-v2={tcf(1, 2, 3)}", "accepted", "two tools that disagree"),
]


@pytest.mark.parametrize(("header", "expected"), [pytest.param(h, e, id=name) for h, e, name in CASES])
def test_the_choice_is_read(header: str, expected: str) -> None:
    assert state(header, TOOLS) == expected


def test_a_mapping_is_read_as_a_header_is() -> None:
    assert state({"CookieConsent": "0"}, TOOLS) == "refused"


def test_a_tool_that_the_pages_ask_for_is_undecided_without_a_cookie() -> None:
    tool = TOOLS.tool_of("cdn.cookielaw.org")
    assert tool is not None
    assert state("", TOOLS, {tool.name}) == "undecided"
    assert state(onetrust("C0001:1,C0004:0") + f"; {CLOSED}", TOOLS, {tool.name}) == "refused"


def test_a_tool_that_keeps_the_choice_out_of_sight_says_nothing() -> None:
    tool = TOOLS.tool_of("app.usercentrics.eu")
    assert tool is not None
    assert state("", TOOLS, {tool.name}) == "unknown"


def test_every_tools_host_is_a_consent_service_where_the_lists_know_it() -> None:
    knowledge = owners.load()
    for tool in TOOLS.tools:
        for host in tool.hosts:
            if match := knowledge.service_of(host):
                assert match[0].category == "consent", host


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        pytest.param('[[rule]]\ntool="X"\ncookie="a"\nreader="words"', "not the name of a", id="no such tool"),
        pytest.param(
            '[[tool]]\nname="X"\nkeeps="cookie"\n[[rule]]\ntool="X"\ncookie="a"\nreader="words"\naccepted="("',
            "no regular",
            id="pattern",
        ),
        pytest.param(
            '[[tool]]\nname="X"\nkeeps="cookie"\n[[rule]]\ntool="X"\ncookie="*"\nreader="words"', r"one \*", id="all"
        ),
    ],
)
def test_a_wrong_table_is_refused_with_its_place(tmp_path: Path, text: str, complaint: str) -> None:
    (tmp_path / "consent-tools.toml").write_text(f'version = "2026-11-24"\n{text}\n')
    with pytest.raises(CuratedError, match=rf"consent-tools\.toml: rule .*{complaint}"):
        consent_tools.load(tmp_path)


NAMES = st.sampled_from([rule.cookie.replace("*", "1") for rule in TOOLS.rules] + ["OptanonAlertBoxClosed"])
VALUES = st.one_of(
    st.text(max_size=80),
    st.recursive(
        st.booleans() | st.integers() | st.text(max_size=9),
        lambda s: st.lists(s) | st.dictionaries(st.text(max_size=9), s),
    ).map(json.dumps),
    st.just("[" * 10_000),
    st.just("C" * 16_000),
    st.just('{"a":' * 3000),
)


@given(st.dictionaries(NAMES, VALUES, max_size=6))
def test_any_value_gives_one_of_four_words(cookies: dict[str, str]) -> None:
    assert state(cookies, TOOLS) in STATES
