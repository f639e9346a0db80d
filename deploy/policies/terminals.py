"""From the configuration to what terminals have to know: the proxy's address, the PAC file, the root certificate."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Sequence
from pathlib import Path

from cryptography import x509

from addons.decide.pac import PacError, authority, notes, pac
from addons.settings import Settings
from deploy.policies import Terminal


class PolicyError(ValueError):
    """No policies can be made; one line that says what to do."""


def proxy_address(settings: Settings, given: str = "") -> str:
    """Carrel's host and port as terminals reach them: as given, or where it listens. Raises PacError."""
    if given:
        return authority(given)
    host, port = settings.proxy.listen
    listens = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    if ipaddress.ip_address(host).is_unspecified:
        raise PacError(f"Carrel listens on {listens}, all of its addresses: say with --proxy which one terminals reach")
    return authority(listens)


def terminal(settings: Settings, domains: Sequence[str], proxy: str) -> Terminal:
    """What a terminal has to know. Raises PolicyError if there is no certificate yet."""
    return Terminal(
        pac=pac(settings, domains, proxy),
        root=_root(settings.data.ca / "root.pem"),
        proxy=proxy,
        rules=settings.proxy,
        pac_address=_pac_address(settings, proxy),
    )


def warnings(settings: Settings, proxy: str) -> Iterator[str]:
    """What whoever makes the files should know, a line each."""
    yield from notes(settings)
    if _is_loopback(proxy.rpartition(":")[0].strip("[]")):
        yield f"{proxy} is this computer only; for others say with --proxy which address they reach"


def _root(path: Path) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except FileNotFoundError:
        raise PolicyError(
            f"{path}: there is no root certificate yet; make it with `carrel ca init`, or for a trial with `carrel up`"
        ) from None
    except OSError as error:
        raise PolicyError(f"{path}: cannot be read ({error.strerror}); run this as the user that runs Carrel") from None
    except ValueError:
        raise PolicyError(f"{path}: is no certificate; put the right file back from a copy") from None


def _pac_address(settings: Settings, proxy: str) -> str:
    if settings.desk.listen is None:
        return ""
    host, port = settings.desk.listen
    if ipaddress.ip_address(host).is_unspecified:
        host = proxy.rpartition(":")[0].strip("[]")
    return f"http://[{host}]:{port}/proxy.pac" if ":" in host else f"http://{host}:{port}/proxy.pac"


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
