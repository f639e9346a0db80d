-- To which companies does a site send patrons to sign in, and how often did it?
select site, provider, coalesce(max(service), '') as service, coalesce(max(owner), '') as owner, sum(loads) as loads
from sign_ins left join third_parties on third_parties.domain = sign_ins.provider
where (:site = '' or site = :site)
group by site, provider
order by site, loads desc, provider
