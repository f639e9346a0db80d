-- On which sites was this third party seen, in which periods, and on how many page loads?
-- seen: as in _seen.sql
select seen.site, sites.name, stands, period, section, relation, outcome, sum(seen.loads) as loads,
    sum(contacted) as contacted, sum(stopped) as stopped, sum(relayed) as relayed, max(at_least) as at_least
from seen join sites on sites.id = seen.site
where third_party = :third_party
group by seen.site, stands, period, section, relation, outcome
order by sites.name, stands desc, period, section, relation, outcome
