-- What is the most that each third party received from each site, and on how many page loads at least?
-- seen: as in _seen.sql
, highest as (
    select site, third_party, max(rung) as rung from reached where received and what = '' group by site, third_party
)
select r.site, third_party, case rung when 4 then 'search terms or item' when 3 then 'page address'
        when 2 then 'identifier' when 1 then 'cookie' else 'contacted' end as rung,
    min(sum(r.loads), watched.loads) as loads, watched.loads as watched
from reached as r join highest using (site, third_party, rung) join (select site, sum(loads) as loads from opened group by site) as watched on watched.site = r.site
where third_party not like '(%' and received and what = ''
group by r.site, third_party
order by r.site, third_party
