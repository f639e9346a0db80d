"""What may be decided on the dashboard, and by whom: `admin` decides, `staff` reads. It writes nothing itself.

How a decision is taken down is handed in by whoever starts the dashboard, so that the command and the dashboard do the
same; the dashboard's own connection to the database stays read-only.
"""

from __future__ import annotations

import ipaddress
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from weakref import WeakKeyDictionary

CSRF_COOKIE = "ds_csrftoken"
PASSWORDS: Final = "datasette-auth-passwords"
ADMIN: Final = "admin"
STAFF: Final = "staff"
_FORMER_ADMIN: Final = "root"
"""The only account there was before; scripts log in with this name."""
_BEHIND_A_PROXY = ("forwarded", "x-forwarded-for", "x-real-ip", "via")


@dataclass(frozen=True, slots=True)
class Desk:
    """Each raises ValueError, one line, if it cannot be done."""

    allow: Callable[..., object]
    """(site, domain, *, until, reason, owner, now)"""
    end: Callable[..., bool]
    """(site, domain, *, now)"""
    protect_again: Callable[[str], bool]


_desks: WeakKeyDictionary[Any, Desk] = WeakKeyDictionary()


def offer(datasette: Any, desk: Desk) -> None:
    """Let decide on this dashboard whoever may."""
    _desks[datasette] = desk


def accounts(password_hash: str, staff_password_hash: str) -> dict[str, Any]:
    """What datasette-auth-passwords is told: who may log in, and who that is then."""
    found: dict[str, Any] = {"actors": {}}
    for name, actor, given in (
        (ADMIN, ADMIN, password_hash),
        (_FORMER_ADMIN, ADMIN, password_hash),
        (STAFF, STAFF, staff_password_hash),
    ):
        if given:
            found[f"{name}_password_hash"] = given
            found["actors"][name] = {"id": actor}
    return found


def roles(datasette: Any) -> tuple[str, ...]:
    """Those who have a password here; none where everything is open."""
    given = datasette.plugin_config(PASSWORDS) or {}
    return tuple(name for name in (STAFF, ADMIN) if given.get(f"{name}_password_hash"))


def desk_for(datasette: Any, request: Any) -> Desk | None:
    """None for whoever may only read: with a password whoever is not admin, without one who is not at this machine."""
    if known := roles(datasette):
        actor = (request.actor or {}).get("id")
        return _desks.get(datasette) if actor == ADMIN and ADMIN in known else None
    return _desks.get(datasette) if _is_here(request) else None


def is_genuine(request: Any, form: Mapping[str, str]) -> bool:
    """Whether the form is one that we gave to this browser.

    Datasette's own check lets a request without cookies pass. Without a password that would be any web page's request.
    """
    asked_by = request.headers.get("sec-fetch-site", "same-origin")
    given, ours = form.get("csrftoken", ""), request.cookies.get(CSRF_COOKIE, "")
    return (
        asked_by == "same-origin"
        and bool(ours)
        and secrets.compare_digest(given.encode(), str(request.scope["csrftoken"]()).encode())
    )


def _is_here(request: Any) -> bool:
    if any(name in request.headers for name in _BEHIND_A_PROXY):
        return False
    client = request.scope.get("client") or ("",)
    try:
        return ipaddress.ip_address(client[0]).is_loopback
    except ValueError:
        return False
