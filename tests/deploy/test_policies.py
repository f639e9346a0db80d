"""The policy files for terminals, read back as the systems that take them would.

Chromium and Firefox with exactly these files: tests/browser/test_policies_in_browsers.py. Windows, macOS and ChromeOS
cannot be run here: for them, form and content are checked.
"""

from __future__ import annotations

import base64
import json
import plistlib
import re
import ssl
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from addons.decide.pac import pac
from addons.settings import Data, Desk, Proxy, Settings
from deploy.certificates import make_root
from deploy.cli import cli
from deploy.cli_policies import KINDS
from deploy.policies import ROOT_NAME, Terminal, instructions
from deploy.policies.macos import profile, system_proxy
from deploy.policies.terminals import PolicyError, proxy_address, terminal, warnings
from deploy.policies.windows import entries

PROXY = "10.20.0.5:8080"
ALL = "0.0.0.0"  # noqa: S104  # where Carrel may listen, and what no terminal could reach
FILTER = "http://filter.example:3128"
ROOT = make_root("Anytown", datetime(2026, 11, 24, tzinfo=UTC))[1]


def make_terminal(rules: Proxy | None = None, pac_address: str = "") -> Terminal:
    rules = rules or Proxy()
    return Terminal(pac(Settings(proxy=rules), ["jstor.org"], PROXY), ROOT, PROXY, rules, pac_address)


def text_of(kind: str, name: str, given: Terminal | None = None) -> str:
    return next(file.text for file in instructions.files(kind, given or make_terminal()) if file.name == name)


def pac_in(url: str) -> str:
    kind, _, data = url.partition(",")
    assert kind == "data:application/x-ns-proxy-autoconfig;base64"
    return base64.b64decode(data).decode("ascii")


def check_chromium(policies: dict[str, Any], given: Terminal) -> None:
    assert policies["ProxySettings"]["ProxyMode"] == "pac_script"
    assert policies["ProxySettings"]["ProxyPacMandatory"] is True
    assert pac_in(policies["ProxySettings"]["ProxyPacUrl"]) == given.pac
    assert [base64.b64decode(one) for one in policies["CACertificates"]] == [given.der]
    assert policies["QuicAllowed"] is False
    assert policies["DnsOverHttpsMode"] == "off"
    assert policies["NetworkPredictionOptions"] == 2


def check_firefox(policies: dict[str, Any], given: Terminal) -> None:
    assert policies["Proxy"]["Mode"] == "autoConfig"
    assert policies["Proxy"]["Locked"] is True
    assert pac_in(policies["Proxy"]["AutoConfigURL"]) == given.pac
    assert policies["DNSOverHTTPS"] == {"Enabled": False, "Locked": True}
    assert policies["Preferences"]["network.http.http3.enable"] == {"Status": "locked", "Value": False}


@pytest.mark.parametrize("kind", ["chrome", "edge"])
def test_chrome_and_edge_get_proxy_certificate_and_no_way_past_the_proxy(kind: str) -> None:
    given = make_terminal()
    check_chromium(json.loads(text_of(kind, "carrel.json", given)), given)


def test_firefox_gets_the_same_and_the_certificate_as_a_file() -> None:
    given = make_terminal()
    policies = json.loads(text_of("firefox", "policies.json", given))["policies"]
    check_firefox(policies, given)
    assert policies["Certificates"] == {"Install": [ROOT_NAME]}
    assert ssl.PEM_cert_to_DER_cert(text_of("firefox", ROOT_NAME, given)) == given.der


@pytest.mark.parametrize(
    ("rules", "open_"),
    [
        pytest.param(Proxy(), False, id="closed"),
        pytest.param(Proxy(on_failure="direct"), True, id="direct"),
        pytest.param(Proxy(on_failure="direct", upstream=FILTER), False, id="direct in spite of a filter"),
        pytest.param(Proxy(on_failure="upstream", upstream=FILTER), False, id="the filter"),
    ],
)
def test_firefoxs_own_requests_pass_a_dead_proxy_only_where_pages_may(rules: Proxy, open_: bool) -> None:
    policies = json.loads(text_of("firefox", "policies.json", make_terminal(rules)))["policies"]
    assert policies["Preferences"]["network.proxy.failover_direct"]["Value"] is open_


