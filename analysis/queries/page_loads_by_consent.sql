-- On how many page loads was a choice still open, refused or accepted, and how many of these contacted a third party?
-- seen: as in _seen.sql
select site, consent, sum(loads) as loads, sum(with_third_party) as with_third_party,
    round(100.0 * sum(with_third_party) / sum(loads), 1) as percent
from opened
group by site, consent
having sum(loads) > 0
order by site, consent
