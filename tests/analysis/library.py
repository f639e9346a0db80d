"""A library's database after some months: three sites, months and days. Made by the real migrations."""

from __future__ import annotations

from pathlib import Path

from sqlite_utils import Database

from addons.database import open_database
from addons.migrations import UNLISTED_KEY
from addons.sums import reckoned_once
from tests.analysis import declared, protected

HOSTILE = '<script>alert("x")</script>&\'"'
LISTED = "2026-11-24"
PARTY_COLUMNS = "domain, service, owner, owner_group, category, list, list_version, rule, first_seen"
EXPOSURE_COLUMNS = "site, period, third_party, section, what, carried_in, outcome, loads"
DAYS = tuple(f"2026-11-{day:02d}" for day in range(2, 24) if day % 7 not in (0, 1))

SITES = (
    # id, name, kind, vendor, product, domains, contract from, until
    ("anytown", "Anytown catalog", "catalog", "BiblioCommons", "BiblioCore", "anytown.bibliocommons.com", "", ""),
    (
        "sciencedirect",
        "ScienceDirect",
        "vendor",
        "Elsevier",
        "ScienceDirect",
        "sciencedirect.com",
        "2025-01-01",
        "2027-06-30",
    ),
    ("smallpress", "Small Press Online", "vendor", "Small Press", "Small Press Online", "smallpress.example", "", ""),
    ("unopened", "Never Opened", "vendor", "Nobody", "Never Opened", "unopened.example", "", ""),
)
THIRD_PARTIES = (
    # domain, service, owner, group, category, list
    ("google-analytics.com", "Google Analytics", "Google", "Alphabet", "analytics", "trackers"),
    ("googletagmanager.com", "Google Tag Manager", "Google", "Alphabet", "tag manager", "trackers"),
    ("doubleclick.net", "Google Ads", "Google", "Alphabet", "advertising", "trackers"),
    ("facebook.net", "Facebook Pixel", "Meta", "Meta", "advertising", "trackers"),
    ("hotjar.com", "Hotjar", "Contentsquare", "Contentsquare", "session replay", "trackers"),
    ("adobedtm.com", "Adobe Launch", "Adobe", "Adobe", "tag manager", "trackers"),
    ("demdex.net", "Adobe Audience Manager", "Adobe", "Adobe", "advertising", "trackers"),
    ("newrelic.com", "New Relic", "New Relic", "New Relic", "error monitoring", "trackers"),
    ("fonts.example", "Fonts Example", "Fonts", "Fonts", "fonts", "library-services"),
    ("syndetics.com", "Syndetics", "ProQuest", "Clarivate", "covers and enrichment", "library-services"),
    ("librarything.com", "LibraryThing", "LibraryThing", "LibraryThing", "covers and enrichment", "library-services"),
    ("altmetric.com", "Altmetric", "Digital Science", "Holtzbrinck", "altmetrics", "library-services"),
    ("cloudfront.net", "CloudFront", "Amazon", "Amazon", "CDN", "library-services"),
    ("elsevier.com", "Elsevier", "Elsevier", "RELX", "hosting", "vendors"),
    ("els-cdn.com", "Elsevier content", "Elsevier", "RELX", "hosting", "vendors"),
    ("threatmetrix.com", "ThreatMetrix", "LexisNexis", "RELX", "analytics", "trackers"),
    ("omtrdc.net", "Adobe Analytics", "Adobe", "Adobe", "analytics", "trackers"),
    ("seldom-measured.example", "", "", "", "", ""),
    ("(unresolved behind proxy)", "", "", "", "", ""),
)
# site, third party, relation, kinds, method, outcome, share of page loads, first month of the three
SEEN = (
    ("anytown", "google-analytics.com", "third", ("script", "connect"), "report+tunnel", "allowed", 0.92, 0),
    ("anytown", "googletagmanager.com", "third", ("script",), "report", "allowed", 0.92, 0),
    ("anytown", "syndetics.com", "third", ("image",), "report", "allowed", 0.61, 0),
    ("anytown", "librarything.com", "third", ("script", "style"), "report", "allowed", 0.12, 1),
    ("anytown", "facebook.net", "third", ("script",), "report", "blocked", 0.34, 1),
    ("anytown", "cloudfront.net", "cloud", ("script", "image", "style"), "report", "allowed", 1.0, 0),
    # Both by its own name and behind the catalog's; and one that hides behind names of another site only.
    ("anytown", "hotjar.com", "third", ("script", "connect"), "report", "allowed", 0.1, 2),
    ("anytown", "hotjar.com", "third", ("image",), "dns", "allowed", 0.4, 0),
    ("anytown", "omtrdc.net", "third", ("connect",), "report", "allowed", 0.05, 2),
    ("sciencedirect", "adobedtm.com", "third", ("script",), "report", "allowed", 0.88, 0),
    ("sciencedirect", "demdex.net", "third", ("connect", "frame"), "report+tunnel", "allowed", 0.83, 0),
    ("sciencedirect", "google-analytics.com", "third", ("connect",), "report", "allowed", 0.3, 1),
    ("sciencedirect", "newrelic.com", "third", ("connect",), "report", "allowed", 0.995, 0),
    ("sciencedirect", "hotjar.com", "third", ("script",), "tunnel", "allowed", 0.03, 2),
    ("sciencedirect", "altmetric.com", "third", ("image",), "report", "allowed", 0.22, 0),
    ("sciencedirect", "doubleclick.net", "third", ("image",), "report", "allowed", 0.18, 2),
    ("sciencedirect", "elsevier.com", "group", ("script", "connect"), "report", "allowed", 0.97, 0),
    ("sciencedirect", "els-cdn.com", "own", ("style", "font"), "report", "allowed", 1.0, 0),
    ("sciencedirect", "threatmetrix.com", "group", ("script",), "dns", "allowed", 0.41, 1),
    ("sciencedirect", "omtrdc.net", "third", ("connect",), "dns", "allowed", 0.71, 0),
    ("sciencedirect", "seldom-measured.example", "third", ("connect",), "report", "allowed", 0.06, 2),
    ("sciencedirect", "(unresolved behind proxy)", "third", ("script",), "report", "allowed", 0.08, 2),
    ("smallpress", "fonts.example", "third", ("font",), "report", "allowed", 0.5, 2),
    ("smallpress", "googletagmanager.com", "third", ("script",), "report", "allowed", 0.2, 2),
)
# Consent states are known on one site: of its page loads one in four waits for a choice, one in ten was refused.
CONSENTS = {"sciencedirect": (("undecided", 4), ("refused", 10), ("accepted", 1))}
NOT_AFTER_REFUSAL = ("demdex.net", "doubleclick.net")
RELAYED = (("sciencedirect", "newrelic.com"), ("sciencedirect", "(unresolved behind proxy)"))
# site, third party, what, carried in, section or "" for all, share of page loads, first month of the three
RECEIVED = (
    ("anytown", "google-analytics.com", "page address", "url", "", 0.92, 0),
    ("anytown", "google-analytics.com", "identifier", "url", "", 0.92, 0),
    ("anytown", "google-analytics.com", "search terms", "url", "search", 0.9, 0),
    ("anytown", "syndetics.com", "item", "url", "item", 0.6, 0),
    ("sciencedirect", "google-analytics.com", "identifier", "url", "", 0.3, 1),
    ("sciencedirect", "demdex.net", "identifier", "url", "", 0.8, 0),
    ("sciencedirect", "demdex.net", "e-mail", "url", "", 0.02, 0),
    ("sciencedirect", "demdex.net", "cookie", "cookie", "", 0.5, 0),
    ("sciencedirect", "newrelic.com", "page address", "referrer", "", 0.9, 0),
    ("sciencedirect", "newrelic.com", "page address", "url", "", 0.99, 0),
    ("sciencedirect", "altmetric.com", "item", "url", "item", 0.6, 0),
    ("sciencedirect", "omtrdc.net", "search terms", "url", "search", 0.7, 0),
    ("smallpress", "googletagmanager.com", "page address", "url", "search", 0.25, 2),
)
SECTIONS = (("search", 0.5), ("item", 0.35), ("home", 0.15))


