"""The tables, which are for the ledger alone, and the views, which are what everything else reads.

Released migrations are not edited.
"""

from sqlite_utils import Database, Migrations

from addons import sums

UNLISTED = "(unlisted)"
"""Stands for third parties that no list names and that were seen too rarely to be named."""

UNLISTED_KEY = 0
"""Its row, which the view of third parties leaves out."""

migrations = Migrations("carrel")


@migrations()
def m001_sites_and_third_parties(db: Database) -> None:
    db.execute("""
        create table site (
            key integer primary key, id text not null unique, name text not null, kind text not null,
            vendor text not null, product text not null, domains text not null,
            contract_from text not null, contract_until text not null
        ) strict""")
    db.execute("""
        create table third_party (
            key integer primary key, domain text not null unique, service text not null, owner text not null,
            owner_group text not null, category text not null, list text not null, list_version text not null,
            rule text not null, first_seen text not null
        ) strict""")
    db.execute("insert into third_party values (?, ?, '', '', '', '', '', '', '', '')", [UNLISTED_KEY, UNLISTED])


@migrations()
def m002_counts(db: Database) -> None:
    # A site's rows lie together, by period: the order in which reports read them. The second index serves the pages
    # of one third party, and finds the first period in which it was seen.
    db.execute("""
        create table page_load (
            site integer not null references site, period text not null, section text not null, consent text not null,
            loads integer not null check (loads >= 0), with_third_party integer not null check (with_third_party >= 0),
            primary key (site, period, section, consent)
        ) strict, without rowid""")
    db.execute("""
        create table contact (
            site integer not null references site, period text not null,
            third_party integer not null references third_party, section text not null, consent text not null,
            relation text not null, kind text not null, method text not null, outcome text not null,
            loads integer not null check (loads >= 0), requests integer not null check (requests >= 0),
            primary key (site, period, third_party, section, consent, relation, kind, method, outcome)
        ) strict, without rowid""")
    db.execute("create index contact_third_party on contact (third_party, period)")
    db.execute("""
        create table presence (
            site integer not null references site, period text not null,
            third_party integer not null references third_party, section text not null, consent text not null,
            relation text not null, outcome text not null, loads integer not null check (loads >= 0),
            primary key (site, period, third_party, section, consent, relation, outcome)
        ) strict, without rowid""")
    db.execute("create index presence_third_party on presence (third_party, period)")
    db.execute("""
        create table coverage (
            period text primary key, seconds integer not null, loads integer not null, opted_out integer not null,
            ambiguous integer not null, dropped integer not null, reports_refused integer not null
        ) strict, without rowid""")


@migrations()
def m003_what_is_passed_on(db: Database) -> None:
    db.execute("""
        create table exposure (
            site integer not null references site, period text not null,
            third_party integer not null references third_party, section text not null, what text not null,
            carried_in text not null, loads integer not null check (loads >= 0),
            primary key (site, period, third_party, section, what, carried_in)
        ) strict, without rowid""")
    db.execute("create index exposure_third_party on exposure (third_party, period)")
    db.execute("""
        create table cookie (
            site integer not null references site, period text not null, service text not null,
            pattern text not null, lifetime text not null, loads integer not null check (loads >= 0),
            primary key (site, period, service, pattern, lifetime)
        ) strict, without rowid""")
    db.execute("""
        create table sign_in (
            site integer not null references site, period text not null, provider text not null,
            loads integer not null check (loads >= 0),
            primary key (site, period, provider)
        ) strict, without rowid""")
    db.execute("""
        create table lookalike (
            site integer not null references site, period text not null, trick text not null,
            hits integer not null check (hits >= 0),
            primary key (site, period, trick)
        ) strict, without rowid""")


@migrations()
def m004_lists_and_declarations(db: Database) -> None:
    db.execute("""
        create table ruleset (
            name text not null, version text not null, fetched text not null, sha256 text not null,
            licence text not null, rules integer not null, skipped integer not null,
            primary key (name, version)
        ) strict, without rowid""")
    db.execute("""
        create table disclosure (
            key integer primary key, site integer not null references site, third_party text not null,
            status text not null, document text not null, declared text not null
        ) strict""")
    db.execute("""
        create table decision (
            key integer primary key, site integer not null references site, third_party text not null,
            reason text not null, owner text not null, until text not null
        ) strict""")


