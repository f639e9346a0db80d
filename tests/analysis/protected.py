"""How the library's sites are protected, in rows: one was put back, one is protected, one settles, one is observed."""

from __future__ import annotations

from sqlite_utils import Database

PROTECTIONS = (
    ("sciencedirect", "block", "returned", 0, "2026-11-20", "log-in forms were sent again more often than before"),
    ("anytown", "block", "protected", 0, "2026-11-03", ""),
    ("smallpress", "block", "settling", 13, "2026-11-23", ""),
    ("unopened", "observe", "observing", 0, "2026-11-02", ""),
)
# site, third party, mode, page loads in November
DRY_RUNS = (
    ("sciencedirect", "adobedtm.com", "block", 310),
    ("sciencedirect", "demdex.net", "block", 290),
    ("sciencedirect", "doubleclick.net", "block", 64),
    ("sciencedirect", "adobedtm.com", "contract", 310),
    ("sciencedirect", "demdex.net", "contract", 290),
    ("sciencedirect", "doubleclick.net", "contract", 64),
    ("sciencedirect", "altmetric.com", "contract", 70),
    ("sciencedirect", "seldom-measured.example", "contract", 20),
    ("sciencedirect", "(unlisted)", "contract", 5),
    ("anytown", "syndetics.com", "contract", 200),
    ("anytown", "facebook.net", "contract", 160),
    ("smallpress", "googletagmanager.com", "block", 1),
    ("smallpress", "googletagmanager.com", "contract", 1),
    ("smallpress", "fonts.example", "contract", 3),
)
# site, third party, outcome, page loads, beside those of library.SEEN
STOPPED = (
    ("sciencedirect", "doubleclick.net", "blocked", 11),
    ("sciencedirect", "newrelic.com", "stopped upstream", 3),
    ("anytown", "doubleclick.net", "stopped upstream", 7),
)
# site, third party, what, carried in, page loads
PREVENTED = (
    ("sciencedirect", "doubleclick.net", "page address", "url", 9),
    ("sciencedirect", "doubleclick.net", "cookie", "cookie", 4),
    ("anytown", "facebook.net", "search terms", "url", 88),
    ("anytown", "facebook.net", "identifier", "url", 150),
)
# site, protected, page loads, errors, reloads, log-ins
BREAKAGES = (
    ("sciencedirect", 0, 340, 6, 4, 1),
    ("sciencedirect", 1, 40, 3, 2, 9),
    ("anytown", 0, 30, 1, 0, 0),
    ("anytown", 1, 455, 9, 5, 2),
    ("smallpress", 0, 7, 0, 0, 0),
)
IN_FORCE = "2099-01-01T12:00Z"
# site, third party, reason, owner, until, since
DECISIONS = (
    (
        "sciencedirect",
        "altmetric.com",
        "badges are part of the contract",
        "Ana, desk",
        IN_FORCE,
        "2026-11-20",
    ),
    ("sciencedirect", "demdex.net", "tried whether log-in works", "Ben, IT", "2026-11-20T14:00Z", "2026-11-20"),
)


def fill(database: Database) -> None:
    for site, *rest in PROTECTIONS:
        _insert(database, "protection", _site(database, site), *rest)
    for site, domain, mode, loads in DRY_RUNS:
        _insert(database, "dry_run", _site(database, site), "2026-11", _party(database, domain), mode, loads)
    for site, domain, outcome, loads in STOPPED:
        place = [_site(database, site), "2026-11", _party(database, domain), "search", "unknown", "third"]
        _insert(database, "presence", *place, outcome, loads)
        _insert(database, "contact", *place, "image", "report", outcome, 0, loads, loads)
    for site, domain, what, carried_in, loads in PREVENTED:
        place = [_site(database, site), "2026-11", _party(database, domain), "search"]
        _insert(database, "exposure", *place, what, carried_in, "blocked", loads)
    for site, *rest in BREAKAGES:
        _insert(database, "breakage", _site(database, site), "2026-11", *rest)
    for site, *rest in DECISIONS:
        database.conn.execute(
            "insert into decision (site, third_party, reason, owner, until, since) values (?, ?, ?, ?, ?, ?)",
            [_site(database, site), *rest],
        )


def _insert(database: Database, table: str, *values: object) -> None:
    database.conn.execute(f"insert into {table} values ({', '.join('?' for _ in values)})", values)


def _site(database: Database, site: str) -> int:
    return int(database.conn.execute("select key from site where id = ?", [site]).fetchone()[0])


def _party(database: Database, domain: str) -> int:
    return int(database.conn.execute("select key from third_party where domain = ?", [domain]).fetchone()[0])
