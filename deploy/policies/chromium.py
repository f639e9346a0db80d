"""Managed policies for Chromium, Chrome and Edge. Pure.

They share names and meaning; only the place of the file differs (Windows and macOS: windows.py, macos.py).
"""

from __future__ import annotations

import json
from typing import Any

from deploy.policies import ROOT_NAME, File, Terminal

NOT_PREDICTED = 2
"""Chrome's word for "never": no connections to places that a patron did not go to, which would also blur the counts."""

_DOES = "sets the proxy, trusts Carrel's root certificate, switches off QUIC, DNS over HTTPS and connections in advance"


def chrome(terminal: Terminal) -> tuple[File, ...]:
    return _files(
        terminal,
        "Chrome on Linux: /etc/opt/chrome/policies/managed/carrel.json",
        "Chromium on Debian: /etc/chromium/policies/managed/carrel.json",
    )


def edge(terminal: Terminal) -> tuple[File, ...]:
    return _files(terminal, "Edge on Linux: /etc/opt/edge/policies/managed/carrel.json")


def _files(terminal: Terminal, *places: str) -> tuple[File, ...]:
    text = json.dumps(policies(terminal), indent=2, sort_keys=True) + "\n"
    certificate = (
        "only for a browser that does not know the policy CACertificates and warns of each page, as the patrons' user:",
        f"certutil -d sql:$HOME/.pki/nssdb -A -t C,, -n Carrel -i {ROOT_NAME} (package libnss3-tools)",
    )
    return (
        File("carrel.json", text, places, _DOES),
        File(ROOT_NAME, terminal.root_pem, certificate, "the root certificate, which carrel.json holds too"),
    )


def policies(terminal: Terminal) -> dict[str, Any]:
    return {
        "CACertificates": [terminal.root_base64],
        # The proxy sees no name that the browser has looked up, or a connection that it has made, elsewhere.
        "DnsOverHttpsMode": "off",
        "NetworkPredictionOptions": NOT_PREDICTED,
        "ProxySettings": proxy_settings(terminal),
        "QuicAllowed": False,
    }


def proxy_settings(terminal: Terminal) -> dict[str, Any]:
    # Mandatory: a PAC file that cannot be read closes the way, where the browser would otherwise go direct.
    return {"ProxyMode": "pac_script", "ProxyPacMandatory": True, "ProxyPacUrl": terminal.pac_url}
