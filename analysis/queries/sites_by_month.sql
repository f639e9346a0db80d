-- How many page loads of each site were watched in the last three months, and on how many was a third party contacted? The last of them is the latest month that was watched, or :month.
with months as (
    select coalesce(nullif(:month, ''), (select max(substr(period, 1, 7)) from page_loads)) as present
)
select sites.id as site, sites.name, sites.kind, substr(period, 1, 7) as month, sum(loads) as loads,
    sum(with_third_party) as with_third_party, sum(iif(consent = 'refused', loads, 0)) as refused
from months cross join sites cross join page_loads on page_loads.site = sites.id
    and period between strftime('%Y-%m', present || '-01', '-2 months') and present || '-99'
where (:site = '' or sites.id = :site) and (:kind = '' or sites.kind = :kind)
group by sites.id, month
having sum(loads) > 0
order by sites.name, month
