"""Host names in one form, and who may own them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from addons.decide.parties import DomainError, covers, is_public_suffix, normal_domain, normal_host, registrable_domain


@pytest.mark.parametrize(
    ("text", "host"),
    [
        pytest.param("Example.ORG", "example.org", id="case"),
        pytest.param("example.org.", "example.org", id="absolute"),
        pytest.param("example.org..", "", id="two dots"),
        pytest.param(" example.org ", "example.org", id="spaces around"),
        pytest.param("exa mple.org", "", id="space within"),
        pytest.param("büro.example", "xn--bro-hoa.example", id="IDNA"),
        pytest.param("_dmarc.example.org", "_dmarc.example.org", id="underscore"),
        pytest.param("a" * 63 + ".org", "a" * 63 + ".org", id="longest label"),
        pytest.param("a" * 64 + ".org", "", id="label too long"),
        pytest.param("", "", id="empty"),
        pytest.param(".", "", id="root"),
        pytest.param(".example.org", "", id="leading dot"),
        pytest.param("a..b", "", id="empty label"),
        pytest.param("*.example.org", "", id="star"),
        pytest.param("example.org:443", "", id="port"),
        pytest.param("user@example.org", "", id="user"),
        pytest.param("127.0.0.1", "127.0.0.1", id="IPv4"),
        pytest.param("[2001:DB8:0::1]", "2001:db8::1", id="IPv6 in brackets"),
        pytest.param("::FFFF:127.0.0.1", "::ffff:127.0.0.1", id="mapped"),
        pytest.param("fe80::1%eth0", "", id="IPv6 with zone"),
        pytest.param("2606:4700::1%\n\nCONNECT", "", id="a zone that is none"),
        pytest.param("127.1", "127.1", id="odd IPv4 stays a name"),
        pytest.param("0177.0.0.1", "0177.0.0.1", id="octal IPv4 stays a name"),
        pytest.param("a\x00b", "", id="zero byte"),
        pytest.param("\u212aelvin.org", "kelvin.org", id="folds to ASCII"),
    ],
)
def test_normal_host(text: str, host: str) -> None:
    assert normal_host(text) == host


@given(st.one_of(st.text(max_size=80), st.builds("{}%{}".format, st.ip_addresses(v=6), st.text(max_size=9))))
def test_a_normal_host_is_its_own_normal_form(text: str) -> None:
    host = normal_host(text)
    assert normal_host(host) == host
    assert host == host.lower()
    assert host.isascii()
    assert not set(host) & set(" /@#?%\\\r\n\t\0[]")


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "write a host name"), (7, "write a host name"), ("", "write a host name"), ("  ", "write a host name"),
        ("https://example.org", "scheme"), ("example.org:443", "port"), ("example.org/x", "path"),
        ("*.example.org", "leave out"), ("10.0.0.1", "is an IP address"), ("::1", "port"), ("exam ple", "not a host"),
    ],
)  # fmt: skip
def test_what_is_no_domain_is_told_what_to_write(value: object, words: str) -> None:
    with pytest.raises(DomainError, match=words) as caught:
        normal_domain(value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("host", "domain"),
    [
        ("www.google-analytics.com", "google-analytics.com"),
        ("a.b.example.co.uk", "example.co.uk"),
        ("anytown.github.io", "anytown.github.io"),
        ("x.anytown.github.io", "anytown.github.io"),
        ("bucket.s3.amazonaws.com", "bucket.s3.amazonaws.com"),
        ("co.uk", "co.uk"),
        ("localhost", "localhost"),
        ("catalog.test", "catalog.test"),
        ("93.184.215.14", "93.184.215.14"),
        ("2606:2800:21f::1", "2606:2800:21f::1"),
        ("", ""),
    ],
)
def test_registrable_domain(host: str, domain: str) -> None:
    assert registrable_domain(host) == domain


@pytest.mark.parametrize(
    ("host", "public"),
    [
        ("org", True), ("co.uk", True), ("github.io", True), ("example.org", False), ("localhost", False),
        ("vendor.test", False),
    ],
)  # fmt: skip
def test_public_suffixes(host: str, public: bool) -> None:
    assert is_public_suffix(host) is public


@pytest.mark.parametrize(
    ("host", "covered"),
    [
        ("tracker.test", True), ("a.tracker.test", True), ("nottracker.test", False), ("tracker.test.org", False),
        ("test", False), ("", False),
    ],
)  # fmt: skip
def test_covers(host: str, covered: bool) -> None:
    assert covers("tracker.test", host) is covered
