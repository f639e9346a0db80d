"""Undo the host names that a library's own proxy writes (EZproxy, Innovative WAM, OpenAthens, Muse and others). Pure.

Only names below a configured suffix are touched. A dictionary of names decides first; a name that the rule alone
could read in several ways is taken only where the outcome is a known domain; the rest is UNRESOLVED, never guessed.
Nothing is remembered: the names of some proxies hold a patron's session.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final
from urllib.parse import unquote

from addons.decide.parties import is_public_suffix, normal_host, registrable_domain

EZPROXY = "EZproxy"
EDITED = "EZproxy, ProxyHostnameEdit"
HOSTED = "EZproxy, hosted by OCLC"
WAM = "Innovative WAM"
OPENATHENS = "OpenAthens"
MUSE = "Muse Proxy"
REMOTEXS = "RemoteXs"
WEBVPN = "WebVPN"


@dataclass(frozen=True, slots=True)
class Original:
    """The site behind a rewritten name."""

    host: str
    port: int | None
    """None where it is the usual one of the scheme."""
    system: str
    certain: bool
    """Whether the name allows no other reading, or the dictionary names it. If not, the rule read it and the domain
    is known; the labels before the domain may be joined by hyphens of their own."""


class Unresolved(Enum):
    UNRESOLVED = "behind the library's proxy, but which site cannot be told"


UNRESOLVED: Final = Unresolved.UNRESOLVED

_SHARED = {
    "idm.oclc.org": HOSTED,
    "proxy.openathens.net": OPENATHENS,
    "remotexs.co": REMOTEXS,
    "remotexs.in": REMOTEXS,
    "museknowledge.com": MUSE,
    "lookproxy.com": EZPROXY,
    "basesdedatosezproxy.com": EZPROXY,
}
"""Hosted services. The label before these is the library's (or the region's), also where carrel.toml omits it."""

_OWN_NAMES = frozenset({"admin", "auth", "login", "logon", "secure", "shibboleth", "sso", "status", "www"})
"""Labels before the suffix under which the proxy shows pages of its own."""

_OWN_PORTS = frozenset({None, 80, 443, 2048, 2443})
"""Ports of EZproxy's own pages (LoginPort, LoginPortSSL). On others, where it works by port, stands some site."""

_REDIRECTORS = frozenset({"go.openathens.net", "proxy.openathens.net"})
"""The same for every library, so never in its suffixes. They send a patron on and rewrite no name."""

# <session>-<mpNN>-<letter>-<scheme>-<host>, dotted on http; mpNN may be absent. A hyphen of the host is doubled.
_MUSE_NAME = re.compile(r"\d[0-9a-z]{5,}([.-])(?:mp\d{1,3}\1)?[a-z]\1https?\1(?P<host>.+)")
_MUSE_PATH = re.compile(r"/MuseProtocol=https?/MuseHost=(?P<host>[^/:]+)(?::(?P<port>\d{1,5}))?/")
_ADDRESS = re.compile(
    r"(?:p(?P<port>\d{1,5})-)?(?P<ip>\d{1,3}([.-])\d{1,3}\3\d{1,3}\3\d{1,3})(?:-(?P<tail>\d{1,5}))?(?:-s)?"
)
_PORT_FIRST = re.compile(r"(?P<ez>p)?(?P<port>\d{1,5})-(?P<host>.+)")
_PORT_LAST = re.compile(r"(?P<host>.+?)(?:-(?P<port>\d{1,5}))?(?:-p)?(?:-s)?")
_WEBVPN_PATH = re.compile(r"/(?:https?|wss?)(?:-\d{1,5})?/[0-9a-f]{32}")
_URL = re.compile(
    r"https?://(?:[^/?#\\@]*@)?(?P<host>\[[^\]/?#]*\]|[^/?#\\:@]*)(?::(?P<port>\d{1,5}))?(?P<path>/[^?#]*)?(?:\?(?P<query>[^#]*))?",
    re.IGNORECASE,
)  # urllib.parse would keep the address in its cache
_LOGIN_PATH = re.compile(r"/(?:login|form|wamvalidate|connect|redirector/[^/]+)/?", re.IGNORECASE)
_LOGIN_TARGET = re.compile(r"(?:^|&)(?P<name>q?url)=(?P<value>.*)", re.IGNORECASE | re.DOTALL)


