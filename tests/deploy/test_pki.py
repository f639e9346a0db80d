"""Certificates, judged by OpenSSL in real handshakes and cryptography's verifier."""

import asyncio
import contextlib
import ipaddress
import ssl
import stat
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import verification
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from hypothesis import given, settings
from hypothesis import strategies as st
from mitmproxy.certs import CertStore
from OpenSSL import SSL

from addons.settings import DESK
from deploy import pki
from deploy.certificates import Key, is_trial
from deploy.pki import PkiError, ensure, init_with_root_key, new_trial, renew

NOW = datetime.now(UTC).replace(microsecond=0)
DOMAINS = ("catalog.test", "vendor.example")
WORDS = "correct horse battery"


def signed(
    key: Key, issuer: x509.Certificate, *names: x509.GeneralName, ca: bool = False
) -> tuple[Key, x509.Certificate]:
    """A certificate such as a thief of the intermediate's key could sign: any names, a CA even."""
    own = ec.generate_private_key(ec.SECP256R1())
    issuer_id = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "leaf")]))
        .issuer_name(issuer.subject)
        .public_key(own.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=90))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(issuer_id), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(own.public_key()), critical=False)
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return own, builder.sign(key, hashes.SHA256())


def handshake(root: Path, host: str, server: ssl.SSLContext) -> None:
    """A client that trusts only `root` talks to the server on loopback, or raises what OpenSSL says against it."""

    async def run() -> None:
        listener = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0, ssl=server)
        async with listener:
            port = listener.sockets[0].getsockname()[1]
            client = ssl.create_default_context(cafile=str(root))
            _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=client, server_hostname=host)
            writer.close()

    asyncio.run(asyncio.wait_for(run(), 10))


def serving(folder: Path, key: Key, *chain: x509.Certificate) -> ssl.SSLContext:
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / "server.pem"
    path.write_bytes(private + b"".join(one.public_bytes(serialization.Encoding.PEM) for one in chain))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


@pytest.fixture
def ca(tmp_path: Path) -> Path:
    folder = tmp_path / "data" / "ca"
    ensure(folder, "Anytown Public Library", DOMAINS, NOW)
    return folder


@pytest.mark.parametrize(
    "host",
    [
        pytest.param("catalog.test", id="a domain itself"),
        pytest.param("a.b.catalog.test", id="below a domain"),
        pytest.param("search.vendor.example", id="below the other domain"),
        pytest.param(DESK, id="the desk"),
    ],
)
def test_openssl_accepts_names_inside_the_constraints(ca: Path, tmp_path: Path, host: str) -> None:
    authority = pki.read(ca)
    key, leaf = pki.issue(authority.key, authority.certificate, host, NOW)
    handshake(ca / "root.pem", host, serving(tmp_path, key, leaf, authority.certificate))


@pytest.mark.parametrize(
    "host",
    [
        pytest.param("example.org", id="another site"),
        pytest.param("example", id="above a domain"),
        pytest.param("notcatalog.test", id="ends alike"),
        pytest.param("catalog.test.example.org", id="begins alike"),
    ],
)
def test_openssl_refuses_names_outside_the_constraints(ca: Path, tmp_path: Path, host: str) -> None:
    authority = pki.read(ca)
    key, leaf = pki.issue(authority.key, authority.certificate, host, NOW)
    with pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree violation"):
        handshake(ca / "root.pem", host, serving(tmp_path, key, leaf, authority.certificate))


@pytest.mark.parametrize("address", ["127.0.0.1", "203.0.113.9", "::1", "2001:db8::1"])
def test_openssl_refuses_addresses(ca: Path, tmp_path: Path, address: str) -> None:
    authority = pki.read(ca)
    name = x509.IPAddress(ipaddress.ip_address(address))
    key, leaf = signed(authority.key, authority.certificate, x509.DNSName("catalog.test"), name)
    with pytest.raises(ssl.SSLCertVerificationError, match="excluded subtree violation"):
        handshake(ca / "root.pem", "catalog.test", serving(tmp_path, key, leaf, authority.certificate))


