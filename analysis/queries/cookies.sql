-- Which cookies, known by name, went with the requests to a site's own hosts, and on how many page loads?
select site, service, pattern, lifetime, sum(loads) as loads
from cookies
where (:site = '' or site = :site) and (:kind = '' or site in (select id from sites where kind = :kind))
    and (:since = '' or substr(period || '-01', 1, 10) >= :since)
    and (:until = '' or case length(period) when 7 then date(period || '-01', '+1 month', '-1 day') else period end <= :until)
group by site, service, pattern, lifetime
order by site, loads desc, service, pattern, lifetime
