-- How often was a name contacted that no list knows and that was too rare to be kept? One page load may meet several.
select site, sum(loads) as meetings
from presences
where third_party = '(unlisted)' and outcome = 'allowed' and (:site = '' or site = :site)
group by site
order by site
