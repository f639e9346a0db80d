-- How many third parties of each category were seen? The site's own, its group's, the library's and hosts behind own names are not counted.
select coalesce(nullif(category, ''), 'no category known') as category,
    count(distinct third_party) as third_parties, group_concat(distinct third_party) as names
from presences join third_parties on third_parties.domain = presences.third_party
where relation not in ('own', 'group', 'library') and (:site = '' or site = :site)
    and exists (
        select 1 from contacts where contacts.site = presences.site and contacts.third_party = presences.third_party
            and contacts.relation = presences.relation and method not in ('dns', 'request')
    )
group by third_parties.category
order by third_parties desc, category
