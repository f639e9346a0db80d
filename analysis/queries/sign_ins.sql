-- To which companies does a site send patrons to sign in, and how often did it?
select site, provider, sum(loads) as loads
from sign_ins
where (:site = '' or site = :site)
group by site, provider
order by site, loads desc, provider
