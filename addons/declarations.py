"""What a vendor's documents name, and what the library decided about it. Rows only: nothing here reads a document.

Of a document its hash, title, version, address and date are kept, and the names that were found in it; never its text.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Final

from addons.beside import StaffError, reading, site_key, writing
from addons.decide.parties import DomainError, normal_domain, registrable_domain

SORTS: Final = ("policy", "cookies", "subprocessors")
"""The privacy policy, the list of cookies (or what the consent tool shows), the list of subprocessors."""
VERDICTS: Final = ("by name", "by category", "not found")
LONGEST: Final = 500
_DOCUMENT: Final = "site, sort, title, version, address, read_on, sha256, format, lists"


@dataclass(frozen=True, slots=True)
class Document:
    site: str
    sort: str
    title: str
    version: str
    """As the document states it; "" if it states none."""
    address: str
    """Where the library got it."""
    read_on: str
    """The day, such as 2026-11-24."""
    sha256: str
    """Of the file's bytes."""
    format: str
    lists: str
    """The lists whose names were looked for, with their versions."""


@dataclass(frozen=True, slots=True, order=True)
class Mention:
    what: str
    """service, owner, domain or category."""
    name: str
    """Which one, as the lists call it; a domain as the registrable one."""
    written: str
    """The name, domain or word of ours that stands in the document."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a person decided, against or beside what was found by name."""

    site: str
    third_party: str
    status: str
    document: str
    """What it rests on, such as the document's title; may be empty."""
    declared: str
    because: str
    decided_by: str


def keep(database: Path, document: Document, mentions: Iterable[Mention]) -> None:
    """Take a document down; the same file read again for the same site and sort replaces what was kept of it."""
    if document.sort not in SORTS:
        raise StaffError(f'"{document.sort}": a document is one of {", ".join(SORTS)}')
    if not re.fullmatch(r"[0-9a-f]{64}", document.sha256):
        raise StaffError(f'"{document.sha256}" is no SHA-256')
    title, version = _line(document.title, "title"), _line(document.version, "version")
    address = _line(document.address, "address")
    if not title:
        raise StaffError("a document needs a title, such as --title 'Privacy policy'")
    with writing(database) as connection:
        key = site_key(connection, document.site)
        same = [key, document.sort, document.sha256]
        connection.execute("delete from document where site = ? and sort = ? and sha256 = ?", same)
        row = (key, document.sort, title, version, address, *astuple(document)[5:])
        kept = connection.execute(f"insert into document ({_DOCUMENT}) values (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)  # noqa: S608
        found = [(kept.lastrowid, *astuple(mention)) for mention in sorted(set(mentions))]
        connection.executemany("insert into mention (document, what, name, written) values (?, ?, ?, ?)", found)


def forget(database: Path, site: str, sha256: str) -> int:
    """Forget a site's documents whose hash begins so, with what was found in them; how many there were."""
    if not re.fullmatch(r"[0-9a-f]{8,64}", sha256):
        raise StaffError("name the document by the first eight or more digits of its SHA-256")
    with writing(database) as connection:
        gone = connection.execute(
            "delete from document where site = ? and substr(sha256, 1, ?) = ?",
            [site_key(connection, site), len(sha256), sha256],
        )
        return gone.rowcount


def documents(database: Path, site: str) -> tuple[Document, ...]:
    """Newest first within each sort."""
    with reading(database) as connection:
        site_key(connection, site)
        rows = connection.execute(
            f"select {_DOCUMENT} from documents where site = ? order by sort, read_on desc, sha256",  # noqa: S608
            [site],
        )
        return tuple(Document(*row) for row in rows)


def decide(
    database: Path, site: str, domain: str, status: str, *, because: str, by: str, today: str, document: str = ""
) -> Verdict:
    """Take a verdict down; it replaces one for the same site and third party."""
    if status not in VERDICTS:
        raise StaffError(f'"{status}": a verdict is one of {", ".join(VERDICTS)}')
    reason, person = _line(because, "reason"), _line(by, "name")
    if not reason or not person:
        raise StaffError('a verdict needs a reason and a person: --because "section 4 names it" --by "Ada"')
    made = Verdict(site, third_party(domain), status, _line(document, "title"), today, reason, person)
    with writing(database) as connection:
        key = site_key(connection, site)
        _withdraw(connection, key, made.third_party)
        connection.execute(
            "insert into disclosure (site, third_party, status, document, declared, because, decided_by) "
            "values (?, ?, ?, ?, ?, ?, ?)",
            [key, *astuple(made)[1:]],
        )
    return made


def withdraw(database: Path, site: str, domain: str) -> bool:
    """Take a verdict back: what is found in the documents counts again. False if there was none."""
    with writing(database) as connection:
        return _withdraw(connection, site_key(connection, site), third_party(domain))


def verdicts(database: Path, site: str) -> tuple[Verdict, ...]:
    with reading(database) as connection:
        site_key(connection, site)
        rows = connection.execute(
            "select site, third_party, status, document, declared, because, decided_by from disclosures "
            "where site = ? order by third_party",
            [site],
        )
        return tuple(Verdict(*row) for row in rows)


def third_party(domain: str) -> str:
    """The name under which a third party stands in the counts: its registrable domain."""
    try:
        return registrable_domain(normal_domain(domain))
    except DomainError as error:
        raise StaffError(str(error)) from None


def _withdraw(connection: sqlite3.Connection, key: int, domain: str) -> bool:
    gone = connection.execute("delete from disclosure where site = ? and third_party = ?", [key, domain])
    return gone.rowcount > 0


def _line(text: str, name: str) -> str:
    line = " ".join(text.split())
    if len(line) > LONGEST:
        raise StaffError(f"the {name} is too long; at most {LONGEST} characters")
    return line
