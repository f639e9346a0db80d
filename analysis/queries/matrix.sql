-- On how many of each site's page loads was each third party contacted, and on how many stopped? What hides behind a site's own names stands apart.
-- seen: as in _seen.sql
, each as (
    select site, third_party, stands, relation, sum(contacted) as loads, sum(stopped) as stopped,
        sum(relayed) as relayed, max(at_least) as at_least
    from seen
    where stands != 'bucket'
    group by site, third_party, stands, relation
)
select each.site, third_party, stands, relation, min(each.loads, watched.loads) as loads, watched.loads as watched,
    min(100.0, round(100.0 * each.loads / watched.loads, 1)) as percent, min(stopped, watched.loads) as stopped,
    relayed, at_least
from each join (select site, sum(loads) as loads from opened group by site) as watched on watched.site = each.site
order by each.site, third_party, stands, relation