def make(path: Path) -> Path:
    """Write the database and close it, as a proxy that was stopped leaves it."""
    database = open_database(path)
    with database.conn, reckoned_once(database.conn):
        _who(database)
        _counts(database)
        _coverage(database)
        _more(database)
        protected.fill(database)
        declared.fill(database)
    database.conn.close()
    return path


def empty(path: Path) -> Path:
    open_database(path).conn.close()
    return path


def add_page_loads(database: Database, site: str, period: str, loads: int, with_third_party: int) -> None:
    """What a flush of the ledger does: adds to counts that may be there already."""
    with database.conn:
        database.conn.execute(
            "insert into page_load values ((select key from site where id = ?), ?, 'search', 'unknown', ?, ?) "
            "on conflict do update set loads = loads + excluded.loads, "
            "with_third_party = with_third_party + excluded.with_third_party",
            [site, period, loads, with_third_party],
        )


def add_presence(
    database: Database, site: str, period: str, domain: str, loads: int, *, relation: str = "third"
) -> None:
    with database.conn:
        database.conn.execute(
            f"insert into third_party ({PARTY_COLUMNS}) "
            "values (?, '', '', '', '', '', '', '', ?) on conflict do nothing",
            [domain, period],
        )
        for table, middle, end in (("presence", [], []), ("contact", ["script", "report"], [loads])):
            relayed = [0] if table == "contact" else []
            values = [site, period, domain, "search", "unknown", relation, *middle, "allowed", *relayed, loads, *end]
            marks = ", ".join("?" for _ in values[3:])
            database.conn.execute(
                f"insert into {table} values ((select key from site where id = ?), ?, "
                f"(select key from third_party where domain = ?), {marks}) "
                "on conflict do update set loads = loads + excluded.loads",
                values,
            )