def hyphenated(host: str) -> str:
    """The label that EZproxy makes of a host for https, to stay below one wildcard certificate.

    >>> hyphenated("databases.abc-clio.com")
    'databases-abc-clio-com'
    """
    return host.replace(".", "-")


def doubled(host: str) -> str:
    """The same as OpenAthens and Muse write it where hyphens would be lost.

    >>> doubled("databases.abc-clio.com")
    'databases-abc--clio-com'
    """
    return host.replace("-", "--").replace(".", "-")


def names(domains: Iterable[str]) -> dict[str, str]:
    """A dictionary for `Rewriting` from plain domains; "" where two of them are written alike.

    >>> names(["abc-clio.com", "a.b.test", "a-b.test"])
    {'abc-clio-com': 'abc-clio.com', 'a-b-test': ''}
    """
    found: dict[str, str] = {}
    for domain in domains:
        key = hyphenated(domain)
        found[key] = domain if found.get(key, domain) == domain else ""
    return found


def login_target(url: str) -> str:
    """The host to which a log-in page of such a proxy leads (`url=`, `qurl=`); "" if the address is none.

    >>> login_target("https://login.ezproxy.test/login?auth=staff&qurl=https%3A%2F%2Fwww.jstor.org%2F")
    'www.jstor.org'
    """
    address = _URL.match(url)
    if not address or not _LOGIN_PATH.fullmatch(address["path"] or ""):
        return ""
    parameter = _LOGIN_TARGET.search(address["query"] or "")
    if not parameter:
        return ""
    # EZproxy takes all that follows `url=` as it stands; others, and `qurl=`, expect it encoded.
    target = _URL.match(parameter["value"]) or _URL.match(unquote(parameter["value"].partition("&")[0]))
    return normal_host(target["host"]) if target else ""


