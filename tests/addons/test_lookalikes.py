"""Imitations are found, and the names of real companies, libraries and their access proxies are not."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from addons.decide.lookalikes import Lookalike, Lookalikes
from addons.decide.parties import covers, normal_host, registrable_domain
from blocklists.owners import Knowledge, load

SITES = [
    ("catalog", "catalog.anytownlibrary.example"),
    ("catalog", "anytown.bibliocommons.com"),
    ("overdrive", "overdrive.com"),
    ("kanopy", "kanopy.com"),
    ("hoopla", "hoopladigital.com"),
    ("jstor", "jstor.org"),
    ("gale", "gale.com"),
    ("gale-group", "galegroup.com"),
    ("nature", "nature.com"),
    ("findmypast", "findmypast.co.uk"),
    ("findmypast-us", "findmypast.com"),
    ("oup", "academic.oup.com"),
]


@pytest.fixture(scope="module")
def few() -> Lookalikes:
    return Lookalikes.build(SITES, lambda host: covers("overdrive-account.com", host))


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return load()


@pytest.fixture(scope="module")
def shipped(knowledge: Knowledge) -> Lookalikes:
    """The whole shipped directory, with what the lists say of owners."""
    sites = [("catalog", "catalog.anytownlibrary.org")]
    sites += [(product.id, domain) for product in knowledge.products for domain in product.domains]
    own = {registrable_domain(domain) for _, domain in sites}

    def known(host: str) -> bool:
        return bool(knowledge.owner_of(host)) or registrable_domain(host) in own

    return Lookalikes.build(sites, known)


@pytest.mark.parametrize(
    ("host", "site", "trick"),
    [
        pytest.param("overdrive.example.net", "overdrive", "label", id="name before another domain"),
        pytest.param("www.overdrive.example.net", "overdrive", "label", id="the same behind www"),
        pytest.param("overdrive.com.example.net", "overdrive", "label", id="whole domain before another"),
        pytest.param("login.overdrive.com.session.example.net", "overdrive", "label", id="whole domain in the middle"),
        pytest.param("overdrive.com-secure.net", "overdrive", "label", id="domain run into another with a hyphen"),
        pytest.param("overdrive.com.xyz", "overdrive", "label", id="domain with one more ending"),
        pytest.param("overdrive-com.example.net", "overdrive", "label", id="hyphened domain as a label"),
        pytest.param("www-overdrive-com.example.net", "overdrive", "label", id="hyphened with www"),
        pytest.param("overdrive-com.net", "overdrive", "label", id="hyphened domain as the domain"),
        pytest.param("anytown.bibliocommons.com.example.net", "catalog", "label", id="the library's own tenant"),
        pytest.param("catalog.anytownlibrary.example.evil.test", "catalog", "label", id="the library's own host"),
        pytest.param("www.findmypast.co.uk.example.net", "findmypast", "label", id="ending of two labels"),
        pytest.param("gale.com.example.net", "gale", "label", id="short name, whole domain"),
        pytest.param("academic.oup.com.example.net", "oup", "label", id="host below a vendor's domain"),
        pytest.param("overdrvie.com", "overdrive", "typo", id="swapped letters"),
        pytest.param("overrdrive.com", "overdrive", "typo", id="doubled letter"),
        pytest.param("overdive.com", "overdrive", "typo", id="letter left out"),
        pytest.param("ovwrdrive.com", "overdrive", "typo", id="next key"),
        pytest.param("over-drive.com", "overdrive", "typo", id="hyphen"),
        pytest.param("overdrives.com", "overdrive", "typo", id="one letter more"),
        pytest.param("wwwoverdrive.com", "overdrive", "typo", id="dot of www left out"),
        pytest.param("login.overdrvie.com", "overdrive", "typo", id="host below an imitation"),
        pytest.param("kanpoy.com", "kanopy", "typo", id="swapped letters in a name of six"),
        pytest.param("findmypst.co.uk", "findmypast", "typo", id="typo under the site's own ending"),
        pytest.param("hoopladigitl.top", "hoopla", "typo", id="typo under a cheap ending"),
        pytest.param("0verdrive.net", "overdrive", "homograph", id="digit for a letter, any ending"),
        pytest.param("kan0py.com", "kanopy", "homograph", id="digit in a name of six"),
        pytest.param("ga1e.com", "gale", "homograph", id="digit in a short name"),
        pytest.param("hoopladigita1.com", "hoopla", "homograph", id="one for l"),
        pytest.param("оverdrive.com", "overdrive", "homograph", id="Cyrillic o"),
        pytest.param("ονеrdrive.net", "overdrive", "homograph", id="Greek and Cyrillic, other ending"),
        pytest.param("kаnoру.com", "kanopy", "homograph", id="three Cyrillic letters"),
        pytest.param("overdrīve.org", "overdrive", "homograph", id="accent"),
        pytest.param("оverdr1ve.com", "overdrive", "homograph", id="Cyrillic letter and digit"),
        pytest.param("nаture.com", "nature", "homograph", id="Cyrillic letter in a word"),
        pytest.param("overdrive-login.net", "overdrive", "added word", id="word behind"),
        pytest.param("secureoverdrive.com", "overdrive", "added word", id="word in front, run together"),
        pytest.param("verify-kanopy.example", "kanopy", "added word", id="word in front, hyphen"),
        pytest.param("kanopy-login.pages.dev", "kanopy", "added word", id="on free hosting"),
        pytest.param("anytownlibrary-signin.com", "catalog", "added word", id="the library's name"),
        pytest.param("overdrive.top", "overdrive", "other ending", id="cheap ending"),
        pytest.param("www.overdrive.cm", "overdrive", "other ending", id="ending with a letter left out"),
        pytest.param("findmypast.icu", "findmypast", "other ending", id="other ending of a name with two"),
    ],
)
def test_an_imitation_is_found_with_its_trick(few: Lookalikes, host: str, site: str, trick: str) -> None:
    assert few.check(normal_host(host)) == Lookalike(site, trick)


@pytest.mark.parametrize(
    "host",
    [
        pytest.param("overdrive.com", id="the site"),
        pytest.param("anything.overdrive.com", id="host of a site"),
        pytest.param("other.bibliocommons.com", id="another library's tenant"),
        pytest.param("www.overdrive-account.com", id="known owner"),
        pytest.param("findmypast.com", id="a name under two endings"),
        pytest.param("galegroup.com", id="a name within a name"),
        pytest.param("overdrive.io", id="ordinary other ending"),
        pytest.param("overdrive.co.uk", id="country ending"),
        pytest.param("overdrive.github.io", id="the name on free hosting"),
        pytest.param("intel.com", id="unrelated"),
        pytest.param("gale.net", id="short name elsewhere"),
        pytest.param("gael.com", id="short name, swapped letters"),
        pytest.param("gale.example.net", id="short name as a label"),
        pytest.param("nature.org", id="a word under another ending"),
        pytest.param("natures.com", id="a word in the plural"),
        pytest.param("nature.example.net", id="a word as a label"),
        pytest.param("nature.com.cn", id="country ending of two labels"),
        pytest.param("overdrvie.de", id="typo under an ending nobody confuses"),
        pytest.param("kanopy.anytownlibrary.org", id="a library's way to a product"),
        pytest.param("overdrive.example.edu", id="university"),
        pytest.param("overdrive.example.ac.uk", id="university abroad"),
        pytest.param("overdrive.zendesk.com", id="vendor as another company's customer"),
        pytest.param("www.overdrive.com.edgekey.net", id="vendor's content network"),
        pytest.param("www-jstor-org.translate.goog", id="translation service"),
        pytest.param("www.jstor.org.ezproxy.example.org", id="access proxy"),
        pytest.param("www-jstor-org.libproxy.example.de", id="access proxy, hyphens"),
        pytest.param("0-www.jstor.org.catalog.example.us", id="WAM"),
        pytest.param("dashboard.overdrive.eu.example.net", id="name deep in another's host"),
        pytest.param("com", id="public suffix"),
        pytest.param("co.uk", id="public suffix of two labels"),
        pytest.param("overdrive", id="no domain"),
        pytest.param("localhost", id="localhost"),
        pytest.param("192.0.2.7", id="address"),
        pytest.param("2001:db8::1", id="address of version 6"),
        pytest.param("", id="nothing"),
        pytest.param("xn--a.com", id="broken punycode"),
        pytest.param("xn--80ak6aa92e.com", id="another name in another script"),
        pytest.param("xn--mnchen-3ya.de", id="umlaut"),
        pytest.param(".".join("a" * 120), id="many labels"),
    ],
)
def test_an_innocent_form_is_left_alone(few: Lookalikes, host: str) -> None:
    assert few.check(host) is None


REAL = """
    abc.com academia.edu accessengineeringlibrary.com acs.org activa.com adobe.com allaboutbirds.org amazon.com
    ancestry.com ancestry.co.uk apa.org apple.com archive.org archives.gov artstore.com artnet.com arxiv.org asce.org
    audible.com baker-taylor.com barnesandnoble.com bbc.co.uk bibliotheca.com biblio.com bibsonomy.org bing.com
    biomedcentral.com bl.uk bmj.com bnf.fr bookbub.com bookflix.digital.scholastic.com bookshop.org bowker.com
    brill.com brainpop.co.uk britannia.com britannia.co.uk britannica.co.uk britannica.com.au britannica.in cairn.info
    cambridge.com cambridgeenglish.org cambridgesecurity.com canopy.com canopy.co cells.com cengage.com
    cengagegroup.com ceil.com chronicles.com chroniclebooks.com citationmachine.net clarivate.com cochrane.org
    collinsdictionary.com comixology.com copyright.com coursera.org credo.com crossref.org data.gov de.statista.com
    dictionary.com dieoverdrive.de digitalconcerthall.de dnb.de doaj.org doi.org dowjones.com duckduckgo.com
    easybib.com ebay.com ebooks.com ebsco.com ebsco.is ebscoind.com elsevier.com emeraldgrouppublishing.com
    emeralds.com emeraldsecurity.com encyclopedia.com endnotes.com europeana.eu exlibris.co.il facebook.com
    familysearch.org fandom.com films.org filmsite.org findagrave.com folger.edu follett.com freegal.de gale.co
    gale.cengage.com galileo.usg.edu gallup.com genealogybank.com getty.edu globaldating.com goodreads.com google.com
    grammarly.com gutenberg.org hachette.co.uk harpercollins.com hbr.org hoopla.com hootsuite.com humankinetics.com
    ibis.com ibisworld.com.au idealista.com ieee.org imdb.com indeed.com ingramcontent.com intel.com intelex.com
    iop.org issuu.com jamanetwork.com jove.net jstor.com kahoot.com kanopi.com karger.com khanacademy.org kobo.com
    lexico.com lexisnexis.com lexus.com libraryjournal.com librarything.com librivox.org lingopad.com linkedin.com
    linguee.com loc.gov lulu.com lww.com macmillan.com mango.com mdpi.com medicitv.fr mendeley.com merriam-webster.com
    minted.com mit.edu morningstar.co.uk msn.com nationalarchives.gov.uk nature.org natureserve.org nea.org
    newspapers.com nexus.com nih.gov noodle.com npr.org nypl.org nytimes.com nytimes.co oclc.org oecd.org
    openlibrary.org openstreetmap.org orcid.org oreillyauto.com overdrive.jp overdrive.in overdriveonline.com
    oxford.gov.uk oxfam.org.uk oxfordlearnersdictionaries.com ox.ac.uk pbs.org pearson.com penguinrandomhouse.com
    persee.fr plos.org polaris.com pressreader.de project-muse.org proquest.de proquest.co.uk prequel.com pubmed.gov
    quest.com questia.com reddit.com refinery29.com researchgate.net reuters.com reworks.com roquette.com
    rosettastone.com routledge.com rsc.org safari.com sage.com sage.co.uk sagepublications.com scholar.google.com
    scholastic.ca scholastic.co.uk sciencedaily.com sciencenews.org sciencing.com scientificamerican.com scopes.com
    scribd.com semanticscholar.org siam.org skillsoft.com slj.com sprinter.com sprinter.es springerpub.com
    springerprofessional.de springernature.com statistica.com statisticbrain.com stringer.com surpass.com
    taylorandfrancis.com ted.com theguardian.com thomsonreuters.com transparency.org transparent.org tumblr.com
    turnitin.com twitter.com udemy.com usnews.com valuelines.com viaf.org vimeo.com w3.org webmd.com westlawasia.com
    westlawn.com westlawnextcanada.com whitman.edu wikipedia.org wiley.com wolterskluwer.com worldbook.com
    worldcatlibraries.org worldbank.org worldcars.com yahoo.com youtube.com zlibrary.to zotero.org