def _who(database: Database) -> None:
    database.conn.executemany(
        "insert into site (id, name, kind, vendor, product, domains, contract_from, contract_until) "
        "values (?, ?, ?, ?, ?, ?, ?, ?)",
        SITES,
    )
    for domain, service, owner, group, category, listed in THIRD_PARTIES:
        version, rule = (LISTED, domain) if listed else ("", "")
        database.conn.execute(
            f"insert into third_party ({PARTY_COLUMNS}) values (?, ?, ?, ?, ?, ?, ?, ?, '2026-09')",
            [domain, service, owner, group, category, listed, version, rule],
        )
    database.conn.executemany(
        "insert into ruleset values (?, ?, '', ?, 'CC0-1.0', ?, ?)",
        [
            ("library-services", LISTED, "b" * 64, 120, 0),
            ("trackers", LISTED, "a" * 64, 210, 0),
            ("vendors", LISTED, "c" * 64, 64, 0),
        ],
    )


def _counts(database: Database) -> None:
    loads = {"anytown": (260, 300, 24), "sciencedirect": (120, 240, 18), "smallpress": (0, 0, 7)}
    for site, months in loads.items():
        for number, month in enumerate(("2026-09", "2026-10", "2026-11")):
            _period(database, site, month, months[number], number, 0.94)
        if site != "smallpress":
            for position, day in enumerate(DAYS):
                _period(database, site, day, 18 + (position * 7) % 23, 2, 0.94)
    site, month, none = "sciencedirect", "2026-11", UNLISTED_KEY
    key = database.conn.execute("select key from site where id = ?", [site]).fetchone()[0]
    database.conn.execute(
        "insert into presence values (?, ?, ?, 'search', 'unknown', 'third', 'allowed', 5)", [key, month, none]
    )
    database.conn.execute(
        "insert into contact values (?, ?, ?, 'search', 'unknown', 'third', 'image', 'report', 'allowed', 0, 5, 6)",
        [key, month, none],
    )
    database.conn.execute(
        f"insert into exposure ({EXPOSURE_COLUMNS}) values (?, ?, ?, 'search', 'search terms', 'url', 'allowed', 2)",
        [key, month, none],
    )


