-- On how many page loads was something relayed by the library's own proxy of which it cannot be told whose it is?
select site, sites.name, sum(presences.loads) as loads,
    (select sum(loads) from page_loads where page_loads.site = presences.site) as watched
from presences join sites on sites.id = presences.site
where third_party = '(unresolved behind proxy)' and outcome = 'allowed' and (:site = '' or site = :site)
group by site
order by site
