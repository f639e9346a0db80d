"""Imitations of the consent tools: where each comes from, and the cookies that it sets on arrival and for each choice.

Pure. Every site here shows one tool, contacts one third party whatever is chosen, and another after acceptance.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from tests.browser.pages import BODIES, TYPES, Answer, Pages

CARELESS, CAREFUL = "www.google-analytics.com", "connect.facebook.net"
"""Asked on every page; asked once the reader has accepted."""
Cookies = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Banner:
    """The state of the first page is `unknown` for all: no cookie came with it, and no tool was seen yet."""

    name: str
    script: str
    """Address of the tool's program; on the site itself if it starts with /."""
    landing: Cookies
    accepted: Cookies
    refused: Cookies
    before: str = "undecided"
    after: tuple[str, str] = ("accepted", "refused")
    storage: bool = False
    """Whether the choice is kept in local storage, not in cookies."""
    at_once: bool = False
    """Whether accepting asks the careful third party at once, as tag managers do; the others wait for the next page."""

    @property
    def site(self) -> str:
        return f"{self.name}.test"


def tcf(*purposes: int) -> str:
    """A consent string of the IAB's framework, version 2, with these purposes and no vendors."""
    when = 17_324_511_800  # tenths of a second
    fields = (
        (2, 6),
        (when, 36),
        (when, 36),
        (10, 12),
        (3, 12),
        (1, 6),
        (_letters("en"), 12),
        (272, 12),
        (4, 6),
        (1, 1),
        (0, 1),
        (0, 12),
        (sum(1 << (24 - purpose) for purpose in purposes), 24),
        (0, 24),
        (0, 1),
        (_letters("de"), 12),
        (0, 16),
        (0, 1),
        (0, 16),
        (0, 1),
        (0, 12),
    )
    bits = "".join(f"{value:0{length}b}" for value, length in fields)
    bits += "0" * (-len(bits) % 24)
    return base64.urlsafe_b64encode(int(bits, 2).to_bytes(len(bits) // 8)).decode()


def _letters(code: str) -> int:
    return (ord(code[0]) - ord("a")) << 6 | (ord(code[1]) - ord("a"))


def _json(value: object) -> str:
    return quote(json.dumps(value, separators=(",", ":")))


def _onetrust(granted: int) -> str:
    return (
        "isGpcEnabled=0&datestamp=Tue+Nov+24+2026+10%3A00%3A00+GMT%2B0000+(Coordinated+Universal+Time)"
        "&version=202406.1.0&browserGpcFlag=0&isIABGlobal=false&hosts=&consentId=@id@&interactionCount=1"
        f"&landingPath=@here@&groups=C0001%3A1%2CC0003%3A{granted}%2CC0002%3A{granted}%2CC0004%3A{granted}"
    )


def _cookiebot(granted: str) -> str:
    return (
        f"{{stamp:%27@id@%27%2Cnecessary:true%2Cpreferences:{granted}%2Cstatistics:{granted}%2Cmarketing:{granted}"
        "%2Cmethod:%27explicit%27%2Cver:1%2Cutc:1795514400000%2Cregion:%27de%27}"
    )


def _didomi(**choice: Any) -> str:
    when = "2026-11-24T10:00:00.000Z"
    token = {"user_id": "@id@", "created": when, "updated": when, "version": 2, **choice}
    return json.dumps(token)


def _cookieyes(consent: str, action: str, others: str) -> str:
    return (
        f"consentid:@id@,consent:{consent},action:{action},necessary:yes,functional:{others},analytics:{others},"
        f"performance:{others},advertisement:{others},other:{others}"
    )


def _complianz(answer: str) -> Cookies:
    return {
        "cmplz_policy_id": "27",
        "cmplz_consented_services": "",
        "cmplz_functional": "allow",
        "cmplz_preferences": answer,
        "cmplz_statistics": answer,
        "cmplz_marketing": answer,
        "cmplz_banner-status": "dismissed",
    }


CLOSED = "2026-11-24T10:00:00.000Z"
BANNERS = (
    Banner(
        "onetrust",
        "https://cdn.cookielaw.org/scripttemplates/otSDKStub.js",
        {"OptanonConsent": _onetrust(0)},
        {"OptanonConsent": _onetrust(1), "OptanonAlertBoxClosed": CLOSED},
        {"OptanonConsent": _onetrust(0), "OptanonAlertBoxClosed": CLOSED},
        at_once=True,
    ),
    Banner(
        "cookiebot",
        "https://consent.cookiebot.com/uc.js",
        {},
        {"CookieConsent": _cookiebot("true")},
        {"CookieConsent": _cookiebot("false")},
    ),
    Banner(
        "trustarc",
        "https://consent.trustarc.com/notice",
        {"notice_behavior": "expressed,eu"},
        {
            "notice_preferences": "2:",
            "notice_gdpr_prefs": "0,1,2:",
            "cmapi_gtm_bl": "",
            "cmapi_cookie_privacy": "permit 1,2,3",
        },
        {
            "notice_preferences": "0:",
            "notice_gdpr_prefs": "0:",
            "cmapi_gtm_bl": "ga-ms-ua-ta-asp-bzi-sp-awct-cts-csm-img-flc-fls-mpm-mpr-m6d-tc-tdc",
            "cmapi_cookie_privacy": "permit 1 required",
        },
    ),
    # The paid product encrypts its cookie: what was chosen stays unknown.
    Banner(
        "osano",
        "https://cmp.osano.com/16BcV5RzF/2f1c3d4e/osano.js",
        {},
        {"osano_consentmanager_uuid": "@id@", "osano_consentmanager": "Zk3vQ0pY8mXw2TzL5sKb9RfJ1nGhUcDe"},
        {"osano_consentmanager_uuid": "@id@", "osano_consentmanager": "Qe7wB2rNfJ5tYzXk0LmP9sVhGcUdKaTi"},
        after=("unknown", "unknown"),
    ),
    # The free banner often comes from the site itself.
    Banner(
        "osanofree",
        "/cookieconsent.min.js",
        {},
        {"cookieconsent_status": "allow"},
        {"cookieconsent_status": "deny"},
        before="unknown",
    ),
    Banner(
        "didomi",
        "https://sdk.privacy-center.org/2f1c3d4e/loader.js",
        {"didomi_token": _didomi()},
        {
            "didomi_token": _didomi(
                vendors={"enabled": ["google", "c:matomo"]}, purposes={"enabled": ["cookies", "measure_ad_performance"]}
            )
        },
        {
            "didomi_token": _didomi(
                vendors={"disabled": ["google"]}, purposes={"disabled": ["cookies", "measure_ad_performance"]}
            )
        },
    ),
    # Kept in local storage, which no proxy sees.
    Banner(
        "usercentrics",
        "https://app.usercentrics.eu/browser-ui/latest/loader.js",
        {"uc_user_interaction": "false"},
        {"uc_user_interaction": "true", "uc_settings": _json({"services": [{"id": "@id@", "status": True}]})},
        {"uc_user_interaction": "true", "uc_settings": _json({"services": [{"id": "@id@", "status": False}]})},
        before="unknown",
        after=("unknown", "unknown"),
        storage=True,
    ),
    # The same where the site copies the choice into cookies.
    Banner(
        "usercentricscopied",
        "https://app.usercentrics.eu/browser-ui/latest/loader.js",
        {"uc_user_interaction": "false"},
        {"uc_user_interaction": "true", "uc_consents": _json({"Google Analytics": True, "Essential": True})},
        {"uc_user_interaction": "true", "uc_consents": _json({"Google Analytics": False, "Essential": True})},
    ),
    Banner(
        "tcf",
        "https://cmp.inmobi.com/choice/2f1c3d4e/catalog/choice.js",
        {},
        {"euconsent-v2": tcf(1, 2, 7, 9), "addtl_consent": "2~70.89.93~dv."},
        {"euconsent-v2": tcf(), "addtl_consent": "2~~dv.70.89.93"},
    ),
    Banner(
        "klaro",
        "https://cdn.kiprotect.com/klaro/v0.7/klaro.js",
        {},
        {"klaro": _json({"matomo": True, "youtube": True})},
        {"klaro": _json({"matomo": False, "youtube": False})},
    ),
    Banner(
        "cookieyes",
        "https://cdn-cookieyes.com/client_data/2f1c3d4e/script.js",
        {"cookieyes-consent": _cookieyes("", "", "no")},
        {"cookieyes-consent": _cookieyes("yes", "yes", "yes")},
        {"cookieyes-consent": _cookieyes("no", "yes", "no")},
    ),
    Banner(
        "complianz",
        "/wp-content/plugins/complianz-gdpr/cookiebanner/js/complianz.min.js",
        {"cmplz_policy_id": "27"},
        _complianz("allow"),
        _complianz("deny"),
    ),
)
BY_SITE = {banner.site: banner for banner in BANNERS}
SITES = {banner.name: banner.site for banner in BANNERS}
THIRD = (CARELESS, CAREFUL, *{banner.script.split("/")[2] for banner in BANNERS if banner.script[0] != "/"})

TOOL = """
var cookies = @cookies@, kept = @storage@;
function keep(choice) {
  for (var name in cookies[choice]) {
    var value = cookies[choice][name].replace("@here@", encodeURIComponent(location.href));
    if (kept) localStorage.setItem(name, value);
    else document.cookie = name + "=" + value + "; path=/; max-age=31536000; SameSite=Lax";
  }
}
function careful() {
  document.head.append(Object.assign(document.createElement("script"), { src: "https://@careful@/en_US/fbevents.js" }));
}
if (localStorage.getItem("choice") === "accepted") careful();
if (localStorage.getItem("choice") === null) keep("landing");
["accepted", "refused"].forEach(function (choice) {
  var button = Object.assign(document.createElement("button"), { id: choice, textContent: choice });
  button.addEventListener("click", function () {
    keep(choice);
    localStorage.setItem("choice", choice);
    if (choice === "accepted" && @at_once@) careful();
    button.textContent = "kept";
  });
  document.body.append(button);
});
"""


@dataclass(frozen=True, slots=True)
class Shown(Pages):
    """Each site's page with its tool on it."""

    def answer(self, host: str, path: str) -> Answer:
        place, _, query = path.partition("?")
        if host in BY_SITE and place == "/page":
            return self._page(BY_SITE[host])
        if query.startswith("tool="):
            script = self._tool(BY_SITE[query.removeprefix("tool=")])
            return Answer(200, {"Content-Type": TYPES[".js"]}, script.encode())
        if host == CAREFUL:
            return Answer(200, {"Content-Type": TYPES[".js"]})
        return Answer(200, {"Content-Type": TYPES[".png"]}, BODIES[".png"])

    def _page(self, banner: Banner) -> Answer:
        text = f"""<!doctype html><meta charset=utf-8><title>{banner.name}</title><p>{banner.name}</p>
<img src="https://{CARELESS}/collect?v=1&t=pageview&tid=UA-1234567-1&z=1">
<script src="{banner.script}?tool={banner.site}"></script>"""
        return Answer(200, {"Content-Type": TYPES[".html"], "Cache-Control": "no-store"}, text.encode())

    def _tool(self, banner: Banner) -> str:
        choices = {"landing": banner.landing, "accepted": banner.accepted, "refused": banner.refused}
        given = {
            choice: {name: self._filled(value) for name, value in cookies.items()}
            for choice, cookies in choices.items()
        }
        return (
            TOOL.replace("@cookies@", json.dumps(given))
            .replace("@storage@", json.dumps(banner.storage))
            .replace("@at_once@", json.dumps(banner.at_once))
            .replace("@careful@", CAREFUL)
        )

    def _filled(self, value: str) -> str:
        value = value.replace("@id@", self.canary)
        return base64.b64encode(value.encode()).decode() if value.startswith('{"user_id"') else value
