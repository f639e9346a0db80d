-- Which counts of page loads lie wholly within the time asked about?
select period, section, consent, sum(loads) as loads, sum(with_third_party) as with_third_party
from page_loads
where site = :site
    and (:since = '' or substr(period || '-01', 1, 10) >= :since)
    and (:until = '' or case length(period) when 7 then date(period || '-01', '+1 month', '-1 day') else period end <= :until)
group by period, section, consent
order by period, section, consent
