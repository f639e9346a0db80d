-- What is the most that each third party received from each site, and on how many page loads at least?
select ladder.site, third_party, rung, min(ladder.loads, watched.loads) as loads, watched.loads as watched
from ladder join (select site, sum(loads) as loads from page_loads group by site) as watched on watched.site = ladder.site
where third_party not like '(%' and (:site = '' or ladder.site = :site)
order by ladder.site, third_party
