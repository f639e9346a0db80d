"""Tell people of alerts by e-mail or webhook, through Apprise, and remember what was told.

Addresses hold passwords: none is printed, logged or written. Apprise's own messages go nowhere; of a failure only one
of a few fixed reasons is kept. Nothing is attached, no image is named, and no redirect is followed.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

from addons.settings import Settings
from analysis.alerts import kinds as alerts
from analysis.alerts.kinds import Alert

STATE: Final = "alerts.json"
EVERY: Final = {"daily": timedelta(days=1), "weekly": timedelta(days=7)}
MOST: Final = 20
"""Alerts of one kind in a message; the dashboard has all."""
_HOST_IS_NO_SECRET: Final = frozenset({"mailto", "mailtos", "json", "jsons", "xml", "xmls", "form", "forms"})
"""Schemes with a host name in their place of a host; others have keys there."""
_LOUD: Final = ("apprise", "requests", "urllib3", "charset_normalizer", "markdown")
_REASONS: Final = (
    ("certificate", "its certificate is not trusted"),
    ("ssl", "no secure connection could be made"),
    ("tls", "no secure connection could be made"),
    ("authentic", "it refused the user name or password"),
    ("error=401", "it refused the user name or password"),
    ("error=403", "it refused the user name or password"),
    ("error=", "it answered with an error"),
    ("refused", "nothing listens there"),
    ("timed out", "it did not answer in time"),
    ("timeout", "it did not answer in time"),
    ("name or service", "its name is not known"),
    ("resolve", "its name is not known"),
)


class TellingError(ValueError):
    """One line: who was not told, and what to do."""


@dataclass(frozen=True, slots=True)
class Told:
    label: str
    """What may be said of an address: the service, and the host where that is no secret."""
    reason: str = ""
    """Why it was not reached; "" if it was."""

    @property
    def reached(self) -> bool:
        return not self.reason


@dataclass(frozen=True, slots=True)
class Sent:
    told: tuple[Told, ...]
    number: int
    """Alerts in the messages, at most."""


def test(settings: Settings) -> tuple[Told, ...]:
    """A message without any alert to each address."""
    title = f"Carrel at {settings.library.name}: test"
    body = "This is a test of Carrel's alerts. Whoever reads it will be told of what is new on the dashboard."
    return tuple(one.tell(title, body) for one in _addresses(settings.alerts.to))


def send(settings: Settings, present: Sequence[Alert], today: date) -> Sent:
    """What is new since the last digest, to each address that is due. Who was not reached is told the next time."""
    path = settings.data.dir / STATE
    state = _read(path)
    told, most = [], 0
    addresses = _addresses(settings.alerts.to)
    kept = {one.label: state[one.label] for one in addresses if one.label in state}
    now = [alert.id for alert in present]
    for one in addresses:
        known = kept.get(one.label, {})
        new = [alert for alert in present if alert.id not in known.get("told", ())]
        if not new or not _is_due(known.get("day", ""), EVERY[settings.alerts.digest], today):
            continue
        title = f"Carrel at {settings.library.name}: {len(new)} alert{'' if len(new) == 1 else 's'}"
        outcome = one.tell(title, digest(new))
        told.append(outcome)
        most = max(most, len(new))
        if outcome.reached:
            kept[one.label] = {"day": today.isoformat(), "told": sorted(now)}
    # What is over may come again, and is new then.
    kept = {label: {**known, "told": sorted(set(known["told"]) & set(now))} for label, known in kept.items()}
    if kept != state:
        _write(path, kept)
    return Sent(tuple(told), most)


def digest(new: Iterable[Alert]) -> str:
    """As plain text."""
    parts = []
    for group in alerts.by_kind(new):
        lines = [f"- {one.title}\n  {one.text}" for one in group.alerts[:MOST]]
        if (more := len(group.alerts) - MOST) > 0:
            lines.append(f"- and {more} more, on the dashboard")
        parts.append(f"{group.name}\n" + "\n".join(lines))
    parts.append("The dashboard's page of alerts shows all of them, and where their numbers come from.")
    return "\n\n".join(parts)


@dataclass(frozen=True, slots=True)
class _Address:
    label: str
    service: Any
    """None: Apprise does not understand it."""

    def tell(self, title: str, body: str) -> Told:
        from apprise import NotifyFormat, NotifyType

        if self.service is None:
            return Told(self.label, "this address is not understood; see [alerts] to in carrel.toml")
        with _listening() as reasons:
            try:
                done = self.service.notify(
                    title=title, body=body, notify_type=NotifyType.INFO, body_format=NotifyFormat.TEXT
                )
            except Exception:  # noqa: BLE001  # an error of a plugin may quote the address
                done = False
        return Told(self.label, "" if done else reasons.best)


def _addresses(to: Sequence[str]) -> tuple[_Address, ...]:
    from apprise import Apprise, AppriseAsset

    asset = AppriseAsset(
        app_id="Carrel",
        app_desc="Carrel",
        app_url="",
        image_url_mask="",
        image_url_logo="",
        image_path_mask="",
        async_mode=False,
        http_redirects=False,
        pgp_autogen=False,
        pem_autogen=False,
        secure_logging=True,
    )
    found: list[_Address] = []
    for number, address in enumerate(to, 1):
        service = None
        with _listening(), contextlib.suppress(Exception):
            service = Apprise.instantiate(address, asset=asset, suppress_exceptions=True)
        label = _label(address, service) if service else f"address {number}"
        same = sum(one.label.partition(" #")[0] == label for one in found)
        found.append(_Address(f"{label} #{same + 1}" if same else label, service))
    return tuple(found)


def _label(address: str, service: Any) -> str:
    scheme = address.partition("://")[0].lower()
    name = str(service.service_name or scheme)
    if scheme in _HOST_IS_NO_SECRET and service.host:
        port = f":{service.port}" if service.port else ""
        return f"{name} ({scheme}, {service.host}{port})"
    return f"{name} ({scheme})"


class _Reasons(logging.Handler):
    """Reads what a library says, in memory, and keeps no more of it than which fixed reason it means."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self._found: set[int] = set()

    def emit(self, record: logging.LogRecord) -> None:
        with contextlib.suppress(Exception):
            said = record.getMessage().lower()
            self._found |= {place for place, (word, _) in enumerate(_REASONS) if word in said}

    @property
    def best(self) -> str:
        return _REASONS[min(self._found)][1] if self._found else "it could not be reached"


