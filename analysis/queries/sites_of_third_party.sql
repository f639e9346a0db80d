-- On which sites was this third party seen, since when and until when, and on how many page loads?
-- seen: as in _seen.sql
select seen.site, sites.name, stands, min(first) as period, max(last) as last_period, relation, outcome,
    sum(loads) as loads, sum(contacted) as contacted, sum(stopped) as stopped, sum(relayed) as relayed,
    max(at_least) as at_least
from seen join sites on sites.id = seen.site
where third_party = :third_party
group by seen.site, stands, relation, outcome
order by sites.name, stands desc, relation, outcome
