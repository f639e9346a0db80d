-- How many page loads were watched in each month, and on how many was a third party contacted?
-- seen: as in _seen.sql
select substr(period, 1, 7) as month, sum(loads) as loads, sum(with_third_party) as with_third_party,
    sum(loads) - sum(with_third_party) as without_third_party,
    round(100.0 * sum(with_third_party) / sum(loads), 1) as percent
from opened
group by month
having sum(loads) > 0
order by month
