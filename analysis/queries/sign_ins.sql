-- To which companies does a site send patrons to sign in, and how often did it?
select site, provider, coalesce(max(service), '') as service, coalesce(max(owner), '') as owner, sum(loads) as loads
from sign_ins left join third_parties on third_parties.domain = sign_ins.provider
where (:site = '' or site = :site) and (:kind = '' or site in (select id from sites where kind = :kind))
    and (:since = '' or substr(period || '-01', 1, 10) >= :since)
    and (:until = '' or case length(period) when 7 then date(period || '-01', '+1 month', '-1 day') else period end <= :until)
group by site, provider
order by site, loads desc, provider
