-- On how many page loads of this site was each third party contacted, or stopped, within the time asked about?
-- As in the view sights, and by section.
with ways as (
    select site, third_party, relation, min(method in ('dns', 'request')) as always,
        max(method in ('dns', 'request')) as ever
    from contacts
    where site = :site and third_party not like '(%'
    group by site, third_party, relation
),
relay as (
    select period, site, section, consent, third_party, relation, outcome,
        method in ('dns', 'request') as behind, max(loads) as loads
    from contacts
    where site = :site and relayed and third_party not like '(%'
    group by period, site, section, consent, third_party, relation, outcome, method in ('dns', 'request')
),
told as (
    select period, presences.site, section, consent, presences.third_party, presences.relation, outcome, loads,
        coalesce(always, 0) as behind, 0 as at_least
    from presences left join ways on ways.site = presences.site and ways.third_party = presences.third_party
        and ways.relation = presences.relation
    where presences.site = :site and (always is null or always = ever)
    union all
    select period, contacts.site, section, consent, contacts.third_party, contacts.relation, outcome, max(loads),
        method in ('dns', 'request'), 1
    from contacts join ways on ways.site = contacts.site and ways.third_party = contacts.third_party
        and ways.relation = contacts.relation
    where contacts.site = :site and always < ever
    group by period, contacts.site, section, consent, contacts.third_party, contacts.relation, outcome,
        method in ('dns', 'request')
),
seen as (
    select told.*, iif(outcome = 'allowed', told.loads, 0) as contacted, iif(outcome = 'allowed', 0, told.loads) as stopped,
        iif(outcome = 'allowed', min(told.loads, coalesce(relay.loads, 0)), 0) as relayed,
        case when third_party like '(%' then 'bucket' when behind then 'behind'
            when relation in ('own', 'group', 'library') then 'own' else 'third' end as stands
    from told left join relay using (period, site, section, consent, third_party, relation, outcome, behind)
)
select period, section, consent, third_party, stands, relation, outcome, sum(loads) as loads,
    sum(relayed) as relayed, max(at_least) as at_least
from seen
where site = :site
    and (:since = '' or substr(period || '-01', 1, 10) >= :since)
    and (:until = '' or case length(period) when 7 then date(period || '-01', '+1 month', '-1 day') else period end <= :until)
group by period, section, consent, third_party, stands, relation, outcome
order by third_party, stands, relation, period, section, consent, outcome
