-- Was Carrel watching, and what did it miss?
select period, minutes, loads, opted_out, ambiguous, dropped, reports_refused
from coverages
order by period desc
