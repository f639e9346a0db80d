"""The sentences that pages and reports share: what a word means, what is not claimed. Plain words, one place."""

from __future__ import annotations

from typing import Final

from analysis import periods
from analysis.shares import Share

UNLISTED: Final = "(unlisted)"
UNRESOLVED: Final = "(unresolved behind proxy)"
NO_CATEGORY: Final = "no category known"

STANDS: Final = {
    "third": "Third parties",
    "behind": "Behind the sites' own names",
    "own": "The sites' own hosts, and their vendors' groups",
}
"""What is never added up with each other, nor shown as one."""

RELATIONS: Final = {
    "third": "third party",
    "host": "company that hosts the platform",
    "cloud": "shared cloud or delivery network",
    "group": "same group of companies as the vendor",
    "own": "the site's own",
    "library": "the library's own",
}
METHODS: Final = {
    "report": "named by the browser that loaded the page",
    "report+tunnel": "named by the browser, and a connection to it passed through the proxy",
    "request": "seen as a request under the site's own name",
    "dns": "found behind the site's own name in DNS",
    "tunnel": "inferred from a connection right after the page",
}

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
    "undecided": "opened before a choice",
    "refused": "opened after refusal",
    "accepted": "opened after acceptance",
    "unknown": "choice not known",
}
"""In the order in which a page lives through them."""

OUTCOMES: Final = {
    "allowed": "contacted",
    "blocked": "stopped by Carrel",
    "stopped upstream": "stopped by the content filter",
}
REACHED: Final = {
    "cookie": "a cookie",
    "identifier": "an identifier",
    "page address": "the address of the page",
    "search terms or item": "what was searched for or looked at",
}
"""Rungs, as what somebody received."""

UNLISTED_NOTE: Final = (
    "(unlisted) stands for names that no list knows and that were met too rarely to be written down: a name seen on "
    "one person's screen could tell on that person. One page load may meet several such names, so meetings are counted "
    "and no share is given. A name that is met more often gets a line of its own."
)
UNRESOLVED_NOTE: Final = (
    "These requests went to names of the library's own rewriting proxy, and from the name alone it cannot be told "
    "which site was behind it. It may be a tracker, or nothing but the vendor. It is no company, so it is not counted "
    "among the third parties. Names are told apart once the proxy's configuration is read: "
    "carrel init --ezproxy config.txt."
)
BUCKETS: Final = {UNLISTED: UNLISTED_NOTE, UNRESOLVED: UNRESOLVED_NOTE}
"""They stand in the place of names, and are nobody: never linked, never counted as a third party."""
SHARE_NOTE: Final = (
    "A share is the number of page loads on which a third party was contacted, of all page loads watched on the same "
    "site or sites. A page load counts once, however many requests it made; a contact that was stopped is none. Where "
    "fewer than 20 page loads were watched, the counts stand instead of a percentage. Third parties are all that are "
    "neither the site's own, nor of its vendor's group of companies, nor the library's; hosting companies and shared "
    "delivery networks are among them, and marked."
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
    "Read from the cookies of consent tools that Carrel knows, at the moment at which the page was asked for. What a "
    "page contacts after a click on its consent tool still counts under the state in which the page was opened. A "
    "share is of the page loads opened in that state. A third party that was stopped is not counted for that page load."
)
BEHIND_NOTE: Final = (
    "Hosts with the site's own name that belong to somebody else in DNS, and requests to the site's own hosts that a "
    "list names. To a browser they look like the site itself, so its cookies may go with them. They are never added up "
    "with third parties."
)
RELAYED: Final = "relayed by the library's own proxy"
ONLY_STOPPED: Final = "every contact was stopped"
NO_MORE: Final = "Of every other recipient, Carrel could not tell that more was sent to it than the contact itself."
RELAYED_NOTE: Final = (
    "Relayed: on so many page loads, requests to it went through the library's own rewriting proxy (EZproxy or its "
    "kin), under names of the library. Of these, and of no others, the third party saw the library's server, and the "
    "browser took them for the library's. Whoever runs that proxy can stop this without the vendor: do not let it "
    "rewrite these names."
)
BEHIND: Final = "behind the site's own name"
BEHIND_HEADING: Final = "Behind the site's own names"
BOTH_THIRD: Final = "at least so often; also behind the site's own name"
BOTH_BEHIND: Final = "at least so often; also under its own name"

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
    ("contacted on, allowed", "page loads on which the domain was contacted at least once"),
    (
        "blocked, stopped upstream",
        "page loads on which a contact was stopped by Carrel, and by the library's content filter; not in the share",
    ),
    (
        "received",
        "the most that was seen to be sent to it, on at least so many page loads; then all that was seen to be sent",
    ),
    (
        "before a choice, after refusal",
        "page loads on which it was contacted, of those opened while the consent tool waited, or after it was told no",
    ),
    (
        "relayed",
        "page loads, at least, on which requests to it went through the library's own rewriting proxy, under its names",
    ),
    ("behind own name", "found behind the site's own host names, by dns or request; never added to the other lines"),
    (
        "counts",
        "exact, or at least: it was met under its own name and behind the site's, and page loads may be the same",
    ),
    (
        UNRESOLVED,
        "requests through the library's own rewriting proxy of which it cannot be told whose they are; no third party",
    ),
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


def relayed_on(of_contacts: Share) -> str:
    """
    >>> relayed_on(Share(8, 8)), relayed_on(Share(4, 8)), relayed_on(Share(0, 8))
    ('relayed on all', 'relayed on at least 4 of 8', '')
    """
    if not of_contacts.part:
        return ""
    some = f"at least {of_contacts.part:,} of {of_contacts.whole:,}"
    return f"relayed on {'all' if of_contacts.part == of_contacts.whole else some}"


def tags(relation: str, *, relayed: Share, both: bool, behind: bool) -> tuple[str, ...]:
    """What a reader must know beside a name before reading its numbers. `relayed`: of the page loads that contacted it.

    >>> tags("third", relayed=Share(0, 9), both=False, behind=False)
    ()
    >>> tags("cloud", relayed=Share(4, 8), both=False, behind=False)
    ('shared cloud or delivery network', 'relayed on at least 4 of 8')
    """
    found = ["" if relation == "third" else RELATIONS.get(relation, relation)]
    found += [relayed_on(relayed), (BOTH_BEHIND if behind else BOTH_THIRD) if both else ""]
    return tuple(tag for tag in found if tag)


def carrier(word: str) -> str:
    return CARRIERS.get(word, word)


def outcome(word: str) -> str:
    return OUTCOMES.get(word, word)


def method(word: str) -> str:
    return METHODS.get(word, word)
