"""A catalog and a vendor whose pages carry imitations of the common tags, under the tags' real names. Pure.

Each imitation asks for what the real one asks for, with the parameters that the real one sends, and no more of it. The
values in them are made anew for each world, so that a test can search for them.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, field

from tests.browser.pages import BODIES, TYPES, Answer, Pages

CATALOG, VENDOR = "catalog.test", "vendor.test"
SITES = {"catalog": CATALOG, "vendor": VENDOR}
HASHING = "pixel.adtech.test"
"""Sends a hash in a parameter of its own making."""
REFERRED = "pictures.test"
"""Is sent nothing but the Referer."""


@dataclass(frozen=True, slots=True)
class Values:
    """What patrons and tags bring along, and what must never be written."""

    word: str = field(default_factory=lambda: f"zanzibar{secrets.token_hex(5)}")
    isbn: str = field(default_factory=lambda: isbn13(f"978{secrets.randbelow(10**9):09}"))
    email: str = field(default_factory=lambda: f"pat.ron.{secrets.token_hex(5)}@example.org")
    client: str = field(default_factory=lambda: f"{_digits()}.{_digits()}")
    facebook: str = field(default_factory=lambda: f"fb.1.17324511{_digits()[:5]}.{_digits()}{_digits()[:8]}")
    recorded: str = field(default_factory=lambda: secrets.token_hex(16))
    """The visitor's number at the session replay."""

    @property
    def hashed(self) -> str:
        return hashlib.sha256(self.email.encode()).hexdigest()

    def secret(self) -> tuple[str, ...]:
        return (self.word, self.isbn, self.email, self.hashed, self.client, self.facebook, self.recorded)


def isbn13(first: str) -> str:
    weighed = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(first))
    return f"{first}{-weighed % 10}"


def _digits() -> str:
    return str(1_000_000_000 + secrets.randbelow(9 * 10**9))


ANALYTICS = """
var client = "@client@", age = "; path=/; max-age=63072000";
document.cookie = "_ga=GA1.1." + client + age;
document.cookie = "_ga_ABC123DEF4=GS1.1.1732451180.1.0.1732451180.0.0.0" + age;
navigator.sendBeacon("https://www.google-analytics.com/g/collect?" + new URLSearchParams({
  v: "2", tid: "G-ABC123DEF4", gtm: "45je4bk0v9100", _p: "1732451180042", gcd: "13l3l3l3l1l1", npa: "0", dma: "0",
  cid: client, ul: navigator.language.toLowerCase(), sr: screen.width + "x" + screen.height, pscdl: "noapi", _s: "1",
  sid: "1732451180", sct: "1", seg: "0", dl: location.href, dr: document.referrer, dt: document.title,
  en: "page_view", _fv: "1", _ss: "1" }));
"""
"""gtag.js: Google Analytics 4, by beacon."""

FORMER_ANALYTICS = """
new Image().src = "https://www.google-analytics.com/collect?" + new URLSearchParams({
  v: "1", _v: "j101", a: "1873020393", t: "pageview", _s: "1", dl: location.href, ul: navigator.language, de: "UTF-8",
  dt: document.title, sd: "24-bit", sr: screen.width + "x" + screen.height, vp: "1200x700", je: "0",
  _u: "IEBAAEABAAAAACAAI~", jid: "", gjid: "", cid: "@client@", tid: "UA-1234567-1", z: "1029384756" });
"""
"""analytics.js: Universal Analytics, by image."""

PIXEL = """
document.cookie = "_fbp=@facebook@; path=/; max-age=7776000";
new Image().src = "https://www.facebook.com/tr/?" + new URLSearchParams({
  id: "1234567890123456", ev: "PageView", dl: location.href, rl: document.referrer, if: "false", ts: Date.now(),
  "ud[em]": "@hashed@", sw: screen.width, sh: screen.height, v: "2.9.176", r: "stable", ec: "0", o: "4126",
  fbp: "@facebook@", it: Date.now(), coo: "false", rqm: "GET" });
"""
"""fbevents.js: the Meta pixel with automatic matching, by image."""

REPLAY = """
var about = new URLSearchParams({
  v: "18.0", p: "2b3c4d5e-0000-4000-8000-000000000000", s: "@recorded@", page: "@recorded@", ret: "0", u: "@recorded@",
  href: location.href, url: location.pathname + location.search, ref: document.referrer, title: document.title,
  res: screen.width + "x" + screen.height, tz: "0", to: "0", dnt: "0" });
fetch("https://o2.mouseflow.com/init?" + about, { method: "POST", mode: "no-cors" });
[1, 2].forEach(function (batch) {
  var where = new URLSearchParams({ s: "@recorded@", batch: batch, href: location.href });
  fetch("https://o2.mouseflow.com/events?" + where,
    { method: "POST", mode: "no-cors", body: JSON.stringify([["mousemove", 12, 40, document.body.innerText]]) });
});
"""
"""Mouseflow: the address in the query, the page itself in batches."""

REPLAY_IN_BODY = """
fetch("https://rs.fullstory.com/rec/page", { method: "POST", mode: "no-cors",
  body: JSON.stringify({ OrgId: "o-19XYZ-na1", Url: location.href, Base: location.origin, Referrer: "" }) });
"""
"""FullStory: everything in the body, where only the contact shows."""

SHARE = """
var here = encodeURIComponent(location.href), counter = document.createElement("script");
counter.src = "https://count-server.sharethis.com/v2.0/get_counts?cb=window.__sharethis__.cb&url=" + here;
document.head.append(counter);
"""
"""ShareThis: the number of shares, by script."""

