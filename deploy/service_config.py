"""carrel.toml as a service needs it: where it lies, what a first one says, and what a service could not do with it."""

from __future__ import annotations

import tomllib
from pathlib import Path

from addons import settings as configuration
from addons.settings import Settings
from deploy import dashboard, first_config, location

CONFIG = Path("/etc/carrel/carrel.toml")
DATA = Path("/var/lib/carrel")
SLASH = Path("/")


class InstallError(ValueError):
    """Nothing was changed. One line: why, and what to do."""


def at(root: Path, path: Path) -> Path:
    return root / path.relative_to(SLASH)


def text_of(given: Path | None, root: Path) -> tuple[str, bool]:
    """The text of carrel.toml as it will stand there, and whether it is the first one, with nothing filled in."""
    place = at(root, CONFIG)
    if place.exists():
        if given is not None and given.resolve() != place.resolve():
            raise InstallError(f"there is {CONFIG} already, and it stays as it is: edit it, or move it away first")
        text = _text(place)
        return text, text == first_text()
    return (_text(given), False) if given is not None else (first_text(), True)


def first_text() -> str:
    """A first configuration, with the service's data folder in it."""
    key = '# dir = "~/.local/share/carrel"'
    assert key in first_config.TEXT, "the first configuration writes the data folder in another way now"
    return first_config.TEXT.replace(key, f'dir = "{DATA}"'.ljust(len(key)))


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise InstallError(f"{path}: cannot be read ({reason}); name another file with --config") from None


def settings_of(text: str, root: Path) -> Settings:
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InstallError(f"{CONFIG}: not valid TOML: {error}") from None
    settings = configuration.parse(table, CONFIG)
    dashboard.check_access(settings)
    data = settings.data.dir
    if location.is_hidden(data) or "data" not in table:
        raise InstallError(
            f'{CONFIG}: [data] dir: a service cannot use {data} (homes are hidden from it); write dir = "{DATA}"'
        )
    if len(data.parts) < 3 or ".." in data.parts or not is_carrels(at(root, data)):
        raise InstallError(f'{CONFIG}: [data] dir: {data} is not Carrel\'s own folder; write dir = "{DATA}"')
    for key, path in (("[proxy] trust", settings.proxy.trust), ("[desk] languages", settings.desk.languages)):
        if path and location.is_hidden(path):
            raise InstallError(f"{CONFIG}: {key}: a service cannot see {path}; move it to {CONFIG.parent}")
    ports = {"[proxy] listen": settings.proxy.listen, "[dashboard] listen": settings.dashboard.listen}
    for key, listen in ports.items():
        if not listen[1]:
            raise InstallError(f"{CONFIG}: {key}: port 0 is another one at each start; write the port")
    return settings


def is_carrels(data: Path) -> bool:
    """Whether a folder is Carrel's own, so that its owner may be changed, and all that is in it: it is not there yet,
    or empty, or holds what Carrel makes first."""
    if data.is_symlink():
        return False
    try:
        names = {path.name for path in data.iterdir()}
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return not names or bool(names & {"carrel.db", "ca"})
