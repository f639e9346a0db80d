"""Signatures by OpenSSH's ssh-keygen, which every library's IT has. No cryptography of our own.

A signature carries the public key, so it always fits some key: whose key that is, an `allowed_signers` file says.
"""

from __future__ import annotations

import base64
import binascii
import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

LARGEST = 16 * 2**10
_SECONDS = 120
_ARMOUR = re.compile(rb"-----BEGIN SSH SIGNATURE-----\n([A-Za-z0-9+/=\n]+)-----END SSH SIGNATURE-----\n?")
_MAGIC = b"SSHSIG\x00\x00\x00\x01"
_KIND = re.compile(rb"[a-z0-9@.-]{1,64}")
MISSING = "ssh-keygen is not installed; install openssh-client"


class SignatureError(ValueError):
    """One line: what is wrong with the key or the signature, and what to do."""


class NoProgramError(SignatureError):
    """ssh-keygen is not there, so nothing can be said."""


@dataclass(frozen=True, slots=True)
class Verdict:
    good: bool
    message: str


def sign(message: bytes, key: Path, namespace: str) -> bytes:
    """A key with a passphrase asks for it at the terminal."""
    path = key.expanduser()
    if not path.is_file():
        raise SignatureError(f"{key}: there is no such key; make one with ssh-keygen -t ed25519, or name another")
    done = _run("-Y", "sign", "-n", namespace, "-f", str(path.absolute()), given=message)
    if done.returncode or not _ARMOUR.fullmatch(done.stdout):
        said = _said(done).replace(str(path.absolute()), path.name)
        raise SignatureError(f"{key}: ssh-keygen could not sign with it ({said}); name a private key with --key")
    return done.stdout


def public_key(signature: bytes) -> str:
    """The key in the signature, as a line without a comment: a comment often is a person's name and computer."""
    try:
        found = _ARMOUR.fullmatch(signature)
        blob = base64.b64decode(found[1].replace(b"\n", b""), validate=True) if found else b""
        if not blob.startswith(_MAGIC):
            raise ValueError
        key = _string(blob[len(_MAGIC) :])
        kind = _string(key)
        if not _KIND.fullmatch(kind):
            raise ValueError
    except (ValueError, binascii.Error):
        raise SignatureError("it is no signature of ssh-keygen's") from None
    return f"{kind.decode()} {base64.b64encode(key).decode()}"


def check(message: bytes, signature: bytes, namespace: str) -> Verdict:
    """Whether it fits its own key; nothing about whose that is."""
    return _verdict(message, signature, "-Y", "check-novalidate", "-n", namespace)


def verify(message: bytes, signature: bytes, namespace: str, signers: Path, signer: str) -> Verdict:
    """`signer`: a name in the file of allowed signers; '' takes the one to whom the key belongs."""
    if not signers.is_file():
        raise SignatureError(f"{signers}: there is no such file; write one line into it: NAME PUBLIC-KEY")
    known = str(signers.absolute())
    name = signer or _principal(signature, known)
    if not name:
        return Verdict(False, f"its key belongs to nobody in {signers.name}")
    return _verdict(message, signature, "-Y", "verify", "-n", namespace, "-f", known, "-I", name)


def _principal(signature: bytes, known: str) -> str:
    with tempfile.TemporaryDirectory(prefix="carrel-verify-") as folder:
        path = Path(folder) / "signature"
        path.write_bytes(signature)
        done = _run("-Y", "find-principals", "-f", known, "-s", str(path))
    return "" if done.returncode else (done.stdout.decode("utf-8", "replace").splitlines() or [""])[0]


def _verdict(message: bytes, signature: bytes, *words: str) -> Verdict:
    with tempfile.TemporaryDirectory(prefix="carrel-verify-") as folder:
        path = Path(folder) / "signature"
        path.write_bytes(signature)
        done = _run(*words, "-s", str(path), given=message)
    return Verdict(done.returncode == 0, _said(done))


def _run(*words: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    program = shutil.which("ssh-keygen")
    if program is None:
        raise NoProgramError(MISSING)
    environment = os.environ | {"LC_ALL": "C", "SSH_ASKPASS_REQUIRE": "never"}
    try:
        return subprocess.run(
            [program, *words], input=given, capture_output=True, timeout=_SECONDS, check=False, env=environment
        )
    except subprocess.TimeoutExpired:
        raise SignatureError(f"ssh-keygen did not end within {_SECONDS} seconds; try again") from None
    except OSError as error:
        raise NoProgramError(f"ssh-keygen cannot be started ({error.strerror}); install openssh-client") from None


def _said(done: subprocess.CompletedProcess[bytes]) -> str:
    """The last line of either stream: the ones before tell what ssh-keygen is doing."""
    text = (done.stdout if done.returncode == 0 else done.stderr or done.stdout).decode("utf-8", "replace")
    lines = [" ".join(line.split()) for line in text.splitlines() if line.strip()]
    shown = lines[-1] if lines else "it said nothing"
    return "".join(c if c.isprintable() else "?" for c in shown)[:200]


def _string(blob: bytes) -> bytes:
    """The first string of SSH's wire format: four bytes of length, then the bytes."""
    length = int.from_bytes(blob[:4])
    if len(blob) < 4 + length:
        raise ValueError("cut off")
    return blob[4 : 4 + length]
