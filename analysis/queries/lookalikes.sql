-- Which sites' names were imitated, by which trick, and how often was such a name opened?
select imitated, sites.name, trick, sum(hits) as hits
from lookalikes join sites on sites.id = lookalikes.imitated
where (:site = '' or imitated = :site)
group by imitated, trick
order by imitated, hits desc, trick
