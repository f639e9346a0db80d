-- How was a third party seen: as what kind of request, by which method, allowed or blocked?
select site, third_party, relation, method in ('dns', 'request') as behind, section, kind, method, outcome, relayed,
    sum(loads) as loads, sum(requests) as requests
from contacts
where third_party not like '(%' and (:site = '' or site = :site) and (:third_party = '' or third_party = :third_party)
group by site, third_party, relation, section, kind, method, outcome, relayed
order by site, third_party, loads desc, section, kind, method, outcome, relayed
