-- Which third parties came after a site was first watched, and on which sites? The last ten of each standing; a month means "some day in this month".
-- seen: as in _seen.sql
, begun as (
    select site, min(period) as period from page_loads where loads > 0 group by site
),
-- New is who was never there before, whatever the time asked about.
first as (
    select third_party, site, stands, min(relation) as relation, min(first) as first_period, sum(relayed) as relayed,
        sum(contacted) as contacted
    from sights
    where grain = 0 and stands != 'bucket' and (:site = '' or site = :site) and (:kind = '' or site_kind = :kind)
        and (:category = '' or party_category = iif(:category = 'no category known', '', :category))
    group by third_party, site, stands
),
-- Of a month in which watching began it is not known which of its days came first.
came as (
    select third_party, stands, first_period, min(relation) as relation, sum(relayed) as relayed,
        sum(contacted) as contacted, group_concat(first.site, ' ') as sites
    from first join begun on begun.site = first.site
    where (substr(first_period, 1, 7) > substr(begun.period, 1, 7)
        or (length(begun.period) = 10 and first_period > begun.period))
        and (:since = '' or substr(first_period || '-01', 1, 10) >= :since)
        and (:until = '' or first_period <= substr(:until, 1, length(first_period)))
    group by third_party, stands, first_period
),
numbered as (
    select *, row_number() over (partition by stands order by first_period desc, contacted desc, third_party) as number,
        count(*) over (partition by stands) as of
    from came
)
select third_party, stands, sites, category, owner, relation, first_period, relayed, contacted, of
from numbered join third_parties on third_parties.domain = third_party
where number <= 10
order by stands desc, number
