-- Which of the vendor's documents did the library read, in which version, and when?
select sort, title, version, address, read_on, sha256, format, lists
from documents
where (:site = '' or site = :site)
order by sort, title, read_on desc, sha256
