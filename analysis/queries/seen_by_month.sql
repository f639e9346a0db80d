-- In which of the last twenty months was each third party contacted, and on how many of the page loads watched?
-- seen: as in _seen.sql
, watched as (
    select substr(period, 1, 7) as span, sum(loads) as loads
    from opened
    group by span
    having sum(loads) > 0
    order by span desc
    limit 20
),
its as (
    select third_party, substr(period, 1, 7) as span, sum(contacted) as loads
    from seen_by_month
    where stands = 'third' and contacted > 0 and substr(period, 1, 7) >= (select min(span) from watched)
    group by third_party, span
)
select watched.span, coalesce(its.third_party, '') as third_party, min(coalesce(its.loads, 0), watched.loads) as loads,
    watched.loads as watched
from watched left join its on its.span = watched.span
order by watched.span, its.loads desc, its.third_party
