"""The rest of two years: cookies, sign-ins, look-alikes, protection, lists, documents, requests, decisions."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Sequence
from hashlib import sha256

from blocklists import cookies, owners
from tests.bench.shapes import FIRST_DAY, MONTHS, TODAY, Site

LISTS = "aliases 2026-11-24, library-services 2026-11-24, trackers 2026-11-24, vendors 2026-11-24"
ANSWERS = (
    ("It was removed with the autumn release.", "done"),
    ("We will look into it for the next release.", "promised"),
    ("It measures how pages perform, and is needed.", "explained"),
    ("This cannot be switched off for one customer.", "refused"),
)
ASKED = ("remove", "after consent", "first party", "setting", "name it", "explain")
PROVIDERS = ("openathens.net", "microsoftonline.com", "google.com", "(unlisted)")


def of_site(connection: sqlite3.Connection, site: Site, loads: int, rng: random.Random) -> None:
    """What stands beside the contacts of one site; `loads`: its page loads in two years."""
    months = [month for month in MONTHS if month >= site.since]
    each = max(1, loads // max(1, len(months)))
    known = rng.sample(cookies.load().cookies, rng.randint(1, 9))
    for month in months:
        connection.executemany(
            "insert into cookie values (?, ?, ?, ?, ?, ?) on conflict do nothing",
            [
                (site.key, month, one.service, one.pattern, one.lifetime, max(1, round(each * rng.random())))
                for one in known
            ],
        )
    if site.kind == "vendor" and rng.random() < 0.4:
        connection.executemany(
            "insert into sign_in values (?, ?, ?, ?)",
            [(site.key, month, one, max(1, each // 40)) for month in months for one in PROVIDERS[: 1 + site.key % 4]],
        )
    if rng.random() < 0.2:
        connection.execute("insert into lookalike values (?, ?, 'typo', ?)", [site.key, months[-1], rng.randint(1, 9)])
    _protection(connection, site, months, each)


def _protection(connection: sqlite3.Connection, site: Site, months: Sequence[str], each: int) -> None:
    why = "log-in forms were sent again more often than before" if site.state == "returned" else ""
    since = site.protected or FIRST_DAY.isoformat()
    connection.execute(
        "insert into protection values (?, ?, ?, 0, ?, ?)", [site.key, site.mode, site.state, since, why]
    )
    connection.executemany(
        "insert into breakage values (?, ?, ?, ?, ?, ?, ?)",
        [
            (
                site.key,
                month,
                int(bool(site.protected) and month > site.protected[:7]),
                each,
                each // 90,
                each // 150,
                each // 700,
            )
            for month in months[-4:]
        ],
    )
    if site.mode == "observe":
        keys = dict(connection.execute("select domain, key from third_party"))
        third = [one for one in site.places if one.relation == "third" and one.until >= months[-1]]
        modes = [
            (one, mode)
            for one in third
            for mode in ("block", "contract")
            if mode == "contract" or one.party.list == "trackers"
        ]
        connection.executemany(
            "insert into dry_run values (?, ?, ?, ?, ?)",
            [
                (site.key, month, keys[one.party.domain], mode, max(1, round(each * one.share)))
                for month in months[-4:]
                for one, mode in modes
                if one.since <= month
            ],
        )


def write(connection: sqlite3.Connection, sites: Sequence[Site], rng: random.Random) -> None:
    """Lists, and what the library read, asked and decided."""
    for one in owners.load().rulesets:
        connection.execute(
            "insert into ruleset values (?, ?, '', ?, ?, ?, ?)",
            [one.name, one.version, one.sha256, one.licence, one.rules, one.skipped],
        )
    for version, fetched in (("202609140612", "2026-09-14"), ("202611230714", "2026-11-23")):
        digest = sha256(version.encode()).hexdigest()
        row = ["easyprivacy", version, fetched, digest, "CC-BY-SA-3.0", 51_000, 112]
        connection.execute("insert into ruleset values (?, ?, ?, ?, ?, ?, ?)", row)
    for site in sites:
        third = sorted({one.party for one in site.places if one.relation == "third" and one.party.service}, key=str)
        if site.kind == "vendor" and third and rng.random() < 0.5:
            _documents(connection, site, rng)
            _correspondence(connection, site, rng)
        if third and rng.random() < 0.3:
            party = rng.choice(third)
            until = f"{TODAY.year + rng.choice((0, 1))}-0{rng.randint(1, 9)}-28T12:00Z"
            connection.execute(
                "insert into decision (site, third_party, reason, owner, until, since) values (?, ?, ?, ?, ?, ?)",
                [site.key, party.domain, "the page does not work without it", "Ana, desk", until, "2026-10-20"],
            )


def _documents(connection: sqlite3.Connection, site: Site, rng: random.Random) -> None:
    parties = sorted({one.party for one in site.places if one.relation == "third" and one.party.service}, key=str)
    for sort, title in (("policy", "Privacy policy"), ("cookies", "Cookie notice")):
        digest = sha256(f"{site.id} {sort}".encode()).hexdigest()
        row = [site.key, sort, title, "1 September 2026", f"https://{site.domains.split()[0]}/{sort}", "2026-11-10"]
        document = connection.execute(
            "insert into document (site, sort, title, version, address, read_on, sha256, format, lists) "
            "values (?, ?, ?, ?, ?, ?, ?, 'html', ?)",
            [*row, digest, LISTS],
        ).lastrowid
        for party in rng.sample(parties, len(parties) // 3):
            for what, name in (("service", party.service), ("owner", party.owner)):
                mention = [document, what, name, name]
                connection.execute("insert into mention values (?, ?, ?, ?) on conflict do nothing", mention)
        mention = [document, "category", "advertising", "targeting cookies"]
        connection.execute("insert into mention values (?, ?, ?, ?) on conflict do nothing", mention)
    party = rng.choice(parties)
    connection.execute(
        "insert into disclosure (site, third_party, status, document, declared, because, decided_by) "
        "values (?, ?, 'by name', 'Privacy policy', '2026-11-12', 'section 4 describes it', 'Ada')",
        [site.key, party.domain],
    )


def _correspondence(connection: sqlite3.Connection, site: Site, rng: random.Random) -> None:
    parties = sorted({one.party for one in site.places if one.relation == "third" and one.party.service}, key=str)
    for party in rng.sample(parties, min(len(parties), rng.randint(1, 4))):
        request = connection.execute(
            "insert into request (site, third_party, finding, asked, clause, asked_on, wanted_by) "
            "values (?, ?, '', ?, ?, '2026-10-01', '2026-12-31')",
            [site.key, party.domain, rng.choice(ASKED), rng.choice(("", "7.2", "Annex B"))],
        ).lastrowid
        if rng.random() < 0.6:
            text, outcome = rng.choice(ANSWERS)
            connection.execute(
                "insert into answer (request, answered_on, answer, outcome) values (?, '2026-11-02', ?, ?)",
                [request, text, outcome],
            )