@migrations()
def m005_views(db: Database) -> None:
    db.execute("""
        create view sites as
        select id, name, kind, vendor, product, domains, contract_from, contract_until from site""")
    # A month sorts before its own days. So the least period is the month while anything of it stands coarse, and a day
    # only when all of that month is known by day: then it says more than the month in which the row was made.
    db.execute("""
        create view third_parties as
        select domain, service, owner, owner_group, category, list, list_version, rule,
            coalesce((select period from (select min(period) as period from contact where third_party = key)
                      where substr(period, 1, 7) = first_seen), first_seen) as first_seen
        from third_party where key != 0""")
    db.execute("""
        create view page_loads as
        select period, site.id as site, section, consent, loads, with_third_party
        from page_load as c join site on site.key = c.site""")
    db.execute("""
        create view contacts as
        select period, site.id as site, section, consent, domain as third_party, relation, c.kind, method, outcome,
            loads, requests
        from contact as c join site on site.key = c.site join third_party as t on t.key = c.third_party""")
    db.execute("""
        create view presences as
        select period, site.id as site, section, consent, domain as third_party, relation, outcome, loads
        from presence as c join site on site.key = c.site join third_party as t on t.key = c.third_party""")
    db.execute("""
        create view exposures as
        select period, site.id as site, section, domain as third_party, what, carried_in, loads
        from exposure as c join site on site.key = c.site join third_party as t on t.key = c.third_party""")
    db.execute("""
        create view cookies as
        select period, site.id as site, service, pattern, lifetime, loads
        from cookie as c join site on site.key = c.site""")
    db.execute("""
        create view sign_ins as
        select period, site.id as site, provider, loads from sign_in as c join site on site.key = c.site""")
    db.execute("""
        create view lookalikes as
        select period, site.id as imitated, trick, hits from lookalike as c join site on site.key = c.site""")
    db.execute("""
        create view coverages as
        select period, seconds / 60 as minutes, loads, opted_out, ambiguous, dropped, reports_refused from coverage""")
    db.execute("""
        create view rulesets as
        select name, version, fetched, sha256, licence, rules, skipped from ruleset""")
    db.execute("""
        create view disclosures as
        select site.id as site, third_party, status, document, declared
        from disclosure as c join site on site.key = c.site""")
    db.execute("""
        create view decisions as
        select site.id as site, third_party, reason, owner, until
        from decision as c join site on site.key = c.site""")


@migrations()
def m006_relayed_and_the_ladder(db: Database) -> None:
    # A key cannot be widened in place. Views that name the table must be away while it changes its name.
    for view in ("contacts", "third_parties"):
        db.execute(f"drop view {view}")
    db.execute("""
        create table contact_relayed (
            site integer not null references site, period text not null,
            third_party integer not null references third_party, section text not null, consent text not null,
            relation text not null, kind text not null, method text not null, outcome text not null,
            relayed integer not null check (relayed in (0, 1)),
            loads integer not null check (loads >= 0), requests integer not null check (requests >= 0),
            primary key (site, period, third_party, section, consent, relation, kind, method, outcome, relayed)
        ) strict, without rowid""")
    db.execute("""
        insert into contact_relayed
        select site, period, third_party, section, consent, relation, kind, method, outcome, 0, loads, requests
        from contact""")
    db.execute("drop table contact")
    db.execute("alter table contact_relayed rename to contact")
    db.execute("create index contact_third_party on contact (third_party, period)")
    db.execute("""
        create view contacts as
        select period, site.id as site, section, consent, domain as third_party, relation, c.kind, method, outcome,
            relayed, loads, requests
        from contact as c join site on site.key = c.site join third_party as t on t.key = c.third_party""")
    # As in m005.
    db.execute("""
        create view third_parties as
        select domain, service, owner, owner_group, category, list, list_version, rule,
            coalesce((select period from (select min(period) as period from contact where third_party = key)
                      where substr(period, 1, 7) = first_seen), first_seen) as first_seen
        from third_party where key != 0""")
    # One page load may show several things of one rung, or the same by two ways: of such counts the largest is what is
    # sure. What was blocked received nothing.
    db.execute("""
        create view ladder as
        with reached as (
            select site, third_party,
                case when what in ('search terms', 'item') then 4 when what = 'page address' then 3
                    when what in ('identifier', 'e-mail', 'card number') then 2 else 1 end as rung,
                period, section, '' as consent, max(loads) as loads
            from exposure group by site, third_party, rung, period, section
            union all
            select site, third_party, 0, period, section, consent, max(loads)
            from presence where outcome = 'allowed' group by site, third_party, period, section, consent
        ),
        highest as (select site, third_party, max(rung) as rung from reached group by site, third_party)
        select site.id as site, domain as third_party,
            case rung when 4 then 'search terms or item' when 3 then 'page address' when 2 then 'identifier'
                when 1 then 'cookie' else 'contacted' end as rung, sum(loads) as loads
        from reached join highest using (site, third_party, rung) join site on site.key = reached.site
            join third_party as t on t.key = reached.third_party
        group by reached.site, reached.third_party""")