"""
"""Real and plausible names, many of them a letter or an ending away from a site's. None of them imitates anybody."""

REAL_HOSTS = """
    anytown.craigslist.org britannica.libguides.com cdn.overdrive.com.edgesuite.net ebsco.my.site.com
    gale.cengage.co.uk go-gale-com.ezproxy.nypl.org hoopladigital.zendesk.com ieeexplore-ieee-org.proxy.example.ca
    jstor.atlassian.net kanopy.lapl.lib.ca.us kanopy.recruitee.com learning-oreilly-com.ezproxy.spl.org
    link-springer-com.libproxy.uni.example.de login.overdrive.com.idm.oclc.org nature.berkeley.edu nature.nps.gov
    overdrive.statuspage.io overdrive.wistia.com proquest.libguides.com proquest.my.salesforce.com
    proquest.ucalgary.ca.edu science.nasa.gov science.org.au sciencedirect.zendesk.com springer.altmetric.com
    www-cambridge-org.translate.goog www-nature-com.cdn.ampproject.org www.sciencedirect.com.eproxy.example.hk
    www.sciencedirect.com.webvpn.example.cn www-sciencedirect-com.acces.bibl.ulaval.ca
"""


@pytest.mark.parametrize("host", [*REAL.split(), *REAL_HOSTS.split()])
def test_a_real_name_is_never_called_an_imitation(shipped: Lookalikes, host: str) -> None:
    assert normal_host(host) == host
    assert shipped.check(host) is None


