-- Which fifteen third parties were seen on the largest share of the page loads watched? Hosts behind a site's own names are not counted.
select third_party, min(sum(presences.loads), watched.loads) as loads, watched.loads as watched,
    min(100.0, round(100.0 * sum(presences.loads) / watched.loads, 1)) as percent
from presences, (select sum(loads) as loads from page_loads where (:site = '' or site = :site)) as watched
where relation not in ('own', 'group', 'library') and third_party != '(unlisted)' and (:site = '' or site = :site)
    and exists (
        select 1 from contacts where contacts.site = presences.site and contacts.third_party = presences.third_party
            and contacts.relation = presences.relation and method not in ('dns', 'request')
    )
group by third_party
order by sum(presences.loads) desc, third_party
limit 15
