-- In which months was this third party seen, and on how many of the page loads of the sites that it appears on?
with its_sites as (select distinct site from presences where third_party = :third_party and (:site = '' or site = :site)),
watched as (
    select substr(period, 1, 7) as month, sum(loads) as loads
    from page_loads where site in (select site from its_sites) group by month
),
seen as (
    select substr(period, 1, 7) as month, sum(loads) as loads
    from presences where third_party = :third_party and (:site = '' or site = :site) group by month
)
select watched.month, watched.loads as watched, min(coalesce(seen.loads, 0), watched.loads) as loads
from watched left join seen on seen.month = watched.month
where watched.loads > 0
order by watched.month
