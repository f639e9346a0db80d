"""Make certificates: a root, an intermediate that can vouch for the configured sites only, and a leaf for the desk.

Pure but for the random numbers of new keys: the time comes in, keys and certificates come out, nothing is written.
What is kept where is decided in pki.py.

The intermediate is the promise that Carrel opens nothing but its sites: its name constraints are critical, so a browser
refuses any other name that Carrel (or a thief of its key) might sign.
"""

import ipaddress
import re
from collections.abc import Iterable
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from addons.settings import DESK

ROOT_LIFE = timedelta(days=3652)
INTERMEDIATE_LIFE = timedelta(days=730)
LEAF_LIFE = timedelta(days=397)
CLOCK_SLACK = timedelta(days=2)
"""Certificates begin a little in the past: clocks of public computers go wrong."""

Key = ec.EllipticCurvePrivateKey
_DOMAIN = re.compile(
    r"(?=.{1,253}\Z)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
)


class PkiError(ValueError):
    """Something about the certificates is wrong; the text is one line and says what to do."""


def wanted(domains: Iterable[str]) -> tuple[str, ...]:
    """The names that an intermediate for these domains covers: the domains and the desk's, sorted."""
    names = {*domains, DESK}
    for name in names:
        if not _DOMAIN.fullmatch(name) or _is_address(name):
            raise PkiError(
                f"cannot make a certificate for {name!r}: write a lower-case host name such as catalog.example.org"
            )
    return tuple(sorted(names))


def permitted(certificate: x509.Certificate) -> tuple[str, ...]:
    """The domains that an intermediate covers, sorted; empty if it has no constraints on names."""
    try:
        constraints = certificate.extensions.get_extension_for_class(x509.NameConstraints).value
    except x509.ExtensionNotFound:
        return ()
    return tuple(sorted(name.value for name in constraints.permitted_subtrees or () if isinstance(name, x509.DNSName)))


def is_trial(root: x509.Certificate) -> bool:
    """A trial root's key was thrown away when it was made: nothing can be renewed under it."""
    return any(unit.value == "trial" for unit in root.subject.get_attributes_for_oid(NameOID.ORGANIZATIONAL_UNIT_NAME))


def make_root(library_name: str, now: datetime, *, trial: bool = False) -> tuple[Key, x509.Certificate]:
    """The certificate that the library installs in its browsers, and the key that the proxy does not keep."""
    key = _new_key()
    name = _name(library_name, f"Carrel root {_tag(key)}", "trial" if trial else "")
    builder = _builder(name, name, key, now, now + ROOT_LIFE)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=1), critical=True)
    builder = builder.add_extension(_usage(authority=True), critical=True)
    return key, builder.sign(key, hashes.SHA256())


def make_intermediate(
    root_key: Key, root_cert: x509.Certificate, domains: Iterable[str], now: datetime, *, library_name: str = ""
) -> tuple[Key, x509.Certificate]:
    """The certificate with which the proxy signs, good for these domains, everything below them, and the desk."""
    key = _new_key()
    name = _name(library_name or _organization(root_cert), f"Carrel proxy {_tag(key)}")
    end = min(now + INTERMEDIATE_LIFE, root_cert.not_valid_after_utc)
    builder = _builder(name, root_cert.subject, key, now, end)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(_usage(authority=True), critical=True)
    builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    builder = builder.add_extension(_constraints(wanted(domains)), critical=True)
    builder = builder.add_extension(_issued_by(root_cert), critical=False)
    return key, builder.sign(root_key, hashes.SHA256())


def issue(
    issuer_key: Key, issuer_cert: x509.Certificate, host: str, now: datetime, *further: str
) -> tuple[Key, x509.Certificate]:
    """A server certificate for a host name, and for further ones."""
    key = _new_key()
    end = min(now + LEAF_LIFE, issuer_cert.not_valid_after_utc)
    builder = _builder(_name(_organization(issuer_cert), host), issuer_cert.subject, key, now, end)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(_usage(authority=False), critical=True)
    builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    names = [x509.DNSName(name) for name in (host, *further)]
    builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    builder = builder.add_extension(_issued_by(issuer_cert), critical=False)
    return key, builder.sign(issuer_key, hashes.SHA256())


def _new_key() -> Key:
    return ec.generate_private_key(ec.SECP256R1())


def _builder(subject: x509.Name, issuer: x509.Name, key: Key, now: datetime, end: datetime) -> x509.CertificateBuilder:
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(now - CLOCK_SLACK).not_valid_after(end)
    return builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)


def _constraints(names: tuple[str, ...]) -> x509.NameConstraints:
    # A DNS subtree covers the name itself and everything below it (RFC 5280, 4.2.1.10). A kind of name without any
    # subtree is unconstrained, so addresses have to be excluded in so many words.
    return x509.NameConstraints(
        permitted_subtrees=[x509.DNSName(name) for name in names],
        excluded_subtrees=[
            x509.IPAddress(ipaddress.IPv4Network("0.0.0.0/0")),
            x509.IPAddress(ipaddress.IPv6Network("::/0")),
        ],
    )


def _issued_by(issuer: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    own = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own)


def _usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )


def _name(organization: str, common: str, unit: str = "") -> x509.Name:
    attributes = [
        (NameOID.ORGANIZATION_NAME, organization),
        (NameOID.ORGANIZATIONAL_UNIT_NAME, unit),
        (NameOID.COMMON_NAME, common),
    ]
    return x509.Name([x509.NameAttribute(oid, short) for oid, value in attributes if (short := _short(value))])


def _short(value: str) -> str:
    # X.520 allows 64 bytes for these attributes.
    printable = "".join(character for character in value if character.isprintable())
    return printable.encode()[:64].decode(errors="ignore").strip()


def _organization(certificate: x509.Certificate) -> str:
    for attribute in certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME):
        return str(attribute.value)
    return ""


def _tag(key: Key) -> str:
    # Two roots of one library, an old and a new one, have to be told apart in a browser's list of certificates.
    return x509.SubjectKeyIdentifier.from_public_key(key.public_key()).digest.hex()[:8]


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