def test_what_protects_patrons_is_left_on() -> None:
    for kind in ("firefox", "chrome", "edge"):
        text = instructions.shown(instructions.files(kind, make_terminal()))
        assert not re.search(r"TrackingProtection|SafeBrowsing|EncryptedClientHello|DisableAppUpdate|Incognito", text)


def test_the_reg_file_reads_back_as_the_same_policies() -> None:
    given = make_terminal()
    keys = read_reg(text_of("windows", "carrel.reg", given))
    for browser in ("Google\\Chrome", "Microsoft\\Edge"):
        values = keys[f"SOFTWARE\\Policies\\{browser}"]
        check_chromium(
            {
                "ProxySettings": json.loads(values["ProxySettings"]),
                "CACertificates": list(keys[f"SOFTWARE\\Policies\\{browser}\\CACertificates"].values()),
                "QuicAllowed": bool(values["QuicAllowed"]),
                "DnsOverHttpsMode": values["DnsOverHttpsMode"],
                "NetworkPredictionOptions": values["NetworkPredictionOptions"],
            },
            given,
        )
        assert all(name.isdigit() for name in keys[f"SOFTWARE\\Policies\\{browser}\\CACertificates"])
    firefox = "SOFTWARE\\Policies\\Mozilla\\Firefox"
    proxy, resolver = keys[f"{firefox}\\Proxy"], keys[f"{firefox}\\DNSOverHTTPS"]
    check_firefox(
        {
            "Proxy": {**proxy, "Locked": bool(proxy["Locked"])},
            "DNSOverHTTPS": {name: bool(value) for name, value in resolver.items()},
            "Preferences": json.loads(keys[firefox]["Preferences"]),
        },
        given,
    )
    assert keys[f"{firefox}\\Certificates"] == {"ImportEnterpriseRoots": 1}


def read_reg(text: str) -> dict[str, dict[str, Any]]:
    """Reads what `reg import` reads: quoted text, dword, and hex(7) for several texts."""
    head, _, rest = text.partition("\n")
    assert head == "Windows Registry Editor Version 5.00"
    keys: dict[str, dict[str, Any]] = {}
    values: dict[str, Any] = {}
    for line in filter(None, rest.split("\n")):
        if key := re.fullmatch(r"\[HKEY_LOCAL_MACHINE\\(.+)\]", line):
            values = keys.setdefault(key[1], {})
            continue
        value = re.fullmatch(r'"(\w+)"=(?:dword:([0-9a-f]{8})|hex\(7\):([0-9a-f,]+)|"((?:[^"\\]|\\.)*)")', line)
        assert value, line
        if value[2]:
            values[value[1]] = int(value[2], 16)
        elif value[3]:
            first, *others = bytes.fromhex(value[3].replace(",", "")).decode("utf-16-le").split("\0")
            assert others == ["", ""]
            values[value[1]] = first
        else:
            values[value[1]] = re.sub(r"\\(.)", r"\1", value[4])
    return keys


def test_the_powershell_script_imports_the_certificate_and_sets_the_same_values() -> None:
    given = make_terminal()
    text = text_of("windows", "carrel.ps1", given)
    certificate = re.search(r"^\$certificate = '(.+)'$", text, re.MULTILINE)
    assert certificate
    assert base64.b64decode(certificate[1]) == given.der
    assert re.search(r"^\$thumbprint = '[0-9A-F]{40}'$", text, re.MULTILINE)
    assert r"Import-Certificate -FilePath $file -CertStoreLocation Cert:\LocalMachine\Root" in text
    found = re.findall(r"^    @\('HKLM:\\(.+?)', '(\w+)', '(\w+)', ", text, re.MULTILINE)
    assert [(key, name) for key, name, _ in found] == [(entry.key, entry.name) for entry in entries(given)]
    assert {kind for _, _, kind in found} == {"String", "DWord", "MultiString"}
    assert text.isascii()
    assert text.count("{") == text.count("}")


