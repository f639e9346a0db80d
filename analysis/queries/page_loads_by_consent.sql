-- On how many page loads was a choice still open, refused or accepted, and how many of these contacted a third party?
select site, consent, sum(loads) as loads, sum(with_third_party) as with_third_party,
    round(100.0 * sum(with_third_party) / sum(loads), 1) as percent
from page_loads
where (:site = '' or site = :site)
group by site, consent
having sum(loads) > 0
order by site, consent
