"""macOS: a configuration profile with certificate, browsers and, where it says the same, the system's proxy. Pure."""

from __future__ import annotations

import plistlib
import uuid
from collections.abc import Iterator
from typing import Any

from cryptography.hazmat.primitives import hashes

from deploy.policies import File, Terminal, chromium, firefox

IDENTIFIER = "internal.carrel.terminal"
BROWSERS = ("com.google.Chrome", "com.microsoft.Edge", "org.chromium.Chromium")


def macos(terminal: Terminal) -> tuple[File, ...]:
    return (
        File(
            "carrel.mobileconfig",
            profile(terminal),
            (
                "device management (Jamf, Mosyle, Intune, ...): upload it as a custom profile for devices, not users",
                "one computer by hand: open it, then System Settings, General, Device Management",
                'the certificate may then have to be trusted in Keychain Access ("Always Trust")',
            ),
            "sets proxy, certificate and what the counting needs, for Chrome, Edge and Firefox; "
            + _about_safari(terminal),
        ),
    )


def profile(terminal: Terminal) -> str:
    """The same terminal gets the same identifiers, so that a new version replaces the old one."""
    content = {
        "PayloadType": "Configuration",
        "PayloadVersion": 1,
        "PayloadIdentifier": IDENTIFIER,
        "PayloadUUID": _uuid(terminal, IDENTIFIER),
        "PayloadDisplayName": "Carrel",
        "PayloadDescription": "The library's proxy for browsers, and its root certificate.",
        "PayloadScope": "System",
        "PayloadRemovalDisallowed": False,
        "PayloadContent": [
            {
                **payload,
                "PayloadVersion": 1,
                "PayloadIdentifier": f"{IDENTIFIER}.{payload['PayloadType']}",
                "PayloadUUID": _uuid(terminal, payload["PayloadType"]),
            }
            for payload in _payloads(terminal)
        ],
    }
    return plistlib.dumps(content).decode("utf-8")


def system_proxy(terminal: Terminal) -> dict[str, Any] | None:
    """The proxy of the system, which Safari uses; None where it could not say what the PAC file says."""
    host, _, port = terminal.proxy.rpartition(":")
    if terminal.pac_address:
        return {
            "ProxyType": "Auto",
            "ProxyPACURL": terminal.pac_address,
            "ProxyPACFallbackAllowed": terminal.fails_open,
        }
    if terminal.rules.route == "all" and terminal.rules.on_failure == "closed":
        return {"ProxyType": "Manual", "ProxyServer": host.strip("[]"), "ProxyServerPort": int(port)}
    return None


def _payloads(terminal: Terminal) -> Iterator[dict[str, Any]]:
    yield {
        "PayloadType": "com.apple.security.root",
        "PayloadDisplayName": "Carrel root certificate",
        "PayloadCertificateFileName": "carrel-root.cer",
        "PayloadContent": terminal.der,
    }
    for domain in BROWSERS:
        yield {"PayloadType": domain, "PayloadDisplayName": f"Carrel, {domain}", **chromium.policies(terminal)}
    yield {
        "PayloadType": "org.mozilla.firefox",
        "PayloadDisplayName": "Carrel, Firefox",
        "EnterprisePoliciesEnabled": True,
        "Certificates": {"ImportEnterpriseRoots": True},
        **firefox.policies(terminal),
    }
    if proxy := system_proxy(terminal):
        yield {"PayloadType": "com.apple.proxy.http.global", "PayloadDisplayName": "Carrel, system proxy", **proxy}


def _about_safari(terminal: Terminal) -> str:
    if system_proxy(terminal):
        return "and the system's proxy, for Safari"
    return (
        "not the system's proxy, for Safari: it needs a PAC file at an address, so set [desk] listen and make this anew"
    )


def _uuid(terminal: Terminal, name: str) -> str:
    return str(uuid.uuid5(uuid.UUID(bytes=terminal.root.fingerprint(hashes.SHA256())[:16]), name)).upper()
