-- How many third parties of each category were contacted? The site's own, its group's, the library's and hosts behind own names are not counted.
-- seen: as in _seen.sql
select coalesce(nullif(party_category, ''), 'no category known') as category, count(*) as third_parties,
    group_concat(third_party) as names
from (select distinct party_category, third_party from seen where stands = 'third' and contacted > 0 order by third_party)
group by 1
order by third_parties desc, 1
