-- Which sites' names were imitated, by which trick, and how often was such a name opened?
select imitated, sites.name, trick, sum(hits) as hits
from lookalikes join sites on sites.id = lookalikes.imitated
where (:site = '' or imitated = :site) and (:kind = '' or imitated in (select id from sites where kind = :kind))
    and (:since = '' or substr(period || '-01', 1, 10) >= :since)
    and (:until = '' or case length(period) when 7 then date(period || '-01', '+1 month', '-1 day') else period end <= :until)
group by imitated, trick
order by imitated, hits desc, trick
