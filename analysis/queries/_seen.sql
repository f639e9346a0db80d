-- Not a question: presences, told apart. It stands in the place of the line "-- seen: as in _seen.sql".
-- stands: 'third', 'own' (the vendor's, its group's, the library's), 'behind' (the site's own names), 'bucket' (no one's name).
-- Where one was met in both ways, presences do not say how often in which. Then the kind that most page loads have is
-- counted: at_least is 1, and the count is never too high. What was stopped is no contact: `contacted` and `stopped`
-- are never added up. `relayed` are the page loads on which the library's own proxy surely relayed a contact.
with ways as (
    select site, third_party, relation, min(method in ('dns', 'request')) as always,
        max(method in ('dns', 'request')) as ever
    from contacts
    where third_party not like '(%'
    group by site, third_party, relation
),
relay as (
    select period, site, section, consent, third_party, relation, outcome,
        method in ('dns', 'request') as behind, max(loads) as loads
    from contacts
    where relayed and third_party not like '(%'
    group by period, site, section, consent, third_party, relation, outcome, method in ('dns', 'request')
),
told as (
    select period, presences.site, section, consent, presences.third_party, presences.relation, outcome, loads,
        coalesce(always, 0) as behind, 0 as at_least
    from presences left join ways on ways.site = presences.site and ways.third_party = presences.third_party
        and ways.relation = presences.relation
    where always is null or always = ever
    union all
    select period, contacts.site, section, consent, contacts.third_party, contacts.relation, outcome, max(loads),
        method in ('dns', 'request'), 1
    from contacts join ways on ways.site = contacts.site and ways.third_party = contacts.third_party
        and ways.relation = contacts.relation
    where always < ever
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
