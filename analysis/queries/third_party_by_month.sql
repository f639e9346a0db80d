-- In which months was this third party contacted, and on how many of the page loads of the sites that it appears on?
-- seen: as in _seen.sql
, its as (
    select site, behind, substr(period, 1, 7) as month, sum(contacted) as loads
    from seen_by_month where third_party = :third_party
    group by site, behind, month
),
watched as (
    select behind, substr(period, 1, 7) as month, sum(loads) as loads
    from opened join (select distinct site, behind from its) as places on places.site = opened.site
    group by behind, month
)
select watched.behind, watched.month, watched.loads as watched,
    min(coalesce((select sum(loads) from its where its.month = watched.month and its.behind = watched.behind), 0),
        watched.loads) as loads
from watched
where watched.loads > 0
order by watched.behind, watched.month
