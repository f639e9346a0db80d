-- Which lists told who is who, in which version?
select name, version, fetched, rules, skipped, licence, sha256
from rulesets
order by name, version desc
