-- Which third parties were stopped, by what, and on how many page loads?
-- seen: as in _seen.sql
select m.site, third_party, outcome, sum(m.loads) as loads, watched.loads as watched
from spans cross join meetings as m on m.grain = spans.grain and m.period between spans.low and spans.high
    join (select site, sum(loads) as loads from opened group by site) as watched on watched.site = m.site
where outcome != 'allowed' and (:site = '' or m.site = :site) and (:kind = '' or site_kind = :kind)
    and (:category = '' or party_category = iif(:category = 'no category known', '', :category))
group by m.site, third_party, outcome
order by m.site, loads desc, third_party, outcome
