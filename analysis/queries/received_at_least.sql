-- What did third parties receive, or would have, had they not been stopped, and on how many page loads at least?
-- seen: as in _seen.sql
select site, third_party, received, rung, what, carried_in, sum(loads) as loads
from reached
where rung > 0 and (:third_party = '' or third_party = :third_party)
group by site, third_party, received, rung, what, carried_in
order by site, third_party, received desc, rung desc, what, carried_in
