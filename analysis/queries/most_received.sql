-- What is the most that any third party received from each site, how many received that, and how many were contacted? What hides behind own names does not count.
-- seen: as in _seen.sql
, met as (
    select distinct site, third_party from seen where stands = 'third' and contacted > 0
),
highest as (
    select site, third_party, max(rung) as rung from reached where received and what = '' group by site, third_party
),
each as (
    select met.site, coalesce(rung, 0) as rung
    from met left join highest on highest.site = met.site and highest.third_party = met.third_party
),
by_rung as (
    select site, rung, count(*) as recipients, sum(count(*)) over (partition by site) as third_parties,
        row_number() over (partition by site order by rung desc) as place
    from each group by site, rung
)
select site, case rung when 4 then 'search terms or item' when 3 then 'page address' when 2 then 'identifier'
        when 1 then 'cookie' else 'contacted' end as rung, recipients, third_parties
from by_rung
where place = 1
order by site
