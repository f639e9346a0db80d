"""Sums that stand beside the counts, so that pages need not add up millions of rows, and that are true at every commit.

Triggers write down which counts changed (`stale`), and the program `refresh`, itself a trigger, reckons just those anew
from the counts. Whoever writes many rows at once lets it wait until the end of the transaction (`reckoned_once`).
A sum says no more than the rows it sums: the days of a month stand in `period` rows of their own already, or not at all.

What is here is part of migration m009 and, as that is, not edited after its release.
"""

from __future__ import annotations

# ruff: noqa: E501, S608 -- statements, put together from names of our own tables
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlite_utils import Database

EVER, MONTH, KEPT = 0, 1, 2
"""Grains: all time, a whole month with its days, and the period that a count is kept under."""

# What a presence says is way -1: the page load met it, in whichever way. A contact says way 1 if it was behind the
# site's own name, 0 if not. Relayed is what is surely so: of several kinds of request the largest count.
TABLES = (
    """create table stale (
        site integer not null, span text not null, third_party integer not null, primary key (site, span, third_party)
    ) strict, without rowid""",
    "create table deferred (one integer primary key check (one = 1)) strict",
    """create table sight (
        grain integer not null, site integer not null, third_party integer not null, span text not null,
        relation text not null, way integer not null, consent text not null, outcome text not null,
        loads integer not null, relayed integer not null, first text not null, last text not null,
        primary key (grain, site, third_party, span, relation, way, consent, outcome)
    ) strict, without rowid""",
    """create table way (
        site integer not null, third_party integer not null, relation text not null, behind integer not null,
        mixed integer not null, primary key (site, third_party, relation)
    ) strict, without rowid""",
    "create index way_third_party on way (third_party)",
    """create table reach (
        grain integer not null, site integer not null, third_party integer not null, span text not null,
        received integer not null, rung integer not null, what text not null, carried_in text not null,
        loads integer not null, primary key (grain, site, third_party, span, received, rung, what, carried_in)
    ) strict, without rowid""",
    """create table manner (
        grain integer not null, site integer not null, third_party integer not null, span text not null,
        section text not null, relation text not null, kind text not null, method text not null, outcome text not null,
        relayed integer not null, loads integer not null, requests integer not null,
        primary key (grain, site, third_party, span, section, relation, kind, method, outcome, relayed)
    ) strict, without rowid""",
)

_SIGHT_ANEW = """
    create view sight_anew as
    select site, third_party, span, relation, way, consent, outcome, sum(loads) as loads, sum(relayed) as relayed
    from (
        select c.site, c.third_party, span, section, relation, method in ('dns', 'request') as way, consent, outcome,
            max(loads) as loads, max(iif(relayed, loads, 0)) as relayed
        from stale as s cross join contact as c
            on c.site = s.site and c.period = s.span and c.third_party = s.third_party
        group by c.site, c.third_party, span, section, relation, 6, consent, outcome
        union all
        select p.site, p.third_party, span, section, relation, -1, consent, outcome, loads,
            min(loads, coalesce((
                select max(c.loads) from contact as c
                where c.site = p.site and c.period = p.period and c.third_party = p.third_party
                    and c.section = p.section and c.consent = p.consent and c.relation = p.relation
                    and c.outcome = p.outcome and relayed), 0))
        from stale as s cross join presence as p
            on p.site = s.site and p.period = s.span and p.third_party = s.third_party
    ) group by site, third_party, span, relation, way, consent, outcome"""

# One page load may send several things of one rung, or one thing in two ways: of such counts the largest is what is
# sure. The sum of a rung has no `what`, that of a thing no `carried_in`; rung 0 is the contact itself.
_REACH_ANEW = """
    create view reach_anew as
    with each as (
        select e.site, e.third_party, span, section, outcome = 'allowed' as received,
            case when what in ('search terms', 'item') then 4 when what = 'page address' then 3
                when what in ('identifier', 'e-mail', 'card number') then 2 else 1 end as rung,
            what, carried_in, sum(loads) as loads
        from stale as s cross join exposure as e
            on e.site = s.site and e.period = s.span and e.third_party = s.third_party
        group by e.site, e.third_party, span, section, 5, what, carried_in
    ),
    most as (
        select site, third_party, span, received, rung, what, carried_in, loads from each
        union all
        select site, third_party, span, received, rung, what, '', max(loads)
        from each group by site, third_party, span, section, received, what
        union all
        select site, third_party, span, received, rung, '', '', max(loads)
        from each group by site, third_party, span, section, received, rung
        union all
        select p.site, p.third_party, span, 1, 0, '', '', max(loads)
        from stale as s cross join presence as p
            on p.site = s.site and p.period = s.span and p.third_party = s.third_party
        where outcome = 'allowed' group by p.site, p.third_party, span, section, consent
    )
    select site, third_party, span, received, rung, what, carried_in, sum(loads) as loads
    from most group by site, third_party, span, received, rung, what, carried_in"""

