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
    select 2, period, site, sites.kind, third_party, party_category, relation, section, c.kind, method, outcome, relayed, loads,
        requests
    from (
        select distinct spans.grain, site, third_party, party_category, period
        from spans cross join meetings on meetings.grain = spans.grain and period between spans.low and spans.high
        where spans.grain = 2 and (:site = '' or site = :site) and (:kind = '' or site_kind = :kind)
            and (:third_party = '' or third_party = :third_party)
            and (:category = '' or party_category = iif(:category = 'no category known', '', :category))
    ) as met cross join contacts as c using (site, third_party, period) cross join sites on sites.id = met.site
)
where third_party not like '(%' and (:third_party = '' or third_party = :third_party)
group by site, third_party, relation, section, kind, method, outcome, relayed
order by site, third_party, loads desc, section, kind, method, outcome, relayed
