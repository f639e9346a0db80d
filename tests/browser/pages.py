"""What every name of the loopback world answers. Pure: no sockets, no browsers, no Carrel.

vendor.test   `/kinds` holds every kind of EMBEDS, `/bye` is where one goes to leave it
catalog.test  a page with two third parties, one of them also the vendor's
elsewhere.test  a page outside every site, with trackers of its own, two of them also the vendor's
tp-*.test     the third parties
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from tests.browser.kinds import BY_HOST, EMBEDS

VENDOR = "vendor.test"
OWN = (VENDOR, "www.vendor.test", "static.vendor.test")
CATALOG = "catalog.test"
CATALOG_THIRD = ("tp-img.test", "tp-catalogonly.test")
ELSEWHERE = "elsewhere.test"
ELSEWHERE_ONLY = ("elsetracker.test", "elsebeacon.test", "elseframe.test")
ELSEWHERE_THIRD = ("tp-img.test", "tp-fetch.test", *ELSEWHERE_ONLY)
HOSTS = tuple(sorted({*OWN, *BY_HOST, CATALOG, *CATALOG_THIRD, ELSEWHERE, *ELSEWHERE_THIRD}))

TYPES = {
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".css": "text/css",
    ".js": "text/javascript",
    ".json": "application/json",
    ".html": "text/html; charset=utf-8",
    ".woff2": "font/woff2",
    ".mp4": "video/mp4",
    ".mp3": "audio/mpeg",
    ".vtt": "text/vtt",
    ".events": "text/event-stream",
}
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c63000100000500010d0a2db40000000049454e44ae426082"
)
BODIES = {
    ".png": PIXEL,
    ".svg": b'<svg xmlns="http://www.w3.org/2000/svg"/>',
    ".json": b"{}",
    ".vtt": b"WEBVTT\n\n",
    ".events": b"data: one\n\n",
}


@dataclass(frozen=True, slots=True)
class Answer:
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    endless: bool = False
    """The connection stays open after the body, as an event stream's does."""


@dataclass(frozen=True, slots=True)
class Pages:
    canary: str
    """Planted in paths, queries, cookies, bodies: nothing of it may ever be written by Carrel."""

    def url(self, host: str, name: str, page: str) -> str:
        """An address at a third party. The path says which page has it: the world can tell who caused a request."""
        return f"https://{host}/{self.canary}/{page}/{name}?q={self.canary}"

    def address(self, page: str) -> str:
        """What a test types into the address bar."""
        host = {"kinds": VENDOR, "bye": VENDOR, "catalog": CATALOG, "elsewhere": ELSEWHERE}[page]
        return f"https://{host}/{page}?canary={self.canary}#{self.canary}"

    def answer(self, host: str, path: str) -> Answer:
        place, _, _ = path.partition("?")
        suffix = place[place.rfind(".") :] if "." in place else ""
        if host == VENDOR and place in self._vendor_places:
            return self._own(place.lstrip("/"))
        if host == CATALOG and place == "/catalog":
            return _document("catalog", _images(self.url(third, "c.png", "catalog") for third in CATALOG_THIRD))
        if host == ELSEWHERE and place == "/elsewhere":
            return _document("elsewhere", self._elsewhere())
        if suffix == ".hop":
            return Answer(302, {"Location": self._texts("hop")})
        if suffix == ".html" and host in BY_HOST:
            return _document("foreign", self._texts("foreign.html") if host == "tp-frame.test" else "")
        body = BODIES.get(suffix, b"")
        if host == "tp-loader.test":
            body = self._texts("foreign.js").encode()
        if host == "tp-stylesheet.test":
            body = self._texts("foreign.css").encode()
        if suffix not in TYPES:
            return Answer(404)
        cookie = f"id={self.canary}; Secure; SameSite=None; Path=/"
        headers = {"Content-Type": TYPES[suffix], "Access-Control-Allow-Origin": "*", "Set-Cookie": cookie}
        return Answer(200, headers, body, endless=suffix == ".events")

    _vendor_places = frozenset(
        (
            "/kinds",
            "/bye",
            "/own.css",
            "/worker.js",
            "/shared.js",
            "/service.js",
            "/frame.html",
            "/go",
            "/own.mp4",
            "/next.html",
        )
    )

    def _own(self, place: str) -> Answer:
        if place == "kinds":
            return _document(
                "kinds", self._kinds_body(), self._kinds_head(), cookie=f"session={self.canary}; Secure; Path=/"
            )
        if place == "go":
            return Answer(302, {"Location": self._texts("redirect")})
        if place == "bye":
            return _document(
                "bye", self._texts("body of bye"), '<link rel="prefetch" href="/next.html">' + self._texts("bye")
            )
        if place in ("next.html", "frame.html"):
            return _document(place, self._texts(place))
        if place == "own.mp4":
            return Answer(200, {"Content-Type": TYPES[".mp4"]})
        return Answer(200, {"Content-Type": TYPES[place[place.rfind(".") :]]}, self._texts(place).encode())

    def _kinds_head(self) -> str:
        return '<link rel="stylesheet" href="/own.css">' + self._texts("head")

    def _kinds_body(self) -> str:
        own = (
            '<p id="background">background</p><p id="foreign">foreign</p>'
            '<p style="font-family: own">own</p><p style="font-family: far">far</p>'
            f'<img src="https://static.{VENDOR}/own.png"><img src="https://www.{VENDOR}/own.png"><img src="/go">'
            '<iframe src="/frame.html"></iframe>'
            '<script>new Worker("/worker.js"); new SharedWorker("/shared.js").port.start();'
            'navigator.serviceWorker.register("/service.js", { scope: "/served/" })</script>'
        )
        return own + self._texts("body")

    def _texts(self, where: str) -> str:
        texts = (
            embed.text.replace("{url}", self.url(embed.host, embed.name + embed.suffix, "kinds"))
            for embed in EMBEDS
            if embed.where == where
        )
        return "\n".join(texts).replace("CANARY", self.canary)

    def _elsewhere(self) -> str:
        tracker, beacon, frame = ELSEWHERE_ONLY
        return (
            _images(self.url(host, "e.png", "elsewhere") for host in ("tp-img.test", tracker))
            + f'<script>fetch("{self.url("tp-fetch.test", "e.json", "elsewhere")}").catch(() => {{}});'
            + f'navigator.sendBeacon("{self.url(beacon, "e.json", "elsewhere")}", "b")</script>'
            + f'<iframe src="{self.url(frame, "e.html", "elsewhere")}"></iframe>'
        )


def _images(urls: Iterable[str]) -> str:
    return "".join(f'<img src="{url}">' for url in urls)


def _document(title: str, body: str, head: str = "", cookie: str = "") -> Answer:
    text = (
        f"<!doctype html><html><head><meta charset=utf-8><title>{title}</title>{head}</head><body>{body}</body></html>"
    )
    headers = {"Content-Type": TYPES[".html"]}
    return Answer(200, headers | ({"Set-Cookie": cookie} if cookie else {}), text.encode())
