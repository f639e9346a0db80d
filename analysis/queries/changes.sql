-- On how many page loads of each site was each third party contacted, and on how many stopped, in each of the last three months, and when was it first seen there? Only those not contacted in each of these months, or first contacted after refusal or first stopped in them. The last month is the latest that was watched, or :month.
with present as (
    select coalesce(nullif(:month, ''), (select max(substr(period, 1, 7)) from page_loads)) as present
),
lately as (
    select site, third_party, period as month, sum(contacted) as loads, sum(stopped) as stopped,
        sum(iif(consent = 'refused', contacted, 0)) as refused
    from present cross join sights on grain = 1 and period between strftime('%Y-%m', present || '-01', '-2 months') and present
    where stands = 'third' and (:site = '' or site = :site)
    group by site, third_party, month
),
ever as (
    select site, third_party, min(first) as first_period, min(iif(consent = 'refused', first, null)) as first_refused,
        min(iif(outcome != 'allowed', first, null)) as first_stopped
    from sights
    where grain = 0 and (:site = '' or site = :site)
    group by site, third_party
),
differs as (
    select lately.site, lately.third_party, first_period, first_refused, first_stopped
    from present cross join lately join ever on ever.site = lately.site and ever.third_party = lately.third_party
    group by lately.site, lately.third_party
    having sum(loads > 0) < 3 or max(first_refused) >= strftime('%Y-%m', present || '-01', '-2 months')
        or max(first_stopped) >= strftime('%Y-%m', present || '-01', '-2 months')
)
select lately.site, sites.name, lately.third_party, category, owner, month, lately.loads, stopped, refused,
    substr(first_period, 1, 7) as first_month, coalesce(substr(first_refused, 1, 7), '') as first_refused,
    coalesce(substr(first_stopped, 1, 7), '') as first_stopped
from lately join differs on differs.site = lately.site and differs.third_party = lately.third_party
    join sites on sites.id = lately.site join third_parties on domain = lately.third_party
where (:kind = '' or sites.kind = :kind)
    and (:category = '' or coalesce(nullif(category, ''), 'no category known') = :category)
order by sites.name, lately.third_party, month
