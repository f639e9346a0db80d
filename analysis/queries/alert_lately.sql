-- Which third parties were met on which sites since a month, and since when is each met there? Only those met by their own names, or only behind the site's; not the site's own. :newcomers not blank: only those first met since then.
with begun as (
    select site, min(period) as period from page_loads where loads > 0 group by site
),
ever as (
    select site, third_party, min(first) as first_period
    from sights
    where grain = 0 and relation not in ('own', 'group', 'library') and third_party not like '(%'
    group by site, third_party
    having :newcomers = '' or min(first) >= :since
),
lately as (
    select site, third_party, min(relation) as relation, sum(iif(outcome = 'allowed', loads, 0)) as contacted
    from meetings
    where grain = 1 and period >= substr(:since, 1, 7) and relation not in ('own', 'group', 'library')
        and third_party not like '(%'
        and (:newcomers = '' or (site, third_party) in (select site, third_party from ever))
    group by site, third_party
),
named as (
    select distinct site, third_party from sights
    where grain = 1 and period >= substr(:since, 1, 7) and stands = 'third'
        and (:newcomers = '' or (site, third_party) in (select site, third_party from ever))
)
select lately.site, lately.third_party, relation, service, owner, category, first_period, contacted,
    -- Of a month in which watching began it is not known which of its days came first.
    substr(first_period, 1, 7) > substr(begun.period, 1, 7)
        or (length(begun.period) = 10 and first_period > begun.period) as came_later,
    named.site is null as behind
from lately join ever on ever.site = lately.site and ever.third_party = lately.third_party
    join begun on begun.site = lately.site join third_parties on third_parties.domain = lately.third_party
    left join named on named.site = lately.site and named.third_party = lately.third_party
order by first_period desc, lately.site, lately.third_party
