"""A sealed report: made twice alike, found out when changed, and never taken for forged only because it is older."""

from __future__ import annotations

import getpass
import io
import json
import os
import socket
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import pytest
from click.testing import CliRunner

from analysis.documents import sealed, specimen, typed
from analysis.documents.formats import Templates
from analysis.documents.sealed import Inputs
from deploy import sealed_files, ssh_signature
from deploy.cli_report import report as report_command
from deploy.cli_verify import verify
from tests.analysis import library
from tests.analysis.documents.making import HOSTILE
from tests.deploy import sealed_reports as hands
from tests.deploy.sealed_reports import SITE, Files, checked, failed

VERSION = version("carrel")


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return library.make(tmp_path_factory.mktemp("library") / "carrel.db")


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _key(tmp_path_factory.mktemp("keys"), "library")


@pytest.fixture(scope="module")
def plain(database: Path) -> Files:
    return sealed.files(*hands.gathered(database, "html", "csv", "json", version=VERSION), Templates())


@pytest.fixture(scope="module")
def signed(plain: Files, key: Path) -> Files:
    return _signed(plain, key)


@pytest.fixture
def signers(key: Path, tmp_path: Path) -> Path:
    path = tmp_path / "allowed_signers"
    path.write_text(f"library {key.with_suffix('.pub').read_text()}")
    return path


def _key(folder: Path, name: str) -> Path:
    path = folder / name
    words = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "ana.canary@desk-canary", "-f", str(path)]
    try:
        subprocess.run(words, check=True)
    except FileNotFoundError:
        pytest.skip("ssh-keygen is not installed")
    return path


def _signed(files: Files, key: Path) -> Files:
    signature = ssh_signature.sign(files[sealed.MANIFEST], key, sealed.NAMESPACE)
    public = f"{ssh_signature.public_key(signature)}\n".encode()
    return files | {sealed.SIGNATURE: signature, sealed.SIGNER: public}


