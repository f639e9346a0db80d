-- How often was a name contacted that no list knows and that was too rare to be kept? One page load may meet several.
-- seen: as in _seen.sql
select site, sum(loads) as meetings
from seen
where third_party = '(unlisted)' and outcome = 'allowed'
group by site
order by site
