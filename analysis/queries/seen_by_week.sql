-- In which of the last twenty weeks was each third party contacted, and on how many of the page loads watched? Of days kept by day only; a week is named by its Monday.
-- seen: as in _seen.sql
, watched as (
    select date(period, 'weekday 0', '-6 days') as span, sum(loads) as loads
    from opened
    where length(period) = 10
    group by span
    having sum(loads) > 0
    order by span desc
    limit 20
),
its as (
    select third_party, date(period, 'weekday 0', '-6 days') as span, sum(contacted) as loads
    from (select min(span) as begin from watched) cross join sights on grain = 2
        and period between max(begin, :since) and coalesce(nullif(:until, ''), '9999')
    where length(period) = 10 and stands = 'third' and contacted > 0 and (:site = '' or site = :site)
        and (:kind = '' or site_kind = :kind)
        and (:category = '' or party_category = iif(:category = 'no category known', '', :category))
    group by third_party, span
)
select watched.span, coalesce(its.third_party, '') as third_party, min(coalesce(its.loads, 0), watched.loads) as loads,
    watched.loads as watched
from watched left join its on its.span = watched.span
order by watched.span, its.loads desc, its.third_party