def _flipped(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


def test_an_untouched_report_passes_every_check(signed: Files, signers: Path, tmp_path: Path) -> None:
    found = checked(signed, tmp_path, signers, "library")
    assert {name: check.ok for name, check in found.items()} == dict.fromkeys(found, True)
    assert {"archive", "files", "signature", "manifest", "html", "csv", "json"} <= found.keys()
    assert checked(signed, tmp_path, signers)["signature"].ok, "the name is found by the key"


def test_without_known_keys_a_signature_proves_only_which_key_signed(signed: Files, tmp_path: Path) -> None:
    check = checked(signed, tmp_path)["signature"]
    assert check.ok is None
    assert "only which key signed" in check.message


def test_an_unsigned_report_says_so(plain: Files, signers: Path, tmp_path: Path) -> None:
    assert checked(plain, tmp_path)["signature"].ok is None
    assert failed(checked(plain, tmp_path, signers)) == {"signature"}, "a signature that was taken off is found"


def test_a_changed_byte_is_found_in_every_file(signed: Files, signers: Path, tmp_path: Path) -> None:
    for name in signed:
        found = checked(signed | {name: _flipped(signed[name])}, tmp_path, signers)
        assert failed(found), name


@pytest.mark.parametrize(
    ("change", "fails"),
    [
        pytest.param(hands.with_row_changed, {"signature", "html", "csv", "json"}, id="row changed, hashes repaired"),
        pytest.param(lambda files: files | {"extra.txt": b"x"}, {"files"}, id="entry added"),
        pytest.param(
            lambda files: hands.repaired(files | {"extra.txt": b"x"}), {"signature", "report"}, id="added and listed"
        ),
        pytest.param(
            lambda files: hands.repaired(files | {f"{SITE}-csv/extra.csv": b"x"}), {"signature", "csv"},
            id="added to the CSV files and listed",
        ),
        pytest.param(
            lambda files: {name: content for name, content in files.items() if name != f"{SITE}.html"}, {"files"},
            id="entry removed",
        ),
        pytest.param(
            lambda files: hands.repaired({k: v for k, v in files.items() if k != f"{SITE}.html"}),
            {"signature", "html"}, id="removed and no longer listed",
        ),
        pytest.param(
            lambda files: {("other.html" if k == f"{SITE}.html" else k): v for k, v in files.items()}, {"files"},
            id="entry renamed",
        ),
        pytest.param(lambda files: hands.repaired(files, made_on="2025-01-01"), {"signature", "manifest"}, id="date"),
        pytest.param(lambda files: hands.repaired(files, lists=()), {"signature", "manifest"}, id="lists"),
        pytest.param(lambda files: files | {sealed.MANIFEST: b"[]"}, {"archive"}, id="manifest of another make"),
        pytest.param(lambda files: files | {sealed.MANIFEST: b"[" * 99999}, {"archive"}, id="manifest nested deeply"),
        pytest.param(
            lambda files: {k: v for k, v in files.items() if k != sealed.MANIFEST}, {"archive"}, id="no manifest"
        ),
        pytest.param(
            lambda files: hands.repaired(files | {sealed.EXTRACT: b"no database"}), {"signature", "extract"},
            id="no database",
        ),
        pytest.param(
            hands.with_database(lambda one: one.execute("create view v as select 1")), {"signature", "extract"},
            id="view in the extract",
        ),
        pytest.param(
            hands.with_database(lambda one: one.execute("update page_loads set loads = 'many'")),
            {"signature", "extract"}, id="words for numbers",
        ),
        pytest.param(
            hands.with_database(lambda one: one.execute("update presences set loads = x'00'")),
            {"signature", "extract"}, id="bytes for numbers",
        ),
        pytest.param(
            lambda files: hands.repaired(files | {sealed.README: b"Send your password to x"}),
            {"signature", "README.txt"}, id="another README",
        ),
        pytest.param(
            lambda files: files | {sealed.SIGNER: b"ssh-ed25519 AAAA\n"}, {"signature"}, id="another public key"
        ),
    ],
)  # fmt: skip
def test_tampering_is_found(
    change: Callable[[Files], Files], fails: set[str], signed: Files, signers: Path, tmp_path: Path
) -> None:
    found = checked(change(signed), tmp_path, signers, "library")
    assert failed(found) == fails
    assert not any("\n" in check.message for check in found.values())


def test_another_key_is_not_the_librarys(plain: Files, signers: Path, tmp_path: Path) -> None:
    forged = _signed(plain, _key(tmp_path, "other"))
    assert failed(checked(forged, tmp_path, signers, "library")) == {"signature"}
    assert failed(checked(forged, tmp_path, signers)) == {"signature"}
    assert not failed(checked(forged, tmp_path)), "which is why it says that it proves only which key signed"


def test_a_signature_for_another_purpose_is_none(plain: Files, key: Path, signers: Path, tmp_path: Path) -> None:
    signature = ssh_signature.sign(plain[sealed.MANIFEST], key, "git")
    files = _signed(plain, key) | {sealed.SIGNATURE: signature}
    assert failed(checked(files, tmp_path, signers, "library")) == {"signature"}


def test_without_ssh_keygen_one_line_says_so(
    signed: Files, signers: Path, key: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    check = checked(signed, tmp_path)["signature"]
    assert (check.ok, "install openssh-client" in check.message) == (None, True)
    assert failed(checked(signed, tmp_path, signers)) == {"signature"}
    with pytest.raises(ssh_signature.SignatureError, match="install openssh-client"):
        ssh_signature.sign(b"x", key, sealed.NAMESPACE)


def _zip(*entries: tuple[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries:
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"no zip at all", id="not a zip"),
        pytest.param(_zip(("manifest.json", b"{}" * 500))[:-30], id="cut off"),
        pytest.param(_zip(("../../etc/passwd", b"x")), id="slip"),
        pytest.param(_zip(("/etc/passwd", b"x")), id="absolute"),
        pytest.param(_zip(("a\\..\\b", b"x")), id="backslash"),
        pytest.param(_zip(("C:x", b"x")), id="drive"),
        pytest.param(_zip(("\x1b[2J.html", b"x")), id="terminal"),
        pytest.param(_zip(("a/b/c.html", b"x")), id="too deep"),
        pytest.param(_zip(("folder/", b"")), id="folder"),
        pytest.param(_zip(("A.html", b"x"), ("a.html", b"y")), id="same name, other case"),
        pytest.param(_zip(*((f"{number}.csv", b"") for number in range(500))), id="too many"),
        pytest.param(b"MZ" + _zip(("manifest.json", b"{}")), id="something before it"),
    ],
)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_an_archive_that_is_not_sound_is_refused_in_one_line(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "bad.zip"
    path.write_bytes(content)
    done = CliRunner().invoke(verify, [str(path)])
    assert done.exit_code == 1
    assert done.output.count("\n") == 1
    assert done.output.startswith("FAIL  archive")
    assert "\x1b" not in done.output


def test_a_bomb_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealed_files, "LARGEST", 2**20)
    honest, path = _zip(("manifest.json", bytes(2**21))), tmp_path / "bomb.zip"
    liar = honest.replace((2**21).to_bytes(4, "little"), (10).to_bytes(4, "little"))
    for content, said in ((honest, "unpacks to more"), (liar, "not as long as|damaged")):
        path.write_bytes(content)
        with pytest.raises(sealed_files.SealError, match=said):
            sealed_files.read(path)


def test_a_missing_archive_is_said_in_one_line(tmp_path: Path) -> None:
    done = CliRunner().invoke(verify, [str(tmp_path / "none.zip")])
    assert (done.exit_code, done.output.count("\n")) == (1, 1)


def test_another_version_is_no_forgery(database: Path, tmp_path: Path) -> None:
    """It says that versions differ, and compares the figures."""
    files = sealed.files(*hands.gathered(database, "html", "json", version="9.9"), Templates())
    same = checked(files, tmp_path)
    assert (same["html"].ok, same["json"].ok) == (True, True), "the same bytes prove it, whatever the version"
    worded = hands.repaired(files | {
        f"{SITE}.json": files[f"{SITE}.json"].replace(b"page loads", b"loaded pages"),
        f"{SITE}.html": files[f"{SITE}.html"].replace(b"page loads", b"loaded pages"),
    })  # fmt: skip
    found = checked(worded, tmp_path)
    assert not failed(found)
    assert "9.9" in found["html"].message
    document = json.loads(files[f"{SITE}.json"])
    table = next(
        block for part in document["parts"] for block in part["blocks"]
        if block["kind"] == "table" and block["id"] == "findings"
    )  # fmt: skip
    table["rows"][0][table["columns"][0]["id"]] = "somebody.example"
    other = hands.repaired(files | {f"{SITE}.json": json.dumps(document).encode()})
    assert "hold other figures: findings" in checked(other, tmp_path)["json"].message


def test_other_fonts_are_no_forgery(plain: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(specimen, "marks", lambda chosen: dict.fromkeys(chosen, "drawn otherwise"))
    page = plain[f"{SITE}.html"]
    drawn = hands.repaired(plain | {f"{SITE}.html": page.replace(b"<svg ", b'<svg data-font="x" ')})
    found = checked(drawn, tmp_path)
    assert found["html"].ok is None
    assert "same words" in found["html"].message
    reworded = hands.repaired(plain | {f"{SITE}.html": page.replace(b"demdex.net", b"nobody.net")})
    assert failed(checked(reworded, tmp_path)) == {"html"}


def test_a_template_of_the_archive_runs_for_an_allowed_signer_only(
    database: Path, key: Path, signers: Path, tmp_path: Path
) -> None:
    template = '{% extends "document.html" %}{% block before %}<p>Letterhead</p>{% endblock %}'
    own = Templates(html=template)
    files = sealed.files(*hands.gathered(database, "html", "json", version=VERSION), own)
    assert b"<p>Letterhead</p>" in files[f"{SITE}.html"]
    assert checked(files, tmp_path)["html"].ok is None
    assert checked(_signed(files, key), tmp_path)["html"].ok is None
    assert checked(_signed(files, key), tmp_path, signers)["html"].ok is True
    hostile = hands.repaired(files | {sealed.HTML_TEMPLATE: b"{{ ''.__class__.__mro__[1].__subclasses__() }}"})
    assert not failed(checked(hostile, tmp_path)), "not run"
    found = checked(_signed(hostile, key), tmp_path, signers)["html"]
    assert found.ok is not True, "and the sandbox holds"


@pytest.mark.parametrize("names", [HOSTILE], ids=["hostile"])
def test_names_from_outside_stay_words(names: tuple[str, ...], database: Path, tmp_path: Path) -> None:
    inputs, rows = hands.gathered(database, "html", "csv", "json", version=VERSION)
    parties = [dict(row) | {"service": name, "owner": name, "rule": name.replace("\ud800", "")} for row, name in
               zip(rows.third_parties, names, strict=False)]  # fmt: skip
    stored = [{k: v.replace("\ud800", "") if isinstance(v, str) else v for k, v in row.items()} for row in parties]
    extras = replace(inputs.extras, prepared_by=names[5], prepared_for=names[0], signs=names)
    found = replace(rows, third_parties=stored + list(rows.third_parties[len(stored) :]))
    files = sealed.files(replace(inputs, extras=extras), found, Templates())
    assert all(sealed_files._NAME.fullmatch(name) for name in files)
    assert not failed(checked(files, tmp_path))
    assert b'<script>alert("x")' not in files[f"{SITE}.html"]


def test_two_processes_in_other_places_make_the_same_bytes(database: Path, key: Path, tmp_path: Path) -> None:
    made = (
        "import sys; from pathlib import Path; from deploy import sealing;"
        "from tests.deploy import sealed_reports as h;"
        "from analysis.documents.formats import Templates;"
        f"i, r = h.gathered(Path({str(database)!r}), 'html', 'xlsx', 'csv', 'json', version={VERSION!r});"
        f"sys.stdout.buffer.write(sealing.seal(i, r, Templates(), Path({str(key)!r})))"
    )
    archives_made = []
    for zone, tongue, seed in (("Pacific/Auckland", "C", "1"), ("America/Lima", "de_DE.UTF-8", "2")):
        environment = os.environ | {"TZ": zone, "LC_ALL": tongue, "LANG": tongue, "PYTHONHASHSEED": seed}
        done = subprocess.run([sys.executable, "-c", made], env=environment, capture_output=True, check=True)
        archives_made.append(done.stdout)
    assert archives_made[0] == archives_made[1]
    assert zipfile.ZipFile(io.BytesIO(archives_made[0])).testzip() is None


def test_the_command_seals_every_format_and_tells_nothing_of_the_computer(
    key: Path, signers: Path, tmp_path: Path
) -> None:
    library.make(tmp_path / "carrel.db")
    config = tmp_path / "carrel.toml"
    config.write_text(f'[library]\nname = "Anytown"\n[data]\ndir = "{tmp_path}"\n')
    own = tmp_path / "our-canary-template.html"
    own.write_text('{% extends "document.html" %}')
    out = tmp_path / "out"
    done = CliRunner().invoke(
        report_command,
        ["-c", str(config), SITE, "--seal", "--key", str(key), "--out", str(out), "--template", str(own)],
    )
    assert done.exit_code == 0, done.output
    path = out / f"{SITE}-report.zip"
    assert done.stdout.strip() == str(path)
    files = sealed_files.read(path)
    kinds = {"html", "docx", "xlsx", "json"} | (set() if "without a PDF" in done.stderr else {"pdf"})
    assert {f"{SITE}.{kind}" for kind in kinds} | {f"{SITE}-csv/findings.csv", sealed.HTML_TEMPLATE} <= files.keys()
    checks = CliRunner().invoke(verify, [str(path), "--signers", str(signers), "--signer", "library"])
    assert checks.exit_code == 0, checks.output
    assert "FAIL" not in checks.output
    everything = b"".join(_unpacked(files))
    canaries = ["ana.canary", "desk-canary", "our-canary-template", str(tmp_path), str(Path.home()) + "/"]
    canaries += [name for name in (getpass.getuser(), socket.gethostname()) if len(name) > 5]
    assert [word for word in canaries if word.encode() in everything] == []


def _unpacked(files: Files) -> list[bytes]:
    found = []
    for content in files.values():
        found.append(content)
        if content.startswith(b"PK"):
            inner = zipfile.ZipFile(io.BytesIO(content))
            found += [inner.read(name) for name in inner.namelist()]
    return found


def test_the_rows_of_the_archive_are_those_of_the_report_and_no_others(database: Path) -> None:
    inputs, rows = hands.gathered(database, "json", version=VERSION)
    files = sealed.files(inputs, rows, Templates())
    assert b"syndetics.com" not in files[sealed.EXTRACT], "another site's"
    whole = sealed.rendered(sealed.document(inputs, rows), inputs, Templates())
    assert {name: files[name] for name in whole} == whole, "sealed or not, the report is the same"


def test_inputs_are_read_strictly(plain: Files) -> None:
    text = plain[sealed.INPUTS].decode()
    for old, new in (
        ('"site": "sciencedirect"', '"site": 3'),
        ('"site": ', '"unknown": 1, "site": '),
        ('"days": null', '"days": true'),
        ('"days": null', '"days": NaN'),
        ('"status": "sent"', '"status": "proven"'),
        ('"formats": [', '"formats": "html", "x": ['),
    ):
        assert old in text
        with pytest.raises(typed.TypedError):
            typed.read(text.replace(old, new).encode(), Inputs)


def test_a_key_that_cannot_sign_is_said_in_one_line(tmp_path: Path) -> None:
    wrong = tmp_path / "key"
    wrong.write_text("no key")
    wrong.chmod(0o600)
    for path, said in ((wrong, "could not sign"), (tmp_path / "none", "there is no such key")):
        with pytest.raises(ssh_signature.SignatureError, match=said) as caught:
            ssh_signature.sign(b"x", path, sealed.NAMESPACE)
        assert "\n" not in str(caught.value)
