"""The sentences that pages and reports share: what a word means, what is not claimed. Plain words, one place."""

from __future__ import annotations

from typing import Final

from analysis import periods

UNLISTED: Final = "(unlisted)"
NO_CATEGORY: Final = "no category known"

APART: Final = ("own", "group", "library")
"""Relations that are never added up with third parties."""

RELATIONS: Final = {
    "third": "third party",
    "host": "company that hosts the platform",
    "cloud": "shared cloud or delivery network",
    "group": "same group of companies as the vendor",
    "own": "the vendor's own",
    "library": "the library's own",
}
METHODS: Final = {
    "report": "named by the browser that loaded the page",
    "report+tunnel": "named by the browser, and a connection to it passed through the proxy",
    "request": "seen as a request under the vendor's own name",
    "dns": "found behind the vendor's own name in DNS",
    "tunnel": "inferred from a connection right after the page",
}
OWN_NAME: Final = frozenset({"dns", "request"})
"""Methods that find somebody behind the site's own host names."""

RUNGS: Final = ("contacted", "cookie", "identifier", "page address", "search terms or item")
"""The ladder of what a recipient received, lowest first."""
RUNG_OF: Final = {
    "cookie": "cookie",
    "identifier": "identifier",
    "e-mail": "identifier",
    "card number": "identifier",
    "page address": "page address",
    "search terms": "search terms or item",
    "item": "search terms or item",
}
RECEIVED: Final = {
    "cookie": "a cookie",
    "identifier": "an identifier that stays the same",
    "e-mail": "an e-mail address, plain or hashed",
    "card number": "a card number, plain or hashed",
    "page address": "the address of the page",
    "search terms": "what was searched for",
    "item": "which item was looked at",
}
CARRIERS: Final = {"url": "in the address of the request", "referrer": "as referrer", "cookie": "as cookie"}
CONSENTS: Final = {
    "undecided": "before a choice",
    "refused": "after refusal",
    "accepted": "after acceptance",
    "unknown": "choice not known",
}
"""In the order in which a page lives through them."""

OUTCOMES: Final = {"allowed": "allowed", "blocked": "blocked"}

UNLISTED_NOTE: Final = (
    "(unlisted) stands for names that no list knows and that were met too rarely to be written down: a name seen on "
    "one person's screen could tell on that person. One page load may meet several such names, so meetings are counted "
    "and no share is given. A name that is met more often gets a line of its own."
)
SHARE_NOTE: Final = (
    "A share is the number of page loads on which a third party was seen, of all page loads watched on the same site "
    "or sites. A page load counts once, however many requests it made. Where fewer than 20 page loads were watched, "
    "the counts stand instead of a percentage."
)
COARSE_NOTE: Final = (
    "Days with few page loads of a site are kept by month only, so that no single visit can be told from the counts. "
    "“November 2026” then means “some day or days of November 2026”."
)

RECEIVED_NOTE: Final = (
    "The ladder: contacted, cookie, identifier (an e-mail address or card number among them), page address, search "
    "terms or item. It is read from the addresses of requests, which are then thrown away; bodies of requests are not "
    "read. Counts of what was received are at least so many: one page load may send several things."
)
CONSENT_NOTE: Final = (
    "Read from the cookies of consent tools that Carrel knows. A share is of the page loads in that state. Blocked "
    "contacts are not counted."
)
BEHIND_NOTE: Final = (
    "Hosts with the site's own name that belong to somebody else in DNS, and requests to the site's own hosts that a "
    "list names. To a browser they look like the site itself, so its cookies may go with them. They are never added up "
    "with third parties."
)
RELAYED: Final = "relayed by the library's own proxy"
BEHIND: Final = "behind the site's own name"

NOT_CLAIMED: Final = (
    "that a law or a contract was breached;",
    "that any patron was identified;",
    "that data were sold or passed on;",
    "why a third party was contacted, or with what intent;",
    "that the list of third parties is complete;",
    "that any count is a score;",
    "that fewer contacts mean less tracking: it may have moved to where a browser does not see it.",
)
BLIND_SPOTS: Final = (
    "data that the vendor's servers pass on among servers;",
    "apps;",
    "pages that nobody opened;",
    "hosts that passed through the proxy sealed (every host that is not a configured site's);",
    "browsers that do not use the proxy;",
    "staff machines;",
    "the bodies of requests, which are not read;",
    "what happens inside a third party's own frame.",
)
DICTIONARY: Final = (
    ("recipient", "registrable domain that pages of the site made the browser contact"),
    ("service, owner, category", "what the list named beside it says about that domain; empty if no list knows it"),
    ("list, version, rule", "the list that classified the domain, its version, and the entry that matched"),
    ("relation", "how the domain stands to the site: third, host, cloud, group, own or library"),
    ("sections", "coarse kinds of page on which it was seen: search, item, account, home, other"),
    ("page loads", "top-level documents of the site that a browser opened through the proxy"),
    ("seen on", "page loads on which the domain was seen at least once"),
    (
        "allowed, blocked",
        "page loads on which a contact went out, and on which one was stopped; some are both",
    ),
    (
        "received",
        "the most that was seen to be sent to it, on at least so many page loads; then all that was seen to be sent",
    ),
    (
        "before a choice, after refusal",
        "page loads on which it was contacted, of those on which the site's consent tool waited, or was told no",
    ),
    ("relayed", "some of its requests went through the library's own rewriting proxy"),
    ("behind own name", "found only behind the site's own host names, by dns or request"),
    (
        "kinds",
        "what was asked for: script, style, image, font, connect, frame, media, object, worker, form, other",
    ),
    ("how seen", "report, report+tunnel, request, dns or tunnel"),
    ("first period, last period", "a day, or a month where counts of single days are too small to be kept"),
    (UNLISTED, "names that no list knows, met too rarely to be written down; counted together, without a share"),
)


def day(period: str) -> str:
    return periods.words(period)


def kind(word: str) -> str:
    return {"catalog": "Catalog", "vendor": "Product", "library": "Library page"}.get(word, word)


def relation(word: str) -> str:
    return RELATIONS.get(word, word)


def consent(word: str) -> str:
    return CONSENTS.get(word, word)


def received(word: str) -> str:
    return RECEIVED.get(word, word)


def carrier(word: str) -> str:
    return CARRIERS.get(word, word)


def method(word: str) -> str:
    return METHODS.get(word, word)
