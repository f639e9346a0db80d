"""What the library read in a vendor's documents, decided and asked, in rows."""

from __future__ import annotations

from sqlite_utils import Database

SITE = "sciencedirect"
LISTS = "aliases 2026-11-24, library-services 2026-11-24, trackers 2026-11-24, vendors 2026-11-24"
# sort, title, version, read on, first digit of the hash
DOCUMENTS = (
    ("policy", "Privacy policy", "2 March 2025", "2026-03-01", "1"),
    ("policy", "Privacy policy", "1 September 2026", "2026-11-10", "2"),
    ("cookies", "Cookie notice", "", "2026-11-10", "3"),
)
# document's digit, what, name, written
MENTIONS = (
    ("1", "service", "Hotjar", "Hotjar"),
    ("2", "service", "Google Analytics", "Google Analytics"),
    ("2", "owner", "Adobe", "Adobe"),
    ("2", "category", "error monitoring", "performance monitoring"),
    ("2", "service", "Crazy Egg", "Crazy Egg"),
    ("3", "domain", "google-analytics.com", "google-analytics.com"),
    ("3", "service", "Google Analytics", "google-analytics.com"),
    ("3", "domain", "demdex.net", "dpm.demdex.net"),
    ("3", "category", "advertising", "targeting cookies"),
)
VERDICTS = (("altmetric.com", "by name", "Privacy policy", "2026-11-12", "section 4 shows its badge", "Ada"),)
# third party, finding, asked, clause, asked on, wanted by
REQUESTS = (
    ("doubleclick.net", "advertising", "remove", "7.2", "2026-11-12", "2026-12-31"),
    ("hotjar.com", "session-replay", "explain", "", "2026-11-12", ""),
)
ANSWERS = (
    (1, "2026-11-15", "We are looking into it.", "promised"),
    (1, "2026-11-20", "It was removed with release 9.", "done"),
)


def fill(database: Database) -> None:
    run = database.conn.execute
    (site,) = run("select key from site where id = ?", [SITE]).fetchone()
    keys = {}
    for sort, title, version, read_on, digit in DOCUMENTS:
        address = f"https://vendor.example/{sort}"
        row = [site, sort, title, version, address, read_on, digit * 64, "html", LISTS]
        keys[digit] = run(
            "insert into document (site, sort, title, version, address, read_on, sha256, format, lists) "
            "values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            row,
        ).lastrowid
    for digit, *mention in MENTIONS:
        run("insert into mention values (?, ?, ?, ?)", [keys[digit], *mention])
    for verdict in VERDICTS:
        run(
            "insert into disclosure (site, third_party, status, document, declared, because, decided_by) "
            "values (?, ?, ?, ?, ?, ?, ?)",
            [site, *verdict],
        )
    for request in REQUESTS:
        run(
            "insert into request (site, third_party, finding, asked, clause, asked_on, wanted_by) "
            "values (?, ?, ?, ?, ?, ?, ?)",
            [site, *request],
        )
    for answer in ANSWERS:
        run("insert into answer (request, answered_on, answer, outcome) values (?, ?, ?, ?)", list(answer))
