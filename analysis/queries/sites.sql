-- How many page loads of each site were watched, and on how many was a third party contacted?
-- seen: as in _seen.sql
select sites.id as site, sites.name, sites.kind, sites.vendor, sites.product, sites.contract_until,
    coalesce(loads, 0) as loads, coalesce(with_third_party, 0) as with_third_party,
    coalesce(first_period, '') as first_period, coalesce(last_period, '') as last_period
from sites left join (
    select site, sum(loads) as loads, sum(with_third_party) as with_third_party, min(period) as first_period,
        max(period) as last_period
    from opened group by site
) as watched on watched.site = sites.id
where (:site = '' or sites.id = :site) and (:kind = '' or sites.kind = :kind)
order by loads desc, sites.name
