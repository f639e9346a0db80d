-- Which fifteen third parties were contacted on the largest share of the page loads watched? Hosts behind a site's own names are not counted.
-- seen: as in _seen.sql
select third_party, min(sum(contacted), watched.loads) as loads, watched.loads as watched,
    min(100.0, round(100.0 * sum(contacted) / watched.loads, 1)) as percent
from seen, (select sum(loads) as loads from opened) as watched
where stands = 'third'
group by third_party
having sum(contacted) > 0
order by sum(contacted) desc, third_party
limit 15
