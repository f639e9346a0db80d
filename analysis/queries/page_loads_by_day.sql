-- How many page loads were watched on each day that has enough of them to be kept by day?
-- seen: as in _seen.sql
select period as day, sum(loads) as loads, sum(with_third_party) as with_third_party,
    sum(loads) - sum(with_third_party) as without_third_party,
    round(100.0 * sum(with_third_party) / sum(loads), 1) as percent
from opened
where length(period) = 10
group by period
having sum(loads) > 0
order by period
