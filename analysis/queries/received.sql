-- What did third parties receive, in which way, and on how many page loads?
select period, site, section, third_party, what, carried_in, loads
from sites cross join exposures on exposures.site = sites.id -- site by site, or the whole table would be read
where (:site = '' or sites.id = :site) and (:third_party = '' or third_party = :third_party)
    and (:since = '' or substr(period || '-01', 1, 10) >= :since)
    and (:until = '' or case length(period) when 7 then date(period || '-01', '+1 month', '-1 day') else period end <= :until)
order by site, period, third_party, section, what, carried_in
