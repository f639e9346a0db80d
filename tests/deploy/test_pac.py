"""The PAC file, evaluated by Node as a browser would: without any of the functions that look up names.

Real browsers: tests/browser/test_policies_in_browsers.py.
"""

from __future__ import annotations

import json
import random
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from addons.decide.pac import PacError, authority, notes, pac
from addons.decide.parties import covers
from addons.settings import Proxy, Rewriting, Settings
from deploy.cli import cli

node = shutil.which("node") or shutil.which("nodejs")
needs_node = pytest.mark.skipif(node is None, reason="Node is not installed: apt install nodejs")

CARREL = "PROXY 10.20.0.5:8080"
FILTER = "http://filter.example:3128"
DOMAINS = ("jstor.org", "anytown.bibliocommons.com", "catalog", "127.vendor.test")

EVALUATE = """
const vm = require("vm");
const { text, hosts } = JSON.parse(require("fs").readFileSync(0, "utf8"));
const context = vm.createContext(Object.create(null));
vm.runInContext(text, context);
console.log(JSON.stringify(hosts.map((host) => context.FindProxyForURL(`https://${host}/`, host))));
"""


def ways(text: str, *hosts: str) -> list[str]:
    """What the file says about each host."""
    assert node
    given = json.dumps({"text": text, "hosts": hosts})
    done = subprocess.run([node, "-e", EVALUATE], input=given, capture_output=True, text=True, check=True, timeout=60)
    found: list[str] = json.loads(done.stdout)
    return found


def made(proxy: Proxy, domains: tuple[str, ...] = DOMAINS, suffixes: tuple[str, ...] = ()) -> str:
    return pac(Settings(proxy=proxy, rewriting=Rewriting(suffixes)), domains, "10.20.0.5:8080")


@needs_node
@pytest.mark.parametrize(
    ("host", "way"),
    [
        pytest.param("jstor.org", CARREL, id="a site"),
        pytest.param("www.jstor.org", CARREL, id="below a site"),
        pytest.param("WWW.Jstor.ORG", CARREL, id="in capitals"),
        pytest.param("www.jstor.org.", CARREL, id="with a trailing dot"),
        pytest.param("notjstor.org", "DIRECT", id="a longer name"),
        pytest.param("jstor.org.evil.test", "DIRECT", id="a site's name inside another"),
        pytest.param("org", "DIRECT", id="above a site"),
        pytest.param("bibliocommons.com", "DIRECT", id="the vendor's own name above the library's"),
        pytest.param("catalog", CARREL, id="a site with a plain name"),
        pytest.param("127.vendor.test", CARREL, id="a site that looks like an address"),
        pytest.param("carrel.internal", CARREL, id="the desk"),
        pytest.param("Carrel.Internal.", CARREL, id="the desk otherwise written"),
        pytest.param("x.carrel.internal", CARREL, id="below the desk"),
        pytest.param("notcarrel.internal", "DIRECT", id="not the desk"),
        pytest.param("constructor", "DIRECT", id="what every object has"),
        pytest.param("__proto__.test", "DIRECT", id="an object's own"),
        pytest.param("xn--bcher-kva.example", "DIRECT", id="international"),
        pytest.param("a_b-c.example", "DIRECT", id="odd characters"),
        pytest.param("2001:db8::1", "DIRECT", id="IPv6"),
        pytest.param("[2001:db8::1]", "DIRECT", id="IPv6 in brackets"),
        pytest.param("", "DIRECT", id="no host"),
    ],
)
def test_only_sites_and_the_desk_go_to_carrel(host: str, way: str) -> None:
    assert ways(made(Proxy(route="sites")), host) == [way]


@needs_node
@pytest.mark.parametrize(
    ("host", "way"),
    [
        pytest.param("elsewhere.test", CARREL, id="any name"),
        pytest.param("93.184.216.34", CARREL, id="any address"),
        pytest.param("2001:db8::1", CARREL, id="any IPv6 address"),
        pytest.param("catalog", CARREL, id="a site with a plain name"),
        pytest.param("ai.", CARREL, id="a whole top-level domain"),
        pytest.param("printer", "DIRECT", id="plain name"),
        pytest.param("localhost", "DIRECT", id="this computer"),
        pytest.param("localhost.", "DIRECT", id="this computer with a dot"),
        pytest.param("x.LOCALHOST", "DIRECT", id="below this computer"),
        pytest.param("127.0.0.1", "DIRECT", id="loopback"),
        pytest.param("127.8.9.10", "DIRECT", id="loopback of another number"),
        pytest.param("::1", "DIRECT", id="IPv6 loopback"),
        pytest.param("[::1]", "DIRECT", id="IPv6 loopback in brackets"),
        pytest.param("127.0.0.1.evil.test", CARREL, id="a name that begins like loopback"),
        pytest.param("notlocalhost", "DIRECT", id="plain"),
        pytest.param("localhost.evil.test", CARREL, id="a name that begins like this computer"),
    ],
)
def test_everything_but_this_computer_goes_to_carrel(host: str, way: str) -> None:
    assert ways(made(Proxy(route="all")), host) == [way]