def test_one_name_outside_spoils_the_whole_certificate(ca: Path, tmp_path: Path) -> None:
    authority = pki.read(ca)
    names = (x509.DNSName("catalog.test"), x509.DNSName("example.org"))
    key, leaf = signed(authority.key, authority.certificate, *names)
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(ca / "root.pem", "catalog.test", serving(tmp_path, key, leaf, authority.certificate))


def test_the_intermediate_cannot_make_further_authorities(ca: Path, tmp_path: Path) -> None:
    authority = pki.read(ca)
    below_key, below = signed(authority.key, authority.certificate, ca=True)
    key, leaf = signed(below_key, below, x509.DNSName("catalog.test"))
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(ca / "root.pem", "catalog.test", serving(tmp_path, key, leaf, below, authority.certificate))


def test_mitmproxy_signs_with_the_intermediate_and_sends_the_chain(ca: Path) -> None:
    """The client knows nothing but root.pem, so the intermediate has to come from mitmproxy's own store and context."""
    from mitmproxy.net import tls

    store = CertStore.from_store(ca, "mitmproxy", 2048)
    entry = store.get_cert("www.catalog.test", [x509.DNSName("www.catalog.test")])
    context = tls.create_client_proxy_context(
        method=tls.Method.TLS_SERVER_METHOD,
        min_version=tls.Version.TLS1_2,
        max_version=tls.Version.UNBOUNDED,
        cipher_list=None,
        ecdh_curve=None,
        chain_file=entry.chain_file,
        alpn_select_callback=None,
        request_client_cert=False,
        extra_chain_certs=(),
        dhparams=store.dhparams,
    )
    server = SSL.Connection(context, None)
    server.use_certificate(entry.cert.to_cryptography())
    server.use_privatekey(entry.privatekey)
    server.set_accept_state()
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = ssl.create_default_context(cafile=str(ca / "root.pem")).wrap_bio(
        incoming, outgoing, server_hostname="www.catalog.test"
    )
    for _ in range(10):
        try:
            client.do_handshake()
            break
        except ssl.SSLWantReadError:
            server.bio_write(outgoing.read())
            with contextlib.suppress(SSL.WantReadError):
                server.do_handshake()
            incoming.write(server.bio_read(65536))
    else:
        pytest.fail("the handshake did not end")
    assert client.version() == "TLSv1.3"
    assert client.getpeercert()["subjectAltName"] == (("DNS", "www.catalog.test"),)  # type: ignore[index]
    assert not (ca / "mitmproxy-ca-cert.pem").exists(), "mitmproxy made an authority of its own"


def test_a_server_can_serve_the_desk_from_one_file(ca: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(ca / "desk.pem")
    handshake(ca / "root.pem", DESK, context)


def test_files_are_for_their_owner_only_and_the_root_key_is_nowhere(tmp_path: Path) -> None:
    state = ensure(tmp_path / "data" / "ca", "Anytown", DOMAINS, NOW)
    modes = {p.relative_to(tmp_path).as_posix(): stat.S_IMODE(p.stat().st_mode) for p in tmp_path.rglob("*")}
    assert modes == {
        "data": 0o700,
        "data/ca": 0o700,
        "data/ca/root.pem": 0o644,
        "data/ca/mitmproxy-ca.pem": 0o600,
        "data/ca/desk.pem": 0o600,
    }
    root = x509.load_pem_x509_certificate(state.root.read_bytes()).public_key()
    files = [state.root.parent / name for name in ("mitmproxy-ca.pem", "desk.pem")]
    keys = [serialization.load_pem_private_key(path.read_bytes(), None) for path in files]
    assert root not in [key.public_key() for key in keys]
    assert b"PRIVATE KEY" not in state.root.read_bytes()
    assert sum(p.read_bytes().count(b"BEGIN PRIVATE KEY") for p in tmp_path.rglob("*.pem")) == 2


def test_the_first_start_says_what_it_did(tmp_path: Path) -> None:
    state = ensure(tmp_path / "ca", "Anytown", DOMAINS, NOW)
    assert (state.happened, state.trial, state.days_left) == ("made", True, 730)
    assert [str(tmp_path / "ca" / "root.pem") in state.notes[0], "trial root" in state.notes[1]] == [True, True]
    assert len(state.fingerprint.split(":")) == 32


def test_a_later_start_changes_no_file_and_says_nothing(ca: Path) -> None:
    before = {p.name: p.read_bytes() for p in ca.iterdir()}
    state = ensure(ca, "Anytown", tuple(reversed(DOMAINS)), NOW + timedelta(days=10))
    assert (state.happened, state.notes) == ("kept", ())
    assert {p.name: p.read_bytes() for p in ca.iterdir()} == before


def test_of_several_first_starts_at_once_one_makes_the_certificates(tmp_path: Path) -> None:
    def start(_: int) -> str:
        return ensure(tmp_path / "data" / "ca", "Anytown", DOMAINS, NOW).happened

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(start, range(8))) == ["kept"] * 7 + ["made"]


