"""A grown EZproxy configuration: what is read, which sites it gives, and which trackers it relays."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from addons import settings
from addons.decide.rewritten import EDITED, Original, Rewriting
from blocklists.owners import Knowledge, Product, Service
from deploy import first_config
from deploy.cli import cli
from deploy.ezproxy import Config, decoded, read
from deploy.ezproxy_sites import Relayed, dictionary, relayed_table, relayed_trackers, sites_from, toml

PRODUCTS = (
    Product("jstor", "JSTOR", "vendor", "ITHAKA", "ITHAKA", ("jstor.org",), (), "read"),
    Product("muse", "Project MUSE", "vendor", "JHU Press", "JHU Press", ("muse.jhu.example",), (), "read"),
)
SERVICES = (
    Service("Tag Manager", "Google", "tag manager", ("googletagmanager.com",), "trackers"),
    Service("Analytics", "Google", "analytics", ("google-analytics.com", "analytics.google.com"), "trackers"),
    Service("Pixel", "Adversary", "advertising", ("pixel.test",), "trackers"),
    Service("Google", "Google", "other", ("google.com",), "library-services"),
    Service("Consent", "OneTrust", "consent", ("cookielaw.org",), "library-services"),
)
KNOWLEDGE = Knowledge(PRODUCTS, SERVICES, {}, ())

MAIN = """\
# Anytown Public Library - EZproxy
Name ezproxy.anytown.example
LoginPort 80
LoginPortSSL 443
Option ProxyByHostname
Option   SafariCookiePatch
MaxSessions 500
E 192.0.2.0-192.0.2.255
AnonymousURL +http*://css.bigdb.example/*
Frobnicate yes
frobnicate no
NeverProxy shop.bigdb.example
NeverProxy *.adserver.example:8080

Group Default+Staff
\tTitle   JSTOR (updated 20230512)
U https://www.jstor.org
HJ https://www.jstor.org:443
HJ www.googletagmanager.com
DJ jstor.org

option domaincookieonly
TITLE -hide Big <b>Database</b> &amp; More (updated 20190729)
Url -Refresh bigdb https://user:s3cret@Search.BigDB.example/start?pw=s3cret
HostJavaScript https://cdn.bigdb.example:8443/js/
DomainJavaScript bigdb.example
DJ google.com
Host shop.bigdb.example
H metrics.pixel.test
D cloudfront.net
D .bigdb-media.example
Find var u = "
Replace var u = "^A
H 203.0.113.7
H not_a_host!
Option Cookie

ProxyHostnameEdit .lynx.example$ -lynx-example
PHE sciwheel.example$ sciwheel
PHE broken
T Lynx
U -Form=post lynx http://www.lynx.example/login
FormVariable password=s3cret
D lynx.example

IncludeFile databases\\more.txt
IncludeFile missing.txt
T Last
U http://localhost:8080/
"""
MORE = b"""\xef\xbb\xbfTitle Caf\xc3\xa9 des Sciences\r
URL https://cafe.example/\r
Description a long text \\\r
# a comment in between\r
   that goes on\r
