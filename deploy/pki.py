"""Keep the certificates: what lies in the folder `ca`, made on the first start, checked on every other.

The folder (0700, files 0600) holds `root.pem` (for the browsers; a certificate only), `mitmproxy-ca.pem` (the
intermediate's key, its certificate and the root's: the name is the engine's) and `desk.pem` (key and chain for
carrel.internal). The root's key is never in it: a trial throws it away, real use keeps it encrypted elsewhere.

`mitmproxy-ca.pem` is written first and is the truth; the other two can be made from it again.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes

from addons.settings import DESK
from deploy.certificates import (
    LEAF_LIFE,
    Key,
    PkiError,
    is_trial,
    issue,
    make_intermediate,
    make_root,
    permitted,
    wanted,
)
from deploy.pem import encoded, locked, make_private, read_certificates, read_key, write, write_once

__all__ = [
    "Authority",
    "PkiError",
    "State",
    "check",
    "ensure",
    "init_with_root_key",
    "issue",
    "make_intermediate",
    "make_root",
    "new_trial",
    "permitted",
    "read",
    "renew",
    "wanted",
]

ROOT, INTERMEDIATE, DESK_FILE = "root.pem", "mitmproxy-ca.pem", "desk.pem"
WARN_DAYS = 30
PASSPHRASE_LENGTH = 12  # PKCS8 as cryptography writes it stretches a passphrase little (PBKDF2, 2048 rounds)


@dataclass(frozen=True, slots=True)
class State:
    """What became of the certificates, for the command line to print."""

    root: Path
    """The certificate to install in the browsers."""
    fingerprint: str
    """SHA-256 of the root certificate, as browsers show it."""
    trial: bool
    happened: str
    """`kept`, `made`, `renewed` or `replaced`."""
    days_left: int
    """Until the intermediate expires."""
    notes: tuple[str, ...]
    """Sentences for whoever starts the program, one line each."""


@dataclass(frozen=True, slots=True)
class Authority:
    """What `mitmproxy-ca.pem` holds: the intermediate with its key, and the root above it."""

    key: Key
    certificate: x509.Certificate
    root: x509.Certificate

    def days_left(self, now: datetime) -> int:
        return (self.certificate.not_valid_after_utc - now).days

    def check(self, domains: Iterable[str], now: datetime, ca: Path) -> None:
        """Raise a PkiError if this authority cannot serve these domains now."""
        if self.certificate.not_valid_before_utc > now:
            raise PkiError(f"the certificates in {ca} are not valid yet: set this computer's clock right")
        if min(self.certificate.not_valid_after_utc, self.root.not_valid_after_utc) <= now:
            raise PkiError(f"the certificates in {ca} have expired. {remedy(self.root, ca)}")
        has, wants = set(permitted(self.certificate)), set(wanted(domains))
        if has != wants:
            difference = _listed("new", wants - has) + _listed("gone", has - wants)
            raise PkiError(
                f"the configured domains are no longer those of the certificates in {ca} ({'; '.join(difference)}). "
                f"{remedy(self.root, ca)}"
            )


def remedy(root: x509.Certificate, ca: Path) -> str:
    """How to get a new intermediate: depends on whether anybody still has the root's key."""
    if is_trial(root):
        return (
            f"This is a trial, its root key was not kept: run `carrel ca new` (or delete the folder {ca}) for a new "
            f"root, then install {ca / ROOT} again in the browsers"
        )
    return (
        "Run `carrel ca renew --root-key FILE` with the file that `carrel ca init` wrote; the browsers keep their root"
    )


def ensure(ca: Path, library: str, domains: Sequence[str], now: datetime) -> State:
    """Make trial certificates if there are none; check those that are there, and renew the desk's."""
    with locked(ca):
        if not (ca / INTERMEDIATE).exists():
            if (ca / ROOT).exists():
                raise PkiError(f"{ca / INTERMEDIATE} is missing. {remedy(read_certificates(ca / ROOT)[0], ca)}")
            return _made_trial(ca, library, domains, now, "made")
        authority = check(ca, domains, now)
        if not (ca / ROOT).exists():
            write(ca / ROOT, encoded(authority.root), 0o644)
        if not _desk_is_good(ca / DESK_FILE, authority, now):
            _write_desk(ca, authority, now)
        for name in (INTERMEDIATE, DESK_FILE):
            make_private(ca / name)
        return _state(ca, authority, now, "kept")


def check(ca: Path, domains: Sequence[str], now: datetime) -> Authority:
    """Read what is there and find it good for these domains now, or raise a PkiError. Changes nothing."""
    authority = read(ca)
    authority.check(domains, now, ca)
    if (ca / ROOT).exists() and read_certificates(ca / ROOT)[0] != authority.root:
        raise PkiError(
            f"{ca / ROOT} is not the root above {ca / INTERMEDIATE}: put the right file back, "
            f"or delete {ca / ROOT} and Carrel writes it again at the next start"
        )
    return authority


def new_trial(ca: Path, library: str, domains: Sequence[str], now: datetime) -> State:
    """Replace a trial's certificates by new ones; the browsers then need the new root."""
    with locked(ca):
        if (ca / ROOT).exists() and not is_trial(root := read_certificates(ca / ROOT)[0]):
            raise PkiError(f"the root in {ca} is not a trial's, so it is not replaced. {remedy(root, ca)}")
        return _made_trial(ca, library, domains, now, "replaced" if (ca / ROOT).exists() else "made")


