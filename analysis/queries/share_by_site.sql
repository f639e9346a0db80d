-- On what share of each site's page loads was a third party contacted?
-- seen: as in _seen.sql
select sites.name as site, sum(loads) as loads, sum(with_third_party) as with_third_party,
    round(100.0 * sum(with_third_party) / sum(loads), 1) as percent
from opened join sites on sites.id = opened.site
group by sites.id
having sum(loads) > 0
order by percent desc, sites.name
