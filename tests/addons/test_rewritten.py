"""Names that library proxies write, and the sites behind them."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from addons.decide.parties import covers, registrable_domain
from addons.decide.rewritten import (
    EDITED,
    EZPROXY,
    HOSTED,
    MUSE,
    OPENATHENS,
    REMOTEXS,
    UNRESOLVED,
    WAM,
    WEBVPN,
    Original,
    Rewriting,
    Unresolved,
    doubled,
    hyphenated,
    login_target,
    names,
)

SUFFIXES = (
    "ezproxy.town.example", "www.library.example", "town.idm.oclc.org", "eu1.proxy.openathens.net", "town.remotexs.co",
    "webvpn.town.example", "z.e-town.example",
)  # fmt: skip
KNOWN = (
    "jstor.org", "abc-clio.com", "googletagmanager.com", "onetrust.com", "ovid.com", "informit.com.au", "cnki.net",
    "nih.gov", "referenceusa.com", "lynda.com", "123-reg.co.uk", "2o7.net",
)  # fmt: skip
DICTIONARY = {
    "databases-abc-clio-com": "databases.abc-clio.com",
    "cdn-ukwest-onetrust-com": "cdn-ukwest.onetrust.com",
    "sciwheel": "sciwheel.com",
    "heinonline-org": "heinonline.org",
    "two-sites-test": "",
}


def known(host: str) -> bool:
    return any(covers(domain, host) for domain in KNOWN)


def rewriting(*suffixes: str, dictionary: dict[str, str] | None = None) -> Rewriting:
    return Rewriting(suffixes or SUFFIXES, known, DICTIONARY if dictionary is None else dictionary)


EZ, III, OA = "ezproxy.town.example", "www.library.example", "eu1.proxy.openathens.net"


@pytest.mark.parametrize(
    ("host", "original", "port", "system", "certain"),
    [
        pytest.param(f"www.jstor.org.{EZ}", "www.jstor.org", None, EZPROXY, True, id="dotted"),
        pytest.param(f"www.new-vendor.com.{EZ}", "www.new-vendor.com", None, EZPROXY, True, id="dotted, unknown"),
        pytest.param(f"www-jstor-org.{EZ}", "www.jstor.org", None, EZPROXY, False, id="hyphenated"),
        pytest.param(f"WWW-JSTOR-ORG.{EZ}.", "www.jstor.org", None, EZPROXY, False, id="as a browser never writes it"),
        pytest.param(f"databases-abc-clio-com.{EZ}", "databases.abc-clio.com", None, EZPROXY, True, id="dictionary"),
        pytest.param(f"databases-abc--clio-com.{EZ}", "databases.abc-clio.com", None, EZPROXY, True, id="doubled"),
        pytest.param(f"p180-www.jstor.org.{EZ}", "www.jstor.org", 180, EZPROXY, True, id="port, dotted"),
        pytest.param(f"p8443-www-jstor-org.{EZ}", "www.jstor.org", 8443, EZPROXY, False, id="port, hyphenated"),
        pytest.param(f"www-jstor-org.town.idm.oclc.org", "www.jstor.org", None, HOSTED, False, id="hosted"),  # noqa: F541
        pytest.param(f"sciwheel.{EZ}", "sciwheel.com", None, EDITED, True, id="edited to a label"),
        pytest.param(f"www-sciwheel.{EZ}", "www.sciwheel.com", None, EDITED, False, id="below an edited label"),
        pytest.param(f"home.heinonline-org.{EZ}", "home.heinonline.org", None, EDITED, True, id="half edited"),
        pytest.param(f"www-lynda-com.{EZ}", "www.lynda.com", None, EZPROXY, False, id="edited to plain hyphens"),
        pytest.param(
            f"www-googletagmanager-com.{EZ}", "www.googletagmanager.com", None, EZPROXY, False, id="relayed tracker"
        ),
        pytest.param(f"ad.doubleclick.net.{EZ}", "ad.doubleclick.net", None, EZPROXY, True, id="relayed, dotted"),
        pytest.param(f"cdn-ukwest-onetrust-com.{EZ}", "cdn-ukwest.onetrust.com", None, EZPROXY, True, id="own hyphen"),
        pytest.param(f"publisher-112-2o7-net.{EZ}", "publisher.112.2o7.net", None, EZPROXY, False, id="numbers within"),
        pytest.param(f"0-www.jstor.org.{III}", "www.jstor.org", None, WAM, True, id="WAM"),
        pytest.param(f"0-www-ncbi-nlm-nih-gov.{III}", "www.ncbi.nlm.nih.gov", None, WAM, False, id="WAM, https"),
        pytest.param(f"8080-www.jstor.org.{III}", "www.jstor.org", 8080, WAM, True, id="WAM, port"),
        pytest.param(f"8080-www.new.com.{III}", "www.new.com", 8080, WAM, True, id="WAM, port, same domain either way"),
        pytest.param(f"0-search.informit.com.au.{III}", "search.informit.com.au", None, WAM, True, id="WAM, co.uk"),
        pytest.param(f"123-reg.co.uk.{EZ}", "123-reg.co.uk", None, EZPROXY, True, id="the site's own digits"),
        pytest.param(f"www-jstor-org.{OA}", "www.jstor.org", None, OPENATHENS, False, id="OpenAthens"),
        pytest.param(f"referenceusa.com.{OA}", "referenceusa.com", None, OPENATHENS, True, id="OpenAthens, dotted"),
        pytest.param(f"www.jstor.org.town.remotexs.co", "www.jstor.org", None, REMOTEXS, True, id="RemoteXs"),  # noqa: F541
        pytest.param(f"www-jstor-org.town.remotexs.co", "www.jstor.org", None, REMOTEXS, False, id="RemoteXs, https"),  # noqa: F541
        pytest.param("219-231-0-156.webvpn.town.example", "219.231.0.156", None, WEBVPN, True, id="address"),
        pytest.param("219-231-0-156-8080.webvpn.town.example", "219.231.0.156", 8080, WEBVPN, True, id="address, port"),
        pytest.param("kns-cnki-net-443.webvpn.town.example", "kns.cnki.net", 443, WEBVPN, False, id="port at the end"),
        pytest.param("www-jstor-org-s.webvpn.town.example", "www.jstor.org", None, WEBVPN, False, id="secure mark"),
        pytest.param("www-jstor-org-8080-p-s.webvpn.town.example", "www.jstor.org", 8080, WEBVPN, False, id="both"),
        pytest.param(f"123456789.mp99.a.http.find.gale.com.{EZ}", "find.gale.com", None, MUSE, True, id="Muse, dotted"),
        pytest.param(f"4b20baz4n-mp03-y-https-go-gale-com.{EZ}", "go.gale.com", None, MUSE, True, id="Muse"),
        pytest.param(f"0610wbc33-y-https-pubs-acs-org.{EZ}", "pubs.acs.org", None, MUSE, True, id="Muse, no number"),
        pytest.param(
            "09115nxig-y-https-next--proview-west-com.z.e-town.example", "next-proview.west.com", None, MUSE, True,
            id="Muse, doubled hyphen",
        ),
    ],
)  # fmt: skip
def test_the_site_behind_a_name(host: str, original: str, port: int | None, system: str, certain: bool) -> None:
    assert rewriting().original(host) == Original(original, port, system, certain)


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("databases-new-vendor-com", id="a hyphen too many, and no dictionary knows it"),
        pytest.param("new-vendor-com", id="no known domain"),
        pytest.param("intelliconnect", id="edited, and not told how"),
        pytest.param("two-sites-test", id="the dictionary names two"),
        pytest.param("deep.two-sites-test", id="below a name of two"),
        pytest.param("a.b", id="dotted, but no name of the internet"),
        pytest.param("co.uk", id="a public suffix is nobody's"),
        pytest.param("0-new-vendor-com", id="WAM, no known domain"),
        pytest.param("0-1-2", id="WAM, nothing"),
        pytest.param("77-reg.com", id="port or name, and neither known"),
        pytest.param("123456789-mp99-a-https-a-b", id="Muse, no host"),
        pytest.param("999-231-0-156", id="not an address"),
    ],
)
def test_what_cannot_be_told_is_not_guessed(name: str) -> None:
    assert rewriting().original(f"{name}.{EZ}") is UNRESOLVED


@pytest.mark.parametrize(
    "host",
    [
        pytest.param(EZ, id="the proxy itself"),
        pytest.param(f"login.{EZ}", id="its log-in"),
        pytest.param("town.idm.oclc.org", id="hosted proxy itself"),
        pytest.param("other.idm.oclc.org", id="another library's proxy"),
        pytest.param("www-jstor-org.other.idm.oclc.org", id="behind another library's proxy"),
        pytest.param("my-library.town.example", id="a hyphen, not below a suffix"),
        pytest.param("0-day.town.example", id="looks like WAM, not below a suffix"),
        pytest.param("www.jstor.org.evil.example", id="looks rewritten, suffix unknown"),
        pytest.param(f"{EZ}.evil.example", id="suffix in the middle"),
        pytest.param(f"www-jstor-org.not{EZ}", id="suffix not at a dot"),
        pytest.param(f"www-jstor-org-{EZ}", id="suffix after a hyphen"),
        pytest.param("libkey.io", id="a redirector"),
        pytest.param("", id="nothing"),
    ],
)
def test_other_names_are_left_alone(host: str) -> None:
    assert rewriting().original(host) is None


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        pytest.param("www-jstor-org.gold.idm.oclc.org", "www.jstor.org", id="a library whose name is a public suffix"),
        pytest.param("www.jstor.org.gold.idm.oclc.org", "www.jstor.org", id="dotted"),
        pytest.param("www.jstor.org.idm.oclc.org", "www.jstor.org", id="no library's label, dotted"),
        pytest.param("www-jstor-org.idm.oclc.org", "www.jstor.org", id="no library's label"),
        pytest.param("gold.idm.oclc.org", None, id="a library's front page"),
        pytest.param("login.gold.idm.oclc.org", None, id="a library's log-in"),
        pytest.param("www-new-com.gold.idm.oclc.org", UNRESOLVED, id="unknown"),
    ],
)
def test_a_hosted_suffix_without_the_library_works_too(host: str, expected: str | Unresolved | None) -> None:
    found = rewriting("idm.oclc.org").original(host)
    assert (found.host if isinstance(found, Original) else found) == expected


def test_the_longest_suffix_wins() -> None:
    both = rewriting("town.example", "ezproxy.town.example")
    assert both.original("www.jstor.org.ezproxy.town.example") == Original("www.jstor.org", None, EZPROXY, True)


def test_the_longest_entry_wins() -> None:
    found = rewriting(dictionary=names(["clio.com", "abc-clio.com"])).original(f"databases-abc-clio-com.{EZ}")
    assert found == Original("databases.abc-clio.com", None, EZPROXY, certain=False)


def test_a_doubled_hyphen_is_not_cut() -> None:
    found = rewriting(dictionary=names(["clio.com"])).original(f"databases-abc--clio-com.{EZ}")
    assert found == Original("databases.abc-clio.com", None, EZPROXY, certain=True)


@pytest.mark.parametrize(
    ("url", "host"),
    [
        pytest.param(
            f"https://login.{EZ}/login?url=https://www.jstor.org/a?b=c&d=e", "www.jstor.org", id="url as it stands"
        ),
        pytest.param(f"http://{EZ}:2048/login?url=https://www.jstor.org", "www.jstor.org", id="EZproxy's port"),
        pytest.param(
            f"https://login.{EZ}/login?url=https%3A%2F%2Fwww.jstor.org%3A443%2F", "www.jstor.org", id="encoded"
        ),
        pytest.param(f"https://login.{EZ}/login?qurl=https%3a%2f%2fwww.jstor.org%2f&x=1", "www.jstor.org", id="qurl"),
        pytest.param(f"https://login.{EZ}/login?auth=staff&url=http://www.jstor.org/", "www.jstor.org", id="not first"),
        pytest.param(
            "https://go.openathens.net/redirector/town.example?url=https://jstor.org", "jstor.org", id="redirector"
        ),
        pytest.param(f"https://{EZ}/menu", "", id="no log-in"),
        pytest.param(f"https://{EZ}/login", "", id="no target"),
        pytest.param(f"https://{EZ}/login?url=ftp://jstor.org/", "", id="not the web"),
        pytest.param(f"https://{EZ}/login?url=menu", "", id="no address"),
        pytest.param(f"https://{EZ}/search?url=https://jstor.org/", "", id="another page"),
        pytest.param("https://libkey.io/libraries/222/10.1038/nature", "", id="a redirector by path"),
        pytest.param("not an address", "", id="nothing"),
    ],
)
def test_where_a_log_in_leads(url: str, host: str) -> None:
    assert login_target(url) == host


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        pytest.param(f"https://www-jstor-org.{EZ}/stable/1", "www.jstor.org", id="by host"),
        pytest.param(f"https://login.{EZ}/login?url=https://www.new.com/", "www.new.com", id="log-in"),
        pytest.param(f"https://{III}/wamvalidate?url=https%3A%2F%2F0-www-jstor-org.{III}", "www.jstor.org", id="WAM"),
        pytest.param("https://proxy.openathens.net/login?qurl=https%3A%2F%2Fwww.new.com", "www.new.com", id="Athens"),
        pytest.param(
            f"http://{EZ}/MuseProxyID=mp99/MuseSessionID=123456789/MuseProtocol=http/MuseHost=www.new.com/MusePath/a",
            "www.new.com", id="Muse, by path",
        ),
        pytest.param(f"http://{EZ}:2050/", UNRESOLVED, id="EZproxy by port"),
        pytest.param(f"http://{EZ}:2048/menu", None, id="EZproxy's own port"),
        pytest.param(f"https://{EZ}/https/77726476706e69737468656265737421f5/a", UNRESOLVED, id="WebVPN, encrypted"),
        pytest.param(f"https://login.{EZ}/login?url=https://{EZ}/menu", None, id="to the proxy itself"),
        pytest.param("https://elsewhere.example/login?url=https://www.jstor.org/", None, id="not the library's"),
        pytest.param("https://[::1]/", None, id="an address"),
        pytest.param("about:blank", None, id="not the web"),
    ],
)  # fmt: skip
def test_what_an_address_names(url: str, expected: str | Unresolved | None) -> None:
    found = rewriting().target(url)
    assert (found.host if isinstance(found, Original) else found) == expected


LABEL = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?", fullmatch=True)
HOST = st.builds(lambda labels: ".".join([*labels, "org"]), st.lists(LABEL, min_size=1, max_size=4))


@given(HOST)
@example("xn--bro-hoa.org")
def test_every_host_comes_back_by_the_dictionary(host: str) -> None:
    found = rewriting(dictionary=names([host])).original(f"{hyphenated(host)}.{EZ}")
    assert isinstance(found, Original)
    assert (found.host, found.certain) == (host, True)


@given(HOST.filter(lambda host: len(doubled(host)) < 40))
def test_every_host_comes_back_from_doubled_hyphens(host: str) -> None:
    proxy = Rewriting([EZ], lambda name: name == host, {})
    found = proxy.original(f"0610wbc33-y-https-{doubled(host)}.{EZ}")
    assert isinstance(found, Original)
    assert (found.host, found.system) == (host, MUSE)


@given(HOST.filter(lambda host: "-" not in host and not host[0].isdigit()))
def test_a_known_host_without_hyphens_comes_back_by_the_rule(host: str) -> None:
    domain = registrable_domain(host)
    found = Rewriting([EZ], lambda name: covers(domain, name), {}).original(f"{hyphenated(host)}.{EZ}")
    assert isinstance(found, Original)
    assert registrable_domain(found.host) == domain


@given(st.text(), st.text())
@example("0-", "")
@example("p-", "p0-")
@example("99999-a.org", "1-")
@example("٣-a.org", "٣")
def test_nothing_raises(host: str, url: str) -> None:
    proxy = rewriting()
    for text in (host, f"{host}.{EZ}", f"{host}.idm.oclc.org"):
        proxy.original(text)
        login_target(text)
    for text in (
        url,
        f"https://{url}",
        f"https://{EZ}:2048/login?url={url}",
        f"https://{EZ}:{url}",
        f"https://{host}.{EZ}/{url}",
    ):
        proxy.target(text)
        login_target(text)


@given(st.text() | HOST)
def test_outside_the_suffixes_nothing_is_touched(host: str) -> None:
    if not any(covers(suffix, host.strip().lower().removesuffix(".")) for suffix in SUFFIXES):
        assert rewriting().original(host) is None


FACTS = Path(__file__).parents[3] / "shared" / "facts" / "proxy-rewrites.tsv"


def facts() -> list[dict[str, str]]:
    with FACTS.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def host_of(url: str) -> str:
    return url.partition("://")[2].partition("/")[0].partition(":")[0]


@pytest.mark.skipif(not FACTS.exists(), reason="no shared/facts/proxy-rewrites.tsv next to the checkout")
def test_all_collected_examples() -> None:
    """Known are the domains of the originals, but not those that only a dictionary could give."""
    rows = facts()
    suffixes = [row["proxy_suffix"].partition(":")[0] for row in rows]
    domains = {
        registrable_domain(host_of(row["original"])) for row in rows if row["ambiguous"] in ("no", "guess fails")
    }
    exact = {host_of(row["original"]) for row in rows if row["original"] and row["ambiguous"] != "negative"}
    edited = {"sciwheel": "sciwheel.com", "intelliconnect": "intelliconnect.cch.com"}
    rule = Rewriting(suffixes, lambda host: registrable_domain(host) in domains)
    told = Rewriting(suffixes, lambda host: registrable_domain(host) in domains, names(exact) | edited)
    wrong = []
    for row in rows:
        by_rule, by_name = rule.target(row["rewritten"]), told.target(row["rewritten"])
        if row["ambiguous"] == "negative":
            good = by_rule is None and by_name is None
        elif row["ambiguous"] == "unrecoverable":
            good = by_rule is UNRESOLVED and by_name is UNRESOLVED
        else:
            good = isinstance(by_name, Original) and by_name.host == host_of(row["original"])
            if row["ambiguous"] in ("no", "guess fails"):
                good = good and isinstance(by_rule, Original) and by_rule.host == host_of(row["original"])
            else:
                good = good and by_rule is UNRESOLVED
        if not good:
            wrong.append((row["rewritten"], by_rule, by_name))
    assert not wrong
    assert len(rows) >= 98
