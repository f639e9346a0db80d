"""Policy files: what makes a terminal's browsers go through Carrel and trust its certificate. Pure.

Given what terminals have to know, each kind (`firefox`, `chrome`, ...) makes its files. Nothing is installed here: a
file says where it belongs, and IT puts it there. The settings are those that the counting needs, and no others.

The PAC file travels inside the policies, as a `data:` address. A PAC file fetched from a server is a way around the
content filter on the day on which the server is down, and on a plain network anybody could answer in its place.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from addons.decide.pac import MEDIA_TYPE
from addons.settings import Proxy

ROOT_NAME = "carrel-root.pem"


@dataclass(frozen=True, slots=True)
class Terminal:
    """What a terminal has to know of Carrel."""

    pac: str
    root: x509.Certificate
    proxy: str
    """Host and port as terminals reach them."""
    rules: Proxy
    pac_address: str = ""
    """Where the plain listener serves the PAC file, for systems that take no file; "" if there is none."""

    @property
    def pac_url(self) -> str:
        """The PAC file itself, as an address."""
        return f"data:{MEDIA_TYPE};base64,{base64.b64encode(self.pac.encode('ascii')).decode('ascii')}"

    @property
    def der(self) -> bytes:
        return self.root.public_bytes(Encoding.DER)

    @property
    def root_base64(self) -> str:
        return base64.b64encode(self.der).decode("ascii")

    @property
    def root_pem(self) -> str:
        return self.root.public_bytes(Encoding.PEM).decode("ascii")

    @property
    def thumbprint(self) -> str:
        """SHA-1 in capitals: the name under which Windows keeps a certificate."""
        return self.root.fingerprint(hashes.SHA1()).hex().upper()  # noqa: S303  # a name, and not ours to choose

    @property
    def fingerprint(self) -> str:
        """SHA-256, as browsers show it."""
        return self.root.fingerprint(hashes.SHA256()).hex(":").upper()

    @property
    def fails_open(self) -> bool:
        """Whether a browser may go straight to the internet when Carrel is down."""
        return self.rules.on_failure == "direct" and not self.rules.upstream


@dataclass(frozen=True, slots=True)
class File:
    name: str
    text: str
    places: tuple[str, ...]
    """Where it belongs, one for each program or system that reads it; or what to do with it."""
    does: str
    newline: str = "\n"


Maker = Callable[[Terminal], tuple[File, ...]]
