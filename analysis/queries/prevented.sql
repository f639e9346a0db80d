-- What would third parties have received, had they not been stopped, and on how many page loads?
select period, site, section, third_party, what, carried_in, sum(loads) as loads
from sites cross join prevented on prevented.site = sites.id -- site by site, or the whole table would be read
where (:site = '' or sites.id = :site)
group by period, site, section, third_party, what, carried_in
order by site, third_party, what, carried_in, period, section
