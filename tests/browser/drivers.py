"""What the tests ask of a browser. The two browsers themselves: chromium.py and firefox.py."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Protocol


class Browser(Protocol):
    """A browser with a profile of its own, its own trust store, and one proxy for everything."""

    def open(self, url: str, tab: str = "first") -> None:
        """Load a page in a tab (made if new) and wait for its load event. Raises Refused for a certificate error."""

    def click(self, selector: str, tab: str = "first") -> None: ...

    def text(self, tab: str = "first") -> str: ...

    def close(self) -> None: ...


class Start(Protocol):
    def __call__(self, folder: Path, proxy_port: int, *roots: Path) -> Browser:
        """`folder` is for profile and home; `roots` are the certificates to trust, as PEM files."""


class Refused(Exception):  # noqa: N818  # reads better where it is used
    """The browser refused the server's certificate."""


def program(*names: str) -> str | None:
    return next((path for name in names if (path := shutil.which(name))), None)


def environment(home: Path) -> dict[str, str]:
    """The environment of a browser: a home of its own, and no proxy, display or session bus of ours."""
    keep = {name: value for name, value in os.environ.items() if name in ("PATH", "LANG", "TZ")}
    home.mkdir(parents=True, exist_ok=True)
    return keep | {"HOME": str(home)}  # temporary folders stay in /tmp: Chromium needs short names for its sockets
