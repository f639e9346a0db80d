"""What Carrel's programs may not do as services, as lines of unit files; and how such files are written. Pure.

The lines are the same for all programs. What one of them is allowed beyond stands in `units`, with its reason.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

Lines = tuple[tuple[str, str], ...]

USER = "carrel"
STATE = Path("/var/lib")

RESTRICTED: Lines = (
    ("User", USER),
    ("Group", USER),
    ("UMask", "0077"),
    ("NoNewPrivileges", "yes"),
    ("CapabilityBoundingSet", ""),
    ("AmbientCapabilities", ""),
    ("ProtectSystem", "strict"),
    ("ProtectHome", "yes"),
    ("PrivateTmp", "yes"),
    ("PrivateMounts", "yes"),
    ("PrivateDevices", "yes"),
    ("DevicePolicy", "closed"),
    ("PrivateIPC", "yes"),
    ("PrivateUsers", "yes"),
    ("ProtectProc", "invisible"),
    ("ProcSubset", "pid"),
    ("ProtectKernelTunables", "yes"),
    ("ProtectKernelModules", "yes"),
    ("ProtectKernelLogs", "yes"),
    ("ProtectControlGroups", "yes"),
    ("ProtectClock", "yes"),
    ("ProtectHostname", "yes"),
    ("RestrictNamespaces", "yes"),
    ("RestrictRealtime", "yes"),
    ("RestrictSUIDSGID", "yes"),
    ("RemoveIPC", "yes"),
    ("KeyringMode", "private"),
    ("LockPersonality", "yes"),
    ("SystemCallArchitectures", "native"),
    ("SystemCallFilter", "@system-service"),
    ("SystemCallFilter", "~@privileged @resources"),
    ("SystemCallErrorNumber", "EPERM"),
    # What is in memory must never reach a disk: no core file, no swap.
    ("LimitCORE", "0"),
    ("MemorySwapMax", "0"),
    ("Environment", "PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1"),
)
NO_NEW_CODE: Lines = (("MemoryDenyWriteExecute", "yes"),)
"""Not for the proxy: pyOpenSSL, with which mitmproxy opens the sites' TLS, makes its callbacks at run time (cffi)."""


def writable(data: Path) -> Lines:
    """The one folder that may be written, from which no program may be started."""
    name = data.relative_to(STATE).as_posix() if _is_state(data) else ""
    state: Lines = (("StateDirectory", name), ("StateDirectoryMode", "0700"))
    return (*(state if name else (("ReadWritePaths", quoted(data)),)), ("NoExecPaths", quoted(data)))


def without_keys(data: Path) -> Lines:
    """Only the proxy needs the certificates' keys."""
    return (("InaccessiblePaths", f"-{quoted(data / 'ca')}"),)


def _is_state(data: Path) -> bool:
    return data != STATE and data.is_relative_to(STATE) and not any(c in str(data) for c in ' :%"\\')


def unit(**sections: Iterable[tuple[str, str]]) -> str:
    return "\n".join(
        f"[{name}]\n" + "".join(f"{key}={value}\n" for key, value in lines) for name, lines in sections.items()
    )


def quoted(path: Path) -> str:
    """A path as unit files write it.

    >>> quoted(Path("/srv/my carrel/100%"))
    '"/srv/my carrel/100%%"'
    """
    text = str(path).replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{text}"' if any(c in text for c in " \t'\"\\;$") else text