@pytest.mark.parametrize("name", ["root.pem", "desk.pem"])
def test_what_can_be_made_again_is_made_again(ca: Path, name: str) -> None:
    root = (ca / "root.pem").read_bytes()
    (ca / name).unlink()
    assert ensure(ca, "Anytown", DOMAINS, NOW).happened == "kept"
    assert (ca / "root.pem").read_bytes() == root
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(ca / "desk.pem")
    handshake(ca / "root.pem", DESK, context)


def test_the_desk_is_renewed_before_it_expires(ca: Path) -> None:
    before = (ca / "desk.pem").read_bytes()
    ensure(ca, "Anytown", DOMAINS, NOW + timedelta(days=190))
    assert (ca / "desk.pem").read_bytes() == before
    later = NOW + timedelta(days=250)
    ensure(ca, "Anytown", DOMAINS, later)
    renewed = x509.load_pem_x509_certificate((ca / "desk.pem").read_bytes())
    assert renewed.not_valid_after_utc == later + timedelta(days=397)


def test_rights_that_a_backup_brought_back_too_wide_are_narrowed(ca: Path) -> None:
    ca.chmod(0o755)
    (ca / "mitmproxy-ca.pem").chmod(0o644)
    ensure(ca, "Anytown", DOMAINS, NOW)
    assert stat.S_IMODE(ca.stat().st_mode) == 0o700
    assert stat.S_IMODE((ca / "mitmproxy-ca.pem").stat().st_mode) == 0o600


def complaint(ca: Path, domains: tuple[str, ...] = DOMAINS, now: datetime = NOW) -> str:
    with pytest.raises(PkiError) as caught:
        ensure(ca, "Anytown", domains, now)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_changed_domains_are_named_with_what_to_do(ca: Path) -> None:
    text = complaint(ca, ("catalog.test", "new.example"))
    for words in ("new: new.example", "gone: vendor.example", "carrel ca new", str(ca), "install"):
        assert words in text
    assert "--root-key" not in text, "nobody has this root's key"


def test_many_changed_domains_do_not_fill_the_screen(ca: Path) -> None:
    text = complaint(ca, DOMAINS + tuple(f"v{n}.example" for n in range(100)))
    assert "and 95 more" in text


def test_changed_domains_under_a_kept_root_call_for_renewal(tmp_path: Path) -> None:
    init_with_root_key(tmp_path / "data" / "ca", "Anytown", DOMAINS, tmp_path / "root.key", WORDS, NOW)
    assert "carrel ca renew --root-key FILE" in complaint(tmp_path / "data" / "ca", ("new.example",))


@pytest.mark.parametrize(
    ("days", "says"), [pytest.param(800, "expired", id="expired"), pytest.param(-30, "clock", id="not valid yet")]
)
def test_a_wrong_time_is_said(ca: Path, days: int, says: str) -> None:
    assert says in complaint(ca, now=NOW + timedelta(days=days))


def test_a_month_before_the_end_there_is_a_warning(ca: Path) -> None:
    notes = ensure(ca, "Anytown", DOMAINS, NOW + timedelta(days=710)).notes
    assert len(notes) == 1
    assert "expire in 20 days" in notes[0]
    assert "carrel ca new" in notes[0]


def test_a_missing_intermediate_is_not_replaced_behind_the_browsers_backs(ca: Path) -> None:
    (ca / "mitmproxy-ca.pem").unlink()
    assert "mitmproxy-ca.pem is missing" in complaint(ca)


