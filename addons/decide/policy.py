"""A site -> the policy header that makes the browser report (Content Security Policy Level 3). Pure.

The policy is only ever sent as `Content-Security-Policy-Report-Only`: nothing on the page changes. It allows what
is the site's own and everything that is not a contact (inline code, data:, blob:), so that each report names a
host that the site does not own. Behind the library's rewriting proxy nothing but the page's own host is allowed: there,
trackers have names of the same domain.
"""

from __future__ import annotations

from addons.settings import DESK, Site

HEADER = "Content-Security-Policy-Report-Only"

NO_CONTACT = "'unsafe-inline' 'unsafe-eval' 'wasm-unsafe-eval' data: blob: filesystem: mediastream: about:"


def observing(site: Site, token: str, *, relayed: bool = False) -> str:
    """The value of HEADER for one page load; the browser sends its reports to the desk, under the page's token.

    `default-src` does not cover where forms go, so that is named too.

    >>> observing(Site("a", "A", domains=("a.example",)), "T").split("; ")[1:]
    ["form-action 'self' a.example:* *.a.example:*", 'report-uri https://carrel.internal/r/T']
    >>> observing(Site("a", "A", domains=("a.example",)), "T", relayed=True).split("; ")[1]
    "form-action 'self'"
    """
    domains = () if relayed else (*site.domains, *site.own)
    hosts = [f"{host}:*" for domain in domains for host in (domain, f"*.{domain}")]
    own = ["'self'", *hosts]
    # A source without a scheme stands for the page's own, https; sockets need theirs named (CSP 3, section 6.7.2.8).
    anything = " ".join(["default-src", NO_CONTACT, *own, *(f"wss://{host}" for host in hosts)])
    return f"{anything}; form-action {' '.join(own)}; report-uri https://{DESK}/r/{token}"