def test_there_are_enough_real_names_to_mean_something() -> None:
    assert len({*REAL.split(), *REAL_HOSTS.split()}) >= 250


def test_no_site_and_no_listed_company_imitates_another(shipped: Lookalikes, knowledge: Knowledge) -> None:
    hosts = [domain for product in knowledge.products for domain in (*product.domains, *product.own)]
    hosts += [domain for service in knowledge.services for domain in service.domains]
    assert [host for host in hosts if shipped.check(host) or shipped.check(f"www.{host}")] == []


def test_imitations_of_the_shipped_directory_are_found(shipped: Lookalikes) -> None:
    found = {
        host: shipped.check(normal_host(host))
        for host in ("sciencedirect.com-login.xyz", "proquesst.com", "sc1encedirect.com", "britannica-verify.com")
    }
    tricks = {host: look.trick if look else "" for host, look in found.items()}
    assert tricks == {
        "sciencedirect.com-login.xyz": "label",
        "proquesst.com": "typo",
        "sc1encedirect.com": "homograph",
        "britannica-verify.com": "added word",
    }


def test_the_shipped_directory_fits_in_little_memory_and_is_asked_quickly(shipped: Lookalikes) -> None:
    assert 40_000 < len(shipped) < 200_000  # at 12 bytes each
    hosts = [f"host{n}.example{n}.com" for n in range(2000)]
    for host in hosts:
        registrable_domain(host)
    began = time.perf_counter()
    for host in hosts:
        shipped.check(host)
    assert time.perf_counter() - began < 1.0  # 500 microseconds each, far above what it takes


