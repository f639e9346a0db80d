"""The demo's web pages, and what the third parties on them answer. Text only: world.py serves it.

Each third party is put on a page as its real customers do it: a script that sends a beacon, a pixel, a font, a frame.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

CATALOG, READER, JOURNALS = ("catalog.anytown.test", "reader.vendor-one.test", "journals.vendor-two.test")

NOTICE = (
    "This is Carrel's demo. The pages and all services on them, also those with well-known names, are played by this "
    "program on this computer. Nothing is sent to anybody."
)


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the catalog or of a vendor: its address, its words, and the services it makes a browser contact."""

    host: str
    path: str
    title: str
    text: str
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    media_type: str
    body: bytes


TAGS = {
    "google fonts": '<link rel="stylesheet" href="https://fonts.googleapis.com/css2?family=Demo">',
    "typekit": '<link rel="stylesheet" href="https://use.typekit.net/demo.css">',
    "tag manager": '<script async src="https://www.googletagmanager.com/gtag/js?id=G-DEMO"></script>',
    "facebook": '<script async src="https://connect.facebook.net/en_US/fbevents.js"></script>',
    "hotjar": '<script async src="https://static.hotjar.com/c/hotjar-1.js"></script>',
    "hubspot": '<script async src="https://js.hs-scripts.com/1.js"></script>',
    "new relic": '<script>navigator.sendBeacon("https://bam.nr-data.net/1/demo", "demo")</script>',
    "cookie banner": '<script src="https://cdn.cookielaw.org/scripttemplates/otSDKStub.js"></script>',
    "covers": '<img alt="" src="https://secure.syndetics.com/index.aspx?isbn=9780000000002/MC.GIF&amp;client=demo">',
    "altmetric": '<script async src="https://d1bxh8uas1mnw7.cloudfront.net/assets/embed.js"></script>',
    "video": '<iframe title="Video" src="https://www.youtube-nocookie.com/embed/demo"></iframe>',
    "share": '<script async src="https://s7.addthis.com/js/300/addthis_widget.js"></script>',
}

_IN_BODY = ("covers", "video")

_ALL = ("google fonts", "tag manager", "facebook")

PAGES = (
    Page(CATALOG, "/", "Anytown Public Library", "Search 48,000 books, films and recordings.", _ALL),
    Page(CATALOG, "/search?q=coping+with+divorce", "12 results", "Books about coping with divorce.", (*_ALL, "covers")),
    Page(CATALOG, "/search?q=rare+skin+disease", "3 results", "Books about a rare skin disease.", (*_ALL, "covers")),
    Page(CATALOG, "/item/1001", "A quiet year", "One copy is on the shelf.", (*_ALL, "covers", "share")),
    Page(CATALOG, "/item/1002", "Starting again", "All copies are on loan.", (*_ALL, "covers", "share", "video")),
    Page(CATALOG, "/account", "My account", "Two loans, one hold.", ("google fonts", "tag manager", "hubspot")),
    Page(READER, "/", "Reader One", "Your library's e-books.", ("cookie banner", "tag manager", "new relic")),
    Page(
        READER, "/search?q=debt+advice", "5 e-books", "E-books about debt.", ("cookie banner", "tag manager", "hotjar")
    ),
    Page(READER, "/title/77", "Out of debt", "Read now.", ("cookie banner", "tag manager", "hotjar", "new relic")),
    Page(JOURNALS, "/", "Journals Two", "1,200 journals for your library.", ("typekit", "cookie banner")),
    Page(
        JOURNALS,
        "/search?q=hiv+test",
        "21 articles",
        "Articles about testing.",
        ("typekit", "cookie banner", "new relic"),
    ),
    Page(
        JOURNALS, "/article/5", "An article", "Read the full text.", ("typekit", "altmetric", "facebook", "new relic")
    ),
)
"""In the order in which the demo's browser visits them."""

_GIF = bytes.fromhex("47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b")
_EMPTY = Answer("text/plain", b"")

_ANSWERS = {
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
    "cdn.cookielaw.org": Answer("text/javascript", b""),
    "secure.syndetics.com": Answer("image/gif", _GIF),
    "d1bxh8uas1mnw7.cloudfront.net": Answer(
        "text/javascript", b'fetch("https://api.altmetric.com/v1/doi/10.0000/demo", { mode: "no-cors" })'
    ),
    "api.altmetric.com": Answer("application/json", b"{}"),
    "www.youtube-nocookie.com": Answer("text/html", b"<!doctype html><title>Video</title>A video."),
    "s7.addthis.com": Answer("text/javascript", b""),
}

SITE_HOSTS = tuple(dict.fromkeys(page.host for page in PAGES))
THIRD_PARTY_HOSTS = tuple(sorted(_ANSWERS))


def answer(host: str, target: str) -> Answer | None:
    """How a request for this target (path and query) at this host is answered; None for a name that is not ours."""
    if host in _ANSWERS:
        return _ANSWERS[host]
    if host not in SITE_HOSTS:
        return None
    for page in PAGES:
        if (page.host, page.path) == (host, target):
            return Answer("text/html; charset=utf-8", _html(page).encode())
    return Answer("text/html; charset=utf-8", b"<!doctype html><title>Not found</title>No such page in this demo.")


def _html(page: Page) -> str:
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>{escape(page.title)}</title>
<link rel="icon" href="data:,">
<style>
body {{ font: 18px Demo, sans-serif; max-width: 50em; margin: 2em auto; padding: 0 1em }}
nav a {{ margin-right: 1em }}
small {{ display: block; margin-top: 3em; color: #555 }}
</style>
{_tags(page, in_body=False)}
</head>
<body>
<nav>{"".join(_links(page.host))}</nav>
<h1>{escape(page.title)}</h1>
<form action="/search"><input name="q" aria-label="Search"> <button>Search</button></form>
<p>{escape(page.text)}</p>
{_tags(page, in_body=True)}
<small>{escape(NOTICE)}</small>
</body>
</html>
"""


def _tags(page: Page, *, in_body: bool) -> str:
    return "\n".join(TAGS[tag] for tag in page.tags if (tag in _IN_BODY) == in_body)


def _links(host: str) -> Iterator[str]:
    for page in PAGES:
        if page.host == host:
            yield f'<a href="{escape(page.path)}">{escape(page.title)}</a>'
