-- Which signs that pages do not work were seen, with protection and without?
select site, protected, sum(loads) as loads, sum(errors) as errors, sum(reloads) as reloads, sum(log_ins) as log_ins
from breakages
where (:site = '' or site = :site)
group by site, protected
order by site, protected