def test_too_many_names_lose_their_typing_errors_but_not_their_whole_form() -> None:
    looks = Lookalikes.build([("one", "overdrive.com"), ("two", "hoopladigital.com")], lambda host: False, limit=10)
    assert looks.check("overdrvie.com") == Lookalike("one", "typo")
    assert looks.check("hoopladigtial.com") is None
    assert looks.check("hoopladigital.com.example.net") == Lookalike("two", "label")


def test_owners_are_asked_about_only_when_a_name_looks_imitated() -> None:
    asked: list[str] = []

    def known(host: str) -> bool:
        asked.append(host)
        return False

    looks = Lookalikes.build([("overdrive", "overdrive.com")], known)
    looks.check("www.example.net")
    assert asked == []
    looks.check("www.overdrvie.com")
    assert asked == ["www.overdrvie.com", "overdrvie.com"]


@pytest.mark.parametrize("domain", ["co.uk", "localhost", "a_b.example.org", "xn--bcher-kva.example", "x.y"])
def test_any_configured_domain_can_be_built(domain: str) -> None:
    never: Callable[[str], bool] = lambda host: False  # noqa: E731
    assert Lookalikes.build([("odd", domain)], never).check(domain) is None


def test_a_finding_holds_nothing_of_the_imitating_name(few: Lookalikes) -> None:
    assert "canary" not in repr(few.check("canary.overdrvie.com"))