def _period(database: Database, site: str, period: str, total: int, month: int, with_any: float) -> None:
    key = _key(database, "site where id", site)
    left = total
    for section, part in SECTIONS:
        loads = left if section == "home" else min(left, round(total * part))
        left -= loads
        if not loads:
            continue
        any_third = loads if site == "anytown" else round(loads * with_any)
        for (consent, watched), (_, seen) in zip(_split(site, loads), _split(site, any_third), strict=True):
            database.conn.execute(
                "insert into page_load values (?, ?, ?, ?, ?, ?)", [key, period, section, consent, watched, seen]
            )
        for seen_on, domain, relation, kinds, method, outcome, share, since in SEEN:
            if seen_on != site or month < since:
                continue
            party, relayed = _key(database, "third_party where domain", domain), (site, domain) in RELAYED
            for consent, seen in _split(site, round(loads * share), domain):
                _seen(database, (key, period, party, section, consent, relation), kinds, method, outcome, relayed, seen)
        for seen_on, domain, what, carried_in, where, share, since in RECEIVED:
            if seen_on == site and where in ("", section) and month >= since and (received := round(loads * share)):
                party = _key(database, "third_party where domain", domain)
                database.conn.execute(
                    f"insert into exposure ({EXPOSURE_COLUMNS}) values (?, ?, ?, ?, ?, ?, 'allowed', ?)",
                    [key, period, party, section, what, carried_in, received],
                )


def _seen(
    database: Database,
    place: tuple[int | str, ...],
    kinds: tuple[str, ...],
    method: str,
    outcome: str,
    relayed: bool,
    loads: int,
) -> None:
    if not loads:
        return
    database.conn.execute(
        "insert into presence values (?, ?, ?, ?, ?, ?, ?, ?) on conflict do update set loads = loads + excluded.loads",
        [*place, outcome, loads],
    )
    for kind in kinds:
        database.conn.execute(
            "insert into contact values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [*place, kind, method, outcome, int(relayed), loads, loads * 2],
        )


def _split(site: str, loads: int, domain: str = "") -> list[tuple[str, int]]:
    """Shares these page loads out to the states of consent; all of them are in one of the states."""
    states = CONSENTS.get(site, (("unknown", 1),))
    parts, left = [], loads
    for consent, of in states:
        part = 0 if consent == "refused" and domain in NOT_AFTER_REFUSAL else left if of == 1 else loads // of
        left -= part
        parts.append((consent, part))
    return parts


def _key(database: Database, of: str, name: str) -> int:
    return int(database.conn.execute(f"select key from {of} = ?", [name]).fetchone()[0])


def _more(database: Database) -> None:
    """Cookies, places to sign in, look-alikes and a list that was fetched."""
    site, small = _key(database, "site where id", "sciencedirect"), _key(database, "site where id", "smallpress")
    database.conn.executemany(
        "insert into cookie values (?, '2026-10', ?, ?, ?, ?)",
        [
            (site, "Adobe Experience Cloud", "AMCV_*", "a year or more", 190),
            (site, "Google Analytics", "_ga", "a year or more", 71),
            (site, "OneTrust", "OptanonConsent", "days to months", 233),
        ],
    )
    database.conn.executemany(
        "insert into sign_in values (?, '2026-10', ?, ?)",
        [(site, "elsevier.com", 41), (site, "openathens.net", 12), (site, "(unlisted)", 2)],
    )
    database.conn.executemany(
        "insert into lookalike values (?, '2026-11', ?, ?)",
        [(site, "typo", 3), (site, "added word", 1), (small, "homograph", 1)],
    )
    database.conn.execute(
        "insert into ruleset values ('easyprivacy', '202611230714', '2026-11-23', ?, 'CC-BY-SA-3.0', 51000, 112)",
        ["d" * 64],
    )


def _coverage(database: Database) -> None:
    database.conn.executemany(
        "insert into coverage values (?, ?, ?, ?, ?, ?, ?, 0)",
        [
            ("2026-09", 540_000, 380, 2, 14, 0, 1),
            ("2026-10", 602_400, 540, 1, 22, 0, 0),
            ("2026-11", 12_000, 49, 0, 3, 0, 0),
        ]
        + [(day, 43_200, 60, 0, 2, 0, 0) for day in DAYS],
    )
