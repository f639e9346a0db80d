-- Not a question: what most questions begin with, within :since, :until, :site, :kind (of site) and :category. It stands in the place of the line "-- seen: as in _seen.sql".
-- A month counts if it lies wholly within the time asked about. Sums of all time and of whole months are there already
-- (views sights, reaches, manners); only of months that lie partly within it, the days are added up.
-- stands: 'third', 'own' (the vendor's, its group's, the library's), 'behind' (the site's own names), 'bucket' (no one's name).
-- Where one was met in both ways, presences do not say how often in which. Then the kind that most page loads have is
-- counted: at_least is 1, and the count is never too high. What was stopped is no contact: `contacted` and `stopped`
-- are never added up. `relayed` are the page loads on which the library's own proxy surely relayed a contact.
with opened as (
    select period, site, section, consent, loads, with_third_party
    from page_loads
    where (:site = '' or site = :site) and (:kind = '' or site in (select id from sites where kind = :kind))
        and (:since = '' or substr(period || '-01', 1, 10) >= :since)
        and (:until = '' or case length(period) when 7 then date(period || '-01', '+1 month', '-1 day') else period end <= :until)
),
ends (first_month, last_month) as (
    select case when :since = '' then '' when substr(:since, 9) = '01' then substr(:since, 1, 7)
            else substr(date(:since, 'start of month', '+1 month'), 1, 7) end,
        case when :until = '' then '9999-12' when substr(date(:until, '+1 day'), 9) = '01' then substr(:until, 1, 7)
            else substr(date(:until, 'start of month', '-1 day'), 1, 7) end
),
-- The whole months, then the days before them and the days after them.
months (grain, low, high) as (
    select 1, first_month, last_month from ends where first_month <= last_month
    union all
    select 2, :since, min(date(:since, 'start of month', '+1 month', '-1 day'), coalesce(nullif(:until, ''), '9999'))
    from ends where :since != '' and substr(:since, 1, 7) < first_month
    union all
    select 2, substr(:until, 1, 7) || '-01', :until
    from ends where :until != '' and substr(:until, 1, 7) > last_month and substr(:until, 1, 7) >= first_month
),
spans (grain, low, high) as (
    select 0, '', '' where :since = '' and :until = ''
    union all
    select grain, low, high from months where :since != '' or :until != ''
),
seen as (
    select sights.* from spans cross join sights
        on sights.grain = spans.grain and period between spans.low and spans.high
    where (:site = '' or site = :site) and (:kind = '' or site_kind = :kind)
        and (:category = '' or party_category = iif(:category = 'no category known', '', :category))
),
-- The same by month, or by day where a month lies partly within the time.
seen_by_month as (
    select sights.* from months cross join sights
        on sights.grain = months.grain and period between months.low and months.high
    where (:site = '' or site = :site) and (:kind = '' or site_kind = :kind)
        and (:category = '' or party_category = iif(:category = 'no category known', '', :category))
),
-- What was received, or would have been, had it not been stopped. Rung 0 is the contact; the sum of a rung has no `what`,
-- that of a thing no `carried_in`.
reached as (
    select reaches.* from spans cross join reaches
        on reaches.grain = spans.grain and period between spans.low and spans.high
    where (:site = '' or site = :site) and (:kind = '' or site_kind = :kind)
        and (:category = '' or party_category = iif(:category = 'no category known', '', :category))
)
