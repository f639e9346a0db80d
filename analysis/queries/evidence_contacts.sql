-- As what, and how, was each third party of this site seen, within the time asked about?
select third_party, relation, method in ('dns', 'request') as behind, kind, method, outcome, relayed,
    sum(loads) as loads, sum(requests) as requests
from contacts
where site = :site
    and (:since = '' or substr(period || '-01', 1, 10) >= :since)
    and (:until = '' or case length(period) when 7 then date(period || '-01', '+1 month', '-1 day') else period end <= :until)
group by third_party, relation, kind, method, outcome, relayed
order by third_party, relation, kind, method, outcome, relayed
