"""Every way a page can make a browser contact somebody, one third party each. A table, and nothing that acts on it.

The third party of the embed `img` is the registrable domain `tp-img.test`, so a host that the world sees, or a row
in the database, says by its name how the contact came about. `text` is what the page (or another file, see `where`)
contains; `{url}` stands for the address at the third party.
"""

from __future__ import annotations

from dataclasses import dataclass

CHROMIUM = "chromium"
FIREFOX = "firefox"
BROWSERS = (CHROMIUM, FIREFOX)


@dataclass(frozen=True, slots=True)
class Embed:
    name: str
    kinds: frozenset[str]
    """Kinds under which the ledger may count it; more than one where a contact is subject to two policy directives."""
    where: str
    """File that contains the text: `head` or `body` of the page, or one of the files that the page loads."""
    text: str
    suffix: str = ""
    """How the address ends; decides what the third party answers."""
    direct: bool = True
    """Whether the page itself makes the contact: not the far end of a redirect, not the inside of a foreign frame."""
    silent: frozenset[str] = frozenset()
    """Browsers that do not make this contact at all (measured without Carrel by test_world.py)."""
    unreported: frozenset[str] = frozenset()
    """Browsers that make the contact and do not report it: the known gaps of the witness."""

    @property
    def host(self) -> str:
        return f"tp-{self.name}.test"


def _embed(
    name: str,
    kind: str,
    where: str,
    text: str,
    suffix: str = ".png",
    *,
    direct: bool = True,
    silent: tuple[str, ...] = (),
    unreported: tuple[str, ...] = (),
) -> Embed:
    return Embed(name, frozenset(kind.split()), where, text, suffix, direct, frozenset(silent), frozenset(unreported))


