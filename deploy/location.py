"""Where the program lies, and whether a service can start it there: services see no home folder and no /tmp."""

from __future__ import annotations

import shutil
import sys
import sysconfig
from collections.abc import Iterable
from pathlib import Path

HIDDEN = tuple(Path(name) for name in ("/home", "/root", "/run/user", "/tmp", "/var/tmp"))  # noqa: S108  # compared

TO_OPT = (
    "UV_PYTHON_INSTALL_DIR=/opt/carrel/python UV_PROJECT_ENVIRONMENT=/opt/carrel/venv "
    "uv sync --frozen --no-dev --no-editable"
)
"""Run in Carrel's folder as root: program and Python, where a service finds them."""


class LocationError(ValueError):
    """The service could not start the program. One line: why, and what to do."""


def program() -> Path:
    """The `carrel` of the running interpreter."""
    beside = Path(sysconfig.get_path("scripts")) / "carrel"
    if beside.is_file():
        return beside
    found = shutil.which(sys.argv[0]) or shutil.which("carrel")
    if found is None:
        raise LocationError(f"there is no program `carrel` beside {sys.executable}; name it with --program")
    return Path(found).absolute()


def parts_of_this() -> tuple[Path, ...]:
    """What has to be within reach for this program to start: environment, interpreter, and its own code."""
    return (Path(sys.prefix), Path(sys.base_prefix), Path(sys.executable).resolve(), Path(__file__).resolve())


def is_hidden(path: Path) -> bool:
    """
    >>> is_hidden(Path("/home/ada/carrel/.venv/bin/carrel")), is_hidden(Path("/opt/carrel/venv/bin/carrel"))
    (True, False)
    """
    return any(path.is_relative_to(folder) for folder in HIDDEN)


def check(program: Path, parts: Iterable[Path]) -> None:
    """Raise LocationError for a program that another user, without homes, could not start."""
    for part in (program, *parts):
        for path in {part, part.resolve()}:
            if is_hidden(path):
                raise LocationError(
                    f"{path} lies where a service cannot see it (homes and /tmp are hidden from it); as root, in "
                    f"Carrel's folder: {TO_OPT} && /opt/carrel/venv/bin/carrel install"
                )
            _check_reach(path)


def _check_reach(path: Path) -> None:
    try:
        for place in (path, *path.parents):
            needed = 0o005 if place == path else 0o001
            if place.stat().st_mode & needed != needed and place.suffix != ".py":
                raise LocationError(
                    f"the service's user may not read {place}; give everybody the right to (chmod o+rX {place}), or "
                    f"install with `umask 022`"
                )
    except OSError as error:
        reason = (error.strerror or "cannot be read").lower()
        raise LocationError(f"{path}: {reason}; name the program with --program") from None
