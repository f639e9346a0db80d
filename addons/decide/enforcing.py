"""What an enforced policy lets a site's pages contact, and its text (Content Security Policy Level 3). Pure.

The browser does the blocking, on these pages alone. The policy allows by name, so what it does not name is stopped;
nothing that is no contact (inline code, data:, blob:) is touched.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from addons.decide.parties import covers, names_above, registrable_domain
from addons.decide.policy import NO_CONTACT
from addons.settings import DESK

HEADER = "Content-Security-Policy"

MAX_NAMES = 300
"""Names in one policy. Servers and proxies on the way may refuse an answer whose head is longer than 32 KiB or so."""


@dataclass(frozen=True, slots=True, order=True)
class Source:
    """A host that a policy allows."""

    host: str
    below: bool = False
    """Whether the names below it are allowed as well."""
    path: str = ""
    """Only this path, or what lies below it if it ends in "/"."""


def sources(
    own: Iterable[str],
    names: Iterable[str],
    hosts: Iterable[str],
    trackers: Collection[str],
    mixed: Mapping[str, tuple[str, ...]],
) -> tuple[Source, ...]:
    """What to allow, sorted: the `own` domains, the domains `names`, and the domains of `hosts` that pages were seen to
    use, each with all below it.

    A policy cannot say "all but": where one of `trackers` lies below a domain, its hosts are allowed one by one, and
    those that are useful and trackers at once (`mixed`) by path.

    >>> for one in sources(["own.test"], [], ["cdn.good.test", "www.two.test"], ["ads.two.test"], {}): print(one)
    Source(host='good.test', below=True, path='')
    Source(host='own.test', below=True, path='')
    Source(host='www.two.test', below=False, path='')
    """
    spoiled = frozenset(above for name in (*trackers, *mixed) for above in names_above(name))
    found = {Source(name, below=True) for name in own}
    for host, domain in (*((name, name) for name in names), *((host, registrable_domain(host)) for host in hosts)):
        if domain not in spoiled:
            found.add(Source(domain, below=True))
        else:
            found.update(Source(host, path=path) for path in mixed.get(host, ("",)))
    return tuple(sorted(found))


def enforcing(allowed: Sequence[Source], token: str, *, forms: bool) -> str:
    """The value of HEADER for one page load. `forms`: whether the policy also says where forms may go.

    What it stops is reported to the observing policy, and can be told from these sources (`allows`). Reports of its own
    would be one more for each contact, and a browser drops what is too much. They are needed only where a path decides,
    because browsers do not report the path of frames.

    >>> enforcing((Source("a.test", below=True),), "T", forms=True).split("; ")[1:]
    ["form-action 'self' a.test:* *.a.test:*"]
    >>> enforcing((Source("b.test", path="/x/"),), "T", forms=True).split("; ")[1:]
    ["form-action 'self' b.test:*/x/", 'report-uri https://carrel.internal/r/T']
    """
    hosts = [text for source in allowed[:MAX_NAMES] for text in _written(source)]
    # A source without a scheme stands for the page's own, https; sockets need theirs named (CSP 3, section 6.7.2.8).
    sockets = [f"wss://{text}" for text in hosts if "/" not in text]
    lines = [f"default-src {NO_CONTACT} {' '.join(["'self'", *hosts, *sockets])}"]
    if forms:
        lines.append(f"form-action {' '.join(["'self'", *hosts])}")
    if any(source.path for source in allowed):
        lines.append(f"report-uri https://{DESK}/r/{token}")
    return "; ".join(lines)


def forms_matter(section: str) -> bool:
    """Whether pages of a section are told where forms may go. Log-ins lead through other places: a browser would stop
    them half-way.
    """
    return section != "account"


def _written(source: Source) -> tuple[str, ...]:
    if source.path:
        return (f"{source.host}:*{source.path}",)
    return (f"{source.host}:*", f"*.{source.host}:*") if source.below else (f"{source.host}:*",)


def allows(allowed: Iterable[Source], host: str, path: str = "") -> bool | None:
    """Whether a policy of these sources lets a request through; None where that hangs on a path that is not known.

    >>> allows((Source("a.test", below=True),), "x.a.test"), allows((Source("a.test"),), "x.a.test")
    (True, False)
    >>> [allows((Source("a.test", path="/maps/"),), "a.test", path) for path in ("/maps/1", "/x", "")]
    [True, False, None]
    """
    fitting = [one for one in allowed if host == one.host or (one.below and covers(one.host, host))]
    if any(not one.path or within(path, one.path) for one in fitting):
        return True
    return None if fitting and not path else False


def within(path: str, source: str) -> bool:
    """Whether a path matches a source's (CSP 3, section 6.7.2.10): one that ends in "/" stands for all below it."""
    return path == source or (source.endswith("/") and path.startswith(source))
