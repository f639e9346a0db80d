"""carrel.toml: what is right loads, what is wrong is told in one line with file, key and what to write instead."""

from __future__ import annotations

import dataclasses
import ipaddress
import re
from pathlib import Path

import pytest

from addons.settings import PLACES, Settings, SettingsError, load

# The sample of DESIGN, section 7, as it stands in the contract with users.
SAMPLE = """
[library]
name = "Anytown Public Library"
contact = "privacy@anytown.example"
[proxy]
listen = "127.0.0.1:8080"
clients = ["127.0.0.0/8", "::1/128"]   # who may use it; anyone else gets 403
destinations = []                       # private networks patrons may reach through it; otherwise refused
upstream = ""                           # "http://filter.example:3128": the content filter stays in the path
trust = ""                              # PEM with further CAs for connections to sites (the filter's)
on_failure = "closed"                   # what the PAC says when Carrel is down: closed | upstream | direct
[protect]
mode = "observe"                        # observe | block | contract
gpc = true                              # Sec-GPC: 1 on requests to sites
trim_referrer = false
[privacy]
k = 10
rare = 3
days_kept = 90
months_kept = 36
opt_out = true                          # per computer, until it is idle for 30 minutes
[dashboard]
listen = "127.0.0.1:8001"
[data]
dir = "~/.local/share/carrel"           # database, lists, certificates; 0700
[rewriting]
suffixes = ["ezproxy.anytown.example"]
[directory]
use = true                              # the shipped vendor directory is in scope
[[site]]
id = "catalog"
name = "Anytown catalog"
kind = "catalog"                        # catalog | vendor | library
vendor = "BiblioCommons"
domains = ["anytown.bibliocommons.com"]
sections = { search = ["/search*"], account = ["/user/*"] }
permitted = []                          # third parties the contract allows (contract mode allows only these)
disclosed = []
"""
SITE = '[[site]]\nid = "a"\ndomains = ["a.test"]\n'


def read(folder: Path, text: str | bytes) -> Settings:
    file = folder / "carrel.toml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return load(file)


def test_the_sample_loads(tmp_path: Path) -> None:
    settings = read(tmp_path, SAMPLE)
    assert settings.library.name == "Anytown Public Library"
    assert settings.proxy.listen == ("127.0.0.1", 8080)
    assert settings.data.database == Path("~/.local/share/carrel/carrel.db").expanduser()
    (site,) = settings.sites
    assert (site.id, site.domains) == ("catalog", ("anytown.bibliocommons.com",))
    assert site.sections == (("search", ("/search*",)), ("account", ("/user/*",)))


def test_the_sample_says_what_the_defaults_are(tmp_path: Path) -> None:
    settings, defaults = read(tmp_path, SAMPLE), Settings()
    for part in ("proxy", "protect", "privacy", "dashboard", "directory"):
        assert getattr(settings, part) == getattr(defaults, part)


def test_an_empty_file_is_all_defaults(tmp_path: Path) -> None:
    settings = read(tmp_path, "")
    assert dataclasses.replace(settings, path=None) == Settings()


