"""The ledger's hand on the file: writes what the tally planned, lets old rows go. It decides nothing.

Statements are put together from names of our own tables and columns (hence `noqa: S608`); values are always parameters.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from addons import sums
from addons.database import open_database
from addons.migrations import UNLISTED, UNLISTED_KEY
from addons.tally import (
    AMOUNTS,
    DIMENSIONS,
    LOOKALIKES,
    NAMED_IN,
    Amounts,
    Batch,
    Group,
    Plan,
    Rank,
    Row,
    Standing,
    add,
    provider,
    rank,
)

if TYPE_CHECKING:
    from addons.decide.judge import Finding
    from addons.settings import Site
    from blocklists.owners import Ruleset


@dataclass(frozen=True, slots=True)
class Remembered:
    """What the file knows of each site (by id) when the ledger is opened."""

    parties: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Third parties by name, and the list that names them or ""."""
    loads: Mapping[str, int] = field(default_factory=dict)
    signs: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    """Page loads, errors, reloads and repeated log-ins without protection (decide.breakage.Signs)."""
    standings: Mapping[str, Standing] = field(default_factory=dict)


PARTY = ("domain", "service", "owner", "owner_group", "category", "list", "list_version", "rule", "first_seen")
SITE = ("id", "name", "kind", "vendor", "product", "domains", "contract_from", "contract_until")