def init_with_root_key(
    ca: Path, library: str, domains: Sequence[str], key_file: Path, passphrase: str, now: datetime
) -> State:
    """For real use: the root's key is not thrown away but handed over, encrypted, in a file outside the data folder."""
    if len(passphrase) < PASSPHRASE_LENGTH:
        raise PkiError(f"the passphrase for the root key is too short: use at least {PASSPHRASE_LENGTH} characters")
    key_file = key_file.expanduser()
    if key_file.resolve().is_relative_to(ca.parent.resolve()):
        raise PkiError(
            f"{key_file} lies in the data folder {ca.parent}: keep the root key elsewhere, best on a stick in a safe"
        )
    with locked(ca):
        if (ca / INTERMEDIATE).exists() or (ca / ROOT).exists():
            raise PkiError(
                f"there are certificates in {ca} already: delete that folder to begin anew (browsers then need the new "
                "root), or run `carrel ca renew --root-key FILE` to go on with the root you have"
            )
        key, root = make_root(library, now)
        authority = Authority(*make_intermediate(key, root, domains, now), root)
        write_once(key_file, encoded(key, passphrase) + encoded(root))
        try:
            _store(ca, authority, now)
        except PkiError:
            key_file.unlink()
            raise
        return _state(ca, authority, now, "made")


def renew(ca: Path, library: str, domains: Sequence[str], key_file: Path, passphrase: str, now: datetime) -> State:
    """A new intermediate for the domains as they are now, under the same root: browsers need nothing new."""
    key, root = _read_root_key(key_file.expanduser(), passphrase)
    with locked(ca):
        if (ca / ROOT).exists() and read_certificates(ca / ROOT)[0] != root:
            raise PkiError(
                f"{key_file} holds the key of another root than {ca / ROOT}: use the file that belongs to this root"
            )
        if root.not_valid_after_utc <= now:
            raise PkiError(
                f"the root in {key_file} has expired: delete {ca} and run `carrel ca init --root-key` with a new file"
            )
        authority = Authority(*make_intermediate(key, root, domains, now, library_name=library), root)
        _store(ca, authority, now)
        return _state(ca, authority, now, "renewed")


def read(ca: Path) -> Authority:
    """Read `mitmproxy-ca.pem`; a PkiError unless its parts belong together. Looks at neither domains nor dates."""
    path = ca / INTERMEDIATE
    key, certificates = read_key(path), read_certificates(path)
    if len(certificates) < 2:
        raise PkiError(
            f"{path} does not hold an intermediate and its root: restore it, or delete the folder {ca} for a new trial"
        )
    certificate, root = certificates[:2]
    if certificate.public_key() != key.public_key():
        raise PkiError(f"key and certificate in {path} do not belong together. {remedy(root, ca)}")
    try:
        certificate.verify_directly_issued_by(root)
    except (InvalidSignature, TypeError, ValueError):
        raise PkiError(f"the root in {path} did not sign the certificate beside it. {remedy(root, ca)}") from None
    return Authority(key, certificate, root)


def _made_trial(ca: Path, library: str, domains: Sequence[str], now: datetime, happened: str) -> State:
    key, root = make_root(library, now, trial=True)
    authority = Authority(*make_intermediate(key, root, domains, now), root)
    del key  # never written: nobody can sign another intermediate under this root
    for name in (DESK_FILE, ROOT):  # after a crash from here on, what is missing is made again from mitmproxy-ca.pem
        if happened == "replaced":
            (ca / name).unlink(missing_ok=True)
    _store(ca, authority, now)
    return _state(ca, authority, now, happened)


def _state(ca: Path, authority: Authority, now: datetime, happened: str) -> State:
    days, notes = authority.days_left(now), []
    if happened in ("made", "replaced"):
        notes.append(f"Install {ca / ROOT} in the browsers that use this proxy")
        if is_trial(authority.root):
            notes.append(
                "This is a trial root: its key is thrown away. For real use, run `carrel ca init --root-key FILE`"
            )
    if days < WARN_DAYS:
        notes.append(f"The certificates expire in {days} days. {remedy(authority.root, ca)}")
    fingerprint = authority.root.fingerprint(hashes.SHA256()).hex(":").upper()
    return State(ca / ROOT, fingerprint, is_trial(authority.root), happened, days, tuple(notes))


def _store(ca: Path, authority: Authority, now: datetime) -> None:
    write(ca / INTERMEDIATE, encoded(authority.key) + encoded(authority.certificate) + encoded(authority.root), 0o600)
    write(ca / ROOT, encoded(authority.root), 0o644)
    _write_desk(ca, authority, now)


def _write_desk(ca: Path, authority: Authority, now: datetime) -> None:
    key, leaf = issue(authority.key, authority.certificate, DESK, now)
    write(ca / DESK_FILE, encoded(key) + encoded(leaf) + encoded(authority.certificate), 0o600)


def _desk_is_good(path: Path, authority: Authority, now: datetime) -> bool:
    try:
        key, leaf = read_key(path), read_certificates(path)[0]
        leaf.verify_directly_issued_by(authority.certificate)
    except (PkiError, InvalidSignature, TypeError, ValueError):
        return False
    # Renewed at half time, since a server may run for months before it is started again.
    half = min(now + LEAF_LIFE / 2, authority.certificate.not_valid_after_utc)
    return (
        key.public_key() == leaf.public_key() and leaf.not_valid_before_utc <= now and leaf.not_valid_after_utc >= half
    )


def _listed(word: str, names: set[str]) -> list[str]:
    if not names:
        return []
    shown = ", ".join(sorted(names)[:5])
    return [f"{word}: {shown}" + (f" and {len(names) - 5} more" if len(names) > 5 else "")]


def _read_root_key(path: Path, passphrase: str) -> tuple[Key, x509.Certificate]:
    certificates = read_certificates(path)
    key = read_key(path, passphrase)
    if certificates[0].public_key() != key.public_key():
        raise PkiError(f"{path} is not a root key of Carrel: use the file that `carrel ca init` wrote")
    return key, certificates[0]
