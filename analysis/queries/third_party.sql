-- Who is this third party, and which list says so?
select domain, service, owner, owner_group, category, list, list_version, rule, first_seen
from third_parties
where domain = :third_party
