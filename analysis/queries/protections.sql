-- How is each site protected now, and since when?
select protections.site, sites.name, mode, state, missing, since, reason
from protections join sites on sites.id = protections.site
where (:site = '' or protections.site = :site) and (:kind = '' or protections.site in (select id from sites where kind = :kind))
order by state != 'returned', sites.name
