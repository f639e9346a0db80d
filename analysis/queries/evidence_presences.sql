-- On how many page loads of this site was each third party contacted, or stopped, within the time asked about?
-- seen: as in _seen.sql
select period, section, consent, third_party, stands, relation, outcome, sum(loads) as loads,
    sum(relayed) as relayed, max(at_least) as at_least
from seen
where site = :site
    and (:since = '' or substr(period || '-01', 1, 10) >= :since)
    and (:until = '' or case length(period) when 7 then date(period || '-01', '+1 month', '-1 day') else period end <= :until)
group by period, section, consent, third_party, stands, relation, outcome
order by third_party, stands, relation, period, section, consent, outcome
