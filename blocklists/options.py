"""What stands behind the `$` of a rule: for which requests it is meant. Pure.

Options that change a request instead of stopping it, or that need what Carrel never sees (headers, methods, addresses),
make a rule unusable; `read` then gives the reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from blocklists.names import below_entity, normal_name

__all__ = ["ANYWHERE", "NO_OPTIONS", "Options", "Places", "RuleError", "canonical", "kind_bits", "read"]

SCRIPT, STYLE, IMAGE, FONT, XHR, PING, SOCKET, FRAME, MEDIA, OBJECT, WORKER, FORM, OTHER, DOCUMENT = (
    1 << bit for bit in range(14)
)
EVERYTHING: Final = (1 << 14) - 1
ORDINARY: Final = EVERYTHING & ~DOCUMENT
"""What a rule without types is about. A form is included: it carries what the page knows, as a script does."""

_KINDS: Final = {
    "script": SCRIPT,
    "style": STYLE,
    "image": IMAGE,
    "font": FONT,
    "connect": XHR,
    "frame": FRAME,
    "media": MEDIA,
    "object": OBJECT,
    "worker": WORKER,
    "form": FORM,
    "other": OTHER,
    "document": DOCUMENT,
    # finer than Carrel's kinds, for callers who know
    "ping": PING,
    "websocket": SOCKET,
}
_TYPES: Final = {
    "script": SCRIPT | WORKER,
    "stylesheet": STYLE,
    "image": IMAGE,
    "font": FONT,
    "xmlhttprequest": XHR,
    "ping": PING,
    "websocket": SOCKET,
    "subdocument": FRAME,
    "media": MEDIA,
    "object": OBJECT,
    "other": OTHER,
    "document": DOCUMENT | FORM,
    "all": EVERYTHING,
}
_ALIASES: Final = {
    "3p": "third-party",
    "first-party": "1p",
    "css": "stylesheet",
    "style": "stylesheet",
    "xhr": "xmlhttprequest",
    "beacon": "ping",
    "frame": "subdocument",
    "object-subrequest": "object",
    "doc": "document",
    "from": "domain",
}
_NO_REQUEST: Final = frozenset({"popup", "popunder", "inline-script", "inline-font", "webrtc"})
"""Types of things that are no request; beside other types they are left out, alone they leave nothing."""
_UNUSABLE: Final = frozenset(
    "removeparam queryprune csp permissions redirect-rule rewrite replace uritransform urlskip header removeheader "
    "responseheader cookie stealth jsonprune xmlprune hls elemhide generichide specifichide genericblock ehide ghide "
    "shide cname app network method ipaddress strict1p strict3p empty mp4 extension jsinject urlblock content "
    "referrerpolicy requestheader urltransform trusted-types".split()
)
THIRD, FIRST = 1, 2


class RuleError(ValueError):
    """The rule is left out; the text is the reason under which it is counted, one of a fixed set."""


@dataclass(frozen=True, slots=True)
class Places:
    """A list of host names of `domain=` or `to=`; a name covers what is below it, the most specific entry decides."""

    only: frozenset[str] = frozenset()
    never: frozenset[str] = frozenset()
    entities: bool = False
    """Some entries end in `.*`."""

    def cover(self, above: tuple[str, ...]) -> bool:
        """`above`: a host and its suffixes; () for an unknown host, which is in no list."""
        for name in above:
            if name in self.never:
                return False
            if name in self.only:
                return True
        if self.entities:
            for name in below_entity(above):
                if name in self.never:
                    return False
                if name in self.only:
                    return True
        return not self.only


ANYWHERE: Final = Places()


@dataclass(frozen=True, slots=True)
class Options:
    kinds: int = ORDINARY
    party: int = 0
    pages: Places = ANYWHERE
    hosts: Places = ANYWHERE
    important: bool = False
    badfilter: bool = False
    match_case: bool = False


NO_OPTIONS: Final = Options()


def kind_bits(kind: str, *, socket: bool) -> int:
    """A request's kind as bits.

    `connect` counts as a fetch, never as a ping: browsers' reports do not tell them apart, and lists hold pings to be
    tracking on hosts whose every other answer a page needs.
    """
    bits = _KINDS.get(kind, OTHER)
    return SOCKET if socket and bits == XHR else bits


def read(text: str, *, exception: bool = False) -> Options:
    """The options of one rule, without the `$`. Raises RuleError."""
    only, never, party, ignored = 0, 0, 0, ""
    pages = hosts = ANYWHERE
    important = badfilter = match_case = False
    for option in text.split(","):
        name, equals, value = option.strip().partition("=")
        name = name.lower()
        negated = name.startswith("~")
        name = name.removeprefix("~")
        name = _ALIASES.get(name, name)
        if name in _TYPES and not equals:
            if negated:
                # whoever excuses fetches means what browsers report as one
                never |= _TYPES[name] | (PING if name == "xmlhttprequest" else 0)
            else:
                only |= _TYPES[name]
        elif name in {"third-party", "1p"} and not equals:
            wanted = THIRD if (name == "third-party") != negated else FIRST
            if party and party != wanted:
                raise RuleError("contradicting options")
            party = wanted
        elif name == "domain" and not negated:
            pages = _places(value)
        elif name == "to" and not negated:
            hosts = _places(value)
        elif name == "denyallow" and not negated:
            hosts = Places(never=_places(value).only)
        elif name == "important" and not negated:
            important = True
        elif name == "badfilter" and not negated:
            badfilter = True
        elif name == "match-case" and not negated:
            match_case = True
        elif name == "redirect" and not exception:
            pass  # stops the request and puts something harmless in its place: the first half is our business
        elif name in _NO_REQUEST:
            ignored = ignored if negated else name
        elif name == "redirect" or name in _UNUSABLE:
            raise RuleError(f"option {name}")
        elif name.strip("_") or equals:  # "_" is a placeholder
            raise RuleError("unknown option")
    if ignored and not only:
        raise RuleError(f"option {ignored}")
    kinds = (only or ORDINARY) & ~never
    if not kinds:
        raise RuleError("contradicting options")
    return Options(kinds, party, pages, hosts, important, badfilter, match_case)


def _places(value: str) -> Places:
    only: set[str] = set()
    never: set[str] = set()
    entities = False
    for entry in value.lower().split("|"):
        name = entry.strip().removeprefix("~")
        if name.startswith("/"):
            raise RuleError("domains as an expression")
        if name.endswith(".*"):
            entities = True
            known = normal_name(name[:-2])
            name = f"{known}.*" if known else ""
        else:
            name = name.strip("[]") if ":" in name else normal_name(name)
        if not name:
            raise RuleError("unreadable domain")
        (never if entry.strip().startswith("~") else only).add(name)
    return Places(frozenset(only), frozenset(never), entities)


def canonical(text: str) -> str:
    """The options in an order of their own, without `badfilter`: the same for two ways of writing the same."""
    found = set()
    for option in text.split(","):
        name, equals, value = option.strip().lower().partition("=")
        negated = name.startswith("~")
        name = name.removeprefix("~")
        name = _ALIASES.get(name, name)
        if name == "1p":
            name, negated = "third-party", not negated
        if name == "domain":
            value = "|".join(sorted(value.split("|")))
        if name != "badfilter" and name.strip("_"):
            found.add(f"{'~' if negated else ''}{name}{equals}{value}")
    return ",".join(sorted(found))
