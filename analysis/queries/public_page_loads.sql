-- How many page loads of each site were watched in each month, and how many of them contacted a third party?
select site, substr(period, 1, 7) as month, sum(loads) as loads, sum(with_third_party) as with_third_party
from page_loads
group by site, month
having sum(loads) > 0
order by site, month
