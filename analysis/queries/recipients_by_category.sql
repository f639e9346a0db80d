-- How many third parties of each category were seen? The site's own, its group's and the library's are not counted.
select coalesce(nullif(category, ''), 'no category known') as category,
    count(distinct third_party) as third_parties, group_concat(distinct third_party) as names
from presences join third_parties on third_parties.domain = presences.third_party
where relation not in ('own', 'group', 'library') and (:site = '' or site = :site)
group by third_parties.category
order by third_parties desc, category
