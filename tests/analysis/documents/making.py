"""Documents for the tests: of the library's database as it is, with every optional input, and with hostile names."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from addons.database import open_database
from analysis import report
from analysis.documents import sections, trend
from analysis.documents.inputs import (
    Answer,
    Control,
    Decision,
    Disclosed,
    Disclosure,
    Extras,
    Kept,
    Product,
    Request,
    SourceDocument,
    Standard,
)
from analysis.documents.model import Document
from analysis.shares import Share
from tests.analysis import library

MADE_ON, VERSION, LIBRARY = "2026-11-24", "0.1.0", "Anytown Public Library"
HOSTILE = (
    library.HOSTILE,
    '=HYPERLINK("http://evil.example")',
    "@SUM(1+1)",
    "-2+3",
    "+1",
    "a\x00b\x0b\x1b\ud800\ufffe",
    "\u202egnp.exe",
    "]]></w:t><w:p/>",
    "{{ 7*7 }}{% raw %}",
    "../../etc/passwd",
    "&#x3c;script&#x3e;",
)
FULL = Extras(
    status="final",
    prepared_by="The systems librarian",
    prepared_for="Elsevier, account manager",
    answer_by="2027-01-15",
    declared_by="the library, on 1 November 2026",
    browsers=("Chromium", "Firefox"),
    mode="observe",
    suffix_list="2026-11-01",
    page_kinds=(("search", "/search*"), ("item", "/science/article/*")),
    config_digest="f" * 64,
    kept=Kept(days_with_fewer=10, rarer_than=5, days=90, months=24),
    disclosed=Disclosed(
        documents=(
            SourceDocument("privacy policy", "Privacy policy", "3.1", "https://x.example/p", "2026-11-20", "e" * 64),
        ),
        lines=(
            Disclosure("demdex.net", "“Adobe”", "", "", "yes", "disclosed by name"),
            Disclosure("hotjar.com", "", "", "", "", "not found", "decided by the library (the director)"),
            Disclosure("Crazy Egg", "", "", "", "", "disclosed, not observed", note="“Crazy Egg” in Privacy policy"),
        ),
    ),
    standards=(Standard("hotjar.com", "4.2", "session replay", "7", "vendor contracts", "Does not meet", "to ask"),),
    controls=(Control("hotjar.com", "blocked", "2026-11-20", "none noted"),),
    comparison=(Product("Another Product", "page address", Share(3, 90), 4, Share(60, 90), None, 0),),
    requests=(
        Request(
            "R1",
            "hotjar.com",
            "remove it",
            "4.2",
            "2027-01-15",
            (Answer("2026-12-01", "We will", "promised"), Answer("2026-12-20", "Gone since today", "done")),
        ),
    ),
    decisions=(Decision("els-cdn.com", "counts as the product's own", "the systems librarian", "2026-11-02"),),
)


def rows(database: Path, site: str = "sciencedirect") -> report.Rows:
    with closing(sqlite3.connect(database)) as connection:
        return report.rows(connection, site)


def document(database: Path, site: str = "sciencedirect", extras: Extras | None = None) -> Document:
    found = rows(database, site)
    made = report.build(found, site, None, None, MADE_ON, VERSION, library=LIBRARY)
    return sections.build(made, extras)


def full(database: Path) -> Document:
    """With everything that is optional."""
    found = rows(database)
    changes = trend.before_after(found, "2026-11-01", "the vendor's new consent tool")
    names = {one: getattr(FULL, one) for one in FULL.__dataclass_fields__}
    return document(database, extras=Extras(**names | {"trend": trend.build(found), "before_after": changes}))


def hostile(database: Path) -> Document:
    """Every name that comes from outside is out to harm. Writes into the database."""
    writer = open_database(database)
    for name in HOSTILE:
        stored = name.replace("\x00", "\x01").replace("\ud800", "")  # what SQLite's text can hold
        library.add_presence(writer, "sciencedirect", "2026-11", stored, 30)
        for column in ("service", "owner", "category", "list", "rule"):
            writer.conn.execute(f"update third_party set {column} = ? where domain = ?", [stored, stored])
    writer.conn.execute("update site set name = ?, vendor = ?, product = ? where id = 'sciencedirect'", HOSTILE[:3])
    writer.conn.execute("update ruleset set licence = ? where name = 'trackers'", [library.HOSTILE])
    writer.conn.commit()
    writer.conn.close()
    found = rows(database)
    name = HOSTILE[5]
    return document(
        database,
        extras=Extras(
            trend=trend.build(found),
            before_after=trend.before_after(found, "2026-11-01"),
            prepared_by=name,
            requests=tuple(Request(one, one, one, one, "", (Answer("", one, one),)) for one in HOSTILE),
        ),
    )
