"""`carrel uninstall`: take the service away again. What was counted stays, unless it is asked for by name."""

from __future__ import annotations

import contextlib
import pwd
import shutil
from dataclasses import dataclass
from pathlib import Path

from deploy import manager, units
from deploy.install import Say, ours
from deploy.sandbox import USER
from deploy.service_config import CONFIG, SLASH, InstallError, at, is_carrels, settings_of, text_of


@dataclass(frozen=True, slots=True)
class Removal:
    root: Path
    gone: tuple[Path, ...]
    """Files of ours."""
    data: Path | None
    """The data folder, if it is to go as well, with the configuration and the system user."""

    @property
    def is_empty(self) -> bool:
        return not self.gone and self.data is None


def plan(*, root: Path = SLASH, data: bool = False) -> Removal:
    """Raises InstallError or SettingsError where it is not sure what may be deleted."""
    folder = None
    if data and at(root, CONFIG).exists():
        text, _ = text_of(None, root)
        folder = settings_of(text, root).data.dir
        if not is_carrels(at(root, folder)):
            raise InstallError(f"{folder} is not Carrel's own folder; look into it, and delete it yourself")
    return Removal(root, tuple(ours(root)), folder)


def show(removal: Removal, say: Say) -> None:
    for words in _commands(removal):
        say(f"run    {' '.join(words)}")
    for path in removal.gone:
        say(f"remove {path}")
    if removal.data:
        say(f"remove {CONFIG}\nremove {removal.data} and all counts, lists and certificates in it")


def apply(removal: Removal, say: Say) -> None:
    """Raises ManagerError; a second run goes on where this one ended."""
    commands = _commands(removal)
    for words in commands[:1]:
        _do(words, say)
    for path in removal.gone:
        say(f"remove {path}")
        with contextlib.suppress(FileNotFoundError):
            at(removal.root, path).unlink()
    for words in commands[1:]:
        _do(words, say)
    if removal.data:
        say(f"remove {removal.data}")
        shutil.rmtree(at(removal.root, removal.data), ignore_errors=True)
        say(f"remove {CONFIG}")
        at(removal.root, CONFIG).unlink(missing_ok=True)
        with contextlib.suppress(OSError):  # somebody else's files are in it
            at(removal.root, CONFIG.parent).rmdir()
        if removal.root == SLASH and _has_user():
            _do(("userdel", USER), say)


def _commands(removal: Removal) -> list[tuple[str, ...]]:
    """The first is to run while the files are still there."""
    names = [path.name for path in removal.gone if path.parent == units.UNITS]
    if not names:
        return []
    if removal.root != SLASH:
        return [("systemctl", f"--root={removal.root}", "disable", *names)] if manager.has("systemctl") else []
    return [("systemctl", "disable", "--now", *names), ("systemctl", "daemon-reload")]


def _do(words: tuple[str, ...], say: Say) -> None:
    say(f"run    {' '.join(words)}")
    manager.do(words)


def _has_user() -> bool:
    with contextlib.suppress(KeyError):
        return bool(pwd.getpwnam(USER))
    return False
