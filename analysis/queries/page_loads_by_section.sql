-- In which sections of a site were page loads watched, and on how many was a third party contacted?
-- seen: as in _seen.sql
select section, sum(loads) as loads, sum(with_third_party) as with_third_party,
    round(100.0 * sum(with_third_party) / sum(loads), 1) as percent
from opened
group by section
having sum(loads) > 0
order by loads desc, section
