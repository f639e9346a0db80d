-- Which categories of third parties are known here?
select coalesce(nullif(category, ''), 'no category known') as category, count(*) as third_parties
from third_parties
where domain not like '(%'
group by 1
order by category = 'no category known', category
