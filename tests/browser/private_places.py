"""System places of a machine as one browser alone sees them: nothing outside that browser's own processes is touched.

The browser gets a mount namespace of its own, in which copies of the system's folders, with our files added, lie over
the real ones. No other browser on the machine reads our policies. Only an empty folder to lay something over may have
to be made, and is removed again.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path


class Unplaceable(Exception):  # noqa: N818  # reads better where it is used
    """Why files cannot be placed here: the words for a skipped test."""


@contextlib.contextmanager
def placed(folder: Path, program: str, files: Mapping[Path, bytes]) -> Iterator[Path]:
    """A script that starts the program with `files` in their places. Raises Unplaceable."""
    if os.geteuid() != 0:
        raise Unplaceable("needs root, to place files for a browser in a mount namespace")
    if shutil.which("unshare") is None or subprocess.run(["unshare", "--mount", "true"], check=False).returncode:
        raise Unplaceable("mount namespaces are not allowed here")
    if there := next((place for place in files if place.exists()), None):
        raise Unplaceable(f"{there} is there already")
    with contextlib.ExitStack() as putting_back:
        copies: dict[Path, Path] = {}
        for place, content in files.items():
            over = _folder(place, putting_back)
            if over not in copies:
                copies[over] = folder / f"over-{len(copies)}"
                shutil.copytree(over, copies[over], symlinks=True)
            target = copies[over] / place.relative_to(over)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        binds = [f"mount --bind {shlex.quote(str(copy))} {shlex.quote(str(over))}" for over, copy in copies.items()]
        inside = folder / "inside.sh"
        inside.write_text("\n".join(["set -e", *binds, f'exec {shlex.quote(program)} "$@"', ""]))
        script = folder / "browser.sh"
        script.write_text(f'#!/bin/sh\nexec unshare --mount sh {shlex.quote(str(inside))} "$@"\n')
        script.chmod(0o755)
        yield script


def _folder(place: Path, putting_back: contextlib.ExitStack) -> Path:
    """What a copy is laid over: a folder of the program's own, never /etc as a whole."""
    over = next(parent for parent in place.parents if parent.is_dir())
    if len(over.parts) > 2:
        return over
    over /= place.relative_to(over).parts[0]
    over.mkdir()
    putting_back.callback(over.rmdir)
    return over