def test_the_mac_profile_is_a_property_list_with_certificate_browsers_and_proxy() -> None:
    given = make_terminal(pac_address="http://10.20.0.5:8088/proxy.pac")
    read = plistlib.loads(profile(given).encode())
    payloads = {payload["PayloadType"]: payload for payload in read["PayloadContent"]}
    assert payloads["com.apple.security.root"]["PayloadContent"] == given.der
    for browser in ("com.google.Chrome", "com.microsoft.Edge", "org.chromium.Chromium"):
        check_chromium(payloads[browser], given)
    check_firefox(payloads["org.mozilla.firefox"], given)
    assert payloads["org.mozilla.firefox"]["Certificates"] == {"ImportEnterpriseRoots": True}
    assert payloads["com.apple.proxy.http.global"]["ProxyPACURL"] == "http://10.20.0.5:8088/proxy.pac"
    names = [payload["PayloadUUID"] for payload in (read, *read["PayloadContent"])]
    assert len(set(names)) == len(names)
    assert profile(given) == profile(given), "a new version replaces the old one"


@pytest.mark.parametrize(
    ("rules", "address", "expected"),
    [
        pytest.param(
            Proxy(), "", {"ProxyType": "Manual", "ProxyServer": "10.20.0.5", "ProxyServerPort": 8080}, id="all, closed"
        ),
        pytest.param(Proxy(route="sites"), "", None, id="sites without an address"),
        pytest.param(Proxy(on_failure="direct"), "", None, id="direct without an address"),
        pytest.param(
            Proxy(on_failure="direct", upstream=FILTER),
            "http://a/proxy.pac",
            {"ProxyType": "Auto", "ProxyPACURL": "http://a/proxy.pac", "ProxyPACFallbackAllowed": False},
            id="never around the filter",
        ),
    ],
)
def test_safari_gets_a_proxy_only_where_it_means_the_same(
    rules: Proxy, address: str, expected: dict[str, Any] | None
) -> None:
    assert system_proxy(make_terminal(rules, address)) == expected


@pytest.mark.parametrize(
    ("rules", "address", "words"),
    [
        pytest.param(Proxy(route="sites"), "http://10.20.0.5:8088/proxy.pac", "10.20.0.5:8088/proxy.pac", id="address"),
        pytest.param(Proxy(), "", "the proxy specified below", id="one proxy"),
        pytest.param(Proxy(route="sites"), "", "[desk] listen", id="what is missing"),
    ],
)
def test_chromeos_steps_say_which_proxy_to_set(rules: Proxy, address: str, words: str) -> None:
    text = text_of("chromeos", "chromeos.txt", make_terminal(rules, address))
    assert words in text
    assert make_terminal().fingerprint in text


@pytest.mark.parametrize("kind", KINDS)
def test_each_file_comes_with_its_place_its_purpose_and_how_to_freeze_it(kind: str, tmp_path: Path) -> None:
    made = instructions.files(kind, make_terminal())
    words = text_of(kind, "READ-ME-FIRST.txt")
    for file in made[1:]:
        assert f"\n{file.name}\n  What it does: {file.does}." in words
        assert all(f"\n  - {place}\n" in words for place in file.places)
    assert "Deep Freeze" in words
    assert make_terminal().fingerprint in words
    written = instructions.write(made, tmp_path / "new" / "folder")
    assert [path.name for path in written] == [file.name for file in made]
    assert instructions.write(made, tmp_path / "new" / "folder") == written, "files of an earlier time are replaced"
    shown = instructions.shown(made)
    assert all(file.text in shown for file in made)
    for path, file in zip(written, made, strict=True):
        assert path.read_bytes().decode() == file.text.replace("\n", file.newline)


