-- How was a third party seen: as what kind of request, by which method, allowed or blocked?
-- seen: as in _seen.sql
select site, third_party, relation, method in ('dns', 'request') as behind, section, kind, method, outcome, relayed,
    sum(loads) as loads, sum(requests) as requests
from (
    select manners.* from spans cross join manners
        on manners.grain = spans.grain and period between spans.low and spans.high
    where (:site = '' or site = :site) and (:kind = '' or site_kind = :kind)
        and (:category = '' or party_category = iif(:category = 'no category known', '', :category))
    union all
    select 2, period, site, sites.kind, third_party, category, relation, section, c.kind, method, outcome, relayed, loads,
        requests
    from spans cross join sites cross join third_parties cross join contacts as c on c.site = sites.id
        and third_party = domain and period between spans.low and spans.high
    where spans.grain = 2 and (:site = '' or sites.id = :site) and (:kind = '' or sites.kind = :kind)
        and (:third_party = '' or domain = :third_party)
        and (:category = '' or category = iif(:category = 'no category known', '', :category))
)
where third_party not like '(%' and (:third_party = '' or third_party = :third_party)
group by site, third_party, relation, section, kind, method, outcome, relayed
order by site, third_party, loads desc, section, kind, method, outcome, relayed
