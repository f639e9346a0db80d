"""The demo's web pages, and which of them its browser visits. Text only: world.py serves it."""

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

from deploy.demo.names import CATALOG, JOURNALS, READER, RELAYED, SIGN_IN, relayed
from deploy.demo.services import ANSWERS, Answer, tags

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
    tags: tuple[str, ...] = ()
    chooses: str = ""
    """What the patron does with the cookie notice while on it: `accepted` or `refused`."""
    leads_to: str = ""
    """The address that it sends the browser on to, in place of a page."""


@dataclass(frozen=True, slots=True)
class Visit:
    host: str
    """The page's own, or the one that EZproxy gives it."""
    path: str


_ALL = ("google fonts", "tag manager", "facebook", "metrics")
_READER = ("cookie banner", "tag manager")
_JOURNALS = ("typekit", "cookie banner", "tag manager")

PAGES = (
    Page(CATALOG, "/", "Anytown Public Library", "Search 48,000 books, films and recordings.", _ALL),
    Page(CATALOG, "/search?q=coping+with+divorce", "12 results", "Books about coping with divorce.", (*_ALL, "covers")),
    Page(CATALOG, "/search?q=rare+skin+disease", "3 results", "Books about a rare skin disease.", (*_ALL, "covers")),
    Page(CATALOG, "/item/1001", "A quiet year", "One copy is on the shelf.", (*_ALL, "covers", "share")),
    Page(CATALOG, "/item/1002", "Starting again", "All copies are on loan.", (*_ALL, "covers", "share", "video")),
    Page(CATALOG, "/account", "My account", "Two loans, one hold.", ("google fonts", "tag manager", "hubspot")),
    Page(READER, "/", "Reader One", "Your library's e-books.", (*_READER, "new relic")),
    Page(READER, "/search?q=debt+advice", "5 e-books", "E-books about debt.", (*_READER, "hotjar"), "accepted"),
    Page(READER, "/title/77", "Out of debt", "Read now.", (*_READER, "hotjar", "new relic")),
    Page(JOURNALS, "/", "Journals Two", "1,200 journals for your library.", _JOURNALS),
    Page(JOURNALS, "/search?q=hiv+test", "21 articles", "About testing.", (*_JOURNALS, "new relic"), "refused"),
    Page(JOURNALS, "/article/5", "An article", "The full text.", (*_JOURNALS, "altmetric", "facebook", "new relic")),
    Page(JOURNALS, "/article/6", "Another article", "The full text.", (*_JOURNALS, "altmetric", "new relic")),
    Page(JOURNALS, "/login", "Sign in", "", leads_to=f"https://{SIGN_IN}/auth?entity=demo"),
)

VISITS = (
    *(Visit(page.host, page.path) for page in PAGES),
    *(Visit(relayed(JOURNALS), page.path) for page in PAGES if page.host == JOURNALS and not page.leads_to),
)
"""In the order in which the demo's browser makes them: every page, then the journals again as patrons at home do."""

SITE_HOSTS = tuple(dict.fromkeys(page.host for page in PAGES))
THIRD_PARTY_HOSTS = tuple(sorted(ANSWERS))
NAMES = (*SITE_HOSTS, *THIRD_PARTY_HOSTS, *RELAYED)
"""All that the demo's servers answer to."""


def answer(host: str, target: str) -> Answer | None:
    """How a request for this target (path and query) at this host is answered; None for a name that is not ours."""
    if host in RELAYED:
        return _through_ezproxy(answer(RELAYED[host], target))
    if host in ANSWERS:
        return ANSWERS[host]
    if host not in SITE_HOSTS:
        return None
    for page in PAGES:
        if (page.host, page.path) == (host, target):
            return Answer("text/html; charset=utf-8", _html(page).encode(), page.leads_to)
    return Answer("text/html; charset=utf-8", b"<!doctype html><title>Not found</title>No such page in this demo.")


def _through_ezproxy(found: Answer | None) -> Answer | None:
    """The same with the addresses in it rewritten, which is how EZproxy keeps a patron's browser to itself."""
    if found is None:
        return None
    body = found.body
    for name, host in RELAYED.items():
        body = body.replace(f"https://{host}/".encode(), f"https://{name}/".encode())
    return Answer(found.media_type, body, found.location)


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
{tags(page.tags, in_body=False)}
</head>
<body>
<nav>{"".join(_links(page.host))}</nav>
<h1>{escape(page.title)}</h1>
<form action="/search"><input name="q" aria-label="Search"> <button>Search</button></form>
<p>{escape(page.text)}</p>
{tags(page.tags, in_body=True)}
{_choice(page)}
<small>{escape(NOTICE)}</small>
</body>
</html>
"""


def _choice(page: Page) -> str:
    """The patron's click on a button of the cookie notice."""
    return f'<script>onload = () => document.getElementById("{page.chooses}").click()</script>' if page.chooses else ""


def _links(host: str) -> Iterator[str]:
    for page in PAGES:
        if page.host == host:
            yield f'<a href="{escape(page.path)}">{escape(page.title)}</a>'
