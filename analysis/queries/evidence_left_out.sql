-- How many page loads are known only by a month that lies partly outside the time asked about?
select period, sum(loads) as loads
from page_loads
where site = :site and length(period) = 7
    and (:since = '' or date(period || '-01', '+1 month', '-1 day') >= :since)
    and (:until = '' or period || '-01' <= :until)
    and not ((:since = '' or period || '-01' >= :since)
        and (:until = '' or date(period || '-01', '+1 month', '-1 day') <= :until))
group by period
order by period
