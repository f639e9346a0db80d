-- Which third parties were seen, and on how many of the page loads watched were they contacted, or stopped? What hides behind own names has lines of its own.
-- seen: as in _seen.sql
, each as (
    select third_party, stands, relation, count(distinct site) as sites, sum(contacted) as loads,
        sum(stopped) as stopped, min(first) as first_period, sum(relayed) as relayed, max(at_least) as at_least
    from seen
    where stands != 'bucket'
    group by third_party, stands, relation
),
watched as (select sum(loads) as loads from opened)
select third_party, service, owner, owner_group, category, stands, relation, sites,
    min(each.loads, watched.loads) as loads, watched.loads as watched,
    min(100.0, round(100.0 * each.loads / watched.loads, 1)) as percent, min(stopped, watched.loads) as stopped,
    first_period, list, list_version, rule, relayed, at_least
from each, watched join third_parties on third_parties.domain = third_party
order by each.loads desc, stopped desc, third_party, stands desc, relation
