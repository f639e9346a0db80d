-- Which cookies, known by name, went with the requests to a site's own hosts, and on how many page loads?
select site, service, pattern, lifetime, sum(loads) as loads
from cookies
where (:site = '' or site = :site)
group by site, service, pattern, lifetime
order by site, loads desc, service, pattern, lifetime
