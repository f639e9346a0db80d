-- Which signs that pages do not work were seen, with protection and without?
select site, protected, sum(loads) as loads, sum(errors) as errors, sum(reloads) as reloads, sum(log_ins) as log_ins
from breakages
where (:site = '' or site = :site) and (:kind = '' or site in (select id from sites where kind = :kind))
    and (:since = '' or substr(period || '-01', 1, 10) >= :since)
    and (:until = '' or case length(period) when 7 then date(period || '-01', '+1 month', '-1 day') else period end <= :until)
group by site, protected
order by site, protected
