-- On which sites was this third party seen, in which periods, and on how many page loads?
select presences.site, sites.name, period, section, relation, outcome, sum(presences.loads) as loads
from presences join sites on sites.id = presences.site
where third_party = :third_party
group by presences.site, period, section, relation, outcome
order by sites.name, period, section, relation, outcome
