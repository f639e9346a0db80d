"""What happened in the demo, as its own servers saw it: counts of page loads, to hold Carrel's against. Pure.

Made from the requests alone, by rules of its own: nothing here asks the code that is being checked.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote_plus, urlsplit

from addons.decide.parties import registrable_domain
from deploy.demo.names import CLOAKED, CONSENT_TOOL, RELAYED, SITES, behind

BEHIND, RELAY, TERMS, SIGN_IN, CONSENT = (
    "tracker behind the site's own name",
    "relayed by the library's EZproxy",
    "received what was searched for",
    "sent patrons on to sign in",
    "choice in the cookie notice",
)
"""What more than a contact there is to count."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One request at one of the demo's servers."""

    visit: int
    at: float
    """Seconds, monotonic."""
    host: str
    target: str
    """Path and query."""
    document: bool
    """Whether the browser asked for it to show it as a page."""
    referrer: str = ""
    cookies: str = ""


@dataclass(frozen=True, slots=True, order=True)
class Fact:
    """Something that Carrel and the servers can both count."""

    what: str
    site: str
    who: str
    """A third party's domain; for CONSENT the choice."""


@dataclass(frozen=True, slots=True)
class Load:
    """A visit that showed a page of a site, and all that its browser asked for."""

    site: str
    page: Asked
    rest: tuple[Asked, ...]


def contacts(asked: Sequence[Asked], told: Mapping[str, float]) -> Counter[str]:
    """On how many page loads each third party was contacted, under whatever name.

    `told`: when the name server gave each alias away. Before that nobody can know who is behind it.
    """
    found: Counter[str] = Counter()
    for load in _loads(asked):
        found.update({_party(one) for one in load.rest if _tellable(one, told)})
    return found


def facts(asked: Sequence[Asked], told: Mapping[str, float]) -> Counter[Fact]:
    """On how many page loads there was more than a contact."""
    found: Counter[Fact] = Counter()
    banners: set[str] = set()
    for load in _loads(asked):
        found.update(set(_beside(load, told)))
        found[Fact(CONSENT, load.site, _consent(load.page.cookies, load.site in banners))] += 1
        if any(one.host == CONSENT_TOOL for one in load.rest):
            banners.add(load.site)
    for visit in _visits(asked):
        page, *others = (one for one in visit if one.document)
        site = SITES[behind(page.host)]
        found.update({Fact(SIGN_IN, site, _party(one)) for one in others})
    return found


def _beside(load: Load, told: Mapping[str, float]) -> Iterator[Fact]:
    words = parse_qs(urlsplit(load.page.target).query).get("q", [])
    for one in load.rest:
        if one.host in CLOAKED:
            if _tellable(one, told):
                yield Fact(BEHIND, load.site, _party(one))
            continue
        if one.host in RELAYED:
            yield Fact(RELAY, load.site, _party(one))
        received = unquote_plus(f"{one.target}\n{one.referrer}")
        if any(word in text for word in words for text in (received, unquote_plus(received))):
            yield Fact(TERMS, load.site, _party(one))


def _loads(asked: Iterable[Asked]) -> Iterator[Load]:
    for visit in _visits(asked):
        page, *others = (one for one in visit if one.document)
        if not others:  # or else it only sent the browser on
            rest = tuple(one for one in visit if behind(one.host) not in SITES)
            yield Load(SITES[behind(page.host)], page, rest)


def _visits(asked: Iterable[Asked]) -> Iterator[list[Asked]]:
    """The requests of each visit to a page of a site."""
    visits: defaultdict[int, list[Asked]] = defaultdict(list)
    for one in asked:
        visits[one.visit].append(one)
    for visit in visits.values():
        first = next((one for one in visit if one.document), None)
        if first and behind(first.host) in SITES:
            yield visit


def _tellable(one: Asked, told: Mapping[str, float]) -> bool:
    return one.host not in CLOAKED or one.at > told.get(one.host, one.at)


def _party(one: Asked) -> str:
    return registrable_domain(behind(one.host))


def _consent(cookies: str, banner: bool) -> str:
    """The state of OneTrust's cookies; without any, nothing is chosen where a page of the site showed the banner."""
    if "OptanonAlertBoxClosed=" in cookies:
        return "accepted" if "C0002%3A1" in cookies else "refused"
    return "undecided" if banner or "OptanonConsent=" in cookies else "unknown"
