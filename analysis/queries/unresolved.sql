-- On how many page loads was something relayed by the library's own proxy of which it cannot be told whose it is?
-- seen: as in _seen.sql
select seen.site, sites.name, sum(seen.loads) as loads, watched.loads as watched
from seen join sites on sites.id = seen.site join (select site, sum(loads) as loads from opened group by site) as watched on watched.site = seen.site
where third_party = '(unresolved behind proxy)' and outcome = 'allowed'
group by seen.site
order by seen.site
