"""policies.json for Firefox. Pure.

The certificate is a file of its own on Linux, which Firefox reads into each new profile. On Windows and macOS it is
told to trust what the computer trusts (windows.py, macos.py).
"""

from __future__ import annotations

import json
from typing import Any

from deploy.policies import ROOT_NAME, File, Terminal


def firefox(terminal: Terminal) -> tuple[File, ...]:
    wanted = {**policies(terminal), "Certificates": {"Install": [ROOT_NAME]}}
    return (
        File(
            "policies.json",
            json.dumps({"policies": wanted}, indent=2, sort_keys=True) + "\n",
            (
                "Linux: /etc/firefox/policies/policies.json",
                r"Windows without carrel.reg: distribution\policies.json beside firefox.exe",
                "macOS without carrel.mobileconfig: Firefox.app/Contents/Resources/distribution/policies.json",
            ),
            "sets the proxy, trusts Carrel's root certificate, switches off HTTP/3, DNS over HTTPS and connections "
            "in advance",
        ),
        File(
            ROOT_NAME,
            terminal.root_pem,
            (
                f"Linux: /usr/lib/mozilla/certificates/{ROOT_NAME}",
                rf"Windows: distribution\Certificates\{ROOT_NAME} beside firefox.exe",
                f"macOS: Firefox.app/Contents/Resources/distribution/Certificates/{ROOT_NAME}",
            ),
            "the root certificate that policies.json names",
        ),
    )


def policies(terminal: Terminal) -> dict[str, Any]:
    """All but the certificate. What Firefox blocks by itself stays as it is: that protects patrons."""
    return {
        "DNSOverHTTPS": {"Enabled": False, "Locked": True},
        "NetworkPrediction": False,
        "Preferences": preferences(terminal),
        "Proxy": {"AutoConfigURL": terminal.pac_url, "Locked": True, "Mode": "autoConfig"},
    }


def preferences(terminal: Terminal) -> dict[str, Any]:
    locked = {
        "network.http.http3.enable": False,
        # By default Firefox takes its own requests past a proxy that does not answer.
        "network.proxy.failover_direct": terminal.fails_open,
    }
    return {name: {"Status": "locked", "Value": value} for name, value in locked.items()}
