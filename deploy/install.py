"""`carrel install`: compare what a service needs with what is there, then write and run what is missing.

A plan is made first and shown by `--dry-run`; an installation that is complete gives an empty one. Below a folder other
than `/` (an image being built, a test) files are written and units enabled, and nothing is started.
"""

from __future__ import annotations

import contextlib
import errno
import os
import pwd
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from addons.settings import Listen, Settings
from deploy import location, manager, units
from deploy.manager import State
from deploy.sandbox import USER
from deploy.service_config import CONFIG, SLASH, InstallError, at, settings_of, text_of
from deploy.units import House

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class File:
    path: Path
    """As the installed system sees it."""
    text: str
    mode: int
    state: str
    """`new`, `changed` or `unchanged`."""


@dataclass(frozen=True, slots=True)
class Plan:
    root: Path
    files: tuple[File, ...]
    before: tuple[tuple[str, ...], ...] = ()
    """Commands to run before files are written and removed, and after."""
    gone: tuple[Path, ...] = ()
    """Files of ours that are not needed any more."""
    after: tuple[tuple[str, ...], ...] = ()
    notes: tuple[str, ...] = field(default=())

    @property
    def written(self) -> tuple[File, ...]:
        return tuple(file for file in self.files if file.state != "unchanged")

    @property
    def is_empty(self) -> bool:
        return not (self.written or self.gone or self.before or self.after)


def plan(
    *,
    version: str,
    config: Path | None = None,
    root: Path = SLASH,
    program: Path | None = None,
    lists: bool = True,
) -> Plan:
    """What has to happen for Carrel to run as a service. Raises InstallError, LocationError or SettingsError."""
    if program is None:
        program = location.program()
        location.check(program, location.parts_of_this())
    else:
        _check_named(program, root)
    text, fresh = text_of(config, root)
    settings = settings_of(text, root)
    house = units.house(settings, program, CONFIG, version, manager.version(), lists=lists)
    wanted = units.files(house)
    files = [_file(root, path, content, 0o644) for path, content in wanted.items()]
    files.append(_file(root, CONFIG, text, 0o640))
    for file in files:
        _refuse_foreign(root, file)
    obsolete = tuple(path for path in ours(root) if path not in wanted)
    commands = (
        live_commands(house, files, obsolete, fresh=fresh) if root == SLASH else _below(root, house, obsolete, fresh)
    )
    return Plan(root, tuple(files), commands[0], obsolete, commands[1], _notes(settings, program, root, fresh))


def apply(plan: Plan, say: Say) -> None:
    """Carry it out. Raises InstallError or ManagerError; what was done until then stays, and a second run goes on."""
    for words in plan.before:
        say(f"run    {' '.join(words)}")
        manager.do(words)
    for file in plan.written:
        say(f"write  {file.path} ({file.state})")
        _write(at(plan.root, file.path), file)
    for path in plan.gone:
        say(f"remove {path}")
        with contextlib.suppress(FileNotFoundError):
            at(plan.root, path).unlink()
    for words in plan.after:
        say(f"run    {' '.join(words)}")
        manager.do(words)


def show(plan: Plan, say: Say) -> None:
    """The dry run: every file in full, and every command."""
    for file in plan.files:
        say(f"--- {file.path} ({file.state}, mode {file.mode:o})")
        say(file.text)
    for words in plan.before:
        say(f"run    {' '.join(words)}")
    for path in plan.gone:
        say(f"remove {path}")
    for words in plan.after:
        say(f"run    {' '.join(words)}")


def check_live() -> None:
    """That services can be installed on this machine, by this user. Raises InstallError."""
    if not manager.runs():
        raise InstallError(
            "systemd does not run on this machine: use deploy/container/, start `carrel up` another way, or write the "
            "files below a folder with --root"
        )
    if os.geteuid() != 0:
        raise InstallError(f"only root may install a service: sudo {location.program()} install")


def _check_named(program: Path, root: Path) -> None:
    if not program.is_absolute():
        raise InstallError(f"--program {program}: write the whole path, such as /opt/carrel/venv/bin/carrel")
    if root == SLASH:
        location.check(program, ())
    elif location.is_hidden(program):
        raise InstallError(f"--program {program}: services see no home and no /tmp; put it into /opt/carrel")


def _file(root: Path, path: Path, text: str, mode: int) -> File:
    try:
        there = at(root, path).read_text("utf-8-sig")
    except FileNotFoundError:
        return File(path, text, mode, "new")
    except (OSError, UnicodeDecodeError):
        there = ""
    return File(path, text, mode, "unchanged" if there == text else "changed")


def _refuse_foreign(root: Path, file: File) -> None:
    if file.state == "changed" and not _isours(at(root, file.path)):
        raise InstallError(f"{file.path} was not written by `carrel install`; move it away, then run this again")


def _isours(path: Path) -> bool:
    try:
        return path.is_file() and path.read_text("utf-8", "replace").startswith(units.MARK)
    except OSError:
        return False


def ours(root: Path) -> list[Path]:
    """Files of ours that are there."""
    paths = [*(units.UNITS / name for name in units.ALL_UNITS), units.SYSUSERS, units.TMPFILES]
    return [path for path in paths if _isours(at(root, path))]


