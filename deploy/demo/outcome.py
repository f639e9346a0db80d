"""What Carrel recorded against what the demo's servers saw: rows and lines of text. Reads the views, writes nothing."""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.demo.seen import BEHIND, CONSENT, RELAY, SIGN_IN, TERMS, Fact


@dataclass(frozen=True, slots=True)
class Row:
    words: tuple[str, str, str]
    """A third party, its owner and category; or what there was more than a contact, the site, and with whom."""
    recorded: int
    """Page loads, as Carrel has it."""
    happened: int
    """Page loads, as the servers have it."""

    @property
    def agrees(self) -> bool:
        return self.recorded == self.happened


@dataclass(frozen=True, slots=True)
class Outcome:
    loads: int
    parties: tuple[Row, ...] = ()
    """Who was contacted at all."""
    facts: tuple[Row, ...] = ()
    """What there was more than a contact."""

    @property
    def agrees(self) -> bool:
        return bool(self.parties) and all(row.agrees for row in (*self.parties, *self.facts))


_FACTS = {
    BEHIND: "select site, third_party, sum(loads) from contacts where method = 'dns' group by 1, 2",
    RELAY: "select site, third_party, sum(loads) from contacts where relayed group by 1, 2",
    # In two ways at once it is still one page load.
    TERMS: """select site, third_party, max(loads) from (select site, third_party, sum(loads) as loads from exposures
              where what = 'search terms' group by site, third_party, carried_in) group by 1, 2""",
    SIGN_IN: "select site, provider, sum(loads) from sign_ins group by 1, 2",
}


def page_loads(database: Path) -> int:
    """How many page loads the database has; 0 as long as there is none."""
    try:
        return int(_rows(database, "select coalesce(sum(loads), 0) from page_loads")[0][0])
    except sqlite3.Error:
        return 0


def compare(database: Path, contacts: Mapping[str, int], facts: Mapping[Fact, int]) -> Outcome:
    """All that either side knows of."""
    loads = page_loads(database)
    if not loads:
        return Outcome(0)
    known = {
        domain: (owner or "unknown", category or "unknown")
        for domain, owner, category in _rows(database, "select domain, owner, category from third_parties")
    }
    seen = dict(_rows(database, "select third_party, sum(loads) from presences group by third_party"))
    parties = [
        Row((domain, *known.get(domain, ("unknown", "unknown"))), seen.get(domain, 0), contacts.get(domain, 0))
        for domain in {*seen, *contacts}
    ]
    recorded = dict(_recorded(database))
    kinds = (*_FACTS, CONSENT)
    further = [
        Row((fact.what, fact.site, fact.who), recorded.get(fact, 0), facts.get(fact, 0))
        for fact in sorted({*recorded, *facts}, key=lambda fact: (kinds.index(fact.what), fact))
    ]
    parties.sort(key=lambda row: (-row.recorded, row.words))
    return Outcome(loads, tuple(parties), tuple(further))


def lines(outcome: Outcome) -> Iterator[str]:
    """The tables for the terminal."""
    yield f"{outcome.loads} page loads. On how many of them was the browser made to contact each third party?"
    yield ""
    yield from _table(("third party", "owner", "category"), outcome.parties)
    yield ""
    yield "And on how many was there more than that?"
    yield ""
    yield from _table(("what", "site", "who, or which choice"), outcome.facts)
    yield ""
    if any(row.words[0] == BEHIND for row in outcome.facts):
        yield "Names are looked up beside the traffic: the first contact behind a site's name counts on neither side."
        yield ""
    third_parties, further = (
        f"{sum(row.agrees for row in rows)} of {len(rows)}" for rows in (outcome.parties, outcome.facts)
    )
    yield f"Carrel and the demo's servers agree on {third_parties} third parties and {further} further counts."


def _recorded(database: Path) -> Iterator[tuple[Fact, int]]:
    for what, question in _FACTS.items():
        for site, who, loads in _rows(database, question):
            yield Fact(what, site, who), loads
    for site, state, loads in _rows(database, "select site, consent, sum(loads) from page_loads group by 1, 2"):
        yield Fact(CONSENT, site, state), loads


def _table(head: tuple[str, str, str], rows: Sequence[Row]) -> Iterator[str]:
    table = [(*head, "Carrel", "servers"), *((*row.words, str(row.recorded), str(row.happened)) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    marks = ("", *("" if row.agrees else "  differs" for row in rows))
    for (*words, recorded, happened), mark in zip(table, marks, strict=True):
        left = "  ".join(_padded(words, widths))
        yield f"{left}  {recorded.rjust(widths[3])}  {happened.rjust(widths[4])}{mark}"


def _padded(words: Iterable[str], widths: Iterable[int]) -> Iterator[str]:
    return (word.ljust(width) for word, width in zip(words, widths, strict=False))


def _rows(database: Path, question: str) -> list[tuple[Any, ...]]:
    connection = sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro", uri=True, timeout=5)
    try:
        return connection.execute(question).fetchall()
    finally:
        connection.close()