@migrations()
def m007_protection(db: Database) -> None:
    for view in ("exposures", "ladder", "third_parties", "decisions", "coverages"):
        db.execute(f"drop view {view}")
    db.execute("""
        create table exposure_outcome (
            site integer not null references site, period text not null,
            third_party integer not null references third_party, section text not null, what text not null,
            carried_in text not null, outcome text not null, loads integer not null check (loads >= 0),
            primary key (site, period, third_party, section, what, carried_in, outcome)
        ) strict, without rowid""")
    db.execute("""
        insert into exposure_outcome
        select site, period, third_party, section, what, carried_in, 'allowed', loads from exposure""")
    db.execute("drop table exposure")
    db.execute("alter table exposure_outcome rename to exposure")
    db.execute("create index exposure_third_party on exposure (third_party, period)")
    exposures = """
        create view {} as
        select period, site.id as site, section, domain as third_party, what, carried_in, loads
        from exposure as c join site on site.key = c.site join third_party as t on t.key = c.third_party
        where outcome {} 'allowed'"""
    db.execute(exposures.format("exposures", "="))
    # Stopped by the browser, at the door, or by the content filter.
    db.execute(exposures.format("prevented", "!="))
    # What a mode of protection that was not on would have stopped.
    db.execute("""
        create table dry_run (
            site integer not null references site, period text not null,
            third_party integer not null references third_party, mode text not null,
            loads integer not null check (loads >= 0),
            primary key (site, period, third_party, mode)
        ) strict, without rowid""")
    db.execute("create index dry_run_third_party on dry_run (third_party, period)")
    db.execute("""
        create view dry_runs as
        select period, site.id as site, domain as third_party, mode, loads
        from dry_run as c join site on site.key = c.site join third_party as t on t.key = c.third_party""")
    # Signs that pages do not work, with protection and without.
    db.execute("""
        create table breakage (
            site integer not null references site, period text not null,
            protected integer not null check (protected in (0, 1)), loads integer not null check (loads >= 0),
            errors integer not null check (errors >= 0), reloads integer not null check (reloads >= 0),
            log_ins integer not null check (log_ins >= 0),
            primary key (site, period, protected)
        ) strict, without rowid""")
    db.execute("""
        create view breakages as
        select period, site.id as site, protected, loads, errors, reloads, log_ins
        from breakage as c join site on site.key = c.site""")
    # How each site stands now; one row a site.
    db.execute("""
        create table protection (
            site integer primary key references site, mode text not null, state text not null,
            missing integer not null check (missing >= 0), since text not null, reason text not null
        ) strict""")
    db.execute("""
        create view protections as
        select site.id as site, mode, state, missing, since, reason
        from protection as p join site on site.key = p.site""")
    db.execute("alter table coverage add column stopped_upstream integer not null default 0")
    db.execute("""
        create view coverages as
        select period, seconds / 60 as minutes, loads, opted_out, ambiguous, dropped, reports_refused, stopped_upstream
        from coverage""")
    db.execute("alter table decision add column since text not null default ''")
    db.execute("""
        create view decisions as
        select site.id as site, third_party, reason, owner, until, since
        from decision as c join site on site.key = c.site""")
    # As in m005.
    db.execute("""
        create view third_parties as
        select domain, service, owner, owner_group, category, list, list_version, rule,
            coalesce((select period from (select min(period) as period from contact where third_party = key)
                      where substr(period, 1, 7) = first_seen), first_seen) as first_seen
        from third_party where key != 0""")
    # As in m006, of what was received only.
    db.execute("""
        create view ladder as
        with reached as (
            select site, third_party,
                case when what in ('search terms', 'item') then 4 when what = 'page address' then 3
                    when what in ('identifier', 'e-mail', 'card number') then 2 else 1 end as rung,
                period, section, '' as consent, max(loads) as loads
            from exposure where outcome = 'allowed' group by site, third_party, rung, period, section
            union all
            select site, third_party, 0, period, section, consent, max(loads)
            from presence where outcome = 'allowed' group by site, third_party, period, section, consent
        ),
        highest as (select site, third_party, max(rung) as rung from reached group by site, third_party)
        select site.id as site, domain as third_party,
            case rung when 4 then 'search terms or item' when 3 then 'page address' when 2 then 'identifier'
                when 1 then 'cookie' else 'contacted' end as rung, sum(loads) as loads
        from reached join highest using (site, third_party, rung) join site on site.key = reached.site
            join third_party as t on t.key = reached.third_party
        group by reached.site, reached.third_party""")


