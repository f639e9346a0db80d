-- Which third parties appeared last, and on which site? A month means "some day in this month".
select third_party, site, sites.name, category, owner, relation, min(period) as first_period
from presences join third_parties on third_parties.domain = presences.third_party join sites on sites.id = presences.site
where (:site = '' or site = :site)
group by third_party, site
order by first_period desc, third_party, site
limit 10
