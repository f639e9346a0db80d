-- What would the third parties of this site have received, had they not been stopped, within the time asked about?
select period, site, section, third_party, what, carried_in, sum(loads) as loads
from prevented
where site = :site
    and (:since = '' or substr(period || '-01', 1, 10) >= :since)
    and (:until = '' or case length(period) when 7 then date(period || '-01', '+1 month', '-1 day') else period end <= :until)
group by period, site, section, third_party, what, carried_in
order by third_party, what, carried_in, period, section