@pytest.mark.parametrize("name", ["mitmproxy-ca.pem", "root.pem"])
@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"\x00\xff" * 99, id="noise"),
        pytest.param(b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", id="garbled"),
    ],
)
def test_garbled_files_are_named(ca: Path, name: str, content: bytes) -> None:
    (ca / name).write_bytes(content)
    assert name in complaint(ca)


def test_parts_that_do_not_belong_together_are_refused(ca: Path, tmp_path: Path) -> None:
    other = tmp_path / "other" / "ca"
    ensure(other, "Elsewhere", DOMAINS, NOW)
    mine, theirs = (folder / "mitmproxy-ca.pem" for folder in (ca, other))
    key_end = b"-----END PRIVATE KEY-----\n"
    mixed = theirs.read_bytes().partition(key_end)[0] + key_end + mine.read_bytes().partition(key_end)[2]
    good = mine.read_bytes()
    mine.write_bytes(mixed)
    assert "do not belong together" in complaint(ca)
    mine.write_bytes(good)
    (ca / "root.pem").write_bytes((other / "root.pem").read_bytes())
    assert "is not the root above" in complaint(ca)


def test_a_folder_that_cannot_be_used_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "cannot use the folder" in complaint(tmp_path / "file" / "ca")


@pytest.mark.parametrize("name", ["Catalog.test", "127.0.0.1", "::1", "a..b", "*.test", "bücher.example", "", "x" * 64])
def test_what_is_no_host_name_gets_no_certificate(tmp_path: Path, name: str) -> None:
    assert "host name" in complaint(tmp_path / "ca", (name,))
    assert not list((tmp_path / "ca").iterdir())


def test_a_trial_can_be_replaced_and_says_so(ca: Path) -> None:
    before = (ca / "root.pem").read_bytes()
    state = new_trial(ca, "Anytown", ("new.example",), NOW)
    assert state.happened == "replaced"
    assert "Install" in state.notes[0]
    assert (ca / "root.pem").read_bytes() != before
    assert ensure(ca, "Anytown", ("new.example",), NOW).happened == "kept"


def test_the_root_key_is_handed_over_encrypted(tmp_path: Path) -> None:
    key_file = tmp_path / "stick" / "root.key"
    key_file.parent.mkdir()
    state = init_with_root_key(tmp_path / "data" / "ca", "Anytown", DOMAINS, key_file, WORDS, NOW)
    assert (state.happened, state.trial) == ("made", False)
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    assert b"BEGIN ENCRYPTED PRIVATE KEY" in key_file.read_bytes()
    command = ["openssl", "pkey", "-in", str(key_file), "-passin", f"pass:{WORDS}", "-noout"]
    subprocess.run(command, check=True, capture_output=True)
    assert subprocess.run([*command[:5], "pass:wrong words", "-noout"], check=False, capture_output=True).returncode
    assert ensure(tmp_path / "data" / "ca", "Anytown", DOMAINS, NOW).happened == "kept"


def test_renewal_keeps_the_root_and_covers_the_new_domains(tmp_path: Path) -> None:
    ca, key_file = tmp_path / "data" / "ca", tmp_path / "root.key"
    init_with_root_key(ca, "Anytown", DOMAINS, key_file, WORDS, NOW)
    root = (ca / "root.pem").read_bytes()
    state = renew(ca, "Anytown", ("new.example",), key_file, WORDS, NOW)
    assert (state.happened, (ca / "root.pem").read_bytes()) == ("renewed", root)
    assert ensure(ca, "Anytown", ("new.example",), NOW).happened == "kept"
    authority = pki.read(ca)
    key, leaf = pki.issue(authority.key, authority.certificate, "new.example", NOW)
    handshake(ca / "root.pem", "new.example", serving(tmp_path, key, leaf, authority.certificate))


def test_renewal_works_after_the_data_folder_was_lost(tmp_path: Path) -> None:
    ca, key_file = tmp_path / "data" / "ca", tmp_path / "root.key"
    fingerprint = init_with_root_key(ca, "Anytown", DOMAINS, key_file, WORDS, NOW).fingerprint
    assert renew(tmp_path / "new" / "ca", "Anytown", DOMAINS, key_file, WORDS, NOW).fingerprint == fingerprint


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[tuple[Path, Path]]:
    ca, key_file = tmp_path / "data" / "ca", tmp_path / "root.key"
    init_with_root_key(ca, "Anytown", DOMAINS, key_file, WORDS, NOW)
    before = {p: p.read_bytes() for p in [key_file, *ca.iterdir()]}
    yield ca, key_file
    assert {p: p.read_bytes() for p in [key_file, *ca.iterdir()]} == before, "a refused command changed a file"


