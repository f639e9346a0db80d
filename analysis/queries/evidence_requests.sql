-- What did the library ask of the vendor, and what came of it?
select id, third_party, finding, asked, clause, asked_on, wanted_by, answer, answered_on, outcome
from requests
where (:site = '' or site = :site)
order by id