class Rewriting:
    """Reads the names below one library's proxy suffixes."""

    def __init__(
        self, suffixes: Sequence[str], known: Callable[[str], bool], dictionary: Mapping[str, str] | None = None
    ) -> None:
        """`known` says whether a host belongs to a site, the directory or a list.

        `dictionary` gives hosts for names as the proxy writes them before its suffix (`names`), "" for two at once.
        """
        self._suffixes = frozenset(filter(None, map(normal_host, suffixes)))
        self._known = known
        self._dictionary = dict(dictionary or {})

    @property
    def suffixes(self) -> frozenset[str]:
        return self._suffixes

    def original(self, host: str) -> Original | Unresolved | None:
        """The site behind a host; None if it is no rewritten one (outside the suffixes, or the proxy itself)."""
        host = normal_host(host)
        name, suffix = self._split(host)
        if not name or name in _OWN_NAMES:
            return None
        if suffix not in _SHARED:
            return self._read(name, self._system(suffix))
        rest, _, tenant = name.rpartition(".")
        if not rest:  # a library's own front page, or a site without a library's label
            return self._read(name, self._system(suffix)) if "-" in tenant else None
        if _is_name(name) and self._known(name):
            return self._read(name, self._system(suffix))
        return None if rest in _OWN_NAMES else self._read(rest, self._system(suffix))

    def target(self, url: str) -> Original | Unresolved | None:
        """The site that an address names: by its host, as the target of a log-in page, or in its path (Muse).

        The address is read and dropped. A log-in page *leads to* the site and is not a page of it.
        """
        address = _URL.match(url)
        if not address:
            return None
        host = normal_host(address["host"])
        name, suffix = self._split(host)
        if not suffix and host not in _REDIRECTORS:
            return None
        if suffix and name and name not in _OWN_NAMES and host not in _REDIRECTORS and (found := self.original(host)):
            return found
        path = address["path"] or ""
        if muse := _MUSE_PATH.search(path):
            named = normal_host(muse["host"])
            return Original(named, _port(muse["port"]), MUSE, certain=True) if named else UNRESOLVED
        if target := login_target(url):
            if self._split(target)[1]:
                return self.original(target)  # WAM sends to the rewritten name
            return Original(target, None, OPENATHENS if host in _REDIRECTORS else self._system(suffix), certain=True)
        port = int(address["port"]) if address["port"] else None
        return UNRESOLVED if suffix and (port not in _OWN_PORTS or _WEBVPN_PATH.match(path)) else None

    def _split(self, host: str) -> tuple[str, str]:
        """What stands before the longest suffix, and the suffix; both empty outside of all."""
        start = 0
        while True:
            if host[start:] in self._suffixes:
                return host[:start].removesuffix("."), host[start:]
            dot = host.find(".", start)
            if dot < 0:
                return "", ""
            start = dot + 1

    def _system(self, suffix: str) -> str:
        for shared, system in _SHARED.items():
            if suffix == shared or suffix.endswith("." + shared):
                return system
        return WEBVPN if "vpn" in suffix else EZPROXY

    def _read(self, name: str, system: str) -> Original | Unresolved:
        if (exact := self._dictionary.get(name)) is not None:
            return self._found((exact, True), None, self._edited(name, exact, system))
        if muse := _MUSE_NAME.fullmatch(name):
            dotted = muse["host"] if muse[1] == "." else _undoubled(muse["host"])
            return self._found((dotted, True) if self._is_host(dotted) else None, None, MUSE)
        if (numbers := _ADDRESS.fullmatch(name)) and (ip := _ip(numbers["ip"])):
            return self._found((ip, True), _port(numbers["port"] or numbers["tail"]), system)
        if (first := _PORT_FIRST.fullmatch(name)) and int(first["port"]) < 65536:
            return self._with_port(name, first, system)
        if found := self._plain(name):
            return self._found(found, None, self._edited(name, found[0], system))
        last = _PORT_LAST.fullmatch(name)
        if last and last["host"] != name and (found := self._plain(last["host"])):
            return self._found((found[0], False), _port(last["port"]), WEBVPN if system == EZPROXY else system)
        return UNRESOLVED

    def _with_port(self, name: str, first: re.Match[str], system: str) -> Original | Unresolved:
        """`0-host`, `8080-host` (WAM) or `p8080-host` (EZproxy), unless the digits are the site's own."""
        rest, port = first["host"], int(first["port"])
        found, written_by = self._plain(rest), system if first["ez"] else WAM
        if found and port == 0:
            return self._found(found, None, written_by)
        # Attribution is to a domain: where both readings give the same one, the likelier host does no harm.
        if found and ("." not in rest or self._known(rest) or registrable_domain(rest) == registrable_domain(name)):
            return self._found(found, port, written_by)
        whole = self._plain(name)
        if whole and self._known(whole[0]):
            return self._found(whole, None, system)
        return UNRESOLVED

    def _found(self, read: tuple[str, bool] | None, port: int | None, system: str) -> Original | Unresolved:
        host = normal_host(read[0]) if read else ""
        return Original(host, port, system, certain=read[1]) if read and host else UNRESOLVED

    def _plain(self, name: str) -> tuple[str, bool] | None:
        """The host that a name without ports and sessions stands for, and whether that is certain."""
        dotted = "." in name
        for below, entry in _cuts(name, "." if dotted else "-"):
            if (host := self._dictionary.get(entry)) is not None:
                read = below if dotted else _undoubled(below)
                return (f"{read}.{host}" if read else host, dotted or not below) if host else None
        if dotted:
            return (name, True) if self._is_host(name) else None
        if "--" in name and self._known(read := _undoubled(name)):
            return read, True
        return (read, False) if self._known(read := name.replace("-", ".")) else None

    def _is_host(self, host: str) -> bool:
        return _is_name(host) or self._known(host)

    def _edited(self, name: str, host: str, system: str) -> str:
        """ProxyHostnameEdit is what made the name if plain hyphenation would have made another."""
        plain = (host, hyphenated(host), doubled(host))
        return EDITED if system == EZPROXY and host and name not in plain else system


def _cuts(name: str, sign: str) -> Iterator[tuple[str, str]]:
    """The name in two at each sign, the whole first: the longest entry wins, `abc-clio-com` before `clio-com`."""
    yield "", name
    for at, character in enumerate(name):
        if character == sign and sign * 2 not in name[max(at - 1, 0) : at + 2]:  # a doubled hyphen is a host's own
            yield name[:at], name[at + 1 :]


def _undoubled(name: str) -> str:
    return name.replace("--", "\0").replace("-", ".").replace("\0", "-")


def _is_name(host: str) -> bool:
    """Whether a name ends as names on the internet do, below a public suffix."""
    return is_public_suffix(host.rpartition(".")[2]) and not is_public_suffix(host)


def _ip(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text.replace("-", ".")))
    except ValueError:
        return ""


def _port(text: str | None) -> int | None:
    port = int(text or 0)
    return port if 0 < port < 65536 else None
