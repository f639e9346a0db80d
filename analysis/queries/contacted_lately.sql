-- Which third parties were contacted since it is counted what protection would stop? Those that it would not stop are still contacted.
-- seen: as in _seen.sql
, begun as (
    select site, substr(min(period), 1, 7) as month from (
        select site, period from breakages union all select site, period from dry_runs
    ) group by site
)
select s.site, third_party, sum(contacted) as loads
from seen_by_month as s join begun on begun.site = s.site
where stands = 'third' and contacted > 0 and substr(s.period, 1, 7) >= month
group by s.site, third_party
order by s.site, loads desc, third_party