_MONTHS = "(select distinct site, third_party, substr(span, 1, 7) as month from stale)"
_PAIRS = "(select distinct site, third_party from stale)"
_FIND = "{0}.grain = {1} and {0}.site = s.site and {0}.third_party = s.third_party"
_IN_MONTH = "{0}.span between s.month and s.month || '-99'"


def _sums_of(table: str, keys: str, amounts: str) -> list[str]:
    """Statements that sum up the grain below, for months and for all time."""
    kept = f"select {MONTH}, s.site, s.third_party, s.month, {keys}, {amounts} from {_MONTHS} as s cross join {table} as g on "
    kept += f"{_FIND.format('g', KEPT)} and {_IN_MONTH.format('g')} group by s.site, s.third_party, s.month, {keys}"
    return [
        *_forget(table, MONTH),
        f"insert into {table} {kept}",
        *_ever(table, keys, amounts),
    ]


def _ever(table: str, keys: str, amounts: str) -> list[str]:
    months = (
        f"select {EVER}, s.site, s.third_party, '', {keys}, {amounts} from {_PAIRS} as s cross join {table} as g on "
    )
    months += f"{_FIND.format('g', MONTH)} group by s.site, s.third_party, {keys}"
    return [*_forget(table, EVER), f"insert into {table} {months}"]


def _forget(table: str, grain: int) -> list[str]:
    span = {EVER: "''", MONTH: "substr(span, 1, 7)", KEPT: "span"}[grain]
    stale = f"select site, third_party, {span} from stale"
    return [f"delete from {table} where grain = {grain} and (site, third_party, span) in ({stale})"]


_SIGHT = "relation, way, consent, outcome"
_REACH = "received, rung, what, carried_in"
_MANNER = "section, c.relation, kind, method, c.outcome, c.relayed"
PROGRAM = (
    *_forget("sight", KEPT),
    f"insert into sight select {KEPT}, site, third_party, span, {_SIGHT}, loads, relayed, span, span from sight_anew",
    *_sums_of("sight", _SIGHT, "sum(loads), sum(relayed), min(first), max(last)"),
    "delete from way where (site, third_party) in (select site, third_party from stale)",
    # What stands for many names has no name to hide behind.
    f"""insert into way select site, third_party, relation, named and max(way = 1), named and max(way = 0) and max(way = 1)
        from (select g.*, t.domain not like '(%' as named from {_PAIRS} as s cross join sight as g
            on {_FIND.format("g", EVER)} join third_party as t on t.key = g.third_party)
        group by site, third_party, relation""",
    *_forget("reach", KEPT),
    f"insert into reach select {KEPT}, site, third_party, span, {_REACH}, loads from reach_anew",
    *_sums_of("reach", _REACH, "sum(loads)"),
    *_forget("manner", MONTH),
    # Sights lead to the periods that there are.
    f"""insert into manner select {MONTH}, s.site, s.third_party, s.month, {_MANNER}, sum(c.loads), sum(requests)
        from (select distinct s.site, s.third_party, s.month, g.span from {_MONTHS} as s cross join sight as g
            on {_FIND.format("g", KEPT)} and {_IN_MONTH.format("g")} and way >= 0) as s
            cross join contact as c on c.site = s.site and c.period = s.span and c.third_party = s.third_party
        group by s.site, s.third_party, s.month, {_MANNER}""",
    *_ever("manner", _MANNER.replace("c.", ""), "sum(loads), sum(requests)"),
    "delete from stale",
)

