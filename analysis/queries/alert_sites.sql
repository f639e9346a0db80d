-- Which sites are there, and until when do their contracts run?
select id as site, name, contract_until
from sites
order by id
