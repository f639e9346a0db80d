"""systemd, asked and told through its own programs. It knows nothing of Carrel's units."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

UNKNOWN = 252
"""What to write for where there is no systemd to ask: every key of this version is known to later ones."""
SECONDS = 180.0
"""For one command; a start waits until the program is ready."""


class ManagerError(ValueError):
    """A command failed. One line: which, why, and where to look."""


@dataclass(frozen=True, slots=True)
class State:
    enabled: bool
    active: bool
    active_state: str = ""
    result: str = ""
    restarts: int = 0


def version() -> int:
    """Of the installed systemd; UNKNOWN without one."""
    try:
        said = _run(("systemctl", "--version"))
    except (OSError, subprocess.SubprocessError):
        return UNKNOWN
    found = re.match(r"systemd (\d+)", said.stdout)
    return int(found[1]) if found else UNKNOWN


def runs() -> bool:
    """Whether systemd manages this machine (sd_booted(3))."""
    return Path("/run/systemd/system").is_dir()


def states(units: Sequence[str]) -> dict[str, State]:
    """How the machine's own systemd sees these units."""
    if not units:
        return {}
    properties = "Id,ActiveState,UnitFileState,Result,NRestarts"
    try:
        said = _run(("systemctl", "show", "--property", properties, "--", *units)).stdout
    except (OSError, subprocess.SubprocessError):
        return {}
    found = {}
    for block in said.strip().split("\n\n"):
        values = dict(line.split("=", 1) for line in block.splitlines() if "=" in line)
        restarts = values.get("NRestarts", "0")
        found[values.get("Id", "")] = State(
            enabled=values.get("UnitFileState") == "enabled",
            active=values.get("ActiveState") == "active",
            active_state=values.get("ActiveState", ""),
            result=values.get("Result", ""),
            restarts=int(restarts) if restarts.isdecimal() else 0,
        )
    return found


def enabled_below(root: Path, units: Sequence[str]) -> set[str]:
    """Those that start with the system whose files lie below `root`."""
    found = set()
    for unit in units:
        try:
            said = _run(("systemctl", f"--root={root}", "is-enabled", unit)).stdout
        except (OSError, subprocess.SubprocessError):
            continue
        if said.strip() == "enabled":
            found.add(unit)
    return found


def clock_is_kept() -> bool | None:
    """Whether the clock is set over the network; None: cannot be told."""
    try:
        said = _run(("timedatectl", "show", "--property=NTPSynchronized", "--value")).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return None
    return {"yes": True, "no": False}.get(said)


def has(program: str) -> bool:
    return shutil.which(program) is not None


def do(words: Sequence[str]) -> None:
    """Run one command. Raises ManagerError."""
    try:
        done = _run(words)
    except FileNotFoundError:
        raise ManagerError(f"there is no program {words[0]}; install systemd, or run Carrel in a container") from None
    except (OSError, subprocess.SubprocessError) as error:
        raise ManagerError(f"`{' '.join(words)}` did not end ({type(error).__name__}); see `journalctl -e`") from None
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip() or f"status {done.returncode}").splitlines()[0]
        raise ManagerError(f"`{' '.join(words)}` failed ({said}); see `journalctl -e -u 'carrel-*'`")


def _run(words: Sequence[str]) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "LC_ALL": "C", "SYSTEMD_PAGER": "", "SYSTEMD_COLORS": "0"}
    return subprocess.run(
        list(words),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
        env=environment,
        stdin=subprocess.DEVNULL,
    )
