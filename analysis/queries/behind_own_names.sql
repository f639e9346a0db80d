-- Who was found behind a site's own host names, and nowhere else on that site?
select site, third_party, relation, group_concat(distinct method) as methods
from contacts
where third_party != '(unlisted)' and (:site = '' or site = :site)
group by site, third_party, relation
having max(method not in ('dns', 'request')) = 0
order by site, third_party, relation