def test_windows_files_have_windows_line_ends(tmp_path: Path) -> None:
    for path in instructions.write(instructions.files("windows", make_terminal())[1:], tmp_path):
        content = path.read_bytes()
        assert content.count(b"\r\n") == content.count(b"\n") > 5


@pytest.mark.parametrize(("route", "words"), [("sites", "when a\nsite is added"), ("all", "hold no list of sites")])
def test_the_instructions_say_when_the_files_grow_old(route: str, words: str) -> None:
    assert words in text_of("chrome", "READ-ME-FIRST.txt", make_terminal(Proxy(route=route)))


@pytest.mark.parametrize(
    ("listen", "given", "expected"),
    [
        (("10.20.0.5", 8080), "", "10.20.0.5:8080"),
        (("fd00::5", 8080), "", "[fd00::5]:8080"),
        ((ALL, 8080), "Carrel.example:3128", "carrel.example:3128"),
    ],
)
def test_the_proxys_address_is_the_one_given_or_where_it_listens(
    listen: tuple[str, int], given: str, expected: str
) -> None:
    assert proxy_address(Settings(proxy=Proxy(listen=listen)), given) == expected


@pytest.mark.parametrize(("listen", "host"), [(ALL, "10.20.0.5"), ("10.20.0.9", "10.20.0.9")])
def test_the_plain_listener_is_named_by_an_address_that_terminals_reach(listen: str, host: str, tmp_path: Path) -> None:
    settings = made_settings(tmp_path, Desk(listen=(listen, 8088)))
    assert terminal(settings, ["jstor.org"], PROXY).pac_address == f"http://{host}:8088/proxy.pac"


def made_settings(folder: Path, desk: Desk) -> Settings:
    settings = Settings(desk=desk, data=Data(dir=folder))
    (folder / "ca").mkdir()
    (folder / "ca" / "root.pem").write_text(make_terminal().root_pem)
    return settings


def test_an_address_of_this_computer_only_is_pointed_out() -> None:
    assert list(warnings(Settings(), PROXY)) == []
    assert any("--proxy" in line for line in warnings(Settings(), "127.0.0.1:8080"))
    assert any("--proxy" in line for line in warnings(Settings(), "[::1]:8080"))


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_without_a_certificate_there_are_no_policies(content: str | None, tmp_path: Path) -> None:
    settings = Settings(data=Data(dir=tmp_path))
    if content:
        (tmp_path / "ca").mkdir()
        (tmp_path / "ca" / "root.pem").write_text(content)
    with pytest.raises(PolicyError) as refused:
        terminal(settings, [], PROXY)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("kind", KINDS)
def test_the_command_writes_or_prints_them(kind: str, tmp_path: Path) -> None:
    (tmp_path / "ca").mkdir()
    (tmp_path / "ca" / "root.pem").write_text(make_terminal().root_pem)
    config = tmp_path / "carrel.toml"
    config.write_text(f'[data]\ndir = "{tmp_path}"\n[directory]\nuse = false\n')
    arguments = ["policies", "--config", str(config), "--for", kind, "--proxy", PROXY]
    written = CliRunner().invoke(cli, [*arguments, "--to", str(tmp_path / "to")])
    assert written.exit_code == 0, written.output
    assert all(Path(line).is_file() for line in written.stdout.splitlines())
    assert written.stderr == ""
    printed = CliRunner().invoke(cli, arguments)
    assert printed.stdout.count("\n===== ") + 1 == len(written.stdout.splitlines())
    assert PROXY in printed.stdout


def test_a_folder_that_cannot_be_written_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(PolicyError, match="--to"):
        instructions.write(instructions.files("chrome", make_terminal()), tmp_path / "file" / "below")
