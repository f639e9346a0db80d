-- How many third parties did each site contact before a choice, after refusal and after acceptance? Blocked contacts and what hides behind own names do not count.
-- seen: as in _seen.sql
select site, consent, count(distinct third_party) as third_parties
from seen
where stands = 'third' and outcome = 'allowed' and loads > 0
group by site, consent
order by site, consent
