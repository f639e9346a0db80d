-- In which months was this third party contacted, and on how many of the page loads of the sites that it appears on?
-- seen: as in _seen.sql
, its as materialized (
    select site, behind, substr(period, 1, 7) as month, sum(contacted) as loads
    from months cross join sights on sights.grain = months.grain and period between months.low and months.high
    where third_party = :third_party and (:site = '' or site = :site) and (:kind = '' or site_kind = :kind)
        and (:category = '' or party_category = iif(:category = 'no category known', '', :category))
    group by site, behind, month
),
monthly as materialized (
    select site, substr(period, 1, 7) as month, sum(loads) as loads from opened group by site, month
),
watched as (
    select behind, month, sum(loads) as loads
    from (select distinct site, behind from its) as places cross join monthly on monthly.site = places.site
    group by behind, month
)
select watched.behind, watched.month, watched.loads as watched,
    min(coalesce((select sum(loads) from its where its.month = watched.month and its.behind = watched.behind), 0),
        watched.loads) as loads
from watched
where watched.loads > 0
order by watched.behind, watched.month
