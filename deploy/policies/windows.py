"""Windows: the registry as a .reg file, and a PowerShell script that also imports the certificate. Pure.

Chrome, Edge and Firefox read machine-wide policies there; values of other names in the same keys are left alone. The
texts are ASCII with the line ends of Windows, which all of its versions read.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from deploy.policies import ROOT_NAME, File, Terminal, chromium, firefox

POLICIES = "SOFTWARE\\Policies\\"
BROWSERS = {"Chrome": POLICIES + "Google\\Chrome", "Edge": POLICIES + "Microsoft\\Edge"}
FIREFOX = POLICIES + "Mozilla\\Firefox"

_LIST_ENTRY = "7270"
"""Name of our entry in a list of certificates: a number, as Chrome asks, and hardly one that somebody else took."""


@dataclass(frozen=True, slots=True)
class Entry:
    key: str
    name: str
    value: str | int | tuple[str, ...]


def windows(terminal: Terminal) -> tuple[File, ...]:
    found = tuple(entries(terminal))
    does = "sets proxy, certificate and what the counting needs, for Chrome, Edge and Firefox, for all users"
    return (
        File(
            "carrel.ps1",
            powershell(terminal, found),
            (
                "run as administrator: powershell -ExecutionPolicy Bypass -File carrel.ps1 (-Remove takes it out)",
                "or as a startup script of the computers' group policy",
            ),
            f"{does}; imports the root certificate into the computer's store",
            "\r\n",
        ),
        File(
            "carrel.reg",
            reg(found),
            (
                "instead of carrel.ps1, as administrator: reg import carrel.reg",
                f"and the certificate beside it, which Firefox needs: certutil -addstore -f Root {ROOT_NAME}",
            ),
            does,
            "\r\n",
        ),
        File(
            ROOT_NAME,
            terminal.root_pem,
            (
                "not needed with carrel.ps1",
                "group policy: Security Settings, Public Key Policies, Trusted Root Certification Authorities: Import",
            ),
            "the root certificate",
            "\r\n",
        ),
    )


def entries(terminal: Terminal) -> Iterator[Entry]:
    """Everything that is written below HKEY_LOCAL_MACHINE, by key."""
    for key in BROWSERS.values():
        for name, value in chromium.policies(terminal).items():
            if isinstance(value, list):
                yield from (Entry(f"{key}\\{name}", _LIST_ENTRY, str(one)) for one in value)
            else:
                yield Entry(key, name, _plain(value))
    # Firefox does not read the computer's certificates by itself everywhere.
    wanted = {**firefox.policies(terminal), "Certificates": {"ImportEnterpriseRoots": True}}
    for name, value in sorted(wanted.items()):
        if name == "Preferences":
            yield Entry(FIREFOX, name, (json.dumps(value, sort_keys=True),))
        elif isinstance(value, dict):
            yield from (Entry(f"{FIREFOX}\\{name}", below, _plain(one)) for below, one in value.items())
        else:
            yield Entry(FIREFOX, name, _plain(value))


def reg(found: tuple[Entry, ...]) -> str:
    lines, last = ["Windows Registry Editor Version 5.00"], ""
    for entry in sorted(found, key=lambda entry: (entry.key, entry.name)):
        if entry.key != last:
            last = entry.key
            lines += ["", f"[HKEY_LOCAL_MACHINE\\{entry.key}]"]
        lines.append(f'"{entry.name}"={_reg_value(entry.value)}')
    return "\n".join([*lines, ""])


def powershell(terminal: Terminal, found: tuple[Entry, ...]) -> str:
    values = ",\n".join(f"    @({_quoted('HKLM:' + chr(92) + one.key)}, {_typed(one)})" for one in found)
    return _SCRIPT.format(
        proxy=terminal.proxy,
        fingerprint=terminal.fingerprint,
        thumbprint=terminal.thumbprint,
        certificate=terminal.root_base64,
        values=values,
        root=ROOT_NAME,
    )


def _plain(value: Any) -> str | int:
    if isinstance(value, dict):
        return json.dumps(value, sort_keys=True, separators=(",", ":"))
    return value if isinstance(value, str) else int(value)


def _reg_value(value: str | int | tuple[str, ...]) -> str:
    if isinstance(value, int):
        return f"dword:{value:08x}"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    data = "".join(f"{one}\0" for one in (*value, "")).encode("utf-16-le")
    return "hex(7):" + ",".join(f"{byte:02x}" for byte in data)


def _typed(entry: Entry) -> str:
    value = entry.value
    if isinstance(value, int):
        return f"{_quoted(entry.name)}, 'DWord', {value}"
    if isinstance(value, str):
        return f"{_quoted(entry.name)}, 'String', {_quoted(value)}"
    return f"{_quoted(entry.name)}, 'MultiString', [string[]]@({', '.join(map(_quoted, value))})"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


# New-Item -Force on a key that exists would empty it, so keys are only made where they are missing.
_SCRIPT = """\
# Carrel: browsers of this computer use the proxy {proxy} and trust Carrel's root certificate.
# Certificate, SHA-256: {fingerprint}
# Takes everything out again with: -Remove
#Requires -RunAsAdministrator
param([switch]$Remove)
$ErrorActionPreference = 'Stop'

$thumbprint = '{thumbprint}'
$certificate = '{certificate}'
$values = @(
{values}
)

if ($Remove) {{
    foreach ($value in $values) {{
        Remove-ItemProperty -LiteralPath $value[0] -Name $value[1] -ErrorAction SilentlyContinue
    }}
    Remove-Item -LiteralPath "Cert:\\LocalMachine\\Root\\$thumbprint" -ErrorAction SilentlyContinue
    Write-Output 'Carrel was taken out of this computer. Start the browsers again.'
    return
}}

$file = Join-Path ([IO.Path]::GetTempPath()) "carrel-root-$PID.cer"
try {{
    [IO.File]::WriteAllBytes($file, [Convert]::FromBase64String($certificate))
    Import-Certificate -FilePath $file -CertStoreLocation Cert:\\LocalMachine\\Root | Out-Null
}} finally {{
    Remove-Item -LiteralPath $file -ErrorAction SilentlyContinue
}}
if (-not (Test-Path -LiteralPath "Cert:\\LocalMachine\\Root\\$thumbprint")) {{
    throw 'Windows did not take the certificate; import {root} by hand.'
}}

foreach ($value in $values) {{
    if (-not (Test-Path -LiteralPath $value[0])) {{
        New-Item -Path $value[0] -Force | Out-Null
    }}
    New-ItemProperty -LiteralPath $value[0] -Name $value[1] -PropertyType $value[2] -Value $value[3] -Force | Out-Null
}}
Write-Output 'Carrel is set up on this computer. Start the browsers again.'
"""
