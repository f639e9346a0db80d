"""The third parties on the demo's pages, and what they answer. Text only: world.py serves it.

Each is put on a page as its real customers do it: a script that sends a beacon, a pixel, a font, a frame.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from deploy.demo.names import CLOAKED, CONSENT_TOOL, METRICS, SIGN_IN


@dataclass(frozen=True, slots=True)
class Answer:
    media_type: str
    body: bytes
    location: str = ""
    """Where it redirects to."""


TAGS = {
    "google fonts": '<link rel="stylesheet" href="https://fonts.googleapis.com/css2?family=Demo">',
    "typekit": '<link rel="stylesheet" href="https://use.typekit.net/demo.css">',
    "tag manager": '<script async src="https://www.googletagmanager.com/gtag/js?id=G-DEMO"></script>',
    "facebook": '<script async src="https://connect.facebook.net/en_US/fbevents.js"></script>',
    "hotjar": '<script async src="https://static.hotjar.com/c/hotjar-1.js"></script>',
    "hubspot": '<script async src="https://js.hs-scripts.com/1.js"></script>',
    "new relic": '<script>navigator.sendBeacon("https://bam.nr-data.net/1/demo", "demo")</script>',
    "cookie banner": f'<script src="https://{CONSENT_TOOL}/scripttemplates/otSDKStub.js"></script>',
    "covers": '<img alt="" src="https://secure.syndetics.com/index.aspx?isbn=9780000000002/MC.GIF&amp;client=demo">',
    "altmetric": '<script async src="https://d1bxh8uas1mnw7.cloudfront.net/assets/embed.js"></script>',
    "video": '<iframe title="Video" src="https://www.youtube-nocookie.com/embed/demo"></iframe>',
    "share": '<script async src="https://s7.addthis.com/js/300/addthis_widget.js"></script>',
    "metrics": f'<img alt="" src="https://{METRICS}/id?d_visid_ver=demo">',
}

_IN_BODY = ("covers", "video", "metrics")

_BANNER = b"""(() => {
  const set = (name, value) => { document.cookie = `${name}=${value}; path=/; max-age=31536000; secure; samesite=lax` }
  const has = name => document.cookie.split("; ").some(cookie => cookie.startsWith(name + "="))
  const grant = yes => set("OptanonConsent", "groups=" + encodeURIComponent(`C0001:1,C0002:${yes},C0004:${yes}`))
  if (!has("OptanonConsent")) grant(0)
  if (has("OptanonAlertBoxClosed")) return
  addEventListener("DOMContentLoaded", () => {
    const banner = document.createElement("p")
    for (const [id, words, yes] of [["accepted", "Accept all", 1], ["refused", "Reject all", 0]]) {
      const button = document.createElement("button")
      button.id = id
      button.textContent = words
      button.onclick = () => {
        grant(yes)
        set("OptanonAlertBoxClosed", new Date().toISOString())
        banner.remove()
      }
      banner.append(button)
    }
    document.body.prepend(banner)
  })
})()
"""
"""As OneTrust's: a cookie from the first page on, and another once a choice is made."""

_GIF = bytes.fromhex("47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b")
_EMPTY = Answer("text/plain", b"")

ANSWERS = {
    "fonts.googleapis.com": Answer(
        "text/css", b"@font-face { font-family: Demo; src: url(https://fonts.gstatic.com/s/demo.woff2) }"
    ),
    "fonts.gstatic.com": Answer("font/woff2", b"wOF2"),
    "use.typekit.net": Answer("text/css", b"@import url(https://p.typekit.net/p.css?demo);"),
    "p.typekit.net": Answer("text/css", b""),
    "www.googletagmanager.com": Answer(
        "text/javascript",
        b'navigator.sendBeacon("https://www.google-analytics.com/g/collect?dl=" + encodeURIComponent(location), "")',
    ),
    "www.google-analytics.com": _EMPTY,
    "connect.facebook.net": Answer(
        "text/javascript", b'new Image().src = "https://www.facebook.com/tr?dl=" + encodeURIComponent(location)'
    ),
    "www.facebook.com": Answer("image/gif", _GIF),
    "static.hotjar.com": Answer(
        "text/javascript", b'fetch("https://in.hotjar.com/api/demo", { method: "POST", mode: "no-cors", body: "demo" })'
    ),
    "in.hotjar.com": _EMPTY,
    "js.hs-scripts.com": Answer(
        "text/javascript", b'new Image().src = "https://track.hubspot.com/__ptq.gif?u=" + encodeURIComponent(location)'
    ),
    "track.hubspot.com": Answer("image/gif", _GIF),
    "bam.nr-data.net": _EMPTY,
    CONSENT_TOOL: Answer("text/javascript", _BANNER),
    "secure.syndetics.com": Answer("image/gif", _GIF),
    "d1bxh8uas1mnw7.cloudfront.net": Answer(
        "text/javascript", b'fetch("https://api.altmetric.com/v1/doi/10.0000/demo", { mode: "no-cors" })'
    ),
    "api.altmetric.com": Answer("application/json", b"{}"),
    "www.youtube-nocookie.com": Answer("text/html", b"<!doctype html><title>Video</title>A video."),
    "s7.addthis.com": Answer("text/javascript", b""),
    SIGN_IN: Answer(
        "text/html",
        b'<!doctype html><title>Sign in</title><link rel="icon" href="data:,">Which library is yours?',
    ),
    **dict.fromkeys(CLOAKED, Answer("image/gif", _GIF)),
}


def tags(names: Sequence[str], *, in_body: bool) -> str:
    """Those of a page that belong into its head, or into its body."""
    return "\n".join(TAGS[name] for name in names if (name in _IN_BODY) == in_body)
