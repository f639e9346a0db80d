"""Certificate stores are real: certutil writes them, and Chromium and Firefox read them in the browser tests."""

import json
import re
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from deploy import pki
from deploy.trust import TrustError, prepare_chromium, prepare_firefox, trust_in, user_js

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
needs_certutil = pytest.mark.skipif(not shutil.which("certutil"), reason="certutil (libnss3-tools) is not installed")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return pki.ensure(tmp_path / "ca", "Anytown", ["catalog.test"], NOW).root


def listing(database: Path) -> str:
    command = ["certutil", "-L", "-d", f"sql:{database}"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@needs_certutil
def test_a_store_is_made_and_trusts_the_root(tmp_path: Path, root: Path) -> None:
    trust_in(tmp_path / "nss", root)
    assert re.search(r"^Carrel\s+C,,\s*$", listing(tmp_path / "nss"), re.MULTILINE)
    assert (tmp_path / "nss").stat().st_mode & 0o077 == 0


@needs_certutil
def test_trusting_again_changes_nothing(tmp_path: Path, root: Path) -> None:
    for _ in range(2):
        trust_in(tmp_path / "nss", root)
    assert listing(tmp_path / "nss").count("Carrel") == 1


@needs_certutil
def test_chromium_gets_its_store_below_its_home(tmp_path: Path, root: Path) -> None:
    prepare_chromium(tmp_path / "home", root)
    assert "Carrel" in listing(tmp_path / "home" / ".pki" / "nssdb")


@needs_certutil
def test_firefox_gets_a_store_and_preferences(tmp_path: Path, root: Path) -> None:
    prepare_firefox(tmp_path / "profile", root, proxy=("127.0.0.1", 8080))
    assert "Carrel" in listing(tmp_path / "profile")
    assert (tmp_path / "profile" / "user.js").read_text(encoding="utf-8") == user_js("127.0.0.1", 8080)


@needs_certutil
def test_what_is_no_certificate_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "root.pem").write_text("not a certificate\n")
    with pytest.raises(TrustError, match=r"\Acertutil could not write the certificate store: [^\n]+\Z"):
        trust_in(tmp_path / "nss", tmp_path / "root.pem")


def test_a_missing_certutil_is_named_with_its_package(
    tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(TrustError, match="apt install libnss3-tools"):
        trust_in(tmp_path / "nss", root)


def test_preferences_are_lines_of_javascript_that_send_everything_to_the_proxy() -> None:
    found: dict[str, object] = {}
    for line in user_js("::1", 8080).splitlines():
        match = re.fullmatch(r"user_pref\((\".+?\"), (.+)\);", line)
        assert match, line
        found[json.loads(match[1])] = json.loads(match[2])
    assert list(found) == sorted(found)
    assert (found["network.proxy.type"], found["network.proxy.ssl"], found["network.proxy.ssl_port"]) == (
        1,
        "::1",
        8080,
    )
    assert found["network.proxy.allow_hijacking_localhost"] is True
    assert found["security.enterprise_roots.enabled"] is False