EMBEDS: tuple[Embed, ...] = (
    # Images
    _embed("img", "image", "body", '<img src="{url}">'),
    _embed("srcset", "image", "body", '<img srcset="{url} 1x">'),
    _embed("picture", "image", "body", '<picture><source srcset="{url}"><img alt=""></picture>'),
    _embed("input", "image", "body", '<input type="image" src="{url}">'),
    _embed("norefer", "image", "body", '<img referrerpolicy="no-referrer" src="{url}">'),
    _embed("cors", "image", "body", '<img crossorigin="anonymous" src="{url}">'),
    _embed("svgimage", "image", "body", '<svg width="9" height="9"><image href="{url}" width="9" height="9"/></svg>'),
    _embed("newimage", "image", "body", '<script>new Image().src = "{url}"</script>'),
    _embed("poster", "image", "body", '<video poster="{url}"></video>'),
    _embed("icon", "image", "head", '<link rel="icon" href="{url}">'),
    # Styles and what they load
    _embed("stylesheet", "style", "head", '<link rel="stylesheet" href="{url}">', ".css"),
    _embed("import", "style", "own.css", '@import url("{url}");', ".css"),
    _embed("farimport", "style", "foreign.css", '@import url("{url}");', ".css"),
    _embed("background", "image", "own.css", '#background { background: url("{url}") }'),
    _embed("inline", "image", "body", '<div style="background: url({url})">inline</div>'),
    _embed("font", "font", "own.css", '@font-face { font-family: own; src: url("{url}") }', ".woff2"),
    _embed("farfont", "font", "foreign.css", '@font-face { font-family: far; src: url("{url}") }', ".woff2"),
    _embed("farimage", "image", "foreign.css", '#foreign { background: url("{url}") }'),
    # Scripts and what they load
    _embed("script", "script", "body", '<script src="{url}"></script>', ".js"),
    _embed("module", "script", "body", '<script type="module">import "{url}"</script>', ".js"),
    _embed("dynamic", "script", "body", '<script>import("{url}")</script>', ".js"),
    _embed(
        "written", "script", "body", """<script>document.write('<script src="{url}"></scr' + 'ipt>')</script>""", ".js"
    ),
    _embed("loader", "script", "body", '<script async src="{url}"></script>', ".js"),
    _embed(
        "inserted",
        "script",
        "foreign.js",
        'document.head.append(Object.assign(document.createElement("script"), { src: "{url}" }));',
        ".js",
    ),
    _embed("farfetch", "connect", "foreign.js", 'fetch("{url}", { mode: "no-cors" }).catch(() => {});', ".json"),
    # Connections
    _embed("fetch", "connect", "body", '<script>fetch("{url}").catch(() => {})</script>', ".json"),
    _embed(
        "xhr", "connect", "body", '<script>x = new XMLHttpRequest(); x.open("GET", "{url}"); x.send()</script>', ".json"
    ),
    _embed("beacon", "connect", "body", '<script>navigator.sendBeacon("{url}", "b=CANARY")</script>', ".json"),
    _embed(
        "unload",
        "connect",
        "body",
        '<script>addEventListener("pagehide", () => '
        'fetch("{url}", { method: "POST", keepalive: true, mode: "no-cors" }))</script>',
        ".json",
    ),
    _embed(
        "lastbeacon",
        "connect",
        "body",
        '<script>addEventListener("pagehide", () => navigator.sendBeacon("{url}", "b=CANARY"))</script>',
        ".json",
        unreported=(FIREFOX,),  # from pages that cannot be kept for the back button, such as those with a socket
    ),
    _embed(
        "hidden",
        "connect",
        "body",
        '<script>document.addEventListener("visibilitychange", () => '
        'navigator.sendBeacon("{url}", "b=CANARY"))</script>',
        ".json",
        unreported=(
            FIREFOX,
        ),  # the same; reported when a tab is put aside, of which headless Firefox often says nothing
    ),
    _embed("ping", "connect", "body", '<a id="ping" href="#pinged" ping="{url}">ping</a>', ".json"),
    _embed("events", "connect", "body", '<script>new EventSource("{url}")</script>', ".events"),
    _embed("socket", "connect", "body", '<script>new WebSocket("{url}".replace("https", "wss"))</script>', ".socket"),
    # Workers
    _embed("workerfetch", "connect", "worker.js", 'fetch("{url}", { mode: "no-cors" }).catch(() => {});', ".json"),
    _embed("importscripts", "script", "worker.js", 'importScripts("{url}");', ".js"),
    _embed("sharedfetch", "connect", "shared.js", 'fetch("{url}", { mode: "no-cors" }).catch(() => {});', ".json"),
    _embed(
        "blobworker",
        "connect",
        "body",
        "<script>new Worker(URL.createObjectURL(new Blob(['fetch(\"{url}\").catch(() => {})'])))</script>",
        ".json",
    ),
    _embed("servicefetch", "connect", "service.js", 'fetch("{url}", { mode: "no-cors" }).catch(() => {});', ".json"),
    _embed(
        "worklet",
        "script",
        "body",
        '<script>new AudioContext().audioWorklet.addModule("{url}")</script>',
        ".js",
        unreported=(CHROMIUM,),
    ),
    # Frames, objects, media. Chromium reports an object twice, because it may turn out to be a frame.
    _embed("frame", "frame", "body", '<iframe src="{url}"></iframe>', ".html"),
    _embed("sandbox", "frame", "body", '<iframe sandbox="allow-scripts" src="{url}"></iframe>', ".html"),
    _embed("srcdoc", "image", "body", "<iframe srcdoc='<img src=\"{url}\">'></iframe>"),
    _embed("ownframe", "image", "frame.html", '<img src="{url}">'),
    _embed("object", "object frame", "body", '<object type="image/svg+xml" data="{url}"></object>', ".svg"),
    _embed("embed", "object frame", "body", '<embed type="image/svg+xml" src="{url}">', ".svg"),
    _embed("video", "media", "body", '<video preload="auto" src="{url}"></video>', ".mp4"),
    _embed("audio", "media", "body", '<audio preload="auto"><source src="{url}"></audio>', ".mp3"),
    _embed(
        "track",
        "media",
        "body",
        '<video crossorigin src="/own.mp4"><track default kind="subtitles" srclang="en" src="{url}"></video>',
        ".vtt",
    ),
    # A form is subject to form-action, and to frame-src because its answer goes into a frame.
    _embed(
        "formget",
        "form frame",
        "body",
        '<iframe name="get" hidden></iframe>'
        '<form id="get" target="get" action="{url}"><input name="q" value="CANARY"></form>'
        '<script>document.getElementById("get").submit()</script>',
        ".html",
    ),
    _embed(
        "formpost",
        "form frame",
        "body",
        '<iframe name="post" hidden></iframe><form id="post" target="post" method="post" action="{url}">'
        '<input name="q" value="CANARY"></form><script>document.getElementById("post").submit()</script>',
        ".html",
    ),
    # Hints
    _embed("preload", "image", "head", '<link rel="preload" as="image" href="{url}">', unreported=(FIREFOX,)),
    _embed("modulepreload", "script", "head", '<link rel="modulepreload" href="{url}">', ".js", unreported=(FIREFOX,)),
    # Firefox prefetches only when the page's network is idle, and an event stream keeps it busy: so on the next page.
    _embed("prefetch", "other", "bye", '<link rel="prefetch" href="{url}">', ".html", unreported=(CHROMIUM,)),
    _embed("nextpage", "image", "body of bye", '<img src="{url}">'),
    _embed(
        "preconnect",
        "other",
        "head",
        '<link rel="preconnect" href="{url}">',
        ".html",
        silent=(FIREFOX,),
        unreported=(CHROMIUM,),
    ),
    _embed("manifest", "other", "head", '<link rel="manifest" href="{url}">', ".json", silent=(FIREFOX,)),
    # Redirects. A report names where a request was sent first: the vendor's own redirect is seen as an opened request,
    # a third party's is not seen at all, its connection is sealed.
    _embed("redirect", "image other", "redirect", "{url}"),
    _embed("hop", "image", "body", '<img src="{url}">', ".hop"),
    _embed("far", "image", "hop", "{url}", direct=False),
    _embed("inframe", "image", "foreign.html", '<img src="{url}">', direct=False),
)

BY_HOST = {embed.host: embed for embed in EMBEDS}