@needs_node
@pytest.mark.parametrize(
    ("on_failure", "upstream", "way"),
    [
        pytest.param("closed", "", CARREL, id="closed"),
        pytest.param("closed", FILTER, CARREL, id="closed with a filter"),
        pytest.param("upstream", FILTER, f"{CARREL}; PROXY filter.example:3128", id="the filter"),
        pytest.param("upstream", "https://filter.example:3129", f"{CARREL}; HTTPS filter.example:3129", id="over TLS"),
        pytest.param("upstream", "http://[fd00::7]:3128", f"{CARREL}; PROXY [fd00::7]:3128", id="IPv6 filter"),
        pytest.param("direct", "", f"{CARREL}; DIRECT", id="direct"),
        pytest.param("direct", FILTER, f"{CARREL}; PROXY filter.example:3128", id="never around the filter"),
        pytest.param("upstream", "", CARREL, id="no filter named"),
    ],
)
@pytest.mark.parametrize("route", ["sites", "all"])
def test_when_carrel_does_not_answer(route: str, on_failure: str, upstream: str, way: str) -> None:
    text = made(Proxy(route=route, on_failure=on_failure, upstream=upstream))
    assert ways(text, "www.jstor.org", "carrel.internal") == [way, CARREL]


@needs_node
@pytest.mark.parametrize("on_failure", ["closed", "upstream", "direct"])
def test_no_name_goes_around_the_filter(on_failure: str) -> None:
    text = made(Proxy(route="sites", on_failure=on_failure, upstream=FILTER))
    assert ways(text, "elsewhere.test", "2001:db8::1") == ["PROXY filter.example:3128"] * 2
    assert "DIRECT" not in "".join(ways(text, "jstor.org", "elsewhere.test", "8.8.8.8", "carrel.internal"))


@needs_node
def test_the_names_behind_the_librarys_own_proxy_are_sites() -> None:
    text = made(Proxy(route="sites"), (), ("ezproxy.anytown.example",))
    assert ways(text, "www-jstor-org.ezproxy.anytown.example", "anytown.example") == [CARREL, "DIRECT"]


@needs_node
def test_no_sites_at_all_still_make_a_file() -> None:
    assert ways(made(Proxy(route="sites"), ()), "jstor.org", "carrel.internal") == ["DIRECT", CARREL]


@needs_node
def test_it_agrees_with_what_carrel_itself_calls_a_site() -> None:
    choice = random.Random(7)
    labels = ["a", "b", "aa", "x-y", "constructor", "0", "org", "test"]
    hosts = [".".join(choice.choices(labels, k=choice.randint(2, 5))) for _ in range(600)]
    domains = tuple(choice.sample(hosts, 40))
    expected = [CARREL if any(covers(domain, host) for domain in domains) else "DIRECT" for host in hosts]
    assert ways(made(Proxy(route="sites"), domains), *hosts) == expected


def test_it_is_old_plain_javascript_that_looks_up_no_names() -> None:
    text = made(Proxy(route="sites", upstream="https://user:secret@filter.example:3129", on_failure="direct"))
    assert text.isascii()
    assert not re.search(r"dnsResolve|isInNet|isResolvable|myIpAddress|\bconst\b|\blet\b|=>|`", text)
    assert "secret" not in text
    assert "user:" not in text


def test_the_list_is_short_and_always_the_same() -> None:
    text = made(Proxy(route="sites"), ("www.b.test", "b.test", "a.test", "b.test"))
    assert re.findall(r'"\.(.*)": 1', text) == ["a.test", "b.test"]
    assert text == made(Proxy(route="sites"), ("a.test", "b.test", "www.b.test"))
    assert re.findall(r'"\.(.*)": 1', made(Proxy(route="all"))) == ["catalog"]


def test_direct_in_spite_of_a_filter_is_said_in_the_file_and_in_a_line() -> None:
    proxy = Proxy(on_failure="direct", upstream=FILTER)
    (line,) = notes(Settings(proxy=proxy))
    assert "around the content filter" in line
    assert "\n" not in line
    assert f"// {line}\n" in made(proxy)


@pytest.mark.parametrize(
    ("proxy", "word"),
    [
        pytest.param(
            Proxy(route="sites", upstream="http://127.0.0.1:3128"), "terminal itself", id="filter on loopback"
        ),
        pytest.param(
            Proxy(route="sites", upstream="http://u:p@f.example:3128"), "user name", id="filter with a log-in"
        ),
    ],
)
def test_what_terminals_cannot_do_is_said(proxy: Proxy, word: str) -> None:
    assert any(word in line for line in notes(Settings(proxy=proxy)))


@pytest.mark.parametrize(
    "given",
    ["", "10.20.0.5", "10.20.0.5:0", "http://10.20.0.5:8080", '"; DIRECT', "a b:8080", "0.0.0.0:8080", "[::]:8080"],
)
def test_an_address_that_no_terminal_reaches_is_refused_in_one_line(given: str) -> None:
    with pytest.raises(PacError, match=r"10\.20\.0\.5:8080") as refused:
        authority(given)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("given", "written"),
    [("Carrel.Anytown.Example:8080", "carrel.anytown.example:8080"), ("[FD00::5]:8080", "[fd00::5]:8080")],
)
def test_an_address_is_written_as_browsers_take_it(given: str, written: str) -> None:
    assert authority(given) == written


def test_the_command_prints_it(tmp_path: Path) -> None:
    config = tmp_path / "carrel.toml"
    config.write_text('[proxy]\nroute = "sites"\nlisten = "0.0.0.0:8080"\n[[site]]\nid = "c"\ndomains = ["c.test"]\n')
    done = CliRunner().invoke(cli, ["pac", "--config", str(config), "--proxy", "10.20.0.5:8080"])
    assert done.exit_code == 0, done.output
    assert '".c.test": 1' in done.stdout
    assert CARREL in done.stdout
    assert done.stderr == ""
    without = CliRunner().invoke(cli, ["pac", "--config", str(config)])
    assert without.exit_code == 1
    assert "--proxy" in without.stderr
    assert without.stdout == ""
