-- Since when does each site contact third parties after refusal? Only sites that did so since a month; what hides behind own names does not count.
with after as (
    select site, third_party, first, last
    from sights
    where grain = 0 and consent = 'refused' and outcome = 'allowed' and stands = 'third' and loads > 0
),
first as (
    select site, min(first) as first_period, max(last) as last_period from after group by site
)
select first.site, first_period, group_concat(distinct third_party) as third_parties
from first join after on after.site = first.site and after.first = first_period
where last_period >= :since
group by first.site
order by first.site
