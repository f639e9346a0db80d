-- Who are the third parties of this site, and which list says so?
select domain, service, owner, owner_group, category, list, list_version, rule
from third_parties
where domain in (select third_party from sights where grain = 0 and site = :site)
order by domain
