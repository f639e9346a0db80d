"""The demo's host names that are not what they seem: a tracker behind the catalog's own name, and what EZproxy makes
of the names that it relays. And the two services whose part in the story is more than being contacted.
"""

CATALOG, READER, JOURNALS = ("catalog.anytown.test", "reader.vendor-one.test", "journals.vendor-two.test")

SITES = {CATALOG: "catalog", READER: "reader-one", JOURNALS: "journals-two"}
"""Their ids in the demo's carrel.toml."""

CONSENT_TOOL = "cdn.cookielaw.org"
SIGN_IN = "login.openathens.net"

METRICS = f"metrics.{CATALOG}"
CLOAKED = {METRICS: "anytown.sc.omtrdc.net"}
"""Names of a site's own, and the trackers' names behind them in DNS."""

SUFFIX = "ezproxy.anytown.test"
"""Of the library's own EZproxy, through which patrons at home read the journals."""


def relayed(host: str) -> str:
    """The name that EZproxy gives a host for https, to stay below one wildcard certificate."""
    return f"{host.replace('.', '-')}.{SUFFIX}"


RELAYED = {relayed(host): host for host in (JOURNALS, "www.googletagmanager.com", "www.google-analytics.com")}
"""What EZproxy's configuration makes it relay: the journals, and with them, as happens, their page tags."""


def behind(host: str) -> str:
    """Whose server a name really is: the tracker's behind a CNAME, the original of a relayed one, or its own."""
    return CLOAKED.get(host) or RELAYED.get(host) or host
