-- What would `block` and `contract` have stopped where they were not on, and on how many of the page loads since this is counted?
select dry_runs.site, mode, third_party, sum(dry_runs.loads) as loads,
    coalesce(nullif((select sum(loads) from breakages where breakages.site = dry_runs.site
            and not (protected and mode = coalesce((select mode from protections where site = dry_runs.site), ''))), 0),
        (select sum(loads) from page_loads where page_loads.site = dry_runs.site)) as watched
from dry_runs
where (:site = '' or dry_runs.site = :site)
group by dry_runs.site, mode, third_party
order by dry_runs.site, mode, loads desc, third_party