@migrations()
def m008_declarations(db: Database) -> None:
    # What a vendor's document says is kept as the names that were found in it, never as its text.
    db.execute("""
        create table document (
            key integer primary key, site integer not null references site,
            sort text not null check (sort in ('policy', 'cookies', 'subprocessors')), title text not null,
            version text not null, address text not null, read_on text not null, sha256 text not null,
            format text not null, lists text not null, unique (site, sort, sha256)
        ) strict""")
    db.execute("""
        create table mention (
            document integer not null references document on delete cascade,
            what text not null check (what in ('service', 'owner', 'domain', 'category')),
            name text not null, written text not null, primary key (document, what, name, written)
        ) strict, without rowid""")
    db.execute("alter table disclosure add column because text not null default ''")
    db.execute("alter table disclosure add column decided_by text not null default ''")
    db.execute("""
        create table request (
            key integer primary key, site integer not null references site, third_party text not null,
            finding text not null, asked text not null, clause text not null, asked_on text not null,
            wanted_by text not null
        ) strict""")
    db.execute("""
        create table answer (
            key integer primary key, request integer not null references request on delete cascade,
            answered_on text not null, answer text not null, outcome text not null
        ) strict""")
    db.execute("create index answer_request on answer (request, answered_on)")
    db.execute("""
        create view documents as
        select site.id as site, sort, title, version, address, read_on, sha256, format, lists
        from document as d join site on site.key = d.site""")
    db.execute("""
        create view mentions as
        select site.id as site, sort, sha256, what, m.name, written
        from mention as m join document as d on d.key = m.document join site on site.key = d.site""")
    db.execute("drop view disclosures")
    db.execute("""
        create view disclosures as
        select site.id as site, third_party, status, document, declared, because, decided_by
        from disclosure as c join site on site.key = c.site""")
    # With the latest answer; the earlier ones stay in the view of answers.
    db.execute("""
        create view requests as
        select r.key as id, site.id as site, third_party, finding, asked, clause, asked_on, wanted_by,
            coalesce(answer, '') as answer, coalesce(answered_on, '') as answered_on,
            coalesce(outcome, 'open') as outcome
        from request as r join site on site.key = r.site left join answer as a on a.key = (
            select key from answer where request = r.key order by answered_on desc, key desc limit 1)""")
    db.execute("create view answers as select key as id, request, answered_on, answer, outcome from answer")


@migrations()
def m009_sums(db: Database) -> None:
    sums.create(db)
