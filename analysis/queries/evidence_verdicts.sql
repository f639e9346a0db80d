-- What did the library itself decide about whether a third party is disclosed, who decided, and why?
select third_party, status, document, declared, because, decided_by
from disclosures
where (:site = '' or site = :site)
order by third_party
