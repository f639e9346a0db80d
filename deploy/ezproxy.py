"""Read a real EZproxy config.txt (and what it includes) into stanzas. What they mean for Carrel is in ezproxy_sites.

Such a file has grown for twenty years: nothing in it stops the reading, and every line that is passed over is either
of no interest here or named in `problems`. User names, passwords and queries of addresses are not taken over.
"""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

from addons.decide.parties import covers, normal_host

MAX_DEPTH = 8
MAX_FILES = 5000
MAX_BYTES = 16 * 1024 * 1024
"""Of one file; the largest published config.txt has a few hundred thousand."""

_FULL = {
    "t": "title",
    "u": "url",
    "h": "host",
    "hj": "hostjavascript",
    "d": "domain",
    "dj": "domainjavascript",
    "n": "name",
    "phe": "proxyhostnameedit",
    "o": "option",
}
# Directives of the OCLC reference that say nothing about hosts.
_PASSED = frozenset(
    """
    a e i l p r addheader adduserheader allowvars anonymousurl anonymousurlnever audit auditpurge autologinip
    autologinipbanner binarytimeout books24x7site byteserve casserviceurl clienttimeout cname connectwindow cookie
    cookiefilter databasename dbvar denyifrequestheader description dnsserver eblsecret ebrarysite encryptvar excludeip
    excludeipbanner extralogincookie find replace firstport formselect formsubmit formvariable gartnersite group haname
    hapeer httpheader httpmethod identifier includeip interface intruderattempts intruderipattempts intruderlog
    intruderreject intrudertimeout intruderuserattempts intruderwhitelist ipformat lbpeer location logfile logfilter
    logformat loginbanner logincookiedomain logincookiename loginmenu loginsocketbacklog logspu maxconcurrenttransfers
    maxlifetime maxsessions maxvirtualhosts mc messagesfile metafind mimefilter minproxyversion ml ms mv mvh netlibrary
    netlibraryconfig newhandle overdrivesite pdfrefresh pdfrefreshpost pdfrefreshpre pidfile proxy proxyssl
    radiusretry redirectsafe referer refererinhostname rejectip remoteiphseader remoteipheader remoteipinternalproxy
    remoteiptrustedproxy remotetimeout runas securityrule shibbolethdisable shibbolethmetadata shibbolethsite
    shibbolethwayf skipport sourceip spuedit spueditvar sslciphersuite sslhonorcipherorder sslopensslconfcmd ssohost
    ssousername ticket timezone tokenkey tokensignaturekey umask usagelimit usergroup validate xdebug
    """.split()
)
_TAG = re.compile(r"<[^<>]{0,200}>")
_UPDATED = re.compile(r"\s*\(updated\s+[\d/. -]+\)\s*$", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_ADDRESS = re.compile(
    r"(?:(?P<scheme>[a-z][a-z0-9+.-]*)://)?(?:[^/?#@]*@)?(?P<host>\[[^\]]*\]|[^/?#:@]*)(?P<port>:\d{1,5})?(?P<path>/[^?#]*)?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Stanza:
    """One resource: a Title and the lines up to the next."""

    title: str
    urls: tuple[str, ...] = ()
    """Scheme, host, port and path; no user name, no query."""
    hosts: tuple[str, ...] = ()
    """Relayed by exactly this name (URL, Host, HostJavaScript)."""
    domains: tuple[str, ...] = ()
    """Relayed with every name below (Domain, DomainJavaScript)."""
    never_proxy: tuple[str, ...] = ()

    @property
    def starts(self) -> tuple[str, ...]:
        """The hosts at which a patron begins."""
        return tuple(dict.fromkeys(host for url in self.urls if (host := host_of(url))))


@dataclass(frozen=True, slots=True)
class Config:
    stanzas: tuple[Stanza, ...]
    name: str = ""
    """Host name of the proxy itself: the suffix of the names that it writes."""
    login_port: int | None = None
    options: tuple[str, ...] = ()
    edits: tuple[tuple[str, str], ...] = ()
    """ProxyHostnameEdit: what is found in a host name, and what is written in its place."""
    never_proxy: tuple[str, ...] = ()
    """All of them, wherever they stand: EZproxy obeys them everywhere."""
    files: int = 1
    problems: tuple[str, ...] = ()

    @property
    def by_host_name(self) -> bool:
        """Whether names are rewritten at all. Without the option EZproxy gives each site a port instead."""
        return any(option.lower() == "proxybyhostname" for option in self.options)

    def relays(self, host: str) -> bool:
        """Whether no NeverProxy line keeps a host out."""
        return not any(
            fnmatchcase(host, pattern) if "*" in pattern else covers(pattern, host) for pattern in self.never_proxy
        )


@dataclass(slots=True)
class _Draft:
    title: str
    urls: list[str] = field(default_factory=list)
    hosts: list[str] = field(default_factory=list)
    domains: list[str] = field(default_factory=list)
    never: list[str] = field(default_factory=list)


def read(source: str | Path) -> Config:
    """Read the text of a config.txt, or a file with all that it includes. OSError if that file cannot be read."""
    reader = _Reader()
    if isinstance(source, Path):
        reader.base = source.resolve().parent
        reader.file(source.resolve(), source.name, depth=0)
    else:
        reader.text(source, "config.txt", depth=0)
    return reader.config()


def decoded(content: bytes) -> str:
    """Text of a file of unknown age: by its byte order mark, else UTF-8, else what Windows and ISO 8859-1 share."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    try:
        return content.decode("cp1252")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def host_of(text: str) -> str:
    """The host of an address with or without scheme, in the form of `normal_host`; "" if there is none."""
    found = _ADDRESS.match(text)
    return normal_host(found["host"]) if found else ""


class _Reader:
    def __init__(self) -> None:
        self.base: Path | None = None
        self._files = 0
        self._open: list[Path] = []
        self._stanzas: list[_Draft] = []
        self._loose = _Draft("")
        self._name = ""
        self._port: int | None = None
        self._options: dict[str, None] = {}
        self._edits: dict[tuple[str, str], None] = {}
        self._problems: list[str] = []
        self._unknown: Counter[str] = Counter()
        self._first: dict[str, tuple[str, str]] = {}

    def config(self) -> Config:
        problems = list(self._problems)
        for word, count in self._unknown.items():
            times = "" if count == 1 else f" ({count} times)"
            place, written = self._first[word]
            problems.append(f'{place}: "{written}" is no directive that Carrel knows; passed over{times}')
        never = [pattern for draft in (self._loose, *self._stanzas) for pattern in draft.never]
        return Config(
            stanzas=tuple(
                Stanza(d.title, *(tuple(dict.fromkeys(part)) for part in (d.urls, d.hosts, d.domains, d.never)))
                for d in self._stanzas
            ),
            name=self._name,
            login_port=self._port,
            options=tuple(self._options),
            edits=tuple(self._edits),
            never_proxy=tuple(dict.fromkeys(never)),
            files=max(self._files, 1),
            problems=tuple(problems),
        )

    def file(self, path: Path, name: str, depth: int) -> None:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
        self._files += 1
        if len(content) > MAX_BYTES:
            self._problems.append(f"{name}: longer than {MAX_BYTES // 1024 // 1024} MiB; the rest was not read")
        self._open.append(path)
        self.text(decoded(content[:MAX_BYTES]), name, depth)
        self._open.pop()

    def text(self, text: str, name: str, depth: int) -> None:
        for number, line in _lines(text):
            word, _, rest = line.replace("\t", " ").partition(" ")
            self._line(word.lower(), word, rest.strip(), f"{name}:{number}", depth)

    def _line(self, word: str, written: str, rest: str, place: str, depth: int) -> None:
        match _FULL.get(word, word):
            case "title":
                self._stanzas.append(_Draft(_title(rest)))
            case "url":
                self._url(rest, place)
            case "host" | "hostjavascript":
                self._add(rest, place, below=False)
            case "domain" | "domainjavascript":
                self._add(rest, place, below=True)
            case "neverproxy":
                pattern = (rest.split() or [""])[0].lower().partition(":")[0]
                (self._stanzas[-1] if self._stanzas else self._loose).never.append(pattern)
            case "includefile":
                self._include(rest, place, depth)
            case "name":
                self._name = host_of(rest) or self._name
            case "loginport" | "loginportssl" if (
                rest.split() and (port := rest.split()[0].rpartition(":")[2]).isdecimal()
            ):
                self._port = self._port or int(port)
            case "option":
                self._options[" ".join(rest.split())] = None
            case "proxyhostnameedit":
                self._edit(rest, place)
            case passed if passed not in _PASSED and not passed.startswith(("dbvar", "login")):
                self._unknown[passed] += 1
                self._first.setdefault(passed, (place, _CONTROL.sub(" ", written)[:40]))

    def _url(self, rest: str, place: str) -> None:
        """`URL address`, or `URL -Form=post label address` and its kin."""
        words = rest.split()
        address = next((word for word in words if "://" in word), words[-1] if words else "")
        found = _ADDRESS.match(address)
        if not found or not (host := normal_host(found["host"])) or address.startswith("-"):
            self._problems.append(f"{place}: no address after URL; passed over")
            return
        if draft := self._stanza(place):
            shown = f"[{host}]" if ":" in host else host
            scheme = (found["scheme"] or "http").lower()
            draft.urls.append(f"{scheme}://{shown}{found['port'] or ''}{found['path'] or ''}")
            draft.hosts.append(host)

    def _add(self, rest: str, place: str, *, below: bool) -> None:
        named = (rest.split() or [""])[0]
        host = host_of(named.removeprefix("*").removeprefix(".") if below else named)
        if not host:
            shown = _CONTROL.sub(" ", named)[:60]
            self._problems.append(f'{place}: "{shown}" is not a host name; passed over')
        elif draft := self._stanza(place):
            (draft.domains if below else draft.hosts).append(host)

    def _stanza(self, place: str) -> _Draft | None:
        if not self._stanzas:
            self._problems.append(f"{place}: stands before the first Title; passed over")
            return None
        return self._stanzas[-1]

    def _edit(self, rest: str, place: str) -> None:
        words = rest.lower().split()
        if len(words) == 2:
            self._edits[words[0].replace("\\", ""), words[1]] = None
        else:
            self._problems.append(f"{place}: ProxyHostnameEdit needs what to find and what to write; passed over")

    def _include(self, rest: str, place: str, depth: int) -> None:
        named = rest.strip("\"'")
        shown = _CONTROL.sub(" ", named)[:120]
        if self.base is None:
            self._problems.append(f'{place}: "{shown}" was not included: name the file on disk to have it read')
            return
        if depth >= MAX_DEPTH or self._files >= MAX_FILES:
            self._problems.append(f'{place}: "{shown}" was not included: too many files, or too deep in one another')
            return
        # EZproxy takes names from its own folder, not from the including file's; on Windows with backslashes.
        try:
            path = (self.base / named.replace("\\", "/")).resolve()
            if path in self._open:
                self._problems.append(f'{place}: "{shown}" includes itself; passed over')
                return
            self.file(path, named, depth + 1)
        except (OSError, ValueError, RuntimeError) as error:
            why = getattr(error, "strerror", None) or "not a file name"
            self._problems.append(f'{place}: "{shown}" could not be included ({why}); its resources are missing')


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines with their numbers: no comments, no empty ones, those that end in a backslash joined to the next.

    A comment within a joined line is left out and does not end it; an empty line ends it. (Thus EZproxy's users
    have long been writing, whatever the manual means.)
    """
    joined, start = "", 0
    for number, raw in enumerate(re.split(r"\r\n|\r|\n", text), 1):
        line = raw.replace("\0", "").strip()
        if line.startswith("#"):
            continue
        if line.endswith("\\") and not line.lower().startswith("includefile"):
            start = start or number
            joined += line[:-1]
            continue
        if whole := (joined + line).strip():
            yield start or number, whole
        joined, start = "", 0
    if whole := joined.strip():
        yield start, whole


def _title(text: str) -> str:
    """`Title -hide Name (updated 20240101)` -> `Name`; some libraries write HTML here."""
    words = text.split()
    while words and words[0].startswith("-") and len(words[0]) > 1:
        words = words[1:]
    plain = html.unescape(_TAG.sub("", " ".join(words)))
    return " ".join(_UPDATED.sub("", _CONTROL.sub(" ", plain)).split()) or "(no title)"
