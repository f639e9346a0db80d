-- Which third parties may a site contact whatever the protection, why, who decided, and until when?
select decisions.site, third_party, reason, owner, until, since
from decisions
where (:site = '' or site = :site) and (:kind = '' or site in (select id from sites where kind = :kind))
order by until desc, site, third_party
