-- Which names of services, companies, domains and kinds of service stand literally in the vendor's documents?
select sort, sha256, what, name, written
from mentions
where (:site = '' or site = :site)
order by sort, sha256, what, name, written
