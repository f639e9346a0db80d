-- On how many of each site's page loads was each third party seen?
select presences.site, third_party, relation, sum(presences.loads) as loads, watched.loads as watched,
    min(100.0, round(100.0 * sum(presences.loads) / watched.loads, 1)) as percent
from presences join (select site, sum(loads) as loads from page_loads group by site) as watched
    on watched.site = presences.site
where third_party != '(unlisted)'
group by presences.site, third_party, relation
order by presences.site, third_party, relation
