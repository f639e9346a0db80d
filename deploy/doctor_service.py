"""The doctor's look at Carrel as a service: unit files, what runs, what the timers did, rights, the clock's upkeep.

It looks, it changes nothing. Without `carrel install` there is one note, and nothing to complain of.
"""

from __future__ import annotations

import os
import pwd
import re
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path

from addons.settings import Settings
from deploy import manager, units
from deploy.check import Check
from deploy.install import not_owned
from deploy.manager import State
from deploy.sandbox import USER
from deploy.service_config import CONFIG, SLASH, at
from deploy.units import House


def checks(settings: Settings, root: Path = SLASH) -> Iterator[Check]:
    """All checks of the service. `root`: the system whose files are looked at, for tests."""
    program = installed_program(root)
    if program is None:
        yield Check("service", None, "not installed as a service", "`carrel install` does it, for real use")
        return
    yield files(settings, program, root)
    if not manager.runs():
        yield Check("service", None, "systemd does not run here, so nothing can be said of the service")
        return
    house = _house(settings, program, root)
    states = manager.states(units.ALL_UNITS)
    yield running(house, states)
    yield from timers(states)
    yield rights(settings)
    yield clock_upkeep()


def installed_program(root: Path = SLASH) -> Path | None:
    """What the installed service starts; None without one."""
    try:
        text = at(root, units.UNITS / "carrel-proxy.service").read_text("utf-8", "replace")
    except OSError:
        return None
    found = re.search(r'^ExecStart=(?:"([^"]+)"|(\S+)) ', text, re.MULTILINE)
    return Path((found[1] or found[2]).replace("%%", "%")) if text.startswith(units.MARK) and found else None


def files(settings: Settings, program: Path, root: Path = SLASH) -> Check:
    """Whether the unit files are those that this version writes for these settings."""
    if settings.path is None or settings.path.resolve() != at(root, CONFIG).resolve():
        return Check(
            "service files", None, f"not compared: the service uses {CONFIG}", f"carrel doctor --config {CONFIG}"
        )
    wanted = units.files(_house(settings, program, root))
    differ = [path.name for path, text in wanted.items() if _text(at(root, path)) != text]
    if differ:
        return Check("service files", False, f"not as carrel.toml and this version want: {', '.join(differ)}", _again())
    return Check("service files", True, f"{len(wanted)} files, as carrel.toml and this version want them")


def running(house: House, states: Mapping[str, State]) -> Check:
    """Whether everything that starts with the machine runs now."""
    missing = State(enabled=False, active=False, active_state="missing")
    found = {unit: states.get(unit, missing) for unit in units.enabled(house)}
    down = [f"{unit} ({state.active_state or 'inactive'})" for unit, state in found.items() if not state.active]
    if down:
        return Check("service", False, f"does not run: {', '.join(down)}", "see `journalctl -e -u 'carrel-*'`")
    off = [unit for unit, state in found.items() if not state.enabled]
    if off:
        return Check("service", False, f"runs, but will not after a restart of the machine: {', '.join(off)}", _again())
    restarts = {unit: state.restarts for unit, state in found.items() if state.restarts}
    if restarts:
        message = ", ".join(f"{unit} was restarted {times} times" for unit, times in restarts.items())
        return Check("service", None, f"runs; {message}", "see `journalctl -u 'carrel-*' -p warning`")
    return Check("service", True, f"{len(found)} units run, and start with the machine")


def timers(states: Mapping[str, State]) -> Iterator[Check]:
    """What the last runs of the timers' programs came to."""
    for name, what in (("purge", "deleting old counts"), ("lists", "fetching lists")):
        unit = f"carrel-{name}.service"
        if unit in states and states[unit].result not in ("", "success"):
            advice = f"see `journalctl -e -u {unit}`"
            # Without fresh lists all goes on; what should be deleted and is not, breaks a promise.
            yield Check("timers", False if name == "purge" else None, f"{what} failed the last time", advice)


def rights(settings: Settings) -> Check:
    """Whether the service owns what it has to write: commands run as root may leave files that it cannot."""
    try:
        owner = pwd.getpwnam(USER).pw_uid
    except KeyError:
        return Check("rights", False, f"there is no user {USER}", _again())
    if os.geteuid() not in (0, owner):
        return Check("rights", None, "not looked at", "sudo carrel doctor")
    foreign = not_owned(settings.data.dir, owner)
    if foreign:
        return Check("rights", False, f"{foreign[0]} and {len(foreign) - 1} more are not {USER}'s", _again())
    return Check("rights", True, f"all of {settings.data.dir} is {USER}'s")


def clock_upkeep() -> Check:
    """Certificates and periods go by the clock."""
    kept = manager.clock_is_kept()
    if kept is None:
        return Check("clock upkeep", None, "cannot be told whether the clock is set over the network")
    if not kept:
        return Check("clock upkeep", None, "the clock is not set over the network", "timedatectl set-ntp true")
    return Check("clock upkeep", True, "the clock is set over the network")


def _house(settings: Settings, program: Path, root: Path) -> House:
    lists = at(root, units.UNITS / "carrel-lists.timer").exists()
    return units.house(settings, program, CONFIG, version("carrel"), manager.version(), lists=lists)


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def _again() -> str:
    return "run `carrel install` again"