class Rows:
    """One connection, one transaction at a time, never two threads at once."""

    def __init__(self, path: Path, *, busy_seconds: float) -> None:
        self._connection = open_database(path, busy_seconds=busy_seconds).conn
        self._sites: dict[str, int] = {}
        self._parties: dict[str, tuple[int, Rank]] = {}
        self._providers: set[str] = set()
        self._described: dict[str, tuple[str, ...]] = {}
        self._stale = True
        self._version = self._data_version()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        self._connection.execute("begin immediate")
        try:
            if self._stale:
                self._read_keys()
            with sums.reckoned_once(self._connection):
                yield
            self._connection.commit()
        except BaseException:
            self._stale = True
            self._connection.rollback()
            raise

    def changed_elsewhere(self) -> bool:
        """Has another program written since this was asked last? Call it within a transaction: then nobody can now."""
        before, self._version = self._version, self._data_version()
        if before == self._version:
            return False
        self._read_keys()
        return True

    def distrust(self) -> None:
        """Let the next transaction take the file as changed elsewhere."""
        self._version = -1

    def _data_version(self) -> int:
        return int(self._connection.execute("PRAGMA data_version").fetchone()[0])

    def _read_keys(self) -> None:
        self._sites = dict(self._connection.execute("select id, key from site"))
        self._described = {}
        parties = self._connection.execute("select domain, key, list_version, rule, list, owner from third_party")
        self._parties = {
            domain: (key, (bool(name or owner), version, -len(rule), rule, name))
            for domain, key, version, rule, name, owner in parties
        }
        self._providers = {name for (name,) in self._connection.execute("select distinct provider from sign_in")}
        self._stale = False

    @property
    def names(self) -> Iterable[str]:
        """Third parties, and places to sign in, that have a name in the file."""
        return (self._parties.keys() - {UNLISTED}) | {provider(one) for one in self._providers - {UNLISTED}}

    def days_of(self, groups: Iterable[Group]) -> set[Group]:
        """Those that have rows of their own day already."""
        return {group for group in groups if self._has_day(*group)}

    def _has_day(self, day: date, site: str, measure: str) -> bool:
        if not site:
            return bool(self._found("select 1 from coverage where period = ?", day.isoformat()))
        table = "lookalike" if measure == LOOKALIKES else "page_load"
        sql = f"select 1 from {table} where site = ? and period = ? limit 1"  # noqa: S608
        return site in self._sites and self._found(sql, self._sites[site], day.isoformat())

    def _found(self, sql: str, *parameters: str | int) -> bool:
        return self._connection.execute(sql, parameters).fetchone() is not None

    def write(self, plan: Plan, batch: Batch) -> None:
        subtracted: dict[Row, Amounts] = {}
        added = dict(plan.deltas)
        for old, moves in plan.moves.items():
            for new, amounts in moves:
                subtracted[old] = add(subtracted[old], amounts) if old in subtracted else amounts
                added[new] = add(added[new], amounts) if new in added else amounts
        self.put_sites(batch.sites.values())
        self.put_rulesets(batch.rulesets)
        self._put_standings(batch.standings)
        self._put_parties(added, batch.findings)
        for table, amounts_of in _by_table(subtracted).items():
            self._subtract(table, amounts_of)
        for table, amounts_of in _by_table(added).items():
            self._add(table, amounts_of)

    def put_sites(self, sites: Iterable[Site]) -> None:
        for site in sites:
            described = (
                site.id,
                site.name,
                site.kind,
                site.vendor,
                site.product,
                " ".join(site.domains),
                site.contract_from,
                site.contract_until,
            )
            if self._described.get(site.id) == described:
                continue
            sql = _upsert("site", SITE, ("id",), "{0} = excluded.{0}") + " returning key"
            self._sites[site.id] = self._connection.execute(sql, described).fetchone()[0]
            self._described[site.id] = described

    def _put_parties(self, added: Mapping[Row, Amounts], findings: Mapping[str, Finding]) -> None:
        first: dict[str, str] = {}
        for row in added:
            if row.table != "sign_in" and row.third_party not in ("", UNLISTED):
                month = row.period[:7]
                first[row.third_party] = min(month, first.get(row.third_party, month))
        # Only the month of first sight is kept: views may tell the day, while day rows allow it.
        sql = _upsert("third_party", PARTY, ("domain",), "{0} = excluded.{0}", keep="first_seen") + " returning key"
        for domain, month in first.items():
            known, finding = self._parties.get(domain), findings.get(domain)
            if finding is None or (known is not None and rank(finding) <= known[1]):
                continue
            described = (
                domain,
                finding.service,
                finding.owner,
                finding.owner_group,
                finding.category,
                finding.list,
                finding.list_version,
                finding.rule,
                month,
            )
            self._parties[domain] = self._connection.execute(sql, described).fetchone()[0], rank(finding)

    def _subtract(self, table: str, amounts_of: Mapping[Row, Amounts]) -> None:
        same = " and ".join(f"{key} = ?" for key in _keys(table))
        less = ", ".join(f"{amount} = {amount} - ?" for amount in AMOUNTS[table])
        nothing = " and ".join(f"{amount} = 0" for amount in AMOUNTS[table])
        self._connection.executemany(
            f"update {table} set {less} where {same}",  # noqa: S608
            ((*amounts, *self._key_of(row)) for row, amounts in amounts_of.items()),
        )
        self._connection.executemany(
            f"delete from {table} where {same} and {nothing}",  # noqa: S608
            (self._key_of(row) for row in amounts_of),
        )

    def _add(self, table: str, amounts_of: Mapping[Row, Amounts]) -> None:
        self._connection.executemany(
            _upsert(table, (*_keys(table), *AMOUNTS[table]), _keys(table), "{0} = {0} + excluded.{0}"),
            ((*self._key_of(row), *amounts) for row, amounts in amounts_of.items()),
        )

    def _key_of(self, row: Row) -> tuple[str | int, ...]:
        key: list[str | int] = [row.period]
        if row.site:
            key.append(self._sites[row.site])
        if row.table == "sign_in":
            key.append(row.third_party)
        elif row.third_party == UNLISTED:
            key.append(UNLISTED_KEY)
        elif row.third_party:
            key.append(self._parties[row.third_party][0])
        return (*key, *row.dimensions)

    def put_rulesets(self, rulesets: Iterable[Ruleset]) -> None:
        columns = ("name", "version", "fetched", "sha256", "licence", "rules", "skipped")
        self._connection.executemany(
            _upsert("ruleset", columns, columns[:2], "{0} = excluded.{0}"),
            [
                # Lists that come with the program were never fetched, and do not say when.
                (one.name, one.version, getattr(one, "fetched", ""), one.sha256, one.licence, one.rules, one.skipped)
                for one in rulesets
            ],
        )

    def _put_standings(self, standings: Mapping[str, Standing]) -> None:
        columns = ("site", *Standing._fields)
        self._connection.executemany(
            _upsert("protection", columns, ("site",), "{0} = excluded.{0}"),
            [(self._sites[site], *standing) for site, standing in standings.items()],
        )

    def remembered(self) -> Remembered:
        """What protection goes by, as the file has it."""
        ask = self._connection.execute
        parties: dict[str, dict[str, str]] = {}
        # Whom a site used in its last three months; site by site, or this would read years.
        for site, domain, name in ask("""
            with lately as (
                select site, strftime('%Y-%m', max(substr(period, 1, 7)) || '-01', '-2 months') as first
                from page_load group by site)
            select distinct site.id, domain, list
            from lately cross join presence as p on p.site = lately.site and p.period >= lately.first
            join site on site.key = p.site join third_party as t on t.key = p.third_party
            where t.key != 0 and relation not in ('own', 'group', 'library')"""):
            parties.setdefault(site, {})[domain] = name
        signs = {
            site: (loads, *counts)
            for site, loads, *counts in ask("""
            select site.id, sum(loads), sum(errors), sum(reloads), sum(log_ins)
            from breakage as b join site on site.key = b.site where protected = 0 group by b.site""")
        }
        loads = dict(
            ask("select site.id, sum(loads) from page_load as p join site on site.key = p.site group by p.site")
        )
        standings = {site: Standing(*rest) for site, *rest in ask("select * from protections")}
        return Remembered(parties, loads, signs, standings)

    def age(self, first_day: str, first_month: str) -> None:
        """Fold days before `first_day` into their months, let months before `first_month` go."""
        tables = "select name from sqlite_schema where type = 'table'"
        for (table,) in self._connection.execute(tables).fetchall():
            columns = self._connection.execute("select name, pk from pragma_table_info(?)", [table]).fetchall()
            keys = [name for name, pk in columns if pk]
            if "period" in keys:
                self._fold(table, keys, [name for name, pk in columns if not pk], first_day)
                self._connection.execute(f"delete from {table} where substr(period, 1, 7) < ?", [first_month])  # noqa: S608
        self._connection.execute("""
            delete from third_party where key != 0
                and not exists (select 1 from contact where third_party = third_party.key)
                and not exists (select 1 from presence where third_party = third_party.key)
                and not exists (select 1 from exposure where third_party = third_party.key)
                and not exists (select 1 from dry_run where third_party = third_party.key)""")
        self._read_keys()

    def _fold(self, table: str, keys: Sequence[str], amounts: Sequence[str], first_day: str) -> None:
        old = "length(period) = 10 and period < ?"
        month = ", ".join("substr(period, 1, 7)" if key == "period" else key for key in keys)
        sums = ", ".join(f"sum({amount})" for amount in amounts)
        select = f"select {month}, {sums} from {table} where {old} group by {month}"  # noqa: S608
        upsert = _upsert(table, (*keys, *amounts), keys, "{0} = {0} + excluded.{0}", source=select)
        self._connection.execute(upsert, [first_day])
        self._connection.execute(f"delete from {table} where {old}", [first_day])  # noqa: S608

    def tidy(self) -> None:
        """Give freed pages back and empty the write-ahead log, as far as readers allow it now."""
        self._connection.execute("PRAGMA incremental_vacuum").fetchall()
        self.empty_log()

    def empty_log(self) -> None:
        """Truncate the write-ahead log: it holds former states of rows, and two states tell when a count grew."""
        self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def close(self) -> None:
        self._connection.close()


def _keys(table: str) -> tuple[str, ...]:
    if table == "coverage":
        return ("period",)
    name = (NAMED_IN[table],) if table in NAMED_IN else ()
    return ("period", "site", *name, *DIMENSIONS[table])


def _upsert(
    table: str, columns: Sequence[str], keys: Sequence[str], change: str, *, keep: str = "", source: str = ""
) -> str:
    source = source or f"values ({', '.join('?' * len(columns))})"
    changes = ", ".join(change.format(one) for one in columns if one not in keys and one != keep)
    return (
        f"insert into {table} ({', '.join(columns)}) {source} on conflict ({', '.join(keys)}) do update set {changes}"
    )


def _by_table(amounts_of: Mapping[Row, Amounts]) -> dict[str, dict[Row, Amounts]]:
    tables: dict[str, dict[Row, Amounts]] = {}
    for row, amounts in amounts_of.items():
        tables.setdefault(row.table, {})[row] = amounts
    return tables
