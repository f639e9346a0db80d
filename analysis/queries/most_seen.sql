-- Which fifteen third parties were seen on the largest share of the page loads watched?
select third_party, min(sum(presences.loads), watched.loads) as loads, watched.loads as watched,
    min(100.0, round(100.0 * sum(presences.loads) / watched.loads, 1)) as percent
from presences, (select sum(loads) as loads from page_loads where (:site = '' or site = :site)) as watched
where relation not in ('own', 'group', 'library') and third_party != '(unlisted)' and (:site = '' or site = :site)
group by third_party
order by sum(presences.loads) desc, third_party
limit 15
