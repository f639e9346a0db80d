-- Which third parties were contacted before a choice, after refusal and after acceptance? Blocked contacts do not count.
select site, third_party, relation, consent, sum(loads) as loads
from presences
where outcome = 'allowed' and third_party != '(unlisted)' and (:site = '' or site = :site)
group by site, third_party, relation, consent
order by site, third_party, relation, consent