IncludeFile config.txt\r
IncludeFile databases/old.txt\r
"""
OLD = "T Bücherschrank\rU http://b.example:8081/katalog\rD b.example".encode("cp1252")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "databases").mkdir()
    (tmp_path / "config.txt").write_text(MAIN, "utf-8")
    (tmp_path / "databases" / "more.txt").write_bytes(MORE)
    (tmp_path / "databases" / "old.txt").write_bytes(OLD)
    return tmp_path / "config.txt"


@pytest.fixture
def config(file: Path) -> Config:
    return read(file)


def test_the_general_lines_are_read(config: Config) -> None:
    assert (config.name, config.login_port, config.files) == ("ezproxy.anytown.example", 80, 3)
    assert config.options == ("ProxyByHostname", "SafariCookiePatch", "domaincookieonly", "Cookie")
    assert config.by_host_name
    assert config.edits == ((".lynx.example$", "-lynx-example"), ("sciwheel.example$", "sciwheel"))


def test_stanzas_are_read_in_any_spelling(config: Config) -> None:
    assert [stanza.title for stanza in config.stanzas] == [
        "JSTOR", "Big Database & More", "Lynx", "Café des Sciences", "Bücherschrank", "Last",
    ]  # fmt: skip
    big = config.stanzas[1]
    assert big.urls == ("https://search.bigdb.example/start",)
    assert big.starts == ("search.bigdb.example",)
    assert big.hosts == (
        "search.bigdb.example", "cdn.bigdb.example", "shop.bigdb.example", "metrics.pixel.test", "203.0.113.7",
    )  # fmt: skip
    assert big.domains == ("bigdb.example", "google.com", "cloudfront.net", "bigdb-media.example")
    assert config.stanzas[2].starts == ("www.lynx.example",)
    assert config.stanzas[4].urls == ("http://b.example:8081/katalog",)


def test_passwords_are_not_taken_over(config: Config) -> None:
    assert "s3cret" not in repr(config)


def test_never_proxy_holds_everywhere(config: Config) -> None:
    assert [config.relays(host) for host in ("shop.bigdb.example", "a.shop.bigdb.example", "x.adserver.example")] == [
        False, False, False,
    ]  # fmt: skip
    assert config.relays("myshop.bigdb.example")


def test_what_is_passed_over_is_named_with_its_place(config: Config) -> None:
    problems = "\n".join(config.problems)
    assert 'config.txt:10: "Frobnicate" is no directive that Carrel knows; passed over (2 times)' in problems
    assert 'config.txt:35: "not_a_host!" is not a host name' in problems
    assert "config.txt:40: ProxyHostnameEdit needs" in problems
    assert 'databases\\more.txt:6: "config.txt" includes itself' in problems
    assert 'config.txt:47: "missing.txt" could not be included (No such file or directory)' in problems
    assert len(config.problems) == 5


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        pytest.param("H early.example", "config.txt:1: stands before the first Title; passed over", id="no title yet"),
        pytest.param("T A\nU", "config.txt:2: no address after URL; passed over", id="empty URL"),
        pytest.param("T A\nU -Refresh", "config.txt:2: no address after URL; passed over", id="option only"),
        pytest.param("T A\nD", 'config.txt:2: "" is not a host name; passed over', id="empty domain"),
        pytest.param(
            "IncludeFile a.txt",
            'config.txt:1: "a.txt" was not included: name the file on disk to have it read',
            id="text without a folder",
        ),
    ],
)
def test_odd_lines_are_complaints_and_no_errors(text: str, problem: str) -> None:
    assert read(text).problems == (problem,)


@pytest.mark.parametrize(
    ("text", "titles"),
    [
        pytest.param("T One \\\nTwo", ["One Two"], id="joined"),
        pytest.param("T One \\\n\nT Two", ["One", "Two"], id="an empty line ends it"),
        pytest.param("T One \\", ["One"], id="nothing follows"),
        pytest.param("# T no \\\nT One", ["One"], id="a comment is not joined"),
        pytest.param("T One\r\nT Two\rT Three", ["One", "Two", "Three"], id="line ends of all systems"),
        pytest.param("T", ["(no title)"], id="no title"),
        pytest.param("T -group=a -hide One", ["One"], id="options"),
        pytest.param("T -", ["-"], id="a hyphen is no option"),
        pytest.param("T One\x00\x1b[31m", ["One [31m"], id="control characters"),
    ],
)
def test_titles(text: str, titles: list[str]) -> None:
    assert [stanza.title for stanza in read(text).stanzas] == titles


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "latin-1", "utf-16"])
def test_old_encodings_are_read(encoding: str) -> None:
    assert decoded("T Bücherei\n".encode(encoding)) == "T Bücherei\n"


def test_bytes_that_no_encoding_has_are_read_all_the_same() -> None:
    assert decoded(b"T \x81\xff") == "T \x81ÿ"


def test_includes_are_bounded(tmp_path: Path) -> None:
    for number in range(12):
        (tmp_path / f"{number}.txt").write_text(f"T {number}\nIncludeFile {number + 1}.txt\n")
    config = read(tmp_path / "0.txt")
    assert (config.files, len(config.stanzas)) == (9, 9)
    assert config.problems == ('8.txt:2: "9.txt" was not included: too many files, or too deep in one another',)


def test_the_sites_of_a_configuration(config: Config) -> None:
    found = sites_from(config, KNOWLEDGE)
    assert found.shipped == (("JSTOR", "jstor"),)
    assert [(site.id, site.name, site.domains, site.others) for site in found.sites] == [
        ("big-database-more", "Big Database & More", ("bigdb.example",), ("bigdb-media.example",)),
        ("lynx", "Lynx", ("lynx.example",), ()),
        ("cafe-des-sciences", "Café des Sciences", ("cafe.example",), ()),
        ("bucherschrank", "Bücherschrank", ("b.example",), ()),
    ]
    assert found.problems == (
        '"Big Database & More": "cloudfront.net" is a public suffix, shared by many owners; left out',
        '"Big Database & More": "203.0.113.7" is no name on the internet; left out',
        '"Last": "localhost" is no name on the internet; left out',
        '"Last": begins at no host that Carrel could watch; left out',
    )


def test_overlapping_stanzas_become_one_site() -> None:
    text = """
        T One\nU http://one.big.example
        T Two\nU http://two.big.example
        T Elsewhere\nU http://www.other.example\nH two.big.example
        T All\nU http://www.big.example\nD big.example
    """
    found = sites_from(read(text), KNOWLEDGE)
    assert [(site.id, site.domains, site.titles, site.others) for site in found.sites] == [
        ("one", ("big.example",), ("One", "Two", "All"), ()),
        ("elsewhere", ("www.other.example",), ("Elsewhere",), ()),
    ]


def test_an_id_is_never_used_twice() -> None:
    text = "T JSTOR\nU http://mirror.example\nT Catalog\nU http://c.example\nT 图书馆\nU http://tu.example"
    found = sites_from(read(text), KNOWLEDGE, ids={"catalog"})
    assert [site.id for site in found.sites] == ["jstor-2", "catalog-2", "tu-example"]


def test_a_university_is_not_opened_for_its_press() -> None:
    text = "T Muse\nU https://muse.jhu.example\nD jhu.example"
    found = sites_from(read(text), KNOWLEDGE)
    assert (found.sites, found.shipped) == ((), (("Muse", "muse"),))


def test_relayed_trackers_are_found(config: Config) -> None:
    rows = relayed_trackers(config, KNOWLEDGE)
    assert rows == (
        Relayed("Big Database & More", "metrics.pixel.test", "Pixel", "Adversary", "advertising"),
        Relayed("Big Database & More", "analytics.google.com", "Analytics", "Google", "analytics"),
        Relayed("JSTOR", "www.googletagmanager.com", "Tag Manager", "Google", "tag manager"),
    )
    table = relayed_table(rows).splitlines()
    assert table[0].startswith("Your EZproxy relays 3 tracker services")
    assert table[2].split("  ")[1:3] == ["advertising", "Pixel"]
    assert len(table) == 5


def test_a_tracker_that_is_never_proxied_is_not_relayed() -> None:
    config = read("NeverProxy googletagmanager.com\nT A\nU http://a.example\nHJ www.googletagmanager.com")
    assert relayed_trackers(config, KNOWLEDGE) == ()
    assert relayed_table(()).startswith("Your EZproxy relays no tracker")


def test_the_dictionary_undoes_what_the_proxy_writes(config: Config) -> None:
    names = dictionary(config)
    assert names["sciwheel"] == "sciwheel.example"
    assert names["bigdb-media-example"] == "bigdb-media.example"
    rewriting = Rewriting([config.name], lambda host: False, names)
    found = {
        name: rewriting.original(f"{name}.ezproxy.anytown.example")
        for name in ("sciwheel", "www-lynx-example", "img-bigdb-media-example", "metrics-pixel-test")
    }
    assert {name: original.host for name, original in found.items() if isinstance(original, Original)} == {
        "sciwheel": "sciwheel.example",
        "www-lynx-example": "www.lynx.example",
        "img-bigdb-media-example": "img.bigdb-media.example",
        "metrics-pixel-test": "metrics.pixel.test",
    }
    assert isinstance(found["sciwheel"], Original)
    assert found["sciwheel"].system == EDITED


def test_a_name_of_two_hosts_is_nobody_s() -> None:
    config = read("T A\nU http://a-b.example\nT B\nU http://a.b.example")
    assert dictionary(config) == {"a-b-example": ""}


def load(text: str, folder: Path) -> settings.Settings:
    file = folder / "carrel.toml"
    file.write_text(text, "utf-8")
    return settings.load(file)


def test_the_written_configuration_loads(config: Config, tmp_path: Path) -> None:
    text = toml(config, sites_from(config, KNOWLEDGE))
    loaded = load(text, tmp_path)
    assert loaded.rewriting.suffixes == ("ezproxy.anytown.example",)
    assert (loaded.sites[0].id, loaded.sites[0].domains) == ("big-database-more", ("bigdb.example",))
    assert '# own = ["bigdb-media.example"]' in text
    assert "#   jstor" in text
    assert "s3cret" not in text


def test_it_loads_behind_the_first_configuration(config: Config, tmp_path: Path) -> None:
    text = first_config.TEXT + "\n" + toml(config, sites_from(config, KNOWLEDGE, ids={"catalog"}))
    assert len(load(text, tmp_path).sites) == 5


def test_a_proxy_without_name_or_by_port_is_told_so() -> None:
    assert "suffixes = []" in toml(read(""), sites_from(read(""), KNOWLEDGE))
    by_port = read("N ezproxy.anytown.example")
    assert "told apart by port" in toml(by_port, sites_from(by_port, KNOWLEDGE))


def test_names_are_written_where_they_are_wanted(config: Config) -> None:
    text = toml(config, sites_from(config, KNOWLEDGE), names=dictionary(config))
    assert 'names = { "sciwheel" = "sciwheel.example" }  # ProxyHostnameEdit' in text


def test_a_resource_without_a_url_that_the_directory_knows_is_not_a_site_of_its_own() -> None:
    imported = sites_from(read("T Old articles\nH www.jstor.org"), KNOWLEDGE)
    assert imported.sites == ()
    assert imported.shipped == (("Old articles", "jstor"),)


HOSTS = st.sampled_from(
    ["a.example", "b.a.example", "www.jstor.org", "google.com", "co.uk", "10.0.0.1", "[::1]", "x", "ü.example",
     "carrel.internal", "internal", "jhu.example", "ezproxy.anytown.example", "a_b.example", "s3.amazonaws.com"]
)  # fmt: skip
WORDS = st.sampled_from(
    ["T", "title", "U", "URL -Form=post x", "H", "HJ http://", "D", "dj .", "NeverProxy", "NeverProxy *.", "PHE", "N",
     "LoginPort", "Option", "IncludeFile", "#", "\\", "Whatever"]
)  # fmt: skip
LINES = st.lists(st.builds("{} {} {}".format, WORDS, HOSTS | st.text(max_size=12), st.text(max_size=6)), max_size=25)


@given(LINES.map("\n".join))
def test_any_file_gives_a_configuration_that_loads(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    config = read(text)
    names = dictionary(config)
    relayed_table(relayed_trackers(config, KNOWLEDGE))
    written = toml(config, sites_from(config, KNOWLEDGE))
    load(written, tmp_path_factory.getbasetemp())
    assert all(isinstance(host, str) for host in names.values())


@given(st.binary(max_size=400))
def test_any_bytes_are_read(content: bytes) -> None:
    read(decoded(content))


def test_init_imports_a_configuration_and_says_what_it_relays(tmp_path: Path) -> None:
    source, target = tmp_path / "config.txt", tmp_path / "carrel.toml"
    source.write_text(
        "Name ezproxy.anytown.example\nOption ProxyByHostname\n\nTitle Local History\nURL https://history.example.org/\n"
        "D history.example.org\nHJ www.googletagmanager.com\nNonsense x\n"
    )
    done = CliRunner().invoke(cli, ["init", str(target), "--ezproxy", str(source)])
    assert done.exit_code == 0
    assert "Google Tag Manager" in done.stdout
    assert 'config.txt:8: "Nonsense" is no directive' in done.stderr
    read = settings.load(target)
    assert read.rewriting.suffixes == ("ezproxy.anytown.example",)
    assert [site.domains for site in read.sites][1:] == [("history.example.org",)]


def test_init_says_in_one_line_that_there_is_no_such_file(tmp_path: Path) -> None:
    done = CliRunner().invoke(cli, ["init", str(tmp_path / "carrel.toml"), "--ezproxy", str(tmp_path / "none")])
    assert done.exit_code == 1
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "carrel.toml").exists()
