-- What would `block` and `contract` have stopped where they were not on, and on how many of the page loads since this is counted?
-- seen: as in _seen.sql
, tried as (
    select site, protected, sum(loads) as loads from breakages where (:since = '' or substr(period || '-01', 1, 10) >= :since)
        and (:until = '' or case length(period) when 7 then date(period || '-01', '+1 month', '-1 day') else period end <= :until) group by site, protected
)
select dry_runs.site, mode, third_party, sum(dry_runs.loads) as loads,
    coalesce(nullif((select sum(loads) from tried where tried.site = dry_runs.site
            and not (protected and mode = coalesce((select mode from protections where site = dry_runs.site), ''))), 0),
        (select sum(loads) from opened where opened.site = dry_runs.site)) as watched
from dry_runs
where (:site = '' or dry_runs.site = :site) and (:kind = '' or dry_runs.site in (select id from sites where kind = :kind))
    and (:category = '' or third_party in (
        select domain from third_parties where category = iif(:category = 'no category known', '', :category)))
    and (:since = '' or substr(period || '-01', 1, 10) >= :since)
    and (:until = '' or case length(period) when 7 then date(period || '-01', '+1 month', '-1 day') else period end <= :until)
group by dry_runs.site, mode, third_party
order by dry_runs.site, mode, loads desc, third_party
