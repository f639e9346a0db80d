-- On how many page loads of each site was each third party that a list names contacted, or stopped, in each month?
-- seen: as in _seen.sql
select seen.site, substr(period, 1, 7) as month, third_party, stands, relation, service, owner, category, list, rule,
    sum(contacted) as loads, sum(stopped) as stopped
from seen_by_month as seen join third_parties on third_parties.domain = third_party
where stands in ('third', 'behind') and relation != 'library' and list != ''
group by seen.site, month, third_party, stands, relation
order by seen.site, month, third_party, stands, relation
