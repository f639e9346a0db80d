-- On how many page loads of this site was each third party seen, within the time asked about?
select period, section, consent, third_party, relation, outcome, sum(loads) as loads
from presences
where site = :site
    and (:since = '' or substr(period || '-01', 1, 10) >= :since)
    and (:until = '' or case length(period) when 7 then date(period || '-01', '+1 month', '-1 day') else period end <= :until)
group by period, section, consent, third_party, relation, outcome
order by third_party, relation, period, section, consent, outcome
