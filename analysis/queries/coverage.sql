-- Was Carrel watching, and what did it miss?
select period, minutes, loads, opted_out, ambiguous, dropped, reports_refused, stopped_upstream
from coverages
where (:since = '' or substr(period || '-01', 1, 10) >= :since)
    and (:until = '' or case length(period) when 7 then date(period || '-01', '+1 month', '-1 day') else period end <= :until)
order by period desc
