-- How many page loads of each site were watched, and on how many was a third party contacted?
select sites.id as site, sites.name, sites.kind, sites.vendor, sites.product, sites.contract_until,
    coalesce(sum(loads), 0) as loads, coalesce(sum(with_third_party), 0) as with_third_party,
    coalesce(min(period), '') as first_period, coalesce(max(period), '') as last_period
from sites left join page_loads on page_loads.site = sites.id
where (:site = '' or sites.id = :site)
group by sites.id
order by loads desc, sites.name
