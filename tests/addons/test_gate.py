"""Open, seal or refuse: tables of what is known, and Hypothesis for what is not."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from addons.decide.gate import Gate, Route, agrees, split_authority
from addons.decide.parties import covers, normal_host
from addons.decide.sites import Catalogue
from addons.settings import DESK, Proxy, Site

DOMAINS = ("vendor.test", "catalog.library.test")
CATALOGUE = Catalogue([Site("v", "V", domains=DOMAINS[:1]), Site("c", "C", domains=DOMAINS[1:])])


def gate(*destinations: str, **proxy: tuple[int, ...]) -> Gate:
    networks = tuple(ipaddress.ip_network(network) for network in destinations)
    return Gate(Proxy(destinations=networks, **proxy), CATALOGUE)  # type: ignore[arg-type]


GATE = gate()


@pytest.mark.parametrize(
    ("target", "route", "host"),
    [
        pytest.param("vendor.test:443", Route.OPEN, "vendor.test", id="a site"),
        pytest.param("VENDOR.Test:443", Route.OPEN, "vendor.test", id="other case"),
        pytest.param("vendor.test.:443", Route.OPEN, "vendor.test", id="absolute name"),
        pytest.param("a.b.vendor.test:443", Route.OPEN, "a.b.vendor.test", id="below a site"),
        pytest.param("catalog.library.test:443", Route.OPEN, "catalog.library.test", id="a tenant"),
        pytest.param("library.test:443", Route.SEAL, "library.test", id="above a site"),
        pytest.param("other.library.test:443", Route.SEAL, "other.library.test", id="beside a site"),
        pytest.param("notvendor.test:443", Route.SEAL, "notvendor.test", id="ends alike"),
        pytest.param("vendor.test.example.org:443", Route.SEAL, "vendor.test.example.org", id="begins alike"),
        pytest.param("vendor-test:443", Route.SEAL, "vendor-test", id="looks alike"),
        pytest.param("93.184.215.14:443", Route.SEAL, "93.184.215.14", id="an address"),
        pytest.param("[2606:2800:21f::1]:443", Route.SEAL, "2606:2800:21f::1", id="an IPv6 address"),
        pytest.param("carrel.internal:443", Route.DESK, DESK, id="the desk"),
        pytest.param("Carrel.Internal.:443", Route.DESK, DESK, id="the desk, other spelling"),
        pytest.param("x.carrel.internal:443", Route.SEAL, "x.carrel.internal", id="below the desk"),
        pytest.param("vendor.test", Route.REFUSE, "", id="no port"),
        pytest.param("vendor.test:", Route.REFUSE, "", id="empty port"),
        pytest.param("vendor.test:0", Route.REFUSE, "", id="port 0"),
        pytest.param("vendor.test:65979", Route.REFUSE, "", id="443 and 65536"),
        pytest.param("vendor.test:٤٤٣", Route.REFUSE, "", id="443 in other digits"),
        pytest.param("vendor.test:443 ", Route.REFUSE, "", id="space behind"),
        pytest.param(" vendor.test:443", Route.REFUSE, "", id="space before"),
        pytest.param("vendor.test\t:443", Route.REFUSE, "", id="tab"),
        pytest.param("vendor.test\0.example.org:443", Route.REFUSE, "", id="zero byte"),
        pytest.param("vendor.test/:443", Route.REFUSE, "", id="slash"),
        pytest.param("vendor.test#@example.org:443", Route.REFUSE, "", id="fragment"),
        pytest.param("example.org@vendor.test:443", Route.REFUSE, "", id="user"),
        pytest.param("vendor..test:443", Route.REFUSE, "", id="empty label"),
        pytest.param("[vendor.test]:443", Route.REFUSE, "", id="name in brackets"),
        pytest.param("[127.0.0.1]:443", Route.REFUSE, "", id="IPv4 in brackets"),
        pytest.param("::1:443", Route.REFUSE, "", id="IPv6 without brackets"),
        pytest.param("[[::1]]:443", Route.REFUSE, "", id="two brackets"),
        pytest.param("*.vendor.test:443", Route.REFUSE, "", id="star"),
        pytest.param("vendor.test:80", Route.REFUSE, "", id="port 80"),
        pytest.param("vendor.test:8443", Route.REFUSE, "", id="port 8443"),
        pytest.param("carrel.internal:80", Route.REFUSE, "", id="the desk on port 80"),
        pytest.param("", Route.REFUSE, "", id="nothing"),
        pytest.param(":443", Route.REFUSE, "", id="no host"),
        pytest.param(f"{'a' * 64}.test:443", Route.REFUSE, "", id="long label"),
        pytest.param(f"{'a.' * 130}test:443", Route.REFUSE, "", id="long name"),
    ],
)
def test_connect(target: str, route: Route, host: str) -> None:
    decision = GATE.connect(target)
    assert (decision.route, decision.host) == (route, host)
    assert (decision.status != 0) == (route is Route.REFUSE)


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0", "10.0.0.1", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.255.255.254", "169.254.169.254",  # noqa: S104 -- a destination
        "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.2.1", "192.168.1.1", "198.18.0.1", "198.51.100.1",
        "203.0.113.1", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255", "168.63.129.16",
        "::", "::1", "::ffff:10.0.0.1", "::ffff:168.63.129.16", "::127.0.0.1", "::8.8.8.8", "64:ff9b::10.0.0.1",
        "64:ff9b::168.63.129.16", "64:ff9b:1::10.0.0.1", "100::1", "2001:db8::1", "2002:a00:1::", "2002:7f00:1::1",
        "2001:0:4136:e378:8000:63bf:f5ff:fffe", "fc00::1", "fd00:ec2::254", "fe80::1", "fec0::1", "ff02::1", "4000::1",
    ],
)  # fmt: skip
def test_addresses_that_are_refused(address: str) -> None:
    assert not GATE.allows_address(ipaddress.ip_address(address))
    bracketed = f"[{address}]" if ":" in address else address
    assert GATE.connect(f"{bracketed}:443").route is Route.REFUSE
    assert GATE.plain(address, 80).route is Route.REFUSE


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "93.184.215.14", "172.32.0.1", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8"]
)
def test_addresses_of_the_world_are_allowed(address: str) -> None:
    assert GATE.allows_address(ipaddress.ip_address(address))


def test_configured_destinations_are_allowed_and_nothing_beside_them() -> None:
    library = gate("10.20.0.0/16", "fd00:20::/32", "192.168.7.7/32")
    for address in ("10.20.0.1", "::ffff:10.20.3.4", "fd00:20::1", "192.168.7.7"):
        assert library.allows_address(ipaddress.ip_address(address)), address
    for address in ("10.21.0.1", "::ffff:10.21.0.1", "fd00:21::1", "192.168.7.8", "127.0.0.1", "169.254.169.254"):
        assert not library.allows_address(ipaddress.ip_address(address)), address


@pytest.mark.parametrize(
    ("client", "admitted"),
    [
        ("127.0.0.1", True), ("127.3.4.5", True), ("::1", True), ("::ffff:127.0.0.1", True), ("10.0.0.1", False),
        ("::ffff:10.0.0.1", False), ("::2", False), ("fe80::1%eth0", False), ("", False), ("localhost", False),
    ],
)  # fmt: skip
def test_clients(client: str, admitted: bool) -> None:
    assert GATE.admits(client) is admitted


@pytest.mark.parametrize(
    ("host", "port", "route"),
    [
        pytest.param("plain.example", 80, Route.OPEN, id="port 80"),
        pytest.param("plain.example", 8080, Route.OPEN, id="a high port"),
        pytest.param("plain.example", 443, Route.OPEN, id="a CONNECT port"),
        pytest.param("plain.example", 25, Route.REFUSE, id="mail"),
        pytest.param("plain.example", 22, Route.REFUSE, id="SSH"),
        pytest.param("10.0.0.1", 80, Route.REFUSE, id="inside"),
        pytest.param("", 80, Route.REFUSE, id="nothing"),
        pytest.param("a b", 80, Route.REFUSE, id="space"),
        pytest.param(DESK, 80, Route.DESK, id="the desk"),
    ],
)
def test_plain(host: str, port: int, route: Route) -> None:
    assert GATE.plain(host, port).route is route


def test_connect_ports_are_configurable() -> None:
    assert gate(connect_ports=(443, 8443)).connect("vendor.test:8443").route is Route.OPEN
    assert gate(connect_ports=(8443,)).connect("vendor.test:443").route is Route.REFUSE


@pytest.mark.parametrize(
    ("authority", "agree"),
    [
        ("vendor.test", True), ("vendor.test:443", True), ("VENDOR.TEST", True), ("vendor.test.", True),
        ("vendor.test:80", False), ("vendor.test:", False), ("www.vendor.test", False), ("", False), (":443", False),
        ("vendor.test,vendor.test", False), ("vendor.test vendor.test", False), ("a@vendor.test", False),
        ("vendor.test:443:443", False), ("[vendor.test]", False), ("vendor.test/", False), ("vendor.test\x00", False),
    ],
)  # fmt: skip
def test_agrees(authority: str, agree: bool) -> None:
    assert agrees("vendor.test", 443, authority) is agree


def test_agrees_for_addresses() -> None:
    assert agrees("2001:db8::1", 80, "[2001:DB8::1]")
    assert agrees("2001:db8::1", 8080, "[2001:db8:0::1]:8080")
    assert not agrees("2001:db8::1", 80, "[2001:db8::1]:81")


# What must hold for anything at all

labels = st.text("abcdefghijklmnopqrstuvwxyz0123456789-_", min_size=1, max_size=12)
names = st.lists(labels, min_size=1, max_size=5).map(".".join)
texts = st.one_of(
    st.text(max_size=60),
    names,
    st.builds("{}.{}".format, names, st.sampled_from(DOMAINS)),
    st.builds("{}{}".format, names, st.sampled_from(DOMAINS)),
    st.builds("{1}.{0}".format, names, st.sampled_from(DOMAINS)),
    st.sampled_from(DOMAINS).flatmap(lambda domain: st.permutations(list(domain)).map("".join)),
)


@given(texts, st.one_of(st.just("443"), st.text(max_size=6), st.integers().map(str)))
@example("ªcademia.vendor.test", "443")
@example("vendor。test", "443")
@example("xn--vendor.test", "443")
def test_only_names_under_a_site_are_opened(text: str, port: str) -> None:
    decision = GATE.connect(f"{text}:{port}")
    opened = decision.route is Route.OPEN
    assert opened == (decision.route is not Route.REFUSE and any(covers(domain, decision.host) for domain in DOMAINS))
    if decision.route is not Route.REFUSE:
        assert decision.host == normal_host(decision.host) == normal_host(text)
        assert decision.port == 443
        assert decision.host.isascii()
        assert decision.host.encode("idna")  # what sockets make of it


@given(texts, st.sampled_from([str.upper, str.title, str.swapcase, lambda text: text + "."]))
def test_spelling_changes_no_decision(text: str, change: object) -> None:
    host = normal_host(text)
    if host and ":" not in host and not host.replace(".", "").isdigit():
        assert GATE.connect(f"{change(host)}:443") == GATE.connect(f"{host}:443")  # type: ignore[operator]


@given(st.ip_addresses(v=4))
def test_an_address_is_refused_in_every_disguise(address: ipaddress.IPv4Address) -> None:
    number = int(address)
    disguises = [
        ipaddress.IPv6Address(0xFFFF << 32 | number),
        ipaddress.IPv6Address(0x64FF9B << 96 | number),
        ipaddress.IPv6Address(0x2002 << 112 | number << 80 | 1),
        ipaddress.IPv6Address(0x20010000 << 96 | number ^ 0xFFFFFFFF),
        ipaddress.IPv6Address(number),
    ]
    if not GATE.allows_address(address):
        for disguise in disguises:
            assert not GATE.allows_address(disguise)
    else:
        assert address.is_global
        assert not address.is_multicast


@given(st.ip_addresses(v=6))
def test_only_global_unicast_is_allowed(address: ipaddress.IPv6Address) -> None:
    if GATE.allows_address(address) and address.ipv4_mapped is None:
        assert address.is_global
        assert not any((address.is_multicast, address.is_private, address.is_link_local, address.is_site_local))


@given(names, st.integers(1, 65535), texts)
def test_agreement_means_the_same_host_and_port(host: str, port: int, authority: str) -> None:
    if agrees(normal_host(host), port, authority):
        split = split_authority(authority) or split_authority(f"{authority}:{port}")
        assert split == (normal_host(host), port)
    if normal_host(host):
        assert agrees(normal_host(host), port, normal_host(host) if ":" not in normal_host(host) else f"[{host}]")


@given(st.text(max_size=80), st.integers(-5, 70_000))
def test_nothing_makes_the_gate_stumble(text: str, port: int) -> None:
    assert GATE.connect(text).route in Route
    assert GATE.plain(text, port).route in Route
    assert GATE.admits(text) in (True, False)
    assert agrees("vendor.test", 443, text) in (True, False)