@contextmanager
def _listening() -> Iterator[_Reasons]:
    reasons = _Reasons()
    loggers = [logging.getLogger(name) for name in _LOUD]
    before = [(one.propagate, one.level, one.handlers[:]) for one in loggers]
    for one in loggers:
        one.propagate, one.handlers[:] = False, [reasons if one.name == "apprise" else logging.NullHandler()]
    loggers[0].setLevel(logging.DEBUG)
    try:
        yield reasons
    finally:
        for one, (propagate, level, handlers) in zip(loggers, before, strict=True):
            one.propagate, one.handlers[:] = propagate, handlers
            one.setLevel(level)


def _is_due(last: str, every: timedelta, today: date) -> bool:
    try:
        return date.fromisoformat(last) + every <= today
    except ValueError:
        return True


def _read(path: Path) -> dict[str, dict[str, Any]]:
    """By label; empty where nothing was told, or the file is damaged: then it is told again rather than never."""
    try:
        found = json.loads(path.read_bytes())
        return {
            str(label): {"day": str(one["day"]), "told": [str(i) for i in one["told"]]} for label, one in found.items()
        }
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return {}


def _write(path: Path, state: Mapping[str, object]) -> None:
    """As a whole, for this user's eyes only."""
    part = path.with_name(f".{path.name}.part")
    try:
        part.unlink(missing_ok=True)
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(state, file, indent=1, sort_keys=True)
        part.replace(path)
    except OSError as error:
        raise TellingError(
            f"{path}: cannot be written ({error.strerror}), so the same would be told again; check its rights"
        ) from None
