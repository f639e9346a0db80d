"""Made-up sites, pages of theirs, and the ways in which tags wrap what they send, for the labelled exposure pairs."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from urllib.parse import quote

from addons.settings import Site

KINDS = {
    "A": "page address",
    "S": "search terms",
    "I": "item",
    "E": "e-mail",
    "C": "card number",
    "D": "identifier",
}

CATALOG = Site(
    "catalog", "Anytown Public Library", "catalog", "BiblioCommons", "BiblioCore", ("anytown.bibliocommons.com",)
)
KOHA = Site("koha", "Millbrook Library", "catalog", "ByWater", "Koha", ("catalog.millbrook.test",))
ASPEN = Site("aspen", "Riverside Libraries", "catalog", "ByWater", "Aspen", ("discover.riverside.test",))
PRIMO = Site("primo", "Hilltop University", "catalog", "Ex Libris", "Primo", ("hilltop.primo.test",))
PRESS = Site("press", "Northern Press Journals", "vendor", "Northern Press", "Journals", ("journals.northern.test",))
LENDER = Site("lender", "Lendly", "vendor", "Lendly", "Lendly", ("lendly.test",))
LIBRARY = Site("library", "Anytown Library", "library", "", "", ("www.anytownlibrary.test",))


@dataclass(frozen=True, slots=True)
class Pair:
    site: Site
    page: str
    party: str
    kinds: frozenset[str]


def pair(site: Site, page: str, party: str, kinds: str) -> Pair:
    return Pair(site, page, party, frozenset(KINDS[letter] for letter in kinds))


def e(text: str) -> str:
    return quote(text, safe="")


def ee(text: str) -> str:
    return e(e(text))


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def b64u(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def hx(text: str) -> str:
    return text.encode().hex()


def md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def sha1(text: str) -> str:
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def sha256u(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")


GA = "https://region1.google-analytics.com/g/collect?v=2&tid=G-8RX4C0QKJD&gtm=45je4b90v9&_p=1732451180123"
UA = "https://www.google-analytics.com/collect?v=1&_v=j101&a=183746529&t=pageview&_s=1&tid=UA-1234567-1"
CID = "&cid=1284759302.1732451180"
FB = "https://www.facebook.com/tr/?id=904218836257341&ev=PageView&if=false&ts=1732451180123"
FBP = "&fbp=fb.1.1732451180123.904218836"
MATOMO = "https://stats.matomo.test/matomo.php?idsite=3&rec=1&r=482910&h=14&m=3&s=55"
SYNDETICS = "https://secure.syndetics.com/index.aspx"

# Pages
SEARCH = "https://anytown.bibliocommons.com/v2/search?query=living+with+depression&searchType=smart"
SEARCH1 = "https://anytown.bibliocommons.com/v2/search?query=chlamydia&searchType=smart"
SEARCH_ORDINARY = "https://anytown.bibliocommons.com/v2/search?query=history&searchType=smart"
RECORD = "https://anytown.bibliocommons.com/v2/record/S30C1234567"
ACCOUNT = "https://anytown.bibliocommons.com/user/login?destination=%2Fcheckedout"
FRONT = "https://anytown.bibliocommons.com/"
KOHA_SEARCH = "https://catalog.millbrook.test/cgi-bin/koha/opac-search.pl?idx=kw&q=divorce%20law&weight_search=1"
KOHA_RECORD = "https://catalog.millbrook.test/cgi-bin/koha/opac-detail.pl?biblionumber=482917"
KOHA_USER = "https://catalog.millbrook.test/cgi-bin/koha/opac-user.pl?barcode=21234000123455"
ASPEN_SEARCH = "https://discover.riverside.test/Union/Search?lookfor=Charlotte+Bront%C3%AB&searchIndex=Author"
ASPEN_RECORD = "https://discover.riverside.test/GroupedWork/2f1c7d3a-9b14-4e0d-a6c2-5d8e9b7a1c34/Home"
PRIMO_SEARCH = (
    "https://hilltop.primo.test/discovery/search?query=any,contains,opioid%20withdrawal&tab=Everything&vid=01HILL:main"
)
PRIMO_ITEM = "https://hilltop.primo.test/discovery/fulldisplay?docid=alma991004587219703&context=L&vid=01HILL:main"
ARTICLE = "https://journals.northern.test/doi/full/10.5555/nj.2021.0472"
ARTICLE_SLUG = "https://journals.northern.test/article/the-quiet-history-of-lighthouse-keepers-48213"
PRESS_SEARCH = "https://journals.northern.test/action/doSearch?AllField=gender+dysphoria&startPage=0"
PRESS_JOURNAL = "https://journals.northern.test/journal/0378-5955"
LENDER_ITEM = "https://lendly.test/media/5519384"
LENDER_ISBN = "https://lendly.test/title/9780306406157"
LENDER_SEARCH = "https://lendly.test/search/query-bankruptcy%20for%20beginners/page-1"
LENDER_MAIL = "https://lendly.test/welcome?email=jane.roe%40mail.test&step=2"
LIBRARY_SEARCH = "https://www.anytownlibrary.test/?s=refugee+services"
LIBRARY_EVENT = "https://www.anytownlibrary.test/events/2026/11/story-time"
