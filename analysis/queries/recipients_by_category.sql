-- How many third parties of each category were contacted? The site's own, its group's, the library's and hosts behind own names are not counted.
-- seen: as in _seen.sql
select coalesce(nullif(category, ''), 'no category known') as category,
    count(distinct third_party) as third_parties, group_concat(distinct third_party) as names
from seen join third_parties on third_parties.domain = seen.third_party
where stands = 'third' and contacted > 0 and (:site = '' or site = :site)
group by third_parties.category
order by third_parties desc, category
