-- Which third parties were seen, and on how many of the page loads watched?
with seen as (
    select third_party, relation, sum(loads) as loads, count(distinct site) as sites, min(period) as first_period
    from presences
    where third_party != '(unlisted)' and (:site = '' or site = :site)
    group by third_party, relation
),
ways as (
    select third_party, relation, max(method not in ('dns', 'request')) = 0 as behind
    from contacts
    where (:site = '' or site = :site)
    group by third_party, relation
),
watched as (select sum(loads) as loads from page_loads where (:site = '' or site = :site))
select seen.third_party, service, owner, owner_group, category, seen.relation, sites,
    min(seen.loads, watched.loads) as loads, watched.loads as watched,
    min(100.0, round(100.0 * seen.loads / watched.loads, 1)) as percent,
    seen.first_period, list, list_version, rule, coalesce(behind, 0) as behind
from seen, watched join third_parties on third_parties.domain = seen.third_party
    left join ways on ways.third_party = seen.third_party and ways.relation = seen.relation
order by seen.loads desc, seen.third_party, seen.relation
