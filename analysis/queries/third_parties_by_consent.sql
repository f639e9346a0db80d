-- Which third parties were contacted before a choice, after refusal and after acceptance? Blocked contacts and what hides behind own names do not count.
-- seen: as in _seen.sql
select site, third_party, relation, consent, sum(loads) as loads
from seen
where stands = 'third' and outcome = 'allowed'
group by site, third_party, relation, consent
order by site, third_party, relation, consent