# Whoever asks of no grain asks of each, or every look-up would read the whole table.
_GRAINS = f"(select {EVER} as grain union all select {MONTH} union all select {KEPT})"
VIEWS = (
    # Presences told apart: by a site's own name, behind it, or no one's. Where one was met in both ways, presences do
    # not say how often in which: then the kind of request that most page loads have is counted (at_least).
    f"""create view sights as
    select g.grain, span as period, site.id as site, site.kind as site_kind, domain as third_party, category as party_category, w.relation,
        consent, outcome, case when domain like '(%' then 'bucket' when iif(mixed, s.way, behind) then 'behind'
            when w.relation in ('own', 'group', 'library') then 'own' else 'third' end as stands,
        iif(mixed, s.way, behind) as behind, mixed as at_least, loads, iif(outcome = 'allowed', loads, 0) as contacted,
        iif(outcome = 'allowed', 0, loads) as stopped,
        iif(outcome = 'allowed' and domain not like '(%', relayed, 0) as relayed, first, last
    from {_GRAINS} as g cross join site cross join way as w on w.site = site.key
        cross join third_party as t on t.key = w.third_party
        cross join sight as s on s.grain = g.grain and s.site = w.site and s.third_party = w.third_party and s.relation = w.relation
            and iif(mixed, s.way >= 0, s.way = -1)""",
    # Presences as they are, however met.
    f"""create view meetings as
    select g.grain, span as period, site.id as site, site.kind as site_kind, domain as third_party, category as party_category, s.relation,
        consent, outcome, loads, first, last
    from {_GRAINS} as g cross join site cross join (select distinct site, third_party from way) as w on w.site = site.key
        cross join third_party as t on t.key = w.third_party
        cross join sight as s on s.grain = g.grain and s.site = w.site and s.third_party = w.third_party and s.way = -1""",
    f"""create view reaches as
    select g.grain, span as period, site.id as site, site.kind as site_kind, domain as third_party, category as party_category, received,
        rung, what, carried_in, loads
    from {_GRAINS} as g cross join site cross join (select distinct site, third_party from way) as w on w.site = site.key
        cross join third_party as t on t.key = w.third_party
        cross join reach as s on s.grain = g.grain and s.site = w.site and s.third_party = w.third_party""",
    f"""create view manners as
    select g.grain, span as period, site.id as site, site.kind as site_kind, domain as third_party, category as party_category, relation,
        section, s.kind, method, outcome, relayed, loads, requests
    from {_GRAINS} as g cross join site cross join (select distinct site, third_party from way) as w on w.site = site.key
        cross join third_party as t on t.key = w.third_party
        cross join manner as s on s.grain = g.grain and s.site = w.site and s.third_party = w.third_party""",
)
COUNTED = ("contact", "presence", "exposure")


def create(db: Database) -> None:
    """For m009: the sums, and what keeps them true; of a file that has counts they are made, site by site."""
    for sql in (*TABLES, _SIGHT_ANEW, _REACH_ANEW, *VIEWS, "create view refresh as select 1 as now where false"):
        db.execute(sql)
    db.execute(f"create trigger refreshed instead of insert on refresh begin {'; '.join(PROGRAM)}; end")
    for (site,) in db.execute("select key from site order by key").fetchall():
        for table in COUNTED:
            db.execute(
                f"insert or ignore into stale select distinct site, period, third_party from {table} where site = ?",
                [site],
            )
        db.execute("insert into refresh values (1)")
    for table in COUNTED:
        for event, rows in (("insert", ("new",)), ("update", ("old", "new")), ("delete", ("old",))):
            changed = "; ".join(_changed(row) for row in rows)
            db.execute(f"create trigger {table}_{event} after {event} on {table} begin {changed}; {_AT_ONCE}; end")


_AT_ONCE = "insert into refresh select 1 where not exists (select 1 from deferred)"


def _changed(row: str) -> str:
    known = f"site = {row}.site and span = {row}.period and third_party = {row}.third_party"
    return (
        f"insert into stale select {row}.site, {row}.period, {row}.third_party "
        f"where not exists (select 1 from stale where {known})"
    )


@contextmanager
def reckoned_once(connection: sqlite3.Connection) -> Iterator[None]:
    """Within one transaction: let the sums wait until all counts are written. Whoever fails rolls back."""
    connection.execute("insert or ignore into deferred values (1)")
    yield
    reckon(connection)
    connection.execute("delete from deferred")


def reckon(connection: sqlite3.Connection) -> None:
    """Make the sums of what was written until now, within `reckoned_once`: so that there is never too much to do."""
    connection.execute("insert into refresh values (1)")
