"""The sums of a database, reckoned again from its counts by other means: what `addons.sums` must always agree with."""

from __future__ import annotations

import sqlite3

_WHEN = {0: "''", 1: "substr(period, 1, 7)", 2: "period"}
_RUNG = """case when what in ('search terms', 'item') then 4 when what = 'page address' then 3
    when what in ('identifier', 'e-mail', 'card number') then 2 else 1 end"""


def check(connection: sqlite3.Connection) -> None:
    """Every sum is there, true, and of something; nothing waits to be reckoned."""
    ask = connection.execute
    assert ask("select * from stale").fetchall() == []
    assert ask("select * from deferred").fetchall() == []
    for grain, when in _WHEN.items():
        place = "site, third_party, relation, consent, outcome"
        anew = f"select {when}, {place}, sum(loads), min(period), max(period) from presences group by {when}, {place}"
        kept = f"select period, {place}, loads, first, last from meetings where grain = {grain}"
        assert sorted(ask(anew).fetchall()) == sorted(ask(kept).fetchall())
        anew = f"""select site, third_party, received, rung, sum(loads), {when} from (
            select period, site, third_party, received, rung, max(loads) as loads from (
                select period, site, section, third_party, 1 as received, {_RUNG} as rung, loads from exposures
                union all select period, site, section, third_party, 0, {_RUNG}, loads from prevented
            ) group by period, site, section, third_party, received, rung
        ) group by site, third_party, received, rung, {when}"""
        kept = "select site, third_party, received, rung, loads, period from reaches "
        kept += f"where grain = {grain} and what = '' and rung > 0"
        assert sorted(ask(anew).fetchall()) == sorted(ask(kept).fetchall())
        if grain < 2:
            place = "site, third_party, section, relation, kind, method, outcome, relayed"
            anew = f"select {when}, {place}, sum(loads), sum(requests) from contacts group by {when}, {place}"
            kept = f"select period, {place}, loads, requests from manners where grain = {grain}"
            assert sorted(ask(anew).fetchall()) == sorted(ask(kept).fetchall())