def test_without_any_file_all_is_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    if not any(Path(place).expanduser().is_file() for place in PLACES[1:]):
        assert load(None) == Settings()
    read(tmp_path, SITE)
    assert load(None).sites[0].id == "a"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param(b"\xef\xbb\xbf[library]\nname = 'B'", lambda s: s.library.name == "B", id="byte order mark"),
        pytest.param("[library]\r\nname = 'B'\r\n", lambda s: s.library.name == "B", id="Windows line ends"),
        pytest.param('[proxy]\nlisten = "[::1]:3128"', lambda s: s.proxy.listen == ("::1", 3128), id="IPv6"),
        pytest.param(
            '[proxy]\nclients = ["10.20.0.0/16", "10.30.1.7"]',
            lambda s: s.proxy.clients[1] == ipaddress.ip_network("10.30.1.7/32"),
            id="a single client",
        ),
        pytest.param(
            '[proxy]\nupstream = "http://user:p%40ss@filter.example:3128/"',
            lambda s: s.proxy.upstream == "http://user:p%40ss@filter.example:3128",
            id="upstream with credentials",
        ),
        pytest.param(
            '[proxy]\nhosts = { "A.Test." = "10.0.0.5", "b.test" = "[::1]:8443" }',
            lambda s: s.proxy.hosts == {"a.test": ("10.0.0.5", None), "b.test": ("::1", 8443)},
            id="pinned names",
        ),
        pytest.param(
            '[data]\ndir = "here"', lambda s: s.data.dir.name == "here" and s.data.dir.is_absolute(), id="relative"
        ),
        pytest.param(
            SITE.replace("a.test", "BÜRO.Example."), lambda s: s.sites[0].domains == ("xn--bro-hoa.example",), id="IDNA"
        ),
        pytest.param(
            SITE + "contract_until = 2027-06-30", lambda s: s.sites[0].contract_until == "2027-06-30", id="date"
        ),
        pytest.param(
            SITE + 'contract_until = "2027-06-30"', lambda s: s.sites[0].contract_until == "2027-06-30", id="text"
        ),
        pytest.param(
            SITE + '[[site]]\nid = "b"\ndomains = ["ba.test"]', lambda s: len(s.sites) == 2, id="ends alike, no overlap"
        ),
    ],
)
def test_what_is_right_loads(tmp_path: Path, text: str | bytes, found: object) -> None:
    assert found(read(tmp_path, text))  # type: ignore[operator]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        # The file
        pytest.param(b"\xff\xfe[\x00l\x00", "not UTF-8", id="UTF-16"),
        pytest.param("[library\n", "not valid TOML.*line 1", id="TOML"),
        pytest.param("[library]\nname = 1\nname = 2", "not valid TOML: Cannot overwrite", id="twice"),
        # Keys
        pytest.param("[proxi]\n", r'proxi: unknown key; did you mean "proxy"', id="section"),
        pytest.param("[proxy]\nlisten_on = 1", r'\[proxy\] listen_on: unknown key; did you mean "listen"', id="key"),
        pytest.param(
            "[library]\ncolour = 1", r"\[library\] colour: unknown key; known are contact, name", id="no idea"
        ),
        pytest.param("library = 3", r"library: write it as a table, \[library\]", id="no table"),
        pytest.param("[[proxy]]\n", r"proxy: write it as a table", id="two brackets"),
        pytest.param("[site]\nid = 'a'", r"site: write each site as its own \[\[site\]\]", id="one bracket"),
        pytest.param(SITE + "colour = 1", r'\[\[site\]\] "a" colour: unknown key', id="site key"),
        # Values
        pytest.param("[library]\nname = 3", "name: write text in quotes", id="text"),
        pytest.param("[protect]\ngpc = 'yes'", "gpc: write true or false", id="flag"),
        pytest.param("[privacy]\nk = 0", "k: write a whole number from 1", id="too small"),
        pytest.param("[privacy]\nk = true", "k: write a whole number", id="flag for number"),
        pytest.param("[privacy]\nk = 2.5", "k: write a whole number", id="fraction"),
        pytest.param("[proxy]\non_failure = 'open'", 'write one of "closed", "upstream", "direct"', id="choice"),
        pytest.param("[proxy]\non_failure = ['closed']", "write one of", id="list for choice"),
        pytest.param("[proxy]\non_failure = 'upstream'", r"needs \[proxy\] upstream", id="upstream without upstream"),
        pytest.param("[proxy]\nlisten = 8080", "listen: write address and port", id="port only"),
        pytest.param("[proxy]\nlisten = '127.0.0.1'", "listen: write address and port", id="no port"),
        pytest.param("[proxy]\nlisten = '127.0.0.1:99999'", "listen: write address and port", id="high port"),
        pytest.param("[proxy]\nlisten = 'proxy.example:80'", "listen: write an IP address", id="name"),
        pytest.param("[proxy]\nlisten = '::1:8080'", "listen: write", id="IPv6 without brackets"),
        pytest.param("[proxy]\nlisten = '127.0.0.1:80/x'", "listen: write address and port", id="path"),
        pytest.param("[proxy]\nlisten = '127.0.0.1:80?x'", "listen: write address and port", id="query"),
        pytest.param("[proxy]\nlisten = '127.0.0.1:80#x'", "listen: write address and port", id="fragment"),
        pytest.param("[proxy]\nclients = '10.0.0.0/8'", "clients: write a list of networks", id="no list"),
        pytest.param("[proxy]\nclients = ['10.0.0.1/8']", 'did you mean "10.0.0.0/8"', id="host bits"),
        pytest.param("[proxy]\nclients = ['ten']", '"ten" is not a network', id="no network"),
        pytest.param("[proxy]\nclients = [10]", "clients: write a list of networks", id="a number"),
        pytest.param("[proxy]\nupstream = 'filter:3128'", "upstream: write scheme, host and port", id="no scheme"),
        pytest.param(
            "[proxy]\nupstream = 'http://filter'", "upstream: write scheme, host and port", id="upstream port"
        ),
        pytest.param("[proxy]\nupstream = 'socks5://f:1'", "upstream: write scheme, host and port", id="socks"),
        pytest.param("[proxy]\nupstream = 'http://f:1/x'", "upstream: write scheme, host and port", id="upstream path"),
        pytest.param("[proxy]\nupstream = 'http://f:http'", "upstream: write scheme, host and port", id="port name"),
        pytest.param("[proxy]\nupstream = 'http://127.0.0.1:8080'", "is this proxy itself", id="itself"),
        pytest.param("[proxy]\nconnect_ports = [0]", "write a list of port numbers", id="port 0"),
        pytest.param("[proxy]\nconnect_ports = 443", "write a list of port numbers", id="one port"),
        pytest.param("[proxy]\ntrust = 'nowhere.pem'", "nowhere.pem cannot be read .*; name a PEM file", id="no file"),
        pytest.param("[proxy]\ntrust = 'carrel.toml'", "holds no certificate in PEM form", id="no PEM"),
        pytest.param("[proxy]\ntrust = '.'", "cannot be read", id="folder"),
        pytest.param("[proxy]\ntrust = '~nobody-of-this-name/x'", "trust: .*home", id="no such home"),
        pytest.param('[proxy]\ntrust = "a\\u0000b"', "trust: ", id="zero byte"),
        pytest.param("[proxy]\nhosts = ['a.test']", "hosts: write a table", id="hosts list"),
        pytest.param("[proxy.hosts]\n'a.test' = 'b.test'", 'hosts: "a.test": write an address', id="pinned to a name"),
        pytest.param("[proxy.hosts]\n'a.test' = 5", 'hosts: "a.test": write an address', id="pinned to a number"),
        pytest.param("[proxy.hosts]\n'*.a.test' = '10.0.0.1'", r"hosts: .*leave out", id="pinned star"),
        pytest.param("[data]\ndir = ''", "dir: write a folder", id="no folder"),
        pytest.param("[data]\ndir = '~nobody-of-this-name/x'", "dir: .*home", id="no such home for data"),
        pytest.param('[data]\ndir = "a\\u0000b"', "dir: ", id="zero byte in folder"),
        pytest.param("[dashboard]\nlisten = '127.0.0.1:8080'", "port 8080 is the proxy's", id="same port"),
        pytest.param(
            "[dashboard]\npublic = '127.0.0.1:8001'", "public: port 8001 is", id="the public's page on the same port"
        ),
        pytest.param("[alerts]\nto = 'mailto://a'", "to: write a list of Apprise", id="one address"),
        pytest.param("[alerts]\nto = ['it@a.test']", "to: write a list of Apprise", id="a bare e-mail address"),
        pytest.param(
            "[[site]]\nid='a'\ndomains=['a.test']\nclauses = ['7']", "clauses: write a table", id="clauses in a list"
        ),
        # Sites
        pytest.param("[[site]]\nid = 'a'", "domains: missing", id="no domains"),
        pytest.param("[[site]]\ndomains = ['a.test']", "number 1 id: missing", id="no id"),
        pytest.param("[[site]]\nid = 'a'\ndomains = []", "domains: name at least one host", id="empty domains"),
        pytest.param("[[site]]\nid = 'A b'\ndomains = ['a.test']", "id: write a short name", id="id"),
        pytest.param(SITE.replace("a.test", "https://a.test/"), "an address with scheme", id="URL"),
        pytest.param(SITE.replace("a.test", "*.a.test"), "leave out", id="star"),
        pytest.param(SITE.replace("a.test", "10.0.0.1"), "is an IP address", id="IP address"),
        pytest.param(SITE.replace("a.test", "com"), "is a public suffix", id="com"),
        pytest.param(SITE.replace("a.test", "co.uk"), "is a public suffix", id="co.uk"),
        pytest.param(SITE.replace("a.test", "github.io"), "is a public suffix", id="github.io"),
        pytest.param(SITE.replace("a.test", "carrel.internal"), "proxy's own name", id="the desk"),
        pytest.param(SITE.replace("a.test", "x.carrel.internal"), "proxy's own name", id="below the desk"),
        pytest.param(SITE.replace("a.test", "internal"), "proxy's own name", id="above the desk"),
        pytest.param(SITE + SITE, "used twice", id="same id"),
        pytest.param(SITE + SITE.replace('"a"', '"b"'), "overlaps", id="same domain"),
        pytest.param(SITE + SITE.replace('"a"', '"b"').replace("a.test", "x.a.test"), "overlaps", id="below"),
        pytest.param(SITE.replace("a.test", "x.a.test") + SITE.replace('"a"', '"b"'), "overlaps", id="above"),
        pytest.param(SITE + "kind = 'shop'", 'write one of "catalog"', id="kind"),
        pytest.param(SITE + "sections = { shop = ['/x'] }", '"shop" is not a section', id="section name"),
        pytest.param(SITE + "sections = { search = ['x'] }", 'begin with "/"', id="section path"),
        pytest.param(SITE + "sections = { search = '/x' }", "search: write a list", id="section text"),
        pytest.param(SITE + "contract_from = 'soon'", "write a date", id="contract date"),
        pytest.param(SITE + "contract_from = 2027-06-30T10:00:00", "write a date", id="time of day"),
    ],
)
def test_what_is_wrong_is_one_line(tmp_path: Path, text: str | bytes, words: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read(tmp_path, text)
    message = str(caught.value)
    assert message.startswith(f"{tmp_path / 'carrel.toml'}: ")
    assert re.search(words, message), message
    assert "\n" not in message


def test_a_missing_file_and_a_folder_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"no such file; write one with `carrel init`"):
        load(tmp_path / "none.toml")
    with pytest.raises(SettingsError, match=r"is a folder; name the file in it"):
        load(tmp_path)


def test_a_password_in_an_address_is_not_repeated_in_the_complaint(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        read(tmp_path, "[alerts]\nto = ['user:secret@mail.test']")
    assert "secret" not in str(caught.value)
