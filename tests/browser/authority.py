"""Certificates for tests: a certificate authority of the test's own, or leaves signed with any key it is given."""

from __future__ import annotations

import datetime
import ssl
from pathlib import Path
from typing import cast

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

PEM = serialization.Encoding.PEM


class Authority:
    """Signs a leaf for any name: with a root made on the spot, or with the key and chain in `signer`."""

    def __init__(self, folder: Path, signer: Path | None = None) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.root = folder / "root.pem"
        self._chain: list[x509.Certificate]
        self._key: CertificateIssuerPrivateKeyTypes
        if signer is None:
            key = ec.generate_private_key(ec.SECP256R1())
            self._key, self._chain = key, [_root(key)]
            self.root.write_bytes(self._chain[0].public_bytes(PEM))
        else:
            pem = signer.read_bytes()
            self._chain = x509.load_pem_x509_certificates(pem)
            self._key = cast(CertificateIssuerPrivateKeyTypes, serialization.load_pem_private_key(pem, None))
        self._contexts: dict[str, ssl.SSLContext] = {}

    def context(self, name: str) -> ssl.SSLContext:
        """A server context that shows a certificate for `name`."""
        if name not in self._contexts:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self._leaf(name))
            context.set_alpn_protocols(["http/1.1"])
            self._contexts[name] = context
        return self._contexts[name]

    def _leaf(self, name: str) -> Path:
        key = ec.generate_private_key(ec.SECP256R1())
        leaf = (
            _builder(name, self._chain[0].subject, key.public_key(), days=30)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        path = self.folder / f"{name}.pem"
        private = key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        path.write_bytes(b"".join([private, *(c.public_bytes(PEM) for c in (leaf, *self._chain))]))
        return path


def _root(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Loopback world of Carrel's tests")])
    return (
        _builder("", name, key.public_key(), days=60, subject=name)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(_signs_certificates(), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )


def _signs_certificates() -> x509.KeyUsage:
    others = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement")
    unused = dict.fromkeys((*others, "crl_sign", "encipher_only", "decipher_only"), False)
    return x509.KeyUsage(key_cert_sign=True, **unused)


def _builder(
    common_name: str, issuer: x509.Name, key: ec.EllipticCurvePublicKey, days: int, subject: x509.Name | None = None
) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    subject = subject or x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name[:64])])
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=days))
    )
