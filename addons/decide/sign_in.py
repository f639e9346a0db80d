"""Say whose sign-in a page sends the reader to, from the address that it redirects or links to. Pure.

What leaves is a provider's name from the curated lists. A site's own sign-in, and another product of the same
group of companies, are no hop.
"""

from __future__ import annotations

from addons.decide.parties import covers
from addons.decide.unwrapping import address
from addons.settings import Site
from blocklists.owners import Knowledge
from blocklists.sign_in import SignIns


def provider(site: Site, target: str, knowledge: Knowledge, sign_ins: SignIns) -> str:
    """The provider behind an address to which the site sent a navigation; "" if it is none, or the site's own."""
    place = address(target)
    if place is None or any(covers(domain, place.host) for domain in (*site.domains, *site.own)):
        return ""
    owner = knowledge.owner_of(place.host)
    if owner and site.owner and knowledge.group_of(owner) == knowledge.group_of(site.owner):
        return ""
    if (match := knowledge.service_of(place.host)) and match[0].category == "sign-in":
        return match[0].name
    return sign_ins.provider_of(place.host, place.path)