FONT = "https://fonts.gstatic.com/s/roboto/v47/KFOMCnqEu92Fr1ME7kSn66aG.woff2"
STYLE = f"@font-face {{ font-family: Roboto; src: url({FONT}) }}"

SCRIPTS = {
    ("www.googletagmanager.com", "/gtag/js"): ANALYTICS,
    ("www.google-analytics.com", "/analytics.js"): FORMER_ANALYTICS,
    ("connect.facebook.net", "/en_US/fbevents.js"): PIXEL,
    ("cdn.mouseflow.com", "/projects/2b3c4d5e.js"): REPLAY,
    ("edge.fullstory.com", "/s/fs.js"): REPLAY_IN_BODY,
    ("platform-api.sharethis.com", "/js/sharethis.js"): SHARE,
}
THIRD = (
    *(host for host, _ in SCRIPTS),
    "www.facebook.com",
    "count-server.sharethis.com",
    "o2.mouseflow.com",
    "rs.fullstory.com",
    "secure.syndetics.com",
    "covers.openlibrary.org",
    "platform.twitter.com",
    "fonts.googleapis.com",
    "fonts.gstatic.com",
    HASHING,
    REFERRED,
)


@dataclass(frozen=True, slots=True)
class Tags(Pages):
    values: Values = field(default_factory=Values)

    def places(self) -> dict[str, str]:
        """What a patron opens, in this order."""
        values = self.values
        return {
            "search": f"https://{CATALOG}/search?q={values.word}+sultans&page=1",
            "item": f"https://{CATALOG}/record/{values.isbn}",
            "account": f"https://{CATALOG}/account/holds",
            "profile": f"https://{VENDOR}/profile?email={values.email.replace('@', '%40')}",
            "referring": f"https://{VENDOR}/search?q={values.word}+sultans",
        }

    def answer(self, host: str, path: str) -> Answer:
        place, _, _ = path.partition("?")
        if host in SITES.values():
            return self._page(host, place)
        if script := SCRIPTS.get((host, place)):
            return Answer(200, {"Content-Type": TYPES[".js"]}, self._filled(script).encode())
        headers = {"Access-Control-Allow-Origin": "*"}
        if place.endswith("/get_counts"):
            return Answer(200, {"Content-Type": TYPES[".js"]})
        if host == "fonts.googleapis.com":
            return Answer(200, headers | {"Content-Type": TYPES[".css"]}, STYLE.encode())
        if place.endswith((".php", ".html")):
            return Answer(200, headers | {"Content-Type": TYPES[".html"]}, b"<!doctype html><p>Share")
        return Answer(200, headers | {"Content-Type": TYPES[".png"]}, BODIES[".png"])

    def _filled(self, text: str) -> str:
        for name in ("word", "isbn", "email", "client", "facebook", "recorded", "hashed"):
            text = text.replace(f"@{name}@", getattr(self.values, name))
        return text

    def _page(self, host: str, place: str) -> Answer:
        headers = {"Content-Type": TYPES[".html"]}
        if (host, place) == (CATALOG, "/search"):
            text = FONTS + SEARCH
        elif (host, place) == (CATALOG, f"/record/{self.values.isbn}"):
            text = FONTS + ITEM
        elif (host, place) == (CATALOG, "/account/holds"):
            text = ACCOUNT
        elif (host, place) == (VENDOR, "/profile"):
            text = f'<title>Profile</title><img src="https://{HASHING}/p?v=3&k=@hashed@">'
        elif (host, place) == (VENDOR, "/search"):
            headers["Referrer-Policy"] = "unsafe-url"
            text = f'<title>Results</title><img src="https://{REFERRED}/banner.png">'
        else:
            return Answer(404)
        return Answer(200, headers, f"<!doctype html><meta charset=utf-8>{self._filled(text)}".encode())


FONTS = """<link rel="stylesheet" href="https://fonts.googleapis.com/css2?family=Roboto:wght@400;700&display=swap">
<p style="font-family: Roboto">Anytown Library</p>"""
SEARCH = """<title>@word@ sultans - Anytown catalog</title><p>Results for @word@ sultans</p>
<script async src="https://www.googletagmanager.com/gtag/js?id=G-ABC123DEF4"></script>
<script async src="https://cdn.mouseflow.com/projects/2b3c4d5e.js"></script>
<script async src="https://edge.fullstory.com/s/fs.js"></script>"""
ITEM = """<title>A book - Anytown catalog</title>
<img src="https://secure.syndetics.com/index.aspx?isbn=@isbn@/MC.GIF&client=anytown&type=xw12">
<img src="https://covers.openlibrary.org/b/isbn/@isbn@-M.jpg">
<script async src="https://www.google-analytics.com/analytics.js"></script>
<script async src="https://platform-api.sharethis.com/js/sharethis.js"></script>
<script>
var here = encodeURIComponent(location.href), frames = [
  "https://www.facebook.com/plugins/share_button.php?href=" + here + "&layout=button&size=small&width=67&height=20",
  "https://platform.twitter.com/widgets/tweet_button.2f70fb173b9000da126c79afe2098f02.en.html#dnt=false&lang=en&"
    + "original_referer=" + here + "&size=m&text=A%20book&type=share&url=" + here ];
frames.forEach(function (address) {
  document.body.append(Object.assign(document.createElement("iframe"), { src: address }));
});
</script>"""
ACCOUNT = """<title>My holds</title><script async src="https://connect.facebook.net/en_US/fbevents.js"></script>"""
