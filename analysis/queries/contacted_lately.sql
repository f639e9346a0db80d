-- Which third parties were contacted since it is counted what protection would stop? Those that it would not stop are still contacted.
-- seen: as in _seen.sql
, begun as (
    select site, substr(min(period), 1, 7) as month from (
        select site, period from breakages union all select site, period from dry_runs
    ) group by site
)
select seen.site, third_party, sum(contacted) as loads
from seen join begun on begun.site = seen.site
where stands = 'third' and contacted > 0 and substr(period, 1, 7) >= month and (:site = '' or seen.site = :site)
group by seen.site, third_party
order by seen.site, loads desc, third_party
