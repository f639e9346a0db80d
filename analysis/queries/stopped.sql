-- Which third parties were stopped, by what, and on how many page loads?
select presences.site, third_party, outcome, sum(presences.loads) as loads, watched.loads as watched
from presences join (select site, sum(loads) as loads from page_loads group by site) as watched on watched.site = presences.site
where outcome != 'allowed' and (:site = '' or presences.site = :site)
group by presences.site, third_party, outcome
order by presences.site, loads desc, third_party, outcome
