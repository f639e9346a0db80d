"""PEM files on disk: read with complaints of one line, written whole and for their owner's eyes only.

Knows nothing of what the certificates are for (certificates.py) or which files there are (pki.py).
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from deploy.certificates import Key, PkiError


def encoded(thing: x509.Certificate | Key, passphrase: str = "") -> bytes:
    """As PEM; a key with a passphrase is encrypted."""
    if isinstance(thing, x509.Certificate):
        return thing.public_bytes(serialization.Encoding.PEM)
    protection: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if passphrase:
        protection = serialization.BestAvailableEncryption(passphrase.encode())
    return thing.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, protection)


def read_key(path: Path, passphrase: str = "") -> Key:
    """The first private key of a file."""
    try:
        key = serialization.load_pem_private_key(_read(path), passphrase.encode() or None)
    except (TypeError, ValueError):  # what cryptography says here may quote the file, so it is not repeated
        hint = (
            "wrong passphrase, or not the file that `carrel ca init` wrote" if passphrase else "restore it from a copy"
        )
        raise PkiError(f"cannot read the private key in {path}: {hint}") from None
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise PkiError(f"the private key in {path} was not made by Carrel: restore the right file")
    return key


def read_certificates(path: Path) -> list[x509.Certificate]:
    """All certificates of a file, at least one."""
    try:
        return x509.load_pem_x509_certificates(_read(path))
    except ValueError as error:
        if isinstance(error, PkiError):
            raise
        raise PkiError(f"cannot read a certificate in {path}: restore the file from a copy") from None


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise PkiError(f"cannot read {path}: {error.strerror}") from None


def write(path: Path, content: bytes, mode: int) -> None:
    """Whole or not at all, and never readable by others, not even for a moment."""
    draft = path.with_name(f".{path.name}.new")
    try:
        draft.unlink(missing_ok=True)
        _write_exclusively(draft, content, mode)
        os.replace(draft, path)
        _sync(path.parent)
    except OSError as error:
        raise PkiError(f"cannot write {path}: {error.strerror}") from None


def make_private(path: Path) -> None:
    """For files that a copy or a backup brought back with other rights."""
    try:
        path.chmod(0o600)
    except OSError as error:
        raise PkiError(f"cannot take away others' rights to {path}: {error.strerror}") from None


def write_once(path: Path, content: bytes) -> None:
    """Like `write`, for a file that must not exist yet: a root key is never written over."""
    try:
        _write_exclusively(path, content, 0o600)
    except FileExistsError:
        raise PkiError(f"{path} exists already and is not overwritten: name a new file for the root key") from None
    except OSError as error:
        raise PkiError(f"cannot write the root key to {path}: {error.strerror}") from None


def _write_exclusively(path: Path, content: bytes, mode: int) -> None:
    number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(number, "wb") as file:
        file.write(content)
        file.flush()
        os.fchmod(number, mode)
        os.fsync(number)


def _sync(folder: Path) -> None:
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """The folder, made if need be, for one process at a time."""
    try:
        folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
        folder.chmod(0o700)
        number = os.open(folder, os.O_RDONLY)
    except OSError as error:
        raise PkiError(
            f"cannot use the folder {folder}: {error.strerror}; make it writable or change data.dir"
        ) from None
    try:
        fcntl.flock(number, fcntl.LOCK_EX)
        yield
    finally:
        os.close(number)