def test_init_does_not_write_over_certificates(kept: tuple[Path, Path], tmp_path: Path) -> None:
    with pytest.raises(PkiError, match="already"):
        init_with_root_key(kept[0], "Anytown", DOMAINS, tmp_path / "second.key", WORDS, NOW)
    assert not (tmp_path / "second.key").exists()


def test_init_does_not_write_over_a_root_key(kept: tuple[Path, Path], tmp_path: Path) -> None:
    with pytest.raises(PkiError, match="not overwritten"):
        init_with_root_key(tmp_path / "else" / "ca", "Anytown", DOMAINS, kept[1], WORDS, NOW)
    assert not list((tmp_path / "else" / "ca").iterdir())


def test_init_refuses_a_root_key_in_the_data_folder(tmp_path: Path) -> None:
    with pytest.raises(PkiError, match="elsewhere"):
        init_with_root_key(tmp_path / "ca", "Anytown", DOMAINS, tmp_path / "root.key", WORDS, NOW)


def test_init_refuses_a_short_passphrase(tmp_path: Path) -> None:
    with pytest.raises(PkiError, match="passphrase"):
        init_with_root_key(tmp_path / "data" / "ca", "Anytown", DOMAINS, tmp_path / "root.key", "", NOW)


def test_a_kept_root_is_not_replaced_by_a_trial(kept: tuple[Path, Path]) -> None:
    with pytest.raises(PkiError, match="not a trial"):
        new_trial(kept[0], "Anytown", DOMAINS, NOW)


def test_renewal_with_a_wrong_passphrase_is_refused(kept: tuple[Path, Path]) -> None:
    with pytest.raises(PkiError, match="wrong passphrase"):
        renew(kept[0], "Anytown", DOMAINS, kept[1], "another phrase", NOW)


def test_renewal_with_another_librarys_key_is_refused(kept: tuple[Path, Path], tmp_path: Path) -> None:
    init_with_root_key(tmp_path / "else" / "ca", "Elsewhere", DOMAINS, tmp_path / "else.key", WORDS, NOW)
    with pytest.raises(PkiError, match="another root"):
        renew(kept[0], "Anytown", DOMAINS, tmp_path / "else.key", WORDS, NOW)


def test_names_of_libraries_may_be_long_and_in_any_script() -> None:
    _, root = pki.make_root("Öffentliche Bücherei 図書館 " * 9 + "\x00", NOW, trial=True)
    assert is_trial(root)
    assert not is_trial(pki.make_root("", NOW)[1])


labels = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?", fullmatch=True)
hosts = st.lists(labels, min_size=2, max_size=4).map(".".join).filter(lambda host: not host.replace(".", "").isdigit())


@settings(max_examples=60, deadline=None)
@given(domains=st.lists(hosts, max_size=6), host=hosts, below=labels, pick=st.integers(0, 99))
def test_exactly_the_given_domains_and_what_is_below_them_verify(
    domains: list[str], host: str, below: str, pick: int
) -> None:
    root_key, root = pki.make_root("Anytown", NOW)
    key, intermediate = pki.make_intermediate(root_key, root, domains, NOW)
    covered = sorted({*domains, DESK})
    assert list(pki.permitted(intermediate)) == covered
    verifier = verification.PolicyBuilder().store(verification.Store([root])).time(NOW)
    for name in (host, f"{below}.{covered[pick % len(covered)]}", below + covered[pick % len(covered)]):
        _, leaf = signed(key, intermediate, x509.DNSName(name))
        inside = any(name == domain or name.endswith("." + domain) for domain in covered)
        try:
            verifier.build_server_verifier(x509.DNSName(name)).verify(leaf, [intermediate])
        except verification.VerificationError:
            assert not inside, name
        else:
            assert inside, name
