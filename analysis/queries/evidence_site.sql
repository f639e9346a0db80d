-- What is known about this site?
select id, name, kind, vendor, product, domains, contract_from, contract_until
from sites
where id = :site