Commands = tuple[tuple[str, ...], ...]


def live_commands(
    house: House, files: Sequence[File], obsolete: Sequence[Path], *, fresh: bool
) -> tuple[Commands, Commands]:
    """What to run on this machine, before and after files are written. Raises InstallError for a port that is taken."""
    changed = {file.path for file in files if file.state != "unchanged"}
    before: list[tuple[str, ...]] = []
    after: list[tuple[str, ...]] = []
    if obsolete:
        before.append(("systemctl", "disable", "--now", *(path.name for path in obsolete)))
    if units.SYSUSERS in changed or not _has_user():
        after.append(("systemd-sysusers", str(units.SYSUSERS)))
    if {units.TMPFILES, CONFIG} & changed or not _has_user() or not owned_well(house.data, CONFIG):
        after.append(("systemd-tmpfiles", "--create", str(units.TMPFILES)))
    touched = {path.name for path in changed if path.parent == units.UNITS}
    if touched or obsolete:
        after.append(("systemctl", "daemon-reload"))
    if not fresh:
        wanted = units.enabled(house)
        states = manager.states(wanted)
        idle = [unit for unit in wanted if not (unit in states and states[unit].enabled)]
        if idle:
            after.append(("systemctl", "enable", *idle))
        _refuse_taken(house, states)
        restart = {unit for unit in wanted if unit in touched or not (unit in states and states[unit].active)}
        if any(unit.endswith(".socket") for unit in restart):
            restart.add("carrel-proxy.service")  # a socket in use cannot be changed
        if restart:
            after.append(("systemctl", "restart", *(unit for unit in wanted if unit in restart)))
    return tuple(before), tuple(after)


def _refuse_taken(house: House, states: Mapping[str, State]) -> None:
    """A port that another program has would leave the proxy stopped."""
    ports = {
        "carrel-proxy.socket": ("[proxy] listen", house.proxy),
        "carrel-desk.socket": ("[desk] listen", house.desk),
        "carrel-dashboard.service": ("[dashboard] listen", house.dashboard),
        "carrel-public.service": ("[dashboard] public", house.public),
    }
    for unit, (key, listen) in ports.items():
        if listen is None or not _is_taken(listen):
            continue
        ours = unit in states and states[unit].active
        if not ours:
            raise InstallError(
                f"{units.address(listen)} is in use by another program: stop that (perhaps a `carrel up`), or change "
                f"{key} in {CONFIG}"
            )


def _is_taken(listen: Listen) -> bool:
    family = socket.AF_INET6 if ":" in listen[0] else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind(listen)
        except OSError as error:
            return error.errno == errno.EADDRINUSE
    return False


def _below(root: Path, house: House, obsolete: Sequence[Path], fresh: bool) -> tuple[Commands, Commands]:
    if not manager.has("systemctl"):
        return (), ()
    disable, enable = (("systemctl", f"--root={root}", verb) for verb in ("disable", "enable"))
    before = ((*disable, *(path.name for path in obsolete)),) if obsolete else ()
    wanted = () if fresh else units.enabled(house)
    idle = [unit for unit in wanted if unit not in manager.enabled_below(root, wanted)]
    return before, ((*enable, *idle),) if idle else ()


def _has_user() -> bool:
    try:
        pwd.getpwnam(USER)
    except KeyError:
        return False
    return True


def owned_well(data: Path, config: Path) -> bool:
    """Whether the service may write all that lies in the data folder, and read its configuration."""
    try:
        user = pwd.getpwnam(USER)
        found = config.stat()
    except (KeyError, OSError):
        return False
    return found.st_gid == user.pw_gid and bool(found.st_mode & 0o040) and not not_owned(data, user.pw_uid)


def not_owned(data: Path, owner: int) -> list[Path]:
    """What lies in the data folder, itself included, and is somebody else's."""
    found = []
    for path in (data, *sorted(data.rglob("*"))):
        with contextlib.suppress(FileNotFoundError):  # a log of the database's, gone meanwhile
            if path.lstat().st_uid != owner:
                found.append(path)
    return found


def _notes(settings: Settings, program: Path, root: Path, fresh: bool) -> tuple[str, ...]:
    notes = []
    if fresh:
        notes.append(f"next step: edit [library], [proxy] and [[site]] in {CONFIG}, then run: {program} install")
    elif settings.proxy.listen[0] in ("127.0.0.1", "::1"):
        notes.append(f"the proxy serves this computer only; for others, change [proxy] listen and clients in {CONFIG}")
    if root != SLASH and not fresh and not manager.has("systemctl"):
        notes.append("the units are not enabled, for there is no systemctl here")
    return tuple(notes)


def _write(place: Path, file: File) -> None:
    """As a whole or not at all; a file that is there keeps its owner."""
    temporary = place.with_name(f".{place.name}.new")
    try:
        place.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, file.mode), "w", encoding="utf-8") as out:
            os.fchmod(out.fileno(), file.mode)
            out.write(file.text)
        temporary.replace(place)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise InstallError(
            f"{place}: cannot be written ({error.strerror}); run it as root, or name another --root"
        ) from None
